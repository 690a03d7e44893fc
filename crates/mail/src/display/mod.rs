//! What people see of a message: safe HTML, previews, quotations.

mod bomb;
mod css;
mod forward;
mod html;
mod preview;
mod quote;
mod text;

pub use forward::{forwarded, forwarded_html};
pub use html::{safe_html, safe_html_with_remote_pictures};
pub use preview::preview;
pub use quote::{quote_reply, quote_reply_html};
pub use text::text_of_html;

pub(crate) use text::{html_of_text, text_with_links};

/// Stands between the HTML parts of one message in `Message::html`: each part is made safe apart, so that a tag left
/// open in one can't swallow the next. Reading drops control characters, so that no sender can write it.
pub const PART_BREAK: char = '\u{1E}';

/// The language of words we put into mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Nederlands.
    #[default]
    Dutch,
    /// English.
    English,
}
