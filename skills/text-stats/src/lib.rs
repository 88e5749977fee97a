//! Statistics of a text: what a skill looks like that needs nothing but its input.
#![forbid(unsafe_code)]

mod readability;
mod vocabulary;

use openskills_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use readability::Readability;
use vocabulary::WordCount;

/// A text, and how to look at it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The text.
    text: String,
    /// How many of the most frequent words to list.
    #[serde(default = "ten")]
    top: usize,
    /// The length, in letters, from which on a word counts as one of the most frequent: leaves out `the` and `of`.
    #[serde(default = "four")]
    min_word_length: usize,
    /// How fast the text is read, for the reading time.
    #[serde(default = "silent_reading")]
    words_per_minute: u32,
}

fn ten() -> usize {
    10
}

fn four() -> usize {
    4
}

/// The mean of adults reading English silently (Brysbaert 2019).
fn silent_reading() -> u32 {
    238
}

/// What there is to say about the text.
#[derive(Debug, Serialize, JsonSchema)]
struct Output {
    /// Characters as a reader sees them: an accented letter or an emoji is one.
    characters: usize,
    /// The same without white space.
    characters_without_spaces: usize,
    words: usize,
    sentences: usize,
    /// Runs of lines between empty lines.
    paragraphs: usize,
    /// Reading time in seconds.
    reading_seconds: u64,
    /// How easy the text is to read, by formulas made for English; absent if there are no words.
    #[serde(skip_serializing_if = "Option::is_none")]
    readability: Option<Readability>,
    /// The sentence with the most words; absent if there are no words.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_sentence: Option<Sentence>,
    /// The most frequent words, in lower case.
    top_words: Vec<WordCount>,
}

/// A sentence of the text.
#[derive(Debug, Serialize, JsonSchema)]
struct Sentence {
    words: usize,
    text: String,
}

#[skill]
fn run(input: Input) -> Result<Output, Error> {
    if input.words_per_minute == 0 {
        return Err(Error::invalid_input("words_per_minute", "nobody reads 0 words a minute"));
    }
    let text = input.text.as_str();
    let words: Vec<&str> = text.unicode_words().collect();
    let sentences: Vec<&str> = sentences(text).collect();
    let reading_seconds = (words.len() as f64 * 60.0 / f64::from(input.words_per_minute)).ceil();
    Ok(Output {
        characters: text.graphemes(true).count(),
        characters_without_spaces: text.graphemes(true).filter(|part| !part.trim().is_empty()).count(),
        words: words.len(),
        sentences: sentences.len(),
        paragraphs: paragraphs(text),
        reading_seconds: reading_seconds as u64,
        readability: readability::of(&words, sentences.len()),
        longest_sentence: longest(&sentences),
        top_words: vocabulary::most_frequent(&words, input.min_word_length, input.top),
    })
}

/// The sentences that have words in them.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.unicode_sentences().map(str::trim)
}

fn paragraphs(text: &str) -> usize {
    let mut count = 0;
    let mut between = true;
    for line in text.lines() {
        let empty = line.trim().is_empty();
        if between && !empty {
            count += 1;
        }
        between = empty;
    }
    count
}

/// The first of those with the most words.
fn longest(sentences: &[&str]) -> Option<Sentence> {
    let counted = sentences.iter().map(|text| (text.unicode_words().count(), text));
    let (words, text) = counted.rev().max_by_key(|(words, _)| *words)?;
    Some(Sentence { words, text: text.split_whitespace().collect::<Vec<_>>().join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The cat sat on the mat. The naïve cat purred!\n\nWhere did the café's cat go? 🙂";

    fn of(text: &str) -> Output {
        let input = Input { text: text.into(), top: 2, min_word_length: 3, words_per_minute: 238 };
        run(input).expect("a result")
    }

    #[test]
    fn counts() {
        let stats = of(TEXT);
        assert_eq!((stats.words, stats.sentences, stats.paragraphs), (16, 3, 2));
        assert_eq!((stats.characters, stats.characters_without_spaces), (77, 60));
        assert_eq!(stats.reading_seconds, 5);
        let longest = stats.longest_sentence.expect("a sentence");
        assert_eq!((longest.words, longest.text.as_str()), (6, "The cat sat on the mat."));
        let top: Vec<_> = stats.top_words.iter().map(|top| (top.word.as_str(), top.count)).collect();
        assert_eq!(top, [("the", 4), ("cat", 3)]);
    }

    #[test]
    fn an_empty_text_has_no_readability() {
        let stats = of(" \n ");
        assert_eq!((stats.words, stats.sentences, stats.paragraphs), (0, 0, 0));
        assert!(stats.readability.is_none() && stats.longest_sentence.is_none());
    }

    #[test]
    fn a_speed_of_nothing_is_refused() {
        let input = Input { text: String::new(), top: 1, min_word_length: 1, words_per_minute: 0 };
        assert!(matches!(run(input), Err(Error::InvalidInput { field, .. }) if field == "words_per_minute"));
    }
}
