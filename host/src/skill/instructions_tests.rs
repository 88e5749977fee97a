//! What becomes of placeholders.

use proptest::prelude::*;

use super::instructions::{MAX_BYTES, Values};

fn fill(body: &str, arguments: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Values::new(arguments, &names, "/skills/greet").fill(body).unwrap()
}

/// The table of docs/spec.md: body, arguments, result.
#[test]
fn the_examples_of_the_specification_hold() {
    let page = include_str!("../../../docs/spec.md");
    let table = page.split_once("| body | arguments | what the agent reads |").unwrap().1;
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`'])).collect())
        .collect();
    assert!(rows.len() > 8, "{rows:?}");
    for row in rows {
        let [body, arguments, expected] = row.as_slice() else { panic!("{row:?}") };
        let arguments = if *arguments == "(none)" { "" } else { arguments };
        let expected = expected.replace('↵', "\n");
        assert_eq!(
            fill(body, arguments, &["file", "lines"]).trim_end(),
            expected,
            "`{body}` with `{arguments}`"
        );
    }
}

#[test]
fn words_are_split_as_a_shell_does_it() {
    for (arguments, words) in [
        ("a  b\tc\nd", "a|b|c|d"),
        (r#""a b" 'c d'"#, "a b|c d|$2|$3"),
        (r#"a"b c"d '' e"#, "ab cd||e|$3"),
        (r#"a\ b "\"\n\\" 'c\'"#, r#"a b|"\n\|c\|$3"#),
        ("the user's file", "the|user's|file|$3"),
        (r"a b\", r"a|b\|$2|$3"),
    ] {
        assert_eq!(fill("$0|$1|$2|$3", arguments, &[]).trim_end(), words, "{arguments}");
    }
}

#[test]
fn what_only_looks_like_a_placeholder_stays() {
    for body in [
        "$",
        "$$",
        "a$",
        "$x",
        "$ARGUMENTS_FILE",
        "$ARGUMENTSX",
        "$0a",
        "$1_000",
        "$HOME",
        "${HOME}",
        "${ARGUMENTS}",
        "$(ls)",
        "$filename",
        r"\$HOME",
        r"\n",
        "${SKILL_DIR",
        "$99999999999999999999999",
        "$ARGUMENTS[99999999999999999999]x",
    ] {
        let expected = body.replace("$ARGUMENTS[99999999999999999999]x", "one two[99999999999999999999]x");
        let filled = fill(body, "one two", &["file"]);
        let filled = filled.strip_suffix("\n\nARGUMENTS: one two\n").unwrap_or(&filled);
        assert_eq!(filled, expected);
    }
}

#[test]
fn the_longest_name_counts_and_of_equal_ones_the_first() {
    assert_eq!(fill("$file-name $file-x $file", "a b", &["file", "file-name", "file"]), "b a-x a");
    assert_eq!(fill("$файл, $0", "a", &["файл", ""]), "a, a");
}

#[test]
fn hostile_bodies_stay_within_the_bound_and_take_no_long() {
    let names: Vec<String> = (0..10_000).map(|index| format!("a-{index}")).collect();
    let values = Values::new("x", &names, "/");
    assert!(values.fill(&"$a-".repeat(300_000)).is_some());
    assert!(values.fill(&"$ARGUMENTS[".repeat(50_000)).is_some());
    let long = "y".repeat(1 << 20);
    assert_eq!(Values::new(&long, &[], "/").fill(&"$0".repeat(17)), None);
    assert!(Values::new(&long, &[], "/").fill(&"$0".repeat(16)).unwrap().len() <= MAX_BYTES);
}

proptest! {
    #[test]
    fn a_value_is_there_as_it_was_given_and_never_expanded_again(
        words in proptest::collection::vec("[a-z$\\\\{}A-Z\\[\\]0-2]{1,12}|\\$ARGUMENTS|\\$[01]|\\$\\{SKILL_DIR\\}|\\\\\\$0", 1..4),
    ) {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let arguments = quoted.join(" ");
        let filled = fill("<$0|$ARGUMENTS|$who|${SKILL_DIR}>", &arguments, &["who"]);
        let first = &words[0];
        prop_assert_eq!(filled, format!("<{first}|{arguments}|{first}|/skills/greet>"));
        let appended = fill("Do it.", &arguments, &[]);
        prop_assert_eq!(appended, format!("Do it.\n\nARGUMENTS: {arguments}\n"));
    }

    #[test]
    fn no_body_and_no_arguments_make_it_panic(body in ".{0,80}|[$\\\\\\[\\]{}A0-9]{0,40}", arguments in ".{0,40}") {
        let names = ["file".to_owned()];
        prop_assert!(Values::new(&arguments, &names, "/").fill(&body).is_some());
    }
}
