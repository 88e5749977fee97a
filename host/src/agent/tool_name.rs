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

/// Whether the tool of a function of that skill could have that name: what all of them begin with, as far as it is never
/// cut.
pub(super) fn could_be_of(tool: &str, skill: &str) -> bool {
    let legal =
        skill.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' });
    let start: String = START.chars().chain(legal).chain(['_']).take(MAX - DIGITS - 1).collect();
    tool.starts_with(&start)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{could_be_of, skill_tool};
    use crate::typed::name_tools;

    #[test]
    fn tools_of_functions_are_known_by_their_skill_and_are_none_of_a_skill() {
        let long = "a".repeat(64);
        let skills = ["a", "text-stats", "Text Stats", "größe", "a_b", "", &long];
        let functions = ["f", "a:b/c#f", "be111d74c7", "[method]counter.next", &"x".repeat(80)];
        let mut all: Vec<String> = skills.iter().map(|skill| skill_tool(skill)).collect();
        for skill in skills {
            for name in name_tools(skill, functions.iter().copied()) {
                assert!(could_be_of(&name, skill), "{name} {skill}");
                assert!(name.len() <= 64 && name.starts_with("skill_"), "{name}");
                all.push(name);
            }
        }
        assert!(!could_be_of("skill_text_f", "text-stats"));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        // What is written into an agent's history today must be found tomorrow.
        assert_eq!(name_tools("text-stats", ["a:b/c#f"].into_iter()), ["skill_text-stats_c_f"]);
    }

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
