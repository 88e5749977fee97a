//! A description cut short where it reads well.

use std::borrow::Cow;

use super::token_estimate::weight;

/// Stands where something was cut; after a blank, if whole sentences are left.
const MARK: char = '…';

/// The beginning of `text` that costs at most `room`, with the mark: whole sentences if they are at least half of that,
/// else whole words, else (in one word longer than the room) characters. All of it if it fits; empty if the room is
/// too small for the mark.
pub(super) fn shorten(text: &str, room: usize, cost: impl Fn(char) -> usize) -> Cow<'_, str> {
    let (mark, blank) = (weight(MARK), weight(' '));
    let mut spent = 0;
    let mut cut = Cut::default();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let end = start + c.len_utf8();
        spent += cost(c);
        let next = chars.peek().map(|(_, next)| *next);
        if spent > room {
            return cut.text(text, room);
        }
        let Some(next) = next else { break };
        if spent + mark > room || c.is_whitespace() || joins(next) {
            continue;
        }
        cut.character = end;
        if next.is_whitespace() || is_word_by_itself(c) {
            cut.word = end;
        }
        if spent + blank + mark <= room && ends_sentence(text, end) {
            (cut.sentence, cut.sentence_cost) = (end, spent);
        }
    }
    Cow::Borrowed(text)
}

/// The first sentence of `text` with the mark; all of it, if there is no second or if that is not dearer.
pub(super) fn first_sentence(text: &str, cost: impl Fn(char) -> usize) -> Cow<'_, str> {
    let ends = text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(start, c)| start + c.len_utf8());
    let end = ends.filter(|end| *end < text.len()).find(|end| ends_sentence(text, *end));
    match end.and_then(|end| text.split_at_checked(end)) {
        Some((first, rest)) if rest.chars().map(cost).sum::<usize>() > weight(' ') + weight(MARK) => {
            Cow::Owned(format!("{first} {MARK}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[derive(Default)]
struct Cut {
    sentence: usize,
    sentence_cost: usize,
    word: usize,
    character: usize,
}

impl Cut {
    fn text<'a>(&self, text: &str, room: usize) -> Cow<'a, str> {
        let (end, blank) = match self {
            Self { sentence: 1.., .. } if self.sentence_cost * 2 >= room => (self.sentence, " "),
            Self { word: 1.., .. } => (self.word, ""),
            Self { character: 1.., .. } => (self.character, ""),
            _ => return Cow::Owned(String::new()),
        };
        Cow::Owned(format!("{}{blank}{MARK}", text.get(..end).unwrap_or_default()))
    }
}

/// A sentence ends at the byte `end`: after its mark, what follows is not the middle of one (`e.g. this`, `v1.2`); or
/// an empty line follows.
fn ends_sentence(text: &str, end: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(end) else { return false };
    let rest = after.trim_start();
    let gap = after.get(..after.len() - rest.len()).unwrap_or_default();
    match before.chars().next_back() {
        Some('。' | '！' | '？') => true,
        Some('.' | '!' | '?') if !gap.is_empty() => !rest.starts_with(char::is_lowercase),
        _ => gap.matches('\n').nth(1).is_some(),
    }
}

/// Scripts that put no blanks between words.
fn is_word_by_itself(c: char) -> bool {
    c >= '\u{2e80}'
}

/// The character belongs to the one before: combining marks, joiners, variation selectors, skin tones.
fn joins(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
        || unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str, room: usize) -> String {
        shorten(text, room, weight).into_owned()
    }

    #[test]
    fn a_text_is_cut_after_a_sentence_or_a_word() {
        let text = "Reads files. Writes reports, e.g. tables. Never sends them.";
        assert_eq!(short(text, 59), text);
        assert_eq!(short(text, 58), "Reads files. Writes reports, e.g. tables. …");
        assert_eq!(short(text, 40), "Reads files. Writes reports, e.g.…");
        assert_eq!(short(text, 24), "Reads files. …");
        assert_eq!(short(text, 7), "Reads…");
        assert_eq!(short(text, 6), "Read…");
        assert_eq!(short(text, 2), "");
        assert_eq!(short("日本語の説明。次の文です。", 33), "日本語の説明。 …");
        assert_eq!(short("日本語の説明", 20), "日本語の…");
        assert_eq!(short("e\u{301}e\u{301}e\u{301}", 7), "e\u{301}…");
    }

    #[test]
    fn a_first_sentence_stands_alone() {
        let first = |text| first_sentence(text, weight).into_owned();
        assert_eq!(first("Reads v1.2 files, e.g. tables. Use it often."), "Reads v1.2 files, e.g. tables. …");
        assert_eq!(first("One sentence."), "One sentence.");
        assert_eq!(first("A. B"), "A. B");
        assert_eq!(first("A title\n\nand much more text"), "A title …");
        assert_eq!(first("一つ目。二つ目の文です。"), "一つ目。 …");
    }
}
