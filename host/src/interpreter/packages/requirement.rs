//! What is asked of a package index: names and versions, and nothing that leads elsewhere.

/// The longest requirement; longer ones are nobody's.
const MAX_LENGTH: usize = 200;

/// Checks that a requirement is a name, perhaps with extras, versions and a marker: `requests`, `httpx[socks]>=0.27`.
/// A direct link, a path or an option of the installer is none, whoever wrote it.
pub(super) fn check(requirement: &str) -> Result<&str, String> {
    let text = requirement.trim();
    let name = distribution(text);
    let rest = text.get(name.len()..).unwrap_or_default();
    let shown = crate::capability::printable(text);
    if name.is_empty()
        || !name.starts_with(|first: char| first.is_ascii_alphanumeric())
        || text.len() > MAX_LENGTH
    {
        return Err(format!("`{shown}` is not the name of a package: write `NAME` or `NAME==VERSION`"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-[],<>=!~*+;'\"()".contains(c);
    if !rest.chars().all(plain)
        || rest.trim_start().starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
    {
        return Err(format!(
            "`{shown}` says more than a name and versions: packages come from the package index alone, not from links \
             or paths"
        ));
    }
    Ok(text)
}

/// The name at the beginning of a requirement.
pub(crate) fn distribution(requirement: &str) -> &str {
    let text = requirement.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Whether a requirement holds everywhere: one with a marker may be for other systems only.
pub(crate) fn is_plain(requirement: &str) -> bool {
    !requirement.contains(';')
}

/// A name as package indices compare it: lower case, runs of `-`, `_` and `.` as one `-`.
pub(super) fn normalized(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if text.ends_with('-') => {}
            '-' | '_' | '.' => text.push('-'),
            c => text.extend(c.to_lowercase()),
        }
    }
    text
}

/// The packages that a skill's own texts name: `metadata.python-packages`, split at commas and white space, and what
/// stands behind `pip install` in its text on compatibility.
pub(crate) fn declared(metadata: Option<&str>, compatibility: Option<&str>) -> Vec<String> {
    let listed = metadata.into_iter().flat_map(|text| text.split([',', ' ', '\n', '\t']));
    let installed =
        compatibility.into_iter().flat_map(|text| text.split("pip install ").skip(1)).flat_map(commanded);
    let mut found: Vec<String> = Vec::new();
    for name in listed.chain(installed).filter(|name| !name.is_empty()) {
        if !found.iter().any(|other| other == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// The words of a command up to its end, which a mark or what is no requirement shows.
fn commanded(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for written in text.split_whitespace() {
        let word = written
            .trim_start_matches(['`', '"', '\''])
            .trim_end_matches(['`', '"', '\'', '.', ',', ';', ')']);
        if check(word).is_err() {
            break;
        }
        words.push(word);
        if written.ends_with(['`', '.', ';', ')']) {
            break;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_asked_for() {
        for text in [
            "requests",
            "PyYAML>=6,<7",
            "httpx[socks]~=0.27",
            "a.b-c_d==1.*",
            "x; python_version < '3.11'",
            " y ",
        ] {
            assert_eq!(check(text), Ok(text.trim()), "{text}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for text in [
            "",
            "-r/etc/passwd",
            "--index-url=https://evil.org",
            "x @ https://evil.org/x.whl",
            "https://evil.org/x.whl",
            "./x",
            "/x.whl",
            "x --index-url y",
            "x y",
            "git+ssh://x",
            "x\n-r y",
            "../x",
            "x\u{202e}",
            &"x".repeat(201),
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_compared_as_an_index_compares_them() {
        assert_eq!(normalized("Ruamel.Yaml__clib"), "ruamel-yaml-clib");
        assert_eq!(distribution("httpx[socks]>=1"), "httpx");
    }

    #[test]
    fn a_skill_names_its_packages_in_two_places() {
        assert_eq!(declared(Some("requests>=2, PyYAML\nidna"), None), ["requests>=2", "PyYAML", "idna"]);
        let text = "Python 3.11 with `pip install pypdf pdfplumber==0.11`. Needs git (pip install idna).";
        assert_eq!(declared(None, Some(text)), ["pypdf", "pdfplumber==0.11", "idna"]);
        assert_eq!(declared(None, Some("Claude Code only")), [""; 0]);
    }
}
