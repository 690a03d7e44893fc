//! A message that is passed on: its head in words, and all of it.

use super::{Language, html_of_text, quote::moment, safe_html, text_of_html};
use crate::{Address, Message};

/// The text of a message that is passed on: who wrote it, when, to whom, and the original as it is.
///
/// `offset_seconds` is how far the person's clock is ahead of UTC at the time of the message.
pub fn forwarded(message: &Message, language: Language, offset_seconds: i32) -> String {
    let original = match (&message.text, &message.html) {
        (Some(text), _) => text.clone(),
        (None, Some(html)) => text_of_html(&html.replace(super::PART_BREAK, "<p>")),
        (None, None) => String::new(),
    };
    format!("{}\n{}\n", head(message, language, offset_seconds), original.trim_end())
}

/// The same as [`forwarded`] as HTML, made safe.
pub fn forwarded_html(message: &Message, language: Language, offset_seconds: i32) -> String {
    let original = match (&message.html, &message.text) {
        (Some(html), _) => safe_html(html),
        (None, Some(text)) => html_of_text(text),
        (None, None) => String::new(),
    };
    let head = html_of_text(&head(message, language, offset_seconds));
    format!("{head}<div>{original}</div>")
}

fn head(message: &Message, language: Language, offset_seconds: i32) -> String {
    let list = |people: &[Address]| people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let when = message.date.map(|date| moment(date, language, offset_seconds)).unwrap_or_default();
    let (title, names) = match language {
        Language::Dutch => ("Doorgestuurd bericht", ["Van", "Datum", "Onderwerp", "Aan", "Cc"]),
        Language::English => ("Forwarded message", ["From", "Date", "Subject", "To", "Cc"]),
    };
    let facts = [list(&message.from), when, message.subject.clone(), list(&message.to), list(&message.cc)];
    let mut head = format!("---------- {title} ----------\n");
    for (name, fact) in names.iter().zip(facts).filter(|(_, fact)| !fact.is_empty()) {
        head.push_str(&format!("{name}: {fact}\n"));
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_on_says_whose_it_was() {
        let from = vec![Address { name: Some("Jan".into()), address: "jan@x.nl".into() }];
        let (text, subject) = (Some("Hallo\n<b>".into()), "Offerte".to_owned());
        let message = Message { from, text, subject, date: Some(1_793_491_200_000), ..Message::default() };
        let passed = forwarded(&message, Language::Dutch, 3600);
        assert!(
            passed.contains("Van: Jan <jan@x.nl>\nDatum: 1 november 2026 om 01:00\nOnderwerp: Offerte\n"),
            "{passed}"
        );
        assert!(passed.ends_with("Hallo\n<b>\n"));
        assert!(forwarded_html(&message, Language::English, 0).contains("Hallo\n&lt;b&gt;"));
    }
}
