//! The Flesch formulas. They were made for English, and syllables are estimated from the spelling.

use openskills_sdk::prelude::*;
use serde::Serialize;

/// How easy a text is to read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Readability {
    /// Flesch reading ease: 90 and above is very easy, 60 to 70 plain English, below 30 very hard.
    pub(crate) flesch_reading_ease: f64,
    /// Flesch-Kincaid grade: the years at school (in the USA) it takes to read the text with ease.
    pub(crate) flesch_kincaid_grade: f64,
    /// Syllables, as estimated.
    pub(crate) syllables: usize,
}

pub(crate) fn of(words: &[&str], sentences: usize) -> Option<Readability> {
    if words.is_empty() || sentences == 0 {
        return None;
    }
    let syllables = words.iter().map(|word| syllables(word)).sum();
    let per_sentence = words.len() as f64 / sentences as f64;
    let per_word = syllables as f64 / words.len() as f64;
    Some(Readability {
        flesch_reading_ease: to_tenths(206.835 - 1.015 * per_sentence - 84.6 * per_word),
        flesch_kincaid_grade: to_tenths(0.39 * per_sentence + 11.8 * per_word - 15.59),
        syllables,
    })
}

fn to_tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Runs of vowels, less a silent `e` or `ed` at the end; at least one.
fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let mut runs = 0;
    let mut in_run = false;
    for letter in word.chars() {
        let vowel = "aeiouyàáâäæèéêëìíîïòóôöœùúûü".contains(letter);
        runs += usize::from(vowel && !in_run);
        in_run = vowel;
    }
    let before = |ending: &str| word.strip_suffix(ending).and_then(|stem| stem.chars().last());
    let silent_e = before("e").is_some_and(|last| !"aeiouyl".contains(last));
    let silent_ed = before("ed").is_some_and(|last| !"aeioutdl".contains(last));
    let silent_es = before("es").is_some_and(|last| !"aeiouscxzg".contains(last));
    runs -= usize::from(runs > 1 && (silent_e || silent_ed || silent_es));
    runs.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_of_words() {
        for (word, count) in [
            ("the", 1),
            ("cat", 1),
            ("make", 1),
            ("table", 2),
            ("jumped", 1),
            ("wanted", 2),
            ("houses", 2),
            ("makes", 1),
            ("readability", 5),
            ("café", 2),
            ("rhythm", 1),
            ("42", 1),
        ] {
            assert_eq!(syllables(word), count, "{word}");
        }
    }

    #[test]
    fn a_known_sentence() {
        // "The cat sat on the mat.": 6 words, 6 syllables, 1 sentence.
        let scores = of(&["The", "cat", "sat", "on", "the", "mat"], 1).expect("scores");
        assert_eq!((scores.flesch_reading_ease, scores.flesch_kincaid_grade), (116.1, -1.4));
    }
}
