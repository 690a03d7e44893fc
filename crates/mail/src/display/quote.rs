//! The lower half of a reply.

use super::{Language, html_of_text, safe_html, text_of_html};
use crate::{Message, calendar};

const DUTCH_MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The text of a reply's lower half: a line that says who wrote when, and the original after `> `.
///
/// `offset_seconds` is how far the answering person's clock is ahead of UTC at the time of the message.
pub fn quote_reply(message: &Message, language: Language, offset_seconds: i32) -> String {
    let original = match (&message.text, &message.html) {
        (Some(text), _) => text.clone(),
        (None, Some(html)) => text_of_html(&html.replace(super::PART_BREAK, "<p>")),
        (None, None) => String::new(),
    };
    let mut out = attribution(message, language, offset_seconds);
    out.push('\n');
    for line in original.trim_end().lines() {
        out.push_str(if line.is_empty() || line.starts_with('>') { ">" } else { "> " });
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The same as [`quote_reply`] as HTML, made safe.
pub fn quote_reply_html(message: &Message, language: Language, offset_seconds: i32) -> String {
    let original = match (&message.html, &message.text) {
        (Some(html), _) => safe_html(html),
        (None, Some(text)) => html_of_text(text),
        (None, None) => String::new(),
    };
    let line = html_of_text(&attribution(message, language, offset_seconds));
    let style = "margin: 0 0 0 8px; padding-left: 8px; border-left: 2px solid #cccccc";
    format!("{line}<blockquote style=\"{style}\">{original}</blockquote>")
}

fn attribution(message: &Message, language: Language, offset_seconds: i32) -> String {
    let who = message.sender_address().map(ToString::to_string);
    let when = message.date.map(|date| moment(date, language, offset_seconds));
    match (language, when, who) {
        (Language::Dutch, Some(when), Some(who)) => format!("Op {when} schreef {who}:"),
        (Language::Dutch, None, Some(who)) => format!("{who} schreef:"),
        (Language::Dutch, Some(when), None) => format!("Op {when} werd geschreven:"),
        (Language::Dutch, None, None) => "Eerder werd geschreven:".to_owned(),
        (Language::English, Some(when), Some(who)) => format!("On {when}, {who} wrote:"),
        (Language::English, None, Some(who)) => format!("{who} wrote:"),
        (Language::English, Some(when), None) => format!("Written on {when}:"),
        (Language::English, None, None) => "Written before:".to_owned(),
    }
}

pub(super) fn moment(date_ms: i64, language: Language, offset_seconds: i32) -> String {
    let seconds = date_ms.div_euclid(1000).saturating_add(i64::from(offset_seconds));
    let (year, month, day) = calendar::date(seconds.div_euclid(calendar::DAY));
    let (hour, minute) = (seconds.rem_euclid(calendar::DAY) / 3600, seconds.rem_euclid(3600) / 60);
    let months = if language == Language::Dutch { DUTCH_MONTHS } else { ENGLISH_MONTHS };
    let month = usize::try_from(month - 1).ok().and_then(|month| months.get(month)).copied().unwrap_or_default();
    match language {
        Language::Dutch => format!("{day} {month} {year} om {hour:02}:{minute:02}"),
        Language::English => format!("{day} {month} {year} at {hour:02}:{minute:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[test]
    fn a_quotation_says_who_wrote_when() {
        let from = vec![Address { name: Some("Jan".into()), address: "jan@x.nl".into() }];
        let text = Some("Hallo\n\n> ouder\nDag\n".into());
        let message = Message { from, text, date: Some(1_793_491_200_000), ..Message::default() };
        let quoted = quote_reply(&message, Language::Dutch, 3600);
        assert_eq!(quoted, "Op 1 november 2026 om 01:00 schreef Jan <jan@x.nl>:\n> Hallo\n>\n>> ouder\n> Dag\n");
        assert!(
            quote_reply(&message, Language::English, 0)
                .starts_with("On 1 November 2026 at 00:00, Jan <jan@x.nl> wrote:\n")
        );
        assert!(quote_reply_html(&message, Language::English, 0).contains("Jan &lt;jan@x.nl&gt; wrote"));
    }
}
