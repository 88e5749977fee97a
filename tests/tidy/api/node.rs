//! What the declarations of the Node package declare.

use std::fs;

use super::Declared;

/// The classes and interfaces with their members and the parameters of these, and the functions, of
/// `bindings/node/index.d.ts` and the files in `types` beside it.
pub(super) fn declared() -> Declared {
    let folder = openskills_tests::repository().join("bindings/node");
    let mut declared = Declared::new();
    read(&fs::read_to_string(folder.join("index.d.ts")).unwrap(), &mut declared);
    for file in fs::read_dir(folder.join("types")).unwrap() {
        read(&fs::read_to_string(file.unwrap().path()).unwrap(), &mut declared);
    }
    declared
}

/// Reads declarations: what is exported begins at the margin, members two blanks in.
fn read(text: &str, declared: &mut Declared) {
    let mut owner: Option<String> = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let code = line.trim_start();
        let depth = line.len() - code.len();
        let exported = code.strip_prefix("export ").map(|code| code.strip_prefix("declare ").unwrap_or(code));
        if let (0, Some(code)) = (depth, exported) {
            let kind =
                ["class ", "interface ", "abstract class "].iter().find_map(|kind| code.strip_prefix(kind));
            owner = kind.filter(|_| line.ends_with('{')).map(|name| identifier(name).to_owned());
            if let Some(name) = code.strip_prefix("function ") {
                add("", identifier(name), rest, declared);
            }
        } else if depth == 0 && code.starts_with('}') {
            owner = None;
        } else if let (2, Some(owner)) = (depth, &owner)
            && !code.starts_with(['*', '/', '}', '[', ')'])
            && !code.starts_with("private ")
        {
            let mut code = code;
            for modifier in ["protected ", "static ", "readonly ", "get ", "set ", "async "] {
                code = code.strip_prefix(modifier).unwrap_or(code);
            }
            add(&format!("{owner}."), identifier(code), rest, declared);
        }
        rest = after;
    }
}

/// A member or function whose declaration `text` begins with, and its parameters.
fn add(owner: &str, name: &str, text: &str, declared: &mut Declared) {
    if name.is_empty() {
        return;
    }
    declared.insert(format!("{owner}{name}"));
    let (line, _) = text.split_once('\n').unwrap_or((text, ""));
    let after = line.find(name).map_or("", |at| &text[at + name.len()..]);
    let after = after_type_parameters(after);
    if !after.starts_with('(') {
        return;
    }
    for parameter in parameters(after) {
        declared.insert(format!("{owner}{name}({parameter})"));
    }
}

/// What comes after `<Output = Json<bigint>, Input = unknown>`, or the text if it does not begin so.
fn after_type_parameters(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at == 0 { text } else { &text[at + 1..] };
        }
    }
    text
}

fn identifier(text: &str) -> &str {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(text.len());
    &text[..end]
}

/// The names of the parameters, from the opening parenthesis to the one that closes it.
fn parameters(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start, mut before) = (0, 1, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '=' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            let name = identifier(text[start..at].trim().trim_start_matches("..."));
            found.extend(Some(name).filter(|name| !name.is_empty()));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
        before = c;
    }
    found
}

#[test]
fn declarations_are_read() {
    let mut declared = Declared::new();
    read(
        "/** A. */\nexport declare class A {\n  /** It. */\n  constructor(first: string | string[], second?: Options)\n  get x(): number\n  static of(a: (b: number) => Promise<void>, c: Record<string, number>): A\n  private constructor();\n}\nexport interface Options {\n  one?: string\n}\nexport type T = {\n  no: string\n}\nexport declare function free<T = Map<string, T>>(\n  a: string,\n): Promise<string>\n",
        &mut declared,
    );
    let expected = [
        "A.constructor",
        "A.constructor(first)",
        "A.constructor(second)",
        "A.of",
        "A.of(a)",
        "A.of(c)",
        "A.x",
        "Options.one",
        "free",
        "free(a)",
    ];
    assert_eq!(declared.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
