//! Both doors and a plain model of them, over random operations: the same answers, and the same tree at the end.
//!
//! `OPENSKILLS_DOORS_SECONDS` is how long it goes on; eight by default. `OPENSKILLS_DOORS_SEED` is where it begins.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use openskills_tests::Scenario;
use serde_json::{Value, json};

use crate::attacks::class;

const OPERATIONS: usize = 400;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

type Names = Vec<String>;

#[derive(Clone, Debug, PartialEq)]
enum Node {
    File(String),
    Dir,
    Link(&'static str),
}

/// What the rules are about.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Look,
    Read,
    List,
    Write,
    Make,
}

/// A tree of files under `Read(pub/**), Edit(rw/**)` and `deny: Read(secret*)`.
#[derive(Clone, Debug)]
struct Model(BTreeMap<Names, Node>);

type Answer = Result<Value, &'static str>;

fn names(path: &str) -> Names {
    path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

impl Model {
    fn new() -> Self {
        let mut tree = BTreeMap::from([(Vec::new(), Node::Dir)]);
        for dir in ["rw", "rw/dir", "rw/dir/deep", "pub", "pub/dir", "shut"] {
            tree.insert(names(dir), Node::Dir);
        }
        for file in ["rw/a", "rw/dir/b", "rw/dir/secret.txt", "pub/a", "pub/dir/b", "shut/a", "top"] {
            tree.insert(names(file), Node::File(file.to_owned()));
        }
        for (link, target) in [
            ("rw/to-file", "a"),
            ("rw/to-dir", "dir"),
            ("rw/to-pub", "../pub"),
            ("rw/to-shut", "../shut"),
            ("rw/chain", "to-dir/deep/../b"),
            ("rw/dangling", "dir/none"),
            ("rw/loop", "loop"),
            ("rw/up", "../../outside"),
            ("rw/abs", "/etc"),
            ("pub/to-rw", "../rw"),
            ("pub/to-secret", "../rw/dir/secret.txt"),
        ] {
            tree.insert(names(link), Node::Link(target));
        }
        Self(tree)
    }

    fn allowed(path: &[String], usage: Use) -> bool {
        let Some(first) = path.first() else { return matches!(usage, Use::Look | Use::List) };
        if path.iter().any(|name| name.to_lowercase().starts_with("secret")) {
            return false;
        }
        let writes = matches!(usage, Use::Write | Use::Make);
        if writes && path.iter().any(|name| name.to_lowercase() == "skill.md") {
            return false;
        }
        let below = path.len() > 1;
        match (first.as_str(), usage) {
            ("rw", Use::Make) => true,
            ("rw", Use::Write) => below,
            ("rw" | "pub", Use::Read) => below,
            ("rw" | "pub", Use::Look | Use::List) => true,
            _ => false,
        }
    }

    /// The names below the workspace that a path as written means, and whether it is written as a directory.
    fn parse(&self, written: &str) -> Result<(Names, bool), &'static str> {
        let mut path: Names = Vec::new();
        for name in written.split('/') {
            match name {
                "" | "." => {}
                ".." => drop(path.pop().ok_or("climbs")?),
                name => path.push(name.to_owned()),
            }
        }
        let directory = ["/", "/.", "/.."].iter().any(|end| written.ends_with(end)) || written == ".";
        match path.first().map(String::as_str) {
            Some("workspace") => drop(path.remove(0)),
            Some(first) if path.len() > 1 && !["rw", "pub"].contains(&first) => {
                // Some other folder: the workspace's if it is there, else nowhere; refused either way.
                return Err("outside");
            }
            Some(_) => {}
            None => return Err("root"),
        }
        Ok((path, directory))
    }

    /// Where the path leads, each way to it asked for.
    fn resolve(
        &self,
        mut path: Names,
        uses: &[Use],
        follow: bool,
        directory: bool,
    ) -> Result<Names, &'static str> {
        for _ in 0..40 {
            if uses.iter().any(|&usage| !Self::allowed(&path, usage)) {
                return Err("refused");
            }
            let mut link = None;
            for end in 1..=path.len() {
                let last = end == path.len();
                match self.0.get(&path[..end]) {
                    Some(Node::Link(target)) if !last || follow => {
                        link = Some((end, *target));
                        break;
                    }
                    Some(Node::File(_)) if !last => return Err("no directory"),
                    None if !last => return Err("missing"),
                    _ => {}
                }
            }
            let Some((end, target)) = link else {
                let found = self.0.get(&path);
                if directory && !uses.contains(&Use::Make) && !matches!(found, None | Some(Node::Dir)) {
                    return Err("no directory");
                }
                return Ok(path);
            };
            if target.starts_with('/') {
                return Err("refused");
            }
            let mut next: Names = path[..end - 1].to_vec();
            for name in target.split('/') {
                match name {
                    ".." => drop(next.pop().ok_or("refused")?),
                    name => next.push(name.to_owned()),
                }
            }
            next.extend_from_slice(&path[end..]);
            path = next;
        }
        Err("loop")
    }

    fn children(&self, path: &Names) -> Vec<Names> {
        self.0.keys().filter(|name| name.len() > path.len() && name.starts_with(path)).cloned().collect()
    }

    fn run(&mut self, op: &str, written: &str, to: &str, text: &str) -> Answer {
        let (path, directory) = match self.parse(written) {
            // The root, which only lists the others.
            Err("root") => {
                return match op {
                    "read" => Err("is a directory"),
                    "list" => Ok(json!(["skill", "tmp", "workspace"])),
                    "stat" => Ok(json!({ "kind": "dir", "size": 0 })),
                    "mkdir" => Err("exists"),
                    _ => Err("refused"),
                };
            }
            Err(_) => return Err("refused"),
            Ok(parsed) => parsed,
        };
        match op {
            "read" | "list" => {
                let lists = op == "list" || directory;
                let as_directory = !lists
                    && !Self::allowed(&path, Use::Read)
                    && Self::allowed(&path, Use::Look)
                    && self
                        .resolve(path.clone(), &[Use::Look], true, false)
                        .map(|found| self.0.get(&found) == Some(&Node::Dir))?;
                let usage = if lists || as_directory { Use::List } else { Use::Read };
                let found = self.resolve(path, &[usage], true, directory)?;
                match (self.0.get(&found).ok_or("missing")?, op) {
                    (Node::File(text), "read") if !lists => Ok(text.clone().into()),
                    (Node::File(_) | Node::Link(_), _) => Err("no directory"),
                    (Node::Dir, "read") => Err("is a directory"),
                    (Node::Dir, _) => Ok(self
                        .children(&found)
                        .into_iter()
                        .filter(|child| child.len() == found.len() + 1 && Self::allowed(child, Use::Look))
                        .map(|child| child.last().unwrap().clone())
                        .collect::<Vec<_>>()
                        .into()),
                }
            }
            "stat" => {
                let found = self.resolve(path, &[Use::Look], true, directory)?;
                match self.0.get(&found).ok_or("missing")? {
                    Node::File(text) => Ok(json!({ "kind": "file", "size": text.len() })),
                    _ => Ok(json!({ "kind": "dir", "size": 0 })),
                }
            }
            "write" | "append" => {
                let found = self.resolve(path, &[Use::Write], true, directory)?;
                if directory {
                    return Err("is a directory");
                }
                match self.0.get(&found) {
                    Some(Node::Dir) => return Err("is a directory"),
                    Some(Node::File(old)) if op == "append" => {
                        let new = format!("{old}{text}");
                        self.0.insert(found, Node::File(new));
                    }
                    _ => drop(self.0.insert(found, Node::File(text.to_owned()))),
                }
                Ok(Value::Null)
            }
            "mkdir" => {
                // What is there and may be looked at is told as such, whatever may be made.
                if let Ok(found) = self.resolve(path.clone(), &[Use::Look], false, directory)
                    && (found.is_empty() || self.0.get(&found) == Some(&Node::Dir))
                {
                    return Err("exists");
                }
                let found = self.resolve(path, &[Use::Make], false, directory)?;
                if self.0.contains_key(&found) {
                    return Err("exists");
                }
                self.0.insert(found, Node::Dir);
                Ok(Value::Null)
            }
            "remove-any" => {
                let found = self.resolve(path, &[Use::Write], false, directory)?;
                let node = self.0.get(&found).ok_or("missing")?;
                if *node == Node::Dir && !self.children(&found).is_empty() {
                    return Err("not empty");
                }
                self.0.remove(&found);
                Ok(Value::Null)
            }
            "rename" => self.rename(path, directory, to),
            _ => unreachable!("{op}"),
        }
    }

    fn rename(&mut self, path: Names, directory: bool, to: &str) -> Answer {
        let from = self.resolve(path, &[Use::Read, Use::Write], false, directory);
        let target = self.parse(to);
        if target == Err("climbs") {
            return Err("refused");
        }
        let from = from?;
        let (target, target_directory) = target.map_err(|_| "refused")?;
        let to = self.resolve(target, &[Use::Write], false, target_directory)?;
        let node = self.0.get(&from).ok_or("missing")?.clone();
        let below = self.children(&from);
        let moved = |name: &Names| [to.clone(), name[from.len()..].to_vec()].concat();
        if node == Node::Dir {
            let refused = |name: &Names| {
                [Use::Read, Use::Write].iter().any(|&usage| !Self::allowed(name, usage))
                    || !Self::allowed(&moved(name), Use::Write)
            };
            if below.iter().any(refused) {
                return Err("refused");
            }
        } else if target_directory {
            return Err("no directory");
        }
        if from == to {
            return Ok(Value::Null);
        }
        if node == Node::Dir && to.starts_with(&from) {
            return Err("invalid");
        }
        if from.starts_with(&to) {
            return Err("not empty");
        }
        match (&node, self.0.get(&to)) {
            (Node::Dir, Some(Node::Dir)) if !self.children(&to).is_empty() => return Err("not empty"),
            (Node::Dir, Some(Node::File(_) | Node::Link(_))) => return Err("no directory"),
            (Node::File(_) | Node::Link(_), Some(Node::Dir)) => return Err("is a directory"),
            _ => {}
        }
        for name in below {
            let node = self.0.remove(&name).unwrap();
            self.0.insert(moved(&name), node);
        }
        self.0.remove(&from);
        self.0.insert(to, node);
        Ok(Value::Null)
    }
}

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn path(&mut self) -> String {
        let mut path = self
            .pick(&[
                "rw",
                "rw",
                "rw",
                "rw",
                "rw",
                "rw",
                "/rw",
                "/workspace/rw",
                "workspace/rw",
                "./rw",
                "rw/../rw",
                "//rw//.",
                "pub",
                "pub",
                "pub",
                "/workspace/pub",
                "shut",
                "none",
                "RW",
                "/etc",
                "..",
                "/",
                ".",
            ])
            .to_owned();
        for _ in 0..self.roll(4) {
            path.push_str(self.pick(&["/", "/", "/", "/", "//", "/./", "/../rw/"]));
            path.push_str(self.pick(&[
                "a",
                "a",
                "b",
                "A",
                "dir",
                "dir",
                "deep",
                "é",
                "e\u{301}",
                "x y",
                "secret.txt",
                "SECRET2",
                "SKILL.md",
                "to-file",
                "to-dir",
                "to-pub",
                "to-shut",
                "to-rw",
                "to-secret",
                "chain",
                "dangling",
                "loop",
                "up",
                "abs",
                "none",
                "..",
            ]));
        }
        if self.roll(12) == 0 {
            path.push_str(self.pick(&["/", "/.", "//"]));
        }
        path
    }

    fn operation(&mut self) -> Value {
        let op = self.pick(&[
            "read",
            "read",
            "stat",
            "list",
            "write",
            "write",
            "append",
            "mkdir",
            "mkdir",
            "remove-any",
            "rename",
            "rename",
        ]);
        json!({ "op": op, "path": self.path(), "to": self.path(), "text": self.pick(&["", "x", "öl", "more"]) })
    }
}

