//! What was typed into the form, and the files that came with it.

use crate::problem::{Kind, Problem};
use axum::extract::{FromRequest, Multipart, Request};
use mail::{AccountKey, Address, DraftKey, compose::Attached};
use std::collections::BTreeMap;
use store::draft::Letter;

/// What was sent.
#[derive(Default)]
pub(super) struct Typed {
    fields: BTreeMap<String, String>,
    pub(super) files: Vec<Attached>,
}

impl<S: Send + Sync> FromRequest<S> for Typed {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Typed, Problem> {
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| not_whole())?;
        let mut typed = Typed::default();
        while let Some(part) = parts.next_field().await.map_err(|_| not_whole())? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                Some(file) => {
                    let content_type = part.content_type().unwrap_or_default().to_owned();
                    let bytes = part.bytes().await.map_err(|_| not_whole())?.to_vec();
                    // A browser sends an empty file for a field that was left alone.
                    if !file.is_empty() {
                        typed.files.push(Attached { name: file, content_type, bytes, content_id: None });
                    }
                }
                None => {
                    let text = part.text().await.map_err(|_| not_whole())?;
                    typed.fields.insert(name, text.replace("\r\n", "\n"));
                }
            }
        }
        Ok(typed)
    }
}

fn not_whole() -> Problem {
    Problem::new(
        Kind::BadRequest,
        "Het formulier kwam niet heel over. Probeer het nog eens.",
        "The form did not arrive whole. Try once more.",
    )
}

impl Typed {
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn key<K: std::str::FromStr>(&self, name: &str) -> Option<K> {
        self.get(name).parse().ok()
    }

    pub(super) fn draft(&self) -> Option<DraftKey> {
        self.key("draft")
    }

    /// The version that the form was made from; 0 when nothing was kept yet.
    pub(super) fn version(&self) -> i64 {
        self.key("version").unwrap_or(0)
    }

    /// Whose signature the form was shown with.
    pub(super) fn signed(&self) -> Option<AccountKey> {
        self.key("signed")
    }

    /// The values of a template's holes.
    pub(super) fn values(&self) -> BTreeMap<String, String> {
        let named = self.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("value.")?, value)));
        named.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// The letter. Without script only the plain text comes: what it was made from stays as it is formatted, when nobody
    /// touched it.
    pub(super) fn letter(&self, kept: Option<&Letter>) -> Letter {
        let (mut text, mut html) = (Some(self.get("text").to_owned()), None);
        if let Some(written) = self.fields.get("html") {
            (text, html) = (None, Some(written.clone()));
        } else if let Some(kept) = kept.and_then(|kept| kept.html.as_ref())
            && plain(kept).trim_end() == self.get("text").trim_end()
        {
            (text, html) = (None, Some(kept.clone()));
        }
        Letter {
            account: self.key("account"),
            to: split(self.get("to")),
            cc: split(self.get("cc")),
            bcc: split(self.get("bcc")),
            subject: self.get("subject").to_owned(),
            text,
            html,
            source: self.key("source"),
            forwards: self.get("forwards") == "1",
            quotes: self.get("quotes") == "1",
        }
    }
}

/// The text that a form without script shows of formatted text.
pub(super) fn plain(html: &str) -> String {
    mail::display::text_of_html(html)
}

/// The addresses of a line, divided by commas or semicolons; what is none (yet) stays as it was typed.
pub(super) fn split(line: &str) -> Vec<Address> {
    let (mut pieces, mut quoted, mut pointed) = (vec![String::new()], false, false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            '<' if !quoted => pointed = true,
            '>' if !quoted => pointed = false,
            ',' | ';' | '\n' if !quoted && !pointed => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    let pieces = pieces.iter().map(|piece| piece.trim()).filter(|piece| !piece.is_empty());
    pieces.map(|piece| Address::parse(piece).unwrap_or_else(|| Address::bare(piece))).collect()
}

/// The same back, as people type it.
pub(super) fn line(list: &[Address]) -> String {
    let one = |address: &Address| match &address.name {
        Some(name) if name.contains([',', ';', '<', '>', '"', '(', ')', '@', ':']) => {
            format!("\"{}\" <{}>", name.replace('"', "'"), address.address)
        }
        _ => address.to_string(),
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_divided_where_people_mean_it() {
        let found = split("Jan <jan@x.nl>; \"Wit, Sanne de\" <s@x.nl>, half, els@x.nl,");
        let addresses: Vec<&str> = found.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(addresses, ["jan@x.nl", "s@x.nl", "half", "els@x.nl"]);
        assert_eq!(found[1].name.as_deref(), Some("Wit, Sanne de"));
        assert_eq!(split(&line(&found)), found);
    }

    #[test]
    fn formatting_is_kept_when_a_form_without_script_did_not_touch_the_text() {
        let kept = Letter { html: Some("<p>Dag <b>Jan</b></p>".into()), ..Letter::default() };
        let form = |text: &str| Typed { fields: [("text".to_owned(), text.to_owned())].into(), files: Vec::new() };
        assert_eq!(form(&plain("<p>Dag <b>Jan</b></p>")).letter(Some(&kept)).html, kept.html);
        let changed = form("Dag Piet").letter(Some(&kept));
        assert_eq!((changed.html, changed.text.as_deref()), (None, Some("Dag Piet")));
    }
}
