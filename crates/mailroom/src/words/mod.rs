//! Words that people read, each in Dutch and in English.
//!
//! A text lives here or beside what it explains, always as a pair, so that no language can be forgotten.

pub mod aadsts;
pub mod cause;
mod checks;
pub mod doubt;
pub mod field;
pub mod google;
pub mod grant;
pub mod letter;
mod origin;
pub mod provider;
mod refusal;

pub use checks::Checks;
pub use mail::display::Language;
pub use origin::origin;
pub(crate) use refusal::all_well;
pub use refusal::{FieldError, Refusal};

use serde::Serialize;

/// A fixed text in both languages. `{name}` stands for a fact filled in by [`Text::with`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Nederlands.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// The text in one language.
    pub fn say(&self, language: Language) -> &'static str {
        match language {
            Language::Dutch => self.nl,
            Language::English => self.en,
        }
    }

    /// The text with its facts filled in, in both languages.
    pub fn with(&self, facts: &[(&str, &str)]) -> Phrase {
        Phrase { nl: fill(self.nl, facts), en: fill(self.en, facts) }
    }
}

/// A text with its facts filled in, in both languages; who answers the person picks one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Phrase {
    /// Nederlands.
    pub nl: String,
    /// English.
    pub en: String,
}

impl Phrase {
    /// The text in one language.
    pub fn say(&self, language: Language) -> &str {
        match language {
            Language::Dutch => &self.nl,
            Language::English => &self.en,
        }
    }
}

impl From<Text> for Phrase {
    fn from(text: Text) -> Phrase {
        Phrase { nl: text.nl.to_owned(), en: text.en.to_owned() }
    }
}

/// The language of a user's settings: `en` is English, everything else Dutch.
pub fn language(code: &str) -> Language {
    if code == "en" { Language::English } else { Language::Dutch }
}

/// Makes a [`Text`]: Dutch first.
pub const fn text(nl: &'static str, en: &'static str) -> Text {
    Text { nl, en }
}

const BLOCKED_FOR: Text = text(
    "Er is te vaak een verkeerd wachtwoord ingevuld. Probeer het over {minutes} opnieuw, of gebruik 'Wachtwoord vergeten'.",
    "A wrong password was entered too often. Try again in {minutes}, or use 'Forgotten password'.",
);
const STOPPED: Text = text(
    "Er is zo vaak een verkeerd wachtwoord ingevuld dat alleen 'Wachtwoord vergeten' nog helpt.",
    "A wrong password was entered so often that only 'Forgotten password' still helps.",
);

/// What somebody reads who is kept out for so many seconds, or (`None`) until they have set a new password.
pub fn blocked(seconds: Option<u64>) -> Phrase {
    let Some(minutes) = seconds.map(|seconds| seconds.div_ceil(60).max(1)) else { return STOPPED.into() };
    let said = |one: &str, more: &str| if minutes == 1 { one.to_owned() } else { format!("{minutes} {more}") };
    Phrase {
        nl: fill(BLOCKED_FOR.nl, &[("minutes", &said("een minuut", "minuten"))]),
        en: fill(BLOCKED_FOR.en, &[("minutes", &said("a minute", "minutes"))]),
    }
}

fn fill(text: &str, facts: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        let fact = facts.iter().find(|(name, _)| *name == &rest[open + 1..open + close]);
        filled.push_str(&rest[..open]);
        filled.push_str(fact.map_or(&rest[open..=open + close], |(_, value)| value));
        rest = &rest[open + close + 1..];
    }
    filled + rest
}

#[cfg(test)]
pub(crate) fn assert_complete(name: &str, text: &Text) {
    assert!(text.nl.len() > 3 && text.en.len() > 3, "{name} lacks a language");
    assert_ne!(text.nl, text.en, "{name} is not translated");
    let holes = |text: &str| {
        let mut found: Vec<String> =
            text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default().to_owned()).collect();
        found.sort();
        found
    };
    assert_eq!(holes(text.nl), holes(text.en), "{name} names other facts in the other language");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_looks_like_a_hole_is_not_filled_again() {
        let hello = text("Dag {name}, {name}", "Hello {name}, {name}");
        assert_eq!(hello.with(&[("name", "{name}")]).en, "Hello {name}, {name}");
        assert_eq!(text("a {b", "a {b").with(&[("b", "c")]).nl, "a {b");
    }
}
