//! Path patterns beside git's own reading of them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use openskills_runtime::capability::PathPattern;

use crate::Digits;

/// Patterns that are tried, each against a tree of its own.
const PATTERNS: usize = 3_000;

/// Pieces of names, for patterns and trees alike, so that they meet often.
const NAMES: [&str; 14] =
    ["a", "b", "ab", "abc", ".env", "a.csv", "A", "x y", "ä", "日本", "{a,b}", "a-b", "[a]", "a]"];

/// What stands for more than itself.
const WILD: [&str; 26] = [
    "*",
    "**",
    "?",
    "*.csv",
    "a*",
    "*b",
    "a?c",
    "[ab]",
    "[!a]",
    "[^b]",
    "[a-c]",
    "[]a]",
    "[!]a]",
    "[a\\]]",
    "\\*",
    "\\[a\\]",
    "a**b",
    "**a",
    "[[:alpha:]]",
    "[[:digit:][:upper:]]b",
    "?*",
    "*?c",
    "[a-]",
    "\\a",
    "***",
    "[ab",
];

impl Digits {
    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    fn pattern(&mut self) -> String {
        let mut pattern = String::new();
        if self.below(4) == 0 {
            pattern.push('/');
        }
        let segments = 1 + self.below(3);
        for segment in 0..segments {
            if segment > 0 {
                pattern.push('/');
            }
            match self.below(5) {
                0 | 1 => pattern.push_str(self.of(&NAMES)),
                2 | 3 => pattern.push_str(self.of(&WILD)),
                _ => {
                    let name = self.of(&NAMES);
                    pattern.push_str(name);
                    pattern.push_str(self.of(&WILD));
                }
            }
        }
        if self.below(5) == 0 {
            pattern.push('/');
        }
        pattern
    }

    /// Paths of a tree, each with whether it is a directory.
    fn tree(&mut self) -> BTreeSet<(String, bool)> {
        let mut paths = BTreeSet::new();
        for _ in 0..12 {
            let names: Vec<&str> = (0..=self.below(3)).map(|_| self.of(&NAMES)).collect();
            for depth in 1..names.len() {
                paths.insert((names[..depth].join("/"), true));
            }
            paths.insert((names.join("/"), self.below(3) == 0));
        }
        let directories: BTreeSet<String> =
            paths.iter().filter(|(_, directory)| *directory).map(|(path, _)| path.clone()).collect();
        paths.retain(|(path, directory)| *directory || !directories.contains(path));
        paths
    }
}

/// The paths of a repository that git ignores, of those given.
fn ignored(repository: &Path, fold: bool, paths: &[String]) -> BTreeSet<String> {
    let mut git = Command::new("git");
    git.args(["-c", &format!("core.ignorecase={fold}"), "-c", "core.excludesFile=/dev/null"]);
    git.args(["check-ignore", "--no-index", "--stdin", "-z"]);
    let mut git = git
        .current_dir(repository)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = git.stdin.take().unwrap();
    let input = paths.join("\0");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = git.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// What git reads otherwise, on purpose.
///
/// - Git goes by bytes: `?` and `[…]` do not match a letter that is not ASCII. Here a letter is one character.
/// - Git cuts off the literal beginning of a pattern before it looks for `**`, so that `a**/b` is read as `a` and `**/b`.
///   Its documentation has it that `**` beside other characters is `*`, which is what holds here.
fn is_read_otherwise(pattern: &str, path: &str) -> bool {
    let by_bytes = !path.is_ascii() && pattern.contains(['?', '[']);
    let cut = pattern.find("**").is_some_and(|at| {
        let (before, after) = (&pattern[..at], pattern[at..].trim_start_matches('*'));
        !before.is_empty()
            && !before.ends_with('/')
            && !before.contains(['*', '?', '[', '\\'])
            && (after.is_empty() || after.starts_with('/'))
    });
    by_bytes || cut
}

/// A temporary folder, in memory where there is one.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Compares all cases. `wider` says where ours may match though git's does not.
#[expect(clippy::print_stdout, reason = "how much was compared")]
fn compare(
    fold: bool,
    lines: impl Fn(&str) -> String,
    answer: impl Fn(&PathPattern, &str, bool) -> bool,
    wider: impl Fn(&str) -> bool,
) {
    let mut digits = Digits(if fold { 11 } else { 5 });
    let folder = folder();
    let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status().unwrap();
    assert!(made.success());
    let mut cases = Vec::new();
    let mut refused = 0;
    while cases.len() < PATTERNS {
        let text = digits.pattern();
        let tree = digits.tree();
        // An unclosed `[` matches nothing in git, silently; here whoever writes a rule hears of it. So for `//` and `\\`
        // at the end.
        if PathPattern::parse(&text).is_err() {
            refused += 1;
            assert!(refused < PATTERNS / 4, "too many are refused, the last one is `{text}`");
            continue;
        }
        let place = format!("t{}", cases.len());
        for (path, directory) in &tree {
            let parent = Path::new(path).parent().unwrap();
            let made = if *directory { Path::new(path) } else { parent };
            fs::create_dir_all(folder.path().join(&place).join(made)).unwrap();
        }
        fs::write(folder.path().join(&place).join(".gitignore"), lines(&text)).unwrap();
        cases.push((place, text, tree));
    }
    let asked: Vec<String> = cases
        .iter()
        .flat_map(|(place, _, tree)| tree.iter().map(move |(path, _)| format!("{place}/{path}")))
        .collect();
    let ignored = ignored(folder.path(), fold, &asked);
    let (mut differences, mut excluded) = (Vec::new(), 0);
    for (place, text, tree) in &cases {
        let pattern = PathPattern::parse(text).unwrap();
        for (path, directory) in tree {
            let (ours, theirs) =
                (answer(&pattern, path, *directory), ignored.contains(&format!("{place}/{path}")));
            if is_read_otherwise(text, path) {
                excluded += 1;
            } else if ours != theirs && !(ours && wider(text)) {
                differences.push(format!("`{text}` and `{path}` ({directory}): {ours}, git {theirs}"));
            }
        }
    }
    println!(
        "{} cases with {PATTERNS} patterns: {} ignored by git, {excluded} cases left out, {refused} patterns refused",
        asked.len(),
        ignored.len()
    );
    assert!(ignored.len() > asked.len() / 20, "hardly anything matches: {}", ignored.len());
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences[..differences.len().min(60)].join("\n")
    );
}

#[test]
fn to_allow_is_what_git_ignores() {
    compare(false, |text| format!("{text}\n"), PathPattern::covers, |_| false);
}

#[test]
fn to_refuse_is_what_git_ignores_at_any_depth_in_any_case() {
    let lines = |text: &str| match text.starts_with('/') {
        true => format!("{text}\n"),
        false => format!("{text}\n**/{text}\n"),
    };
    // A negated class refuses what it does in either case.
    compare(true, lines, PathPattern::touches, |text| text.contains("[!") || text.contains("[^"));
}
