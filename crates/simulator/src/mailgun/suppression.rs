//! Addresses that a domain's mail goes to no more (documentation.mailgun.com, Suppressions).

use super::{Region, error, plain};
use crate::{
    asked::{Asked, Reply},
    server::Shared,
};
use serde_json::{Value, json};

/// Entries of one page at most.
const PAGE: usize = 1000;
/// The lists that there are.
const LISTS: [&str; 3] = ["bounces", "complaints", "unsubscribes"];

/// An address on one of the lists.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// Of which domain.
    pub domain: String,
    /// `bounces`, `complaints` or `unsubscribes`.
    pub list: &'static str,
    /// Which address.
    pub address: String,
    /// Why, of a bounce: the code and the words of its server.
    pub said: (u16, String),
}

impl Suppression {
    fn shown(&self) -> Value {
        let mut shown = json!({ "address": self.address, "created_at": "Sun, 22 Nov 2026 09:00:00 UTC" });
        match self.list {
            "bounces" => {
                shown["code"] = json!(self.said.0.to_string());
                shown["error"] = json!(self.said.1);
            }
            "unsubscribes" => shown["tags"] = json!(["*"]),
            _ => {}
        }
        shown
    }

    /// What mail to it ends with.
    pub(super) fn refusal(&self) -> (u16, &'static str) {
        match self.list {
            "bounces" => (605, "Not delivering to previously bounced address"),
            "complaints" => (607, "Not delivering to a user who marked your messages as spam"),
            _ => (606, "Not delivering to unsubscribed address"),
        }
    }
}

/// Whether the rest of a path is of one of the lists.
pub(super) fn is_list(rest: &[&str]) -> bool {
    rest.first().is_some_and(|list| LISTS.contains(list))
}

pub(super) fn answer(shared: &Shared, region: Region, name: &str, rest: &[&str], asked: &Asked) -> Reply {
    let Some((list, rest)) = rest.split_first() else { return error(404, "Not Found") };
    let mut cloud = shared.cloud();
    let Some(domain) = cloud.mailgun.domain_in(region, name) else { return error(404, "Domain not found") };
    let domain = domain.name.clone();
    let is_of = |one: &Suppression| one.domain == domain && one.list == *list;
    let all = &mut cloud.mailgun.suppressions;
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let limit = asked.query("limit").and_then(|text| text.parse().ok()).unwrap_or(100).clamp(1, PAGE);
            let after = asked.query("address").filter(|_| asked.query("page") == Some("next")).unwrap_or_default();
            let mut found: Vec<&Suppression> = all.iter().filter(|one| is_of(one)).collect();
            found.sort_by(|one, other| one.address.cmp(&other.address));
            found.retain(|one| one.address.as_str() > after);
            found.truncate(limit);
            let last = found.last().map_or(after.to_owned(), |one| one.address.clone());
            let base = format!("{}/mailgun/{}/v3/{domain}/{list}", shared.url, region.name());
            let next = format!("{base}?page=next&address={}&limit={limit}", crate::asked::encoded(&last));
            let items: Vec<Value> = found.into_iter().map(Suppression::shown).collect();
            let paging = json!({ "first": base, "next": next, "previous": base, "last": base });
            plain(Reply::json(200, &json!({ "items": items, "paging": paging })))
        }
        ("GET", [address]) => match all.iter().find(|one| is_of(one) && one.address == *address) {
            Some(one) => plain(Reply::json(200, &one.shown())),
            None => error(404, "Address not found"),
        },
        ("DELETE", [address]) => {
            let before = all.len();
            all.retain(|one| !(is_of(one) && one.address == *address));
            match all.len() < before {
                true => plain(Reply::json(200, &json!({ "message": "Address has been removed", "address": address }))),
                false => error(404, "Address not found"),
            }
        }
        _ => error(405, "Method not allowed"),
    }
}
