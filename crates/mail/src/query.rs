//! The search language of the search field and of `GET /messages?q=`.

use crate::{AccountKey, ContactKey, DossierKey, Role};

/// What someone asks for: every term must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The terms, in the order written.
    pub terms: Vec<Term>,
    /// What was left out and why, in words for the person who wrote it.
    pub problems: Vec<String>,
}

/// Where words are looked for; the fields of [`crate::search::SearchText`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// In every field.
    Anywhere,
    /// In the subject.
    Subject,
    /// In the sender's name or address.
    From,
    /// In the names or addresses of To, Cc and Bcc.
    To,
    /// In the names of attachments.
    Attachments,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// These tokens next to each other in this order; one token is a word. Folded by `search::fold`, never empty.
    Words {
        /// Where.
        field: Field,
        /// Folded tokens, at least one.
        tokens: Vec<String>,
        /// Whether the last token may go on (`factuur*`).
        prefix: bool,
    },
    /// Has an attachment that is not an inline picture.
    HasAttachment,
    /// Received before this instant (milliseconds since 1970).
    Before(i64),
    /// Received at or after this instant (milliseconds since 1970).
    After(i64),
    /// In a folder with this role.
    Role(Role),
    /// In a folder whose name, folded by `search::fold`, is this or ends in it.
    Folder(String),
    /// Not read yet.
    Unread,
    /// Read.
    Read,
    /// Marked as important.
    Flagged,
    /// Private.
    Private,
    /// Linked to this contact.
    Contact(ContactKey),
    /// Linked to a contact whose name has all these tokens.
    ContactNamed(Vec<String>),
    /// Linked to this dossier.
    Dossier(DossierKey),
    /// Linked to a dossier whose name has all these tokens.
    DossierNamed(Vec<String>),
    /// In this account.
    Account(AccountKey),
    /// In an account whose display name or address has all these tokens.
    AccountNamed(Vec<String>),
    /// The other must not hold. Never nested.
    Not(Box<Term>),
}

/// The present, as the asking person's clock shows it; `before:today` needs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Seconds that the person's clock is ahead of UTC.
    pub offset_seconds: i32,
}

/// What `text` asks for. Never fails: what isn't understood is looked for as plain words.
pub fn parse(text: &str, _now: Now) -> Query {
    let tokens: Vec<String> = crate::search::tokens(&crate::search::fold(text)).map(str::to_owned).collect();
    let terms = tokens.into_iter().map(|token| Term::Words { field: Field::Anywhere, tokens: vec![token], prefix: false });
    Query { terms: terms.collect(), problems: Vec::new() }
}