fn set_up(model: &Model) -> Scenario {
    let scenario = Scenario::new().allowed_tools("Read(pub/**), Edit(rw/**)").deny("Read(secret*)");
    let scenario = scenario.outside("outside/o.txt", "outside");
    model.0.iter().fold(scenario, |scenario, (path, node)| match node {
        Node::File(text) => scenario.file(&path.join("/"), text),
        Node::Dir => scenario.dir(&path.join("/")),
        Node::Link(target) => scenario.link(&path.join("/"), target),
    })
}

/// The tree on disk, in the model's terms; links by their text.
fn on_disk(root: &Path, path: &mut Names, found: &mut BTreeMap<Names, String>) {
    for entry in fs::read_dir(root).unwrap() {
        let entry = entry.unwrap();
        path.push(entry.file_name().to_str().unwrap().to_owned());
        let kind = entry.file_type().unwrap();
        let text = if kind.is_dir() {
            on_disk(&entry.path(), path, found);
            "a directory".to_owned()
        } else if kind.is_symlink() {
            format!("-> {}", fs::read_link(entry.path()).unwrap().display())
        } else {
            format!("= {}", fs::read_to_string(entry.path()).unwrap())
        };
        found.insert(path.clone(), text);
        path.pop();
    }
}

fn shown(model: &Model) -> BTreeMap<Names, String> {
    let text = |node: &Node| match node {
        Node::File(text) => format!("= {text}"),
        Node::Dir => "a directory".to_owned(),
        Node::Link(target) => format!("-> {target}"),
    };
    model
        .0
        .iter()
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, node)| (path.clone(), text(node)))
        .collect()
}

