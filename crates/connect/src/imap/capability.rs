//! What a server can do.

use std::collections::BTreeSet;

/// The server's capabilities, upper case.
#[derive(Debug, Clone, Default)]
pub struct Capabilities(BTreeSet<Box<str>>);

impl Capabilities {
    /// From the words of a CAPABILITY response.
    pub fn new(words: Vec<String>) -> Capabilities {
        Capabilities(words.into_iter().map(String::into_boxed_str).collect())
    }

    /// Whether the server names this one. IMAP4rev2 brings some without naming them (RFC 9051, appendix E).
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name) || (REV2.contains(&name) && self.0.contains("IMAP4REV2"))
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The SASL mechanisms.
    pub fn mechanisms(&self) -> Vec<&str> {
        self.0.iter().filter_map(|name| name.strip_prefix("AUTH=")).collect()
    }

    /// The longest literal that may go without waiting (RFC 7888).
    pub fn loose_literal_bytes(&self) -> usize {
        match () {
            () if self.has("LITERAL+") => usize::MAX,
            () if self.has("LITERAL-") => 4096,
            () => 0,
        }
    }
}

const REV2: &[&str] = &[
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "ESEARCH",
    "ENABLE",
    "IDLE",
    "SASL-IR",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "MOVE",
    "LITERAL-",
    "SPECIAL-USE",
];
