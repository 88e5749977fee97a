//! A notebook of Markdown files: what a skill looks like that writes to a part of the workspace, and whose input is
//! one of several actions.
#![forbid(unsafe_code)]

mod date;
mod note;
mod notebook;

use openskills_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use note::Note;
use notebook::{Entry, Hit};

/// What to do.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum Input {
    /// Writes a new note; never changes one that is there.
    Add {
        /// The note's title, one line.
        title: String,
        /// The note itself, Markdown.
        text: String,
        /// Words to find the note by.
        #[serde(default)]
        tags: Vec<String>,
    },
    /// Lists all notes, the latest first.
    List {},
    /// Finds the notes that have all words of the query in their title, tags or text, the latest first.
    Search {
        /// One or more words; capitals do not matter.
        query: String,
    },
}

/// What was done.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Output {
    Add(Entry),
    List { notes: Vec<Entry> },
    Search { notes: Vec<Hit> },
}

#[skill]
fn run(input: Input) -> Result<Output, Error> {
    match input {
        Input::Add { title, text, tags } => {
            let note = Note::new(&title, &text, tags, &date::now())?;
            Ok(Output::Add(notebook::add(note)?))
        }
        Input::List {} => Ok(Output::List { notes: notebook::list()? }),
        Input::Search { query } => {
            if query.trim().is_empty() {
                return Err(Error::invalid_input("query", "there is nothing to search for"));
            }
            Ok(Output::Search { notes: notebook::search(&query)? })
        }
    }
}
