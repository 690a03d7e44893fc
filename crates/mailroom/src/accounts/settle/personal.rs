//! What a person likes and trusts: the looks of their letters, a certificate, whom never to link.

use super::Draft;
use crate::{accounts::help, words::field};
use mail::{Address, display};
use store::account::Font;

const SIGNATURE_MAX: usize = 100_000;

impl Draft {
    pub(super) fn font(&mut self, name: &str) -> Option<Font> {
        let font = Font::from_name(name);
        self.check("font", font.is_some(), field::UNKNOWN_KIND);
        font
    }

    /// It is shown in the editor and leaves the house: nothing in it runs, asks or fetches. Without a word it is none.
    pub(super) fn signature(&mut self, html: &str) -> Option<String> {
        self.check("signature_html", html.chars().count() <= SIGNATURE_MAX, field::TOO_LONG);
        let safe = display::safe_html(html);
        let says = safe.contains("<img src") || !display::text_of_html(&safe).trim().is_empty();
        says.then_some(safe)
    }

    pub(super) fn pin(&mut self, typed: &str) -> Option<String> {
        let pin: String =
            typed.chars().filter(|c| !c.is_whitespace() && *c != ':').map(|c| c.to_ascii_lowercase()).collect();
        let is_digest = pin.len() == 64 && pin.chars().all(|c| c.is_ascii_hexdigit());
        self.check("pinned_certificate", pin.is_empty() || is_digest, field::OUT_OF_RANGE);
        Some(pin).filter(|pin| !pin.is_empty())
    }

    pub(super) fn never_link(&mut self, typed: &[String]) -> Vec<String> {
        let mut list = Vec::new();
        for (n, entry) in typed.iter().enumerate() {
            let entry = help::trimmed(entry);
            let well = if entry.trim_start_matches('@').contains('@') {
                Address::parse(entry).is_some()
            } else {
                help::is_host(entry.trim_start_matches('@'))
            };
            match well {
                true => list.push(entry.to_owned()),
                false if entry.is_empty() => {}
                false => self.wrong(format!("never_link.{n}"), field::NOT_AN_ADDRESS),
            }
        }
        list
    }
}
