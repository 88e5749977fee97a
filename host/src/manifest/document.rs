//! Any YAML document as a bounded tree: for policies, which are written by the same rules as front matter.

use super::{
    fault::{Fault, Severity},
    node::Node,
    yaml::{self, Problem},
};

/// Reads one document. `None` if nothing but blanks and comments is written.
///
/// Anchors, aliases and tags are refused: in a policy nobody needs them, and a reader should see what holds.
pub(crate) fn document(text: &str) -> Result<Option<Node>, Box<Fault>> {
    let tree = yaml::read(text, 1).map_err(|error| {
        let (what, hint) = match error.problem {
            Problem::Syntax(what) => {
                (what, "put rules with `: `, `[`, `*` or `@` in quotes; indent with blanks")
            }
            Problem::SecondDocument => {
                ("a second document starts here".to_owned(), "take the line `---` out")
            }
            Problem::TooDeep => ("its lists and mappings are nested too deep".to_owned(), "write it flat"),
            Problem::TooManyNodes | Problem::TooMuchText => {
                ("it is too large".to_owned(), "use patterns in place of many single rules")
            }
            Problem::Endless => ("an alias repeats what it stands in".to_owned(), "write the value out"),
        };
        let line = text.lines().nth(error.place.line.saturating_sub(1)).unwrap_or_default();
        let fault =
            Fault::new("policy-yaml", Severity::Error, Severity::Error, format!("not valid YAML: {what}"));
        Box::new(fault.at(error.place).text(line).hint(hint))
    })?;
    let notation = tree.notations.iter().find(|(notation, _)| **notation != yaml::Notation::Flow);
    if let Some((_, place)) = notation {
        let message = "anchors (`&name`), aliases (`*name`) and tags (`!name`) are not used here";
        let fault = Fault::new("policy-yaml", Severity::Error, Severity::Error, message);
        return Err(Box::new(fault.at(*place).hint("write the value out, or put it in quotes")));
    }
    Ok(tree.root)
}
