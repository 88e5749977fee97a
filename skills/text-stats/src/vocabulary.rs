//! The words of a text by how often they occur.

use std::collections::HashMap;

use openskills_sdk::prelude::*;
use serde::Serialize;

/// A word and how often it occurs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WordCount {
    pub(crate) word: String,
    pub(crate) count: usize,
}

/// The `top` most frequent words of at least `min_length` letters; of equally frequent ones, by the alphabet.
pub(crate) fn most_frequent(words: &[&str], min_length: usize, top: usize) -> Vec<WordCount> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in words.iter().filter(|word| word.chars().count() >= min_length) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(word, count)| WordCount { word, count }).collect();
    counts.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.word.cmp(&b.word)));
    counts.truncate(top);
    counts
}
