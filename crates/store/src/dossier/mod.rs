//! A business file. Everyone in the organisation knows it; knowing it opens no mail.

mod read;
mod write;

pub use read::{Filter, by_external, get, list};
pub use write::{create, join, leave, update, upsert};

use crate::external::External;
use mail::{ContactKey, DossierKey};
use serde::{Deserialize, Serialize};

/// A business file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dossier {
    /// Its key.
    pub id: DossierKey,
    /// Its name.
    pub name: String,
    /// What kind of file: `claim`, `project`, `vacancy`, whatever the business has.
    pub kind: String,
    /// Whose mail belongs in it.
    pub contacts: Vec<ContactKey>,
    /// How the business software calls it.
    pub external: Option<External>,
    /// When it was made.
    #[serde(skip)]
    pub created_at: i64,
    /// When it last changed.
    #[serde(skip)]
    pub updated_at: i64,
}

/// A dossier about to be made, or what it shall be from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDossier {
    /// Its name.
    pub name: String,
    /// What kind of file.
    #[serde(default)]
    pub kind: String,
    /// Whose mail belongs in it.
    #[serde(default)]
    pub contacts: Vec<ContactKey>,
    /// How the business software calls it.
    #[serde(default)]
    pub external: Option<External>,
}

/// What changes about a dossier; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DossierPatch {
    /// Its name.
    pub name: Option<String>,
    /// What kind of file.
    pub kind: Option<String>,
    /// Everyone whose mail belongs in it.
    pub contacts: Option<Vec<ContactKey>>,
    /// How the business software calls it; `Some(None)`: not any more.
    pub external: Option<Option<External>>,
}
