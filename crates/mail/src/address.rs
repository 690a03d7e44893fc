//! An e-mail address with its display name.

use serde::{Deserialize, Serialize};

/// `{name?, address}` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The display name, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `local@domain` as written.
    pub address: String,
}
