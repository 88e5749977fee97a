//! Counts the words and lines of a file.

use openskills_sdk::{fs, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file, such as `notes/plan.txt`, in the workspace.
    path: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Words, that is, runs of anything but white space.
    words: usize,
    /// Lines, the last one also without a line break at its end.
    lines: usize,
}

#[skill]
fn run(input: Input) -> Result<Output, Error> {
    let text = fs::read_to_string(&input.path)?;
    Ok(count(&text))
}

fn count(text: &str) -> Output {
    Output { words: text.split_whitespace().count(), lines: text.lines().count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lines_are_counted() {
        assert_eq!(count("ship it\non Friday\n"), Output { words: 4, lines: 2 });
        assert_eq!(count(""), Output { words: 0, lines: 0 });
    }
}
