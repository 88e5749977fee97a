//! The three forms of the prompt, and what each does to texts that skills wrote.

use serde::Serialize;

/// The form of a [`Prompt`](super::Prompt).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PromptFormat {
    /// `<available_skills>`, as the reference implementation of the Agent Skills specification writes it, byte for
    /// byte; but `&`, `<` and `>` are escaped in locations, too.
    #[default]
    Xml,
    /// A heading and a list with an item on one line for each skill.
    Markdown,
    /// A list of objects with `name`, `description` and `location`, one on a line.
    Json,
}

impl PromptFormat {
    /// What comes before all skills.
    pub(super) fn opening(self) -> &'static str {
        match self {
            Self::Xml => "<available_skills>\n",
            Self::Markdown => "## Available skills\n",
            Self::Json => "[",
        }
    }

    /// What comes after all skills.
    pub(super) fn closing(self) -> &'static str {
        match self {
            Self::Xml => "</available_skills>",
            Self::Markdown => "",
            Self::Json => "\n]",
        }
    }

    /// What stands between two skills.
    pub(super) fn separator(self) -> &'static str {
        if self == Self::Json { "," } else { "" }
    }

    /// What comes before the description.
    pub(super) fn head(self, name: &str) -> String {
        let name = self.text(name);
        match self {
            Self::Xml => format!("<skill>\n<name>\n{name}\n</name>\n<description>\n"),
            Self::Markdown => format!("\n- **{name}**: "),
            Self::Json => format!("\n{{\"name\":\"{name}\",\"description\":\""),
        }
    }

    /// What comes after the description.
    pub(super) fn tail(self, location: &str) -> String {
        match self {
            Self::Xml => {
                // The reference leaves a path as it is; then a folder's name could close the element.
                let location = location.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                format!("\n</description>\n<location>\n{location}\n</location>\n</skill>\n")
            }
            Self::Markdown => format!(" (`{}`)", self.text(&self.cleaned(location))),
            Self::Json => format!("\",\"location\":\"{}\"}}", self.text(location)),
        }
    }

    /// A text before it is cut and escaped. In Markdown it must stay on its line, or it could pass for another skill.
    pub(super) fn cleaned(self, text: &str) -> String {
        match self {
            Self::Markdown => text.split_whitespace().collect::<Vec<_>>().join(" "),
            Self::Xml | Self::Json => text.to_owned(),
        }
    }

    /// A text, escaped.
    pub(super) fn text(self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            self.escape(c, &mut escaped);
        }
        escaped
    }

    /// Appends a character, escaped.
    pub(super) fn escape(self, c: char, to: &mut String) {
        let escaped = match (self, c) {
            (Self::Xml, '&') => "&amp;",
            (Self::Xml, '<') => "&lt;",
            (Self::Xml, '>') => "&gt;",
            (Self::Xml, '"') => "&quot;",
            (Self::Xml, '\'') => "&#x27;",
            (Self::Json, '"') => "\\\"",
            (Self::Json, '\\') => "\\\\",
            (Self::Json, '\n') => "\\n",
            (Self::Json, '\r') => "\\r",
            (Self::Json, '\t') => "\\t",
            (Self::Json, '\0'..='\u{1f}') => return to.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => return to.push(c),
        };
        to.push_str(escaped);
    }

    /// What a character costs once it is escaped, in quarters of a token.
    pub(super) fn cost(self, c: char) -> usize {
        let special = match self {
            Self::Xml => matches!(c, '&' | '<' | '>' | '"' | '\''),
            Self::Json => matches!(c, '"' | '\\' | '\0'..='\u{1f}'),
            Self::Markdown => false,
        };
        if !special {
            return super::token_estimate::weight(c);
        }
        let mut escaped = String::new();
        self.escape(c, &mut escaped);
        super::token_estimate::quarters(&escaped)
    }
}
