//! The organisation: what it is called, and what it asks of its administrators.

use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, Refusal, field},
};
use store::{
    Viewer,
    organisation::{self, Organisation},
    user,
};

/// What changes about the organisation; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct OrganisationPatch {
    /// Its name.
    pub name: Option<String>,
    /// Whether an administrator must have a second factor before they do anything.
    pub second_factor_for_administrators: Option<bool>,
}

/// Changes the organisation. Only an administrator does; who asks others for a second factor has one.
pub async fn change(room: &MailRoom, viewer: &Viewer, patch: OrganisationPatch) -> Result<Organisation, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let name = patch.name.map(|name| name.trim().to_owned());
    let mut checks = Checks::default();
    if let Some(name) = &name {
        checks.line("name", name, 200);
    }
    checks.done()?;
    let asked = patch.second_factor_for_administrators;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let id = doer.organisation();
            if asked == Some(true) && !user::get(tx, id, doer.viewer.user).await?.has_second_factor {
                return Ok(Err(Refusal::conflict("second_factor_for_administrators", field::SECOND_FACTOR_FIRST)));
            }
            if let Some(name) = &name {
                organisation::rename(tx, id, name).await?;
            }
            if let Some(asked) = asked {
                organisation::ask_second_factor(tx, id, asked).await?;
            }
            let fields = given(&[("name", name.is_some()), ("second_factor_for_administrators", asked.is_some())]);
            doer.did(tx, "organisation.changed", id, fields).await?;
            Ok(Ok(organisation::get(tx, id).await?))
        })
    });
    write.await?
}
