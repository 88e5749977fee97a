//! The text at the top of a script that says what it is for, read without Python.

/// The docstring of a Python file, as it is written, its lines without their common indentation. None if there is
/// none.
pub(crate) fn docstring(source: &str) -> Option<String> {
    let mut rest = source.trim_start_matches('\u{feff}');
    // Comments and empty lines may come before it.
    loop {
        rest = rest.trim_start();
        match rest.strip_prefix('#') {
            Some(comment) => rest = comment.split_once('\n')?.1,
            None => break,
        }
    }
    let unprefixed = rest.trim_start_matches(['r', 'R', 'u', 'U']);
    let rest = if rest.len() - unprefixed.len() <= 1 { unprefixed } else { rest };
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote))?;
    let text = rest.get(quote.len()..)?;
    let text = text.get(..end(text, quote)?)?;
    let lines = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let mut dedented = text.lines().next().unwrap_or_default().trim().to_owned();
    for line in text.lines().skip(1) {
        dedented.push('\n');
        dedented.push_str(line.get(indent..).unwrap_or_default().trim_end());
    }
    let dedented = dedented.trim();
    (!dedented.is_empty()).then(|| dedented.to_owned())
}

/// Where a string ends that begins with `quote`; none if it does not, or not on its line.
fn end(text: &str, quote: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if quote.len() == 1 => return None,
            _ if text.get(at..).is_some_and(|rest| rest.starts_with(quote)) => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::docstring;

    #[test]
    fn the_text_at_the_top_is_found() {
        for (source, expected) in [
            ("\"\"\"Splits.\"\"\"\nimport sys", "Splits."),
            (
                "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\n'''One.\n\n    Two\n      three\n'''",
                "One.\n\nTwo\n  three",
            ),
            ("\u{feff}r\"\"\"A \\d \\\"\"\" b\"\"\"", "A \\d \\\"\"\" b"),
            ("'Short.'\nx = 1", "Short."),
            ("\"\"\"ü\n  ü\n  é\"\"\"", "ü\nü\né"),
        ] {
            assert_eq!(docstring(source).as_deref(), Some(expected), "{source}");
        }
    }

    #[test]
    fn what_is_no_docstring_is_none() {
        for source in [
            "",
            "#",
            "# only",
            "import sys\n'''late'''",
            "'''open",
            "'open\n'",
            "''''''",
            "rr'x'",
            "f'x'",
            "b'x'",
            "\"\"\"\u{a0}\n\u{a0}ü",
        ] {
            assert_eq!(docstring(source), None, "{source}");
        }
    }
}
