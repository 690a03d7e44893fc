//! Why a draft can't be written, in words that its author reads.

use crate::display::Language;
use std::fmt;

/// Why a draft can't be written: which field, in the names of the API, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct ComposeError {
    /// `subject`, `to`, `attachments`, ...
    pub field: String,
    /// What is wrong.
    pub why: Unwritable,
}

impl ComposeError {
    pub(super) fn new(field: &str, why: Unwritable) -> ComposeError {
        ComposeError { field: field.to_owned(), why }
    }
}

/// What is wrong with a field of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwritable {
    /// It holds what could end a line of the header.
    Control(char),
    /// An address that no mail reaches: as it was given.
    Address(String),
    /// Not one `https:` or `mailto:` address.
    Link,
    /// Not the content id of a picture: as it was given.
    ContentId(String),
    /// The name of a file is too long.
    FileName,
}

impl Unwritable {
    /// What is wrong, as a sentence.
    pub fn say(&self, language: Language) -> String {
        let (nl, en) = self.both();
        match language {
            Language::Dutch => nl,
            Language::English => en,
        }
    }

    /// Dutch, English.
    fn both(&self) -> (String, String) {
        match self {
            Unwritable::Control(sign) => {
                let code = format!("U+{:04X}", u32::from(*sign));
                (
                    format!("Dit veld kan het stuurteken {code} niet bevatten."),
                    format!("This field can't have the control character {code} in it."),
                )
            }
            Unwritable::Address(given) => {
                (format!("“{given}” is geen e-mailadres."), format!("“{given}” is not an e-mail address."))
            }
            Unwritable::Link => (
                "Dit moet precies één adres zijn dat met https: of mailto: begint.".into(),
                "This must be exactly one address that begins with https: or mailto:.".into(),
            ),
            Unwritable::ContentId(given) => (
                format!("“{given}” kan geen Content-ID van een afbeelding zijn."),
                format!("“{given}” can't be the Content-ID of a picture."),
            ),
            Unwritable::FileName => (
                "De naam van een bestand is langer dan 1.000 bytes.".into(),
                "The name of a file is longer than 1,000 bytes.".into(),
            ),
        }
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_both_languages_with_the_same_facts() {
        let all = [
            (Unwritable::Control('\u{2028}'), "U+2028"),
            (Unwritable::Address("wie".into()), "“wie”"),
            (Unwritable::Link, "mailto:"),
            (Unwritable::ContentId("<a>".into()), "“<a>”"),
            (Unwritable::FileName, "000 bytes"),
        ];
        for (why, fact) in all {
            let (nl, en) = (why.say(Language::Dutch), why.say(Language::English));
            assert!(nl.contains(fact) && en.contains(fact) && nl != en, "{nl} / {en}");
        }
    }
}
