//! Names for functions as the protocols of agents accept them: letters, digits, `_` and `-`, at most 64.

use std::collections::HashMap;

use crate::audit::sha256;

/// The most characters that all clients take.
const MAX: usize = 64;

/// Digits of the digest that tells names apart: as many as names of skills have.
const DIGITS: usize = 10;

/// What all names of skills' tools begin with, so that none has the name of a tool of the embedder's.
const START: &str = "skill";

/// Gives each function of a skill its name, from its full name and, if it has one, its interface: `skill_NAME_add`,
/// `skill_NAME_interface_add`. A name that says less than that (it was cut, characters were replaced, another function
/// has it, too) or that could be taken for such a one gets the beginning of a digest of all of it, so the same function
/// has the same name whatever stands beside it in other skills.
pub(crate) fn name_tools<'a>(skill: &str, functions: impl Iterator<Item = &'a str>) -> Vec<String> {
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
            let digest = sha256(format!("{skill}\n{full}").as_bytes());
            let digest = digest.get(..DIGITS).unwrap_or_default();
            let start: String = name.chars().take(MAX - DIGITS - 1).collect();
            format!("{start}_{digest}")
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
    let mut name = String::new();
    let words = [Some(START), Some(skill), interface].into_iter().flatten().chain(function.split('.'));
    for (index, word) in words.enumerate() {
        if index > 0 {
            name.push('_');
            // What ends like a digest is told from what ends with one.
            is_exact &= word.len() != DIGITS || !word.bytes().all(|byte| byte.is_ascii_hexdigit());
        }
        for character in word.chars() {
            let is_legal = character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
            is_exact &= is_legal;
            name.push(if is_legal { character } else { '_' });
        }
    }
    (name, is_exact)
}

#[cfg(test)]
mod tests {
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
}
