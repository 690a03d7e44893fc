//! Names that a policy has looked up.

use mail_auth::hickory_resolver::{
    TokioResolver,
    net::NetError,
    proto::rr::{Name, RData, RecordType},
};
use std::net::IpAddr;

/// Nobody could say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoAnswer;

/// Looks up; a name that does not exist, or that nobody can have, has no records.
pub(super) struct Names<'a>(pub(super) &'a TokioResolver);

impl Names<'_> {
    /// Each record's bytes in one piece.
    pub(super) async fn texts(&self, name: &str) -> Result<Vec<Vec<u8>>, NoAnswer> {
        let keep = |data: &RData| match data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        };
        self.ask(named(name), RecordType::TXT, keep).await
    }

    /// The addresses of the same family as this one.
    pub(super) async fn addresses(&self, name: &str, like: IpAddr) -> Result<Vec<IpAddr>, NoAnswer> {
        let kind = if like.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        let keep = |data: &RData| match data {
            RData::A(four) => Some(IpAddr::V4(four.0)),
            RData::AAAA(six) => Some(IpAddr::V6(six.0)),
            _ => None,
        };
        self.ask(named(name), kind, keep).await
    }

    /// The servers that take a domain's mail; "none" (RFC 7505) is left out.
    pub(super) async fn exchangers(&self, name: &str) -> Result<Vec<String>, NoAnswer> {
        let keep = |data: &RData| match data {
            RData::MX(mx) => Some(plain(&mx.exchange)).filter(|name| !name.is_empty()),
            _ => None,
        };
        self.ask(named(name), RecordType::MX, keep).await
    }

    /// What an address says it is called.
    pub(super) async fn called(&self, client: IpAddr) -> Result<Vec<String>, NoAnswer> {
        let keep = |data: &RData| match data {
            RData::PTR(name) => Some(plain(name)),
            _ => None,
        };
        self.ask(Some(Name::from(client)), RecordType::PTR, keep).await
    }

    async fn ask<T>(
        &self,
        name: Option<Name>,
        kind: RecordType,
        keep: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, NoAnswer> {
        let Some(name) = name else { return Ok(Vec::new()) };
        match self.0.lookup(name, kind).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| keep(&record.data)).collect()),
            Err(error) if is_nothing(&error) => Ok(Vec::new()),
            Err(_) => Err(NoAnswer),
        }
    }
}

fn is_nothing(error: &NetError) -> bool {
    error.is_no_records_found()
}

/// Whether a policy is looked for at all: the name of a host within a domain, as name servers have them (RFC 7208 §4.3).
pub(super) fn is_domain(name: &str) -> bool {
    name.contains('.') && named(name).is_some()
}

fn named(name: &str) -> Option<Name> {
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    // A policy may ask for names with any sign in them.
    Name::from_labels(labels.map(str::as_bytes)).ok()
}

/// As it is, with any sign in it, so that [`named`] finds it again.
fn plain(name: &Name) -> String {
    let labels: Vec<_> = name.iter().map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
    labels.join(".")
}
