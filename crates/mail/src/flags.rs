//! The flags of a message in a folder (RFC 9051 §2.3.2) and its keywords.

use serde::{Deserialize, Serialize};

/// The system flags that people see, and every keyword the server keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags {
    /// Read.
    pub seen: bool,
    /// Marked as important.
    pub flagged: bool,
    /// Answered.
    pub answered: bool,
    /// Being written.
    pub draft: bool,
    /// Marked for removal.
    pub deleted: bool,
    /// Keywords as the server spells them, sorted, without duplicates (`$Forwarded`, `$Junk`, ...).
    pub keywords: Vec<String>,
}

impl Flags {
    /// Reads a flag list as IMAP gives it; `\Recent` and `\*` are not flags of the message and are dropped.
    pub fn from_imap<'a>(names: impl IntoIterator<Item = &'a str>) -> Flags {
        let mut flags = Flags::default();
        for name in names {
            match name.to_ascii_lowercase().as_str() {
                "\\seen" => flags.seen = true,
                "\\flagged" => flags.flagged = true,
                "\\answered" => flags.answered = true,
                "\\draft" => flags.draft = true,
                "\\deleted" => flags.deleted = true,
                "\\recent" | "\\*" | "" => {}
                _ => flags.keywords.push(name.to_owned()),
            }
        }
        flags.keywords.sort();
        flags.keywords.dedup();
        flags
    }

    /// The system flags as a small number for the database: 1 seen, 2 flagged, 4 answered, 8 draft, 16 deleted.
    pub fn bits(&self) -> i64 {
        i64::from(self.seen)
            | i64::from(self.flagged) << 1
            | i64::from(self.answered) << 2
            | i64::from(self.draft) << 3
            | i64::from(self.deleted) << 4
    }

    /// The flags that [`Flags::bits`] and [`Flags::keyword_text`] gave.
    pub fn from_stored(bits: i64, keywords: Option<&str>) -> Flags {
        Flags {
            seen: bits & 1 != 0,
            flagged: bits & 2 != 0,
            answered: bits & 4 != 0,
            draft: bits & 8 != 0,
            deleted: bits & 16 != 0,
            keywords: keywords.map(|text| text.split(' ').map(str::to_owned).collect()).unwrap_or_default(),
        }
    }

    /// The keywords in one text, or `None` when there are none. A keyword is an atom, so a blank can't be in one.
    pub fn keyword_text(&self) -> Option<String> {
        (!self.keywords.is_empty()).then(|| self.keywords.join(" "))
    }

    /// The flag list as IMAP takes it, without the parentheses.
    pub fn to_imap(&self) -> String {
        let system = [
            (self.seen, "\\Seen"),
            (self.flagged, "\\Flagged"),
            (self.answered, "\\Answered"),
            (self.draft, "\\Draft"),
            (self.deleted, "\\Deleted"),
        ];
        let system = system.into_iter().filter(|(set, _)| *set).map(|(_, name)| name);
        system.chain(self.keywords.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_survive_the_database() {
        let flags = Flags::from_imap(["\\Seen", "\\RECENT", "$Junk", "\\Draft", "$Junk", "Work"]);
        assert_eq!(flags, Flags::from_stored(flags.bits(), flags.keyword_text().as_deref()));
        assert_eq!(flags.to_imap(), "\\Seen \\Draft $Junk Work");
    }
}