#[test]
fn both_doors_and_a_plain_model_agree() {
    let begun = Instant::now();
    let time = Duration::from_secs(number("OPENSKILLS_DOORS_SECONDS", 8));
    let mut seed = number("OPENSKILLS_DOORS_SEED", 1);
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = 0;
    while begun.elapsed() < time {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let ops: Vec<Value> = (0..OPERATIONS).map(|_| dice.operation()).collect();
        let mut model = Model::new();
        let text = |op: &Value, key: &str| op[key].as_str().unwrap().to_owned();
        let expected: Vec<Answer> = ops
            .iter()
            .map(|op| model.run(&text(op, "op"), &text(op, "path"), &text(op, "to"), &text(op, "text")))
            .collect();
        for door in ["files_std", "files_sdk"] {
            let stage = set_up(&Model::new()).guest(door).ready();
            let output = stage.run(json!({ "ops": ops })).unwrap().output;
            for (n, (answer, expected)) in output.as_array().unwrap().iter().zip(&expected).enumerate() {
                let told =
                    || format!("seed {seed}, {door}, operation {n}: {}: {answer}, not {expected:?}", ops[n]);
                match expected {
                    Ok(value) => assert_eq!(answer.get("ok"), Some(value), "{}", told()),
                    Err(fault) => assert_eq!(class(answer), *fault, "{}", told()),
                }
                *classes
                    .entry(expected.as_ref().map_or_else(|fault| (*fault).to_owned(), |_| "ok".to_owned()))
                    .or_default() += 1;
                count += 1;
            }
            let mut found = BTreeMap::new();
            on_disk(&stage.workspace, &mut Vec::new(), &mut found);
            assert_eq!(found, shown(&model), "seed {seed}, {door}: the tree at the end");
        }
        seed += 1;
    }
    println!("{count} operations through two doors, each as the model has it: {classes:?}");
}
