//! What a `SKILL.md` asks for, read without a YAML parser. Where the text is unusual the answer is yes: the host reads
//! it again, exactly, when the skill is built by `openskills build` and when it is loaded.

/// A module of the SDK that takes a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `fs`.
    Files,
    /// `http`.
    Http,
    /// `env`.
    Env,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Files, Self::Http, Self::Env];

    /// An entry that asks for it, as the author would write it.
    pub(crate) fn entry(self) -> &'static str {
        match self {
            Self::Files => "Read(PATTERN)",
            Self::Http => "WebFetch(domain:HOST)",
            Self::Env => "Env(NAME)",
        }
    }

    fn is_asked_by(self, entry: &str) -> bool {
        let (tool, specifier) =
            entry.split_once('(').map_or((entry, None), |(tool, rest)| (tool, Some(rest)));
        match self {
            Self::Files => matches!(
                tool,
                "Read" | "Glob" | "Grep" | "LS" | "Write" | "Edit" | "MultiEdit" | "NotebookEdit"
            ),
            Self::Http => tool == "WebFetch",
            // The whole environment is never granted.
            Self::Env => tool == "Env" && specifier.is_some_and(|specifier| specifier.trim() != "*)"),
        }
    }
}

/// Whether the front matter asks for it, or cannot be told.
pub(crate) fn asks_for(source: &[u8], kind: Kind) -> bool {
    match entries(&String::from_utf8_lossy(source)) {
        Some(entries) => entries.iter().any(|entry| kind.is_asked_by(entry)),
        None => true,
    }
}

/// The entries of `allowed-tools`; none if the text is not of the usual form.
fn entries(text: &str) -> Option<Vec<String>> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
    if lines.next()? != "---" {
        return None;
    }
    let mut value = String::new();
    let (mut inside, mut begun, mut closed) = (false, false, false);
    for line in lines {
        if line == "---" || line == "..." {
            closed = true;
            break;
        }
        let goes_on = line.is_empty() || line.starts_with([' ', '\t', '-', '#']);
        // The fields may be set in, or stand within braces.
        if !begun && !line.trim_start().is_empty() && !line.trim_start().starts_with('#') {
            begun = true;
            if goes_on || line.starts_with('{') {
                return None;
            }
        }
        if !goes_on {
            // A key in quotes, an explicit one, a merged mapping.
            if line.starts_with(['"', '\'', '?', '<', '&', '*', '!']) {
                return None;
            }
            inside = false;
            if let Some(rest) = line.strip_prefix("allowed-tools").map(str::trim_start) {
                inside = true;
                value.push_str(strip_remark(rest.strip_prefix(':')?));
                value.push('\n');
            }
        } else if inside {
            value.push_str(strip_remark(line));
            value.push('\n');
        }
    }
    // Escapes, and values that stand elsewhere.
    if !closed || value.contains('\\') || value.trim_start().starts_with(['&', '*', '!']) {
        return None;
    }
    Some(split(&value))
}

/// A line without the remark at its end.
fn strip_remark(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    match line.find(" #") {
        Some(at) if !line.contains(['"', '\'']) => line.get(..at).unwrap_or(line),
        _ => line,
    }
}

/// The entries of a text: apart at white space, commas, quotes and brackets, but not within parentheses. A parenthesis
/// that is never closed ends with its line.
fn split(value: &str) -> Vec<String> {
    let (mut entries, mut entry, mut depth) = (Vec::new(), String::new(), 0_usize);
    for (at, c) in value.char_indices() {
        let open = depth > 0 && value.get(at..).is_some_and(|rest| rest.contains(')'));
        let apart = c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '[' | ']');
        if apart && !open {
            depth = 0;
            entries.push(std::mem::take(&mut entry));
            continue;
        }
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        entry.push(c);
    }
    entries.push(entry);
    entries.retain(|entry| !entry.is_empty());
    entries
}
