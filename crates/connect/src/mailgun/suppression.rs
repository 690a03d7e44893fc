//! Addresses to which Mailgun sends a domain's mail no more (documentation.mailgun.com, Suppressions).

use super::{form, line::Line};
use crate::{ConnectError, ServerWords, error::Cause};
use reqwest::Method;
use serde_json::Value;

/// Entries of a page, and pages that are read of one list at most.
const PAGE: usize = 1000;
const PAGES: usize = 5;

/// Why an address is suppressed: each a list at Mailgun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Mail to it came back.
    Bounced,
    /// Its owner called mail of the domain unwanted.
    Complained,
    /// Its owner wants no more of it.
    Unsubscribed,
}

impl Why {
    /// All of them.
    pub const ALL: [Why; 3] = [Why::Bounced, Why::Complained, Why::Unsubscribed];

    /// The name of its list, here and at Mailgun.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Bounced => "bounces",
            Why::Complained => "complaints",
            Why::Unsubscribed => "unsubscribes",
        }
    }

    /// By that name.
    pub fn from_name(name: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.as_str() == name)
    }
}

/// An address on one of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// Which list.
    pub why: Why,
    /// Which address.
    pub address: String,
    /// What its server said, of a bounce.
    pub words: ServerWords,
    /// Since when, milliseconds since 1970, where Mailgun says it.
    pub at: Option<i64>,
}

impl Line {
    /// Who is on this list; at most five thousand.
    pub async fn suppressed(&self, why: Why) -> Result<Vec<Suppressed>, ConnectError> {
        let begin = format!("/v3/{}/{}", self.domain(), why.as_str());
        let mut path = format!("{begin}?limit={PAGE}");
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let said = self.get(&path).await?;
            let items = said["items"].as_array().cloned().unwrap_or_default();
            found.extend(items.iter().filter_map(|item| read(why, item)));
            // The next page is a whole address; only what comes after its beginning is taken from it.
            let next = said["paging"]["next"].as_str().and_then(|url| url.split_once(&begin));
            match next {
                Some((_, rest)) if items.len() >= PAGE => path = format!("{begin}{rest}"),
                _ => break,
            }
        }
        Ok(found)
    }

    /// Takes an address off this list. Who is not on it (any more) is no trouble.
    pub async fn lift(&self, why: Why, address: &str) -> Result<(), ConnectError> {
        let path = format!("/v3/{}/{}/{}", self.domain(), why.as_str(), form::encoded(address));
        match self.json(Method::DELETE, &path, None, true).await {
            Err(ConnectError::Refused { cause: Cause::Refused, words }) if words.0.starts_with("HTTP 404") => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

fn read(why: Why, item: &Value) -> Option<Suppressed> {
    let text = |name: &str| item[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let code = text("code").map(str::to_owned).or_else(|| item["code"].as_i64().map(|code| code.to_string()));
    let words: Vec<String> = code.into_iter().chain(text("error").map(str::to_owned)).collect();
    let zone = |text: &str| text.replace("UTC", "GMT");
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let at = text("created_at").and_then(|text| parser.parse_timestamp(zone(text)).ok());
    Some(Suppressed {
        why,
        address: text("address")?.to_owned(),
        words: ServerWords::new(&words.join(" "), &[]),
        at: at.map(|at| at.as_millisecond()),
    })
}
