//! One segment of a path pattern: a glob over one name.

use super::path_pattern::fold;

/// A glob over one name of a path, in gitignore's language: `*`, `?`, `[…]` and `\`. Names are compared by characters.
#[derive(Clone, Debug)]
pub(super) struct NameGlob(Vec<Token>);

#[derive(Clone, Debug)]
enum Token {
    Char(char),
    One,
    Many,
    Class { negated: bool, items: Vec<Item> },
}

#[derive(Clone, Debug)]
enum Item {
    Range(char, char),
    Named(fn(&char) -> bool),
}

impl NameGlob {
    /// Reads one segment. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' if matches!(tokens.last(), Some(Token::Many)) => continue,
                '*' => Token::Many,
                '?' => Token::One,
                '[' => class(&mut chars).ok_or_else(|| {
                    "its `[` is not closed or names an unknown class: write `\\[` for the character itself".to_owned()
                })?,
                '\\' => Token::Char(chars.next().ok_or("nothing follows its last `\\`")?),
                c => Token::Char(c),
            });
        }
        Ok(Self(tokens))
    }

    /// The same glob for names that went through [`fold`].
    pub(super) fn folded(&self) -> Self {
        let mut tokens = Vec::with_capacity(self.0.len());
        let mut literal = String::new();
        let flush = |literal: &mut String, tokens: &mut Vec<Token>| {
            tokens.extend(fold(literal).chars().map(Token::Char));
            literal.clear();
        };
        for token in &self.0 {
            match token {
                Token::Char(c) => literal.push(*c),
                other => {
                    flush(&mut literal, &mut tokens);
                    tokens.push(other.clone());
                }
            }
        }
        flush(&mut literal, &mut tokens);
        Self(tokens)
    }

    /// Whether the glob is the name.
    pub(super) fn matches(&self, name: &str, folded: bool) -> bool {
        let mut tokens = self.0.as_slice();
        let mut rest = name.chars();
        // Where to go on if the last `*` has to take one more character.
        let mut again: Option<(&[Token], std::str::Chars<'_>)> = None;
        loop {
            let here = rest.clone();
            let met = match (tokens.split_first(), rest.next()) {
                (Some((Token::Many, after)), _) => {
                    again = Some((after, here.clone()));
                    (tokens, rest) = (after, here);
                    continue;
                }
                (None, None) => return true,
                (Some((token, after)), Some(c)) if token.takes(c, folded) => Some(after),
                _ => None,
            };
            match (met, &mut again) {
                (Some(after), _) => tokens = after,
                (None, Some((after, from))) => {
                    if from.next().is_none() {
                        return false;
                    }
                    (tokens, rest) = (after, from.clone());
                }
                (None, None) => return false,
            }
        }
    }

    /// The name, if the glob means exactly one.
    pub(super) fn literal(&self) -> Option<String> {
        self.0
            .iter()
            .map(|token| match token {
                Token::Char(c) => Some(*c),
                _ => None,
            })
            .collect()
    }

    /// A name that the glob means, with `filler` where any text may stand.
    pub(super) fn example(&self, filler: &str) -> String {
        let mut name = String::new();
        for token in &self.0 {
            match token {
                Token::Char(c) => name.push(*c),
                Token::Many => name.push_str(filler),
                Token::One => name.push('x'),
                Token::Class { .. } => {
                    let fits = |c: &char| token.takes(*c, false);
                    let named =
                        ('a'..='z').chain('0'..='9').chain('A'..='Z').chain("_-. ".chars()).find(fits);
                    name.extend(named.or_else(|| token.first()));
                }
            }
        }
        name
    }
}

impl Token {
    fn takes(&self, c: char, folded: bool) -> bool {
        match self {
            Self::Char(literal) => *literal == c,
            Self::One | Self::Many => true,
            Self::Class { negated, items } => {
                let has = |c: char| items.iter().any(|item| item.has(c));
                let found = has(c) || folded && c.to_uppercase().chain(c.to_lowercase()).any(has);
                found != *negated
            }
        }
    }

    fn first(&self) -> Option<char> {
        match self {
            Self::Class { negated: false, items } => items.iter().find_map(|item| match item {
                Item::Range(low, high) if low <= high => Some(*low),
                _ => None,
            }),
            _ => None,
        }
    }
}

impl Item {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Range(low, high) => (*low..=*high).contains(&c),
            Self::Named(named) => named(&c),
        }
    }
}

/// What follows a `[`, up to and with its `]`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let negated = chars.next_if(|c| matches!(c, '!' | '^')).is_some();
    let mut items = Vec::new();
    let mut first = true;
    loop {
        let low = match chars.next()? {
            ']' if !first => return Some(Token::Class { negated, items }),
            '[' if chars.peek() == Some(&':') => {
                items.push(Item::Named(named(chars)?));
                first = false;
                continue;
            }
            '\\' => chars.next()?,
            c => c,
        };
        first = false;
        let mut ahead = chars.clone();
        let range = ahead.next() == Some('-') && ahead.peek().is_some_and(|end| *end != ']');
        if range {
            chars.next();
            let high = match chars.next()? {
                '\\' => chars.next()?,
                c => c,
            };
            items.push(Item::Range(low, high));
        } else {
            items.push(Item::Range(low, low));
        }
    }
}

/// `[:alpha:]` and its like, after the `[`.
fn named(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<fn(&char) -> bool> {
    chars.next();
    let name: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_alphabetic)).collect();
    if (chars.next()?, chars.next()?) != (':', ']') {
        return None;
    }
    Some(match name.as_str() {
        "alnum" => char::is_ascii_alphanumeric,
        "alpha" => char::is_ascii_alphabetic,
        "blank" => |c| matches!(c, ' ' | '\t'),
        "cntrl" => char::is_ascii_control,
        "digit" => char::is_ascii_digit,
        "graph" => char::is_ascii_graphic,
        "lower" => char::is_ascii_lowercase,
        "print" => |c| matches!(c, ' '..='~'),
        "punct" => char::is_ascii_punctuation,
        "space" => |c| c.is_ascii_whitespace() || *c == '\u{b}',
        "upper" => char::is_ascii_uppercase,
        "xdigit" => char::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::NameGlob;

    #[test]
    fn stars_go_back_and_no_further_than_they_must() {
        let hostile = NameGlob::parse(&"*a".repeat(60)).unwrap();
        assert!(!hostile.matches(&("a".repeat(250) + "b"), false));
        assert!(hostile.matches(&"a".repeat(250), false));
        assert!(NameGlob::parse("a*b*c").unwrap().matches("a-b-b-c", false));
    }

    #[test]
    fn an_example_is_a_name_that_is_meant() {
        for text in ["a", "*.csv", "a?[0-9]", "[!a-z]*", "\\*x", "[[:upper:]]"] {
            let glob = NameGlob::parse(text).unwrap();
            let example = glob.example("x");
            assert!(glob.matches(&example, false), "{text}: {example}");
        }
    }
}
