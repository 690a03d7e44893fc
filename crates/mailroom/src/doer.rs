//! Who does something, and when: what a unit of work takes along to make keys and to write down who did what.

use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::OrganisationKey;
use std::{fmt::Display, sync::Arc};
use store::{
    KeyMaker, StoreError, Tx, UserRole, Viewer,
    audit::{self, Entry},
};

/// Who does something, and when.
#[derive(Clone)]
pub(crate) struct Doer {
    pub(crate) viewer: Viewer,
    pub(crate) now: i64,
    pub(crate) make: Arc<KeyMaker>,
}

impl Doer {
    pub(crate) fn new(room: &MailRoom, viewer: &Viewer) -> Doer {
        Doer { viewer: *viewer, now: room.clock.now(), make: room.store.make.clone() }
    }

    /// `Forbidden` for everybody but an administrator.
    pub(crate) fn administrator(room: &MailRoom, viewer: &Viewer) -> Result<Doer, Refusal> {
        if viewer.role != UserRole::Administrator {
            return Err(Refusal::forbidden("", field::ADMINISTRATOR_ONLY));
        }
        Ok(Doer::new(room, viewer))
    }

    pub(crate) fn organisation(&self) -> OrganisationKey {
        self.viewer.organisation
    }

    /// A new key.
    pub(crate) fn key(&self) -> i64 {
        self.make.key(self.now)
    }

    /// Writes down who did what (features U5), in the unit of work that does it. `detail` names fields or ids, never
    /// contents.
    pub(crate) async fn did(
        &self,
        tx: &mut Tx,
        action: &str,
        subject: impl Display,
        detail: impl Into<String>,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            id: self.key(),
            user: Some(self.viewer.user),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail: detail.into(),
            done_at: self.now,
        };
        audit::append(tx, self.organisation(), &entry).await
    }
}

/// The names of the fields that are given, for the audit log.
pub(crate) fn given(fields: &[(&str, bool)]) -> String {
    fields.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
