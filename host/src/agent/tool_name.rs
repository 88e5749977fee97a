//! Names of the tools of skills: letters, digits, `_` and `-`, at most 64, and each of one skill alone.

use crate::audit::sha256;

/// The most characters that all clients take.
const MAX: usize = 64;

/// Digits of the digest that tells names apart.
const DIGITS: usize = 10;

/// What all of them begin with, so that no skill has the name of a tool of the embedder's: `bash`, say.
const START: &str = "skill_";

/// The name of the tool that runs a skill: from its name alone, whatever other skills there are.
///
/// A name of the open specification (small letters, digits, `-`) stands as it is. Any other, and a long one, is cut,
/// its other characters are replaced, and it ends with `_` and a digest, which no name of the former kind has.
pub(super) fn skill_tool(skill: &str) -> String {
    let is_plain =
        skill.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_plain && !skill.is_empty() && START.len() + skill.len() <= MAX {
        return format!("{START}{skill}");
    }
    let digest = sha256(skill.as_bytes());
    let digest = digest.get(..DIGITS).unwrap_or_default();
    let legal = skill.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    let cut: String = legal.take(MAX - START.len() - DIGITS - 1).collect();
    format!("{START}{cut}_{digest}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::skill_tool;

    #[test]
    fn names_are_short_legal_stable_and_different() {
        let long = "a".repeat(64);
        let longer = format!("{long}b");
        let names = [
            "a",
            "text-stats",
            "Text-Stats",
            "größe",
            "grüße",
            "a_b",
            "a.b",
            "技能",
            "",
            &long,
            &longer,
            "a b",
        ];
        let tools: BTreeSet<String> = names.iter().map(|name| skill_tool(name)).collect();
        assert_eq!(tools.len(), names.len(), "{tools:?}");
        for tool in &tools {
            assert!(tool.len() <= 64 && tool.starts_with("skill_"), "{tool}");
            assert!(tool.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{tool}");
        }
        assert_eq!(skill_tool("text-stats"), "skill_text-stats");
        // What is written into an agent's history today must be found tomorrow.
        assert_eq!(skill_tool("Text Stats"), "skill_Text_Stats_be111d74c7");
    }
}
