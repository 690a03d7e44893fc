//! A person or company that mail is with. Everyone in the organisation knows them; knowing one opens no mail.

mod private;
mod read;
pub(crate) mod relink;
pub(crate) mod turn;
mod write;

pub use read::{by_address, by_external, get, list};
pub use relink::go_on as go_on_relinking;
pub use write::{create, update, upsert};

pub use crate::external::{External, Order};

use mail::ContactKey;
use serde::{Deserialize, Serialize};

/// A person or company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Its key.
    pub id: ContactKey,
    /// Its name.
    pub name: String,
    /// Its addresses, as written.
    pub addresses: Vec<String>,
    /// What they are to the organisation: `customer`, `supplier`, whatever the business has.
    pub kind: String,
    /// Its mail is private (features D3).
    pub hidden: bool,
    /// How the business software calls it.
    pub external: Option<External>,
    /// When it was made.
    #[serde(skip)]
    pub created_at: i64,
    /// When it last changed.
    #[serde(skip)]
    pub updated_at: i64,
}

/// A contact about to be made, or what it shall be from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContact {
    /// Its name.
    pub name: String,
    /// Its addresses.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// What they are to the organisation.
    #[serde(default)]
    pub kind: String,
    /// Its mail is private.
    #[serde(default)]
    pub hidden: bool,
    /// How the business software calls it.
    #[serde(default)]
    pub external: Option<External>,
}

/// What changes about a contact; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactPatch {
    /// Its name.
    pub name: Option<String>,
    /// All its addresses.
    pub addresses: Option<Vec<String>>,
    /// What they are to the organisation.
    pub kind: Option<String>,
    /// Its mail is private.
    pub hidden: Option<bool>,
    /// How the business software calls it; `Some(None)`: not any more.
    pub external: Option<Option<External>>,
}
