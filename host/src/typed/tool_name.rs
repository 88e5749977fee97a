//! Names of the tools of skills and of their functions, as the protocols of agents accept them: letters, digits, `_` and
//! `-`, at most 64, and each of one skill alone.

use std::collections::HashMap;

use super::function::Function;
use crate::audit::sha256;

/// The most characters that all clients take.
const MAX: usize = 64;

/// Digits of the digest that tells names apart.
const DIGITS: usize = 10;

/// What all of them begin with, so that no skill has the name of a tool of the embedder's: `bash`, say.
pub(crate) const START: &str = "skill_";

/// The name of the tool that runs a skill: from its name alone, whatever other skills there are.
///
/// A name of the open specification (small letters, digits, `-`) stands as it is. Any other, and a long one, is cut,
/// its other characters are replaced, and it ends with `_` and a digest, which no name of the former kind has.
pub(crate) fn skill_tool(skill: &str) -> String {
    let is_plain =
        skill.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_plain && !skill.is_empty() && START.len() + skill.len() <= MAX {
        return format!("{START}{skill}");
    }
    with_digest(beginning(skill), skill)
}

/// Whether the tool of a function of that skill could have that name: what all of them begin with, as far as it is never
/// cut.
pub(crate) fn could_be_of(tool: &str, skill: &str) -> bool {
    let start: String = beginning(skill).chain(['_']).take(MAX - DIGITS - 1).collect();
    tool.starts_with(&start)
}

/// What names of a skill's tools begin with.
fn beginning(skill: &str) -> impl Iterator<Item = char> {
    START.chars().chain(skill.chars().map(|character| if is_legal(character) { character } else { '_' }))
}

fn is_legal(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// A name that was cut or changed, told from others by what it stands for.
fn with_digest(name: impl Iterator<Item = char>, of: &str) -> String {
    let digest = sha256(of.as_bytes());
    let digest = digest.get(..DIGITS).unwrap_or_default();
    let start: String = name.take(MAX - DIGITS - 1).collect();
    format!("{start}_{digest}")
}

/// Gives the functions of a skill the names of their tools.
pub(crate) fn name_functions(skill: &str, functions: &mut [Function]) {
    let names = name_tools(skill, functions.iter().map(|function| function.name.as_str()));
    for (function, name) in functions.iter_mut().zip(names) {
        function.tool_name = name;
    }
}

/// Gives each function of a skill its name, from its full name and, if it has one, its interface: `skill_NAME_add`,
/// `skill_NAME_interface_add`. A name that says less than that (it was cut, characters were replaced, another function
/// has it, too) or that could be taken for such a one gets the beginning of a digest of all of it, so the same function
/// has the same name whatever stands beside it in other skills.
fn name_tools<'a>(skill: &str, functions: impl Iterator<Item = &'a str>) -> Vec<String> {
    let plain: Vec<(String, bool, &str)> = functions
        .map(|full| {
            let (name, is_exact) = plain(skill, full);
            (name, is_exact, full)
        })
        .collect();
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for (name, ..) in &plain {
        *uses.entry(name.as_str()).or_default() += 1;
    }
    plain
        .iter()
        .map(|(name, is_exact, full)| {
            let is_alone = uses.get(name.as_str()).is_none_or(|count| *count < 2);
            if *is_exact && is_alone && name.len() <= MAX {
                return name.clone();
            }
            with_digest(name.chars(), &format!("{skill}\n{full}"))
        })
        .collect()
}

/// The name as it would be, and whether it can stand for nothing else. Words of WIT have no `_`, so that joins them.
fn plain(skill: &str, full: &str) -> (String, bool) {
    let (interface, function) = match full.rsplit_once('#') {
        Some((interface, function)) => (Some(interface), function),
        None => (None, full),
    };
    let interface = interface.map(|interface| {
        let path = interface.split_once('@').map_or(interface, |(path, _)| path);
        path.rsplit_once('/').map_or(path, |(_, name)| name)
    });
    // `[method]counter.increment` is `counter_increment`.
    let function = match function.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(("constructor", rest)) => format!("{rest}.new"),
        Some((_, rest)) => rest.to_owned(),
        None => function.to_owned(),
    };
    let mut is_exact = !skill.contains('_');
    let mut name = START.to_owned();
    let words = [Some(skill), interface].into_iter().flatten().chain(function.split('.'));
    for (index, word) in words.enumerate() {
        if index > 0 {
            name.push('_');
        }
        // What ends like a digest is told from what ends with one.
        is_exact &= word.len() != DIGITS || !word.bytes().all(|byte| byte.is_ascii_hexdigit());
        for character in word.chars() {
            is_exact &= is_legal(character);
            name.push(if is_legal(character) { character } else { '_' });
        }
    }
    (name, is_exact)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(skill: &str, functions: &[&str]) -> Vec<String> {
        name_tools(skill, functions.iter().copied())
    }

    #[test]
    fn names_say_skill_interface_and_function() {
        assert_eq!(
            names("text-stats", &["add", "a:b/c@1.0.0#add", "kebab#add-all", "a:b/c#[method]counter.step"]),
            [
                "skill_text-stats_add",
                "skill_text-stats_c_add",
                "skill_text-stats_kebab_add-all",
                "skill_text-stats_c_counter_step"
            ]
        );
    }

    #[test]
    fn names_are_short_legal_and_all_different() {
        let long = "a".repeat(70);
        let longer = format!("{long}b");
        let functions =
            ["a:b/x#f", "c:d/x#f", long.as_str(), longer.as_str(), "x.f", "[method]x.f", "[constructor]x"];
        for skill in ["s", "größe", "a_b", &"s".repeat(64)] {
            let names = names(skill, &functions);
            let mut distinct = names.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), functions.len(), "{names:?}");
            for name in names {
                assert!(name.len() <= MAX, "{name}");
                assert!(
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn two_skills_never_share_a_name() {
        // Without more, `a` with an interface `b`, and `a_b`, would.
        assert_ne!(names("a", &["x:y/b#c"]), names("a_b", &["c"]));
        assert_ne!(names("größe", &["f"]), names("grüße", &["f"]));
        // `skill_a_deadbeef00` could be the tool of a skill whose name has a digest.
        assert_eq!(names("a", &["deadbeef00"])[0].len(), "skill_a_deadbeef00".len() + 1 + DIGITS);
    }

    #[test]
    fn a_name_does_not_depend_on_the_order() {
        let one = names("s", &["a:b/x#f", "c:d/x#f", "g"]);
        let other = names("s", &["g", "c:d/x#f", "a:b/x#f"]);
        assert_eq!(one, [other[2].clone(), other[1].clone(), other[0].clone()]);
    }

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
    fn names_of_skills_are_short_legal_stable_and_different() {
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
