//! What people see of a message: safe HTML, previews, quotations.

use crate::Message;

/// The language of words we put into mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Nederlands.
    #[default]
    Dutch,
    /// English.
    English,
}

/// HTML without anything that runs, asks or fetches; pictures of the message itself stay as `cid:`.
pub fn safe_html(_html: &str) -> String {
    String::new()
}

/// The first words of a body as one line of at most `limit` characters.
pub fn preview(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// The words of an HTML text, with line breaks where blocks end.
pub fn text_of_html(html: &str) -> String {
    html.to_owned()
}

/// The text of a reply's lower half: a line that says who wrote when, and the original after `> `.
pub fn quote_reply(_message: &Message, _language: Language, _offset_seconds: i32) -> String {
    String::new()
}

/// The same as [`quote_reply`] as HTML, made safe.
pub fn quote_reply_html(_message: &Message, _language: Language, _offset_seconds: i32) -> String {
    String::new()
}
