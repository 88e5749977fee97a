//! The folder of notes.

use openskills_sdk::fs::{self, ErrorKind};
use openskills_sdk::prelude::*;
use serde::Serialize;

use crate::note::Note;

const FOLDER: &str = "notes";

/// A note, without its text.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Entry {
    /// The note's file in the workspace.
    path: String,
    title: String,
    /// When it was added, in UTC; empty for files that do not say.
    created: String,
    tags: Vec<String>,
}

/// A note that was searched for.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Hit {
    #[serde(flatten)]
    entry: Entry,
    /// The first line of the text with one of the words; absent if they are all in the title or tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
}

impl Entry {
    fn new(path: String, note: Note) -> Self {
        Self { path, title: note.title, created: note.created, tags: note.tags }
    }
}

/// Writes a note under a name that is free.
pub(crate) fn add(note: Note) -> Result<Entry, Error> {
    fs::create_dir_all(FOLDER)?;
    let slug = note.slug();
    let mut path = format!("{FOLDER}/{slug}.md");
    let mut number = 1;
    while fs::exists(&path)? {
        number += 1;
        path = format!("{FOLDER}/{slug}-{number}.md");
    }
    fs::write(&path, note.to_markdown())?;
    Ok(Entry::new(path, note))
}

/// All notes, the latest first.
pub(crate) fn list() -> Result<Vec<Entry>, Error> {
    Ok(read()?.into_iter().map(|(path, note)| Entry::new(path, note)).collect())
}

/// The notes that have all words of the query, the latest first.
pub(crate) fn search(query: &str) -> Result<Vec<Hit>, Error> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    Ok(read()?.into_iter().filter_map(|(path, note)| hit(path, note, &words)).collect())
}

/// `words` are in lower case.
fn hit(path: String, note: Note, words: &[&str]) -> Option<Hit> {
    let everything = format!("{}\n{}\n{}", note.title, note.tags.join("\n"), note.text).to_lowercase();
    if !words.iter().all(|word| everything.contains(word)) {
        return None;
    }
    let has_word = |line: &&str| {
        let line = line.to_lowercase();
        words.iter().any(|word| line.contains(word))
    };
    let line = note.text.lines().find(has_word).map(str::to_owned);
    Some(Hit { entry: Entry::new(path, note), line })
}

fn read() -> Result<Vec<(String, Note)>, Error> {
    let entries = match fs::read_dir(FOLDER) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut notes = Vec::new();
    for entry in entries {
        let Some(name) = entry.name().strip_suffix(".md") else { continue };
        let note = Note::from_markdown(&fs::read_to_string(entry.path())?, name);
        notes.push((format!("{FOLDER}/{}", entry.name()), note));
    }
    notes.sort_by(|(path_a, a), (path_b, b)| b.created.cmp(&a.created).then_with(|| path_b.cmp(path_a)));
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit_of(words: &[&str]) -> Option<Hit> {
        let note = Note::new("Fish", "Fry it.\nEat Chips.", vec!["food".into()], "").expect("a note");
        hit("notes/fish.md".into(), note, words)
    }

    #[test]
    fn all_words_must_be_there() {
        assert!(hit_of(&["fish", "salad"]).is_none());
        assert_eq!(hit_of(&["food", "chips"]).and_then(|hit| hit.line).as_deref(), Some("Eat Chips."));
        assert_eq!(hit_of(&["food"]).map(|hit| hit.line), Some(None));
    }
}
