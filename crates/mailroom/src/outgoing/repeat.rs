//! The same request twice is one mail (reliability case 34): key and mail are committed together.

use super::submit::{Accepted, Repeat};
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{OrganisationKey, UserKey};
use serde_json::{Value, json};
use store::{
    StoreError, Tx, Viewer,
    idempotency::{self, Begin},
    outbox::State,
};

/// The answer of an API call that hands a message over.
const ACCEPTED: i64 = 202;

/// Claims the key; `Some` with the answer when there is one already, or with why there is none.
pub(super) async fn begin(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    repeat: &Repeat,
    now: i64,
) -> Result<Option<Result<Accepted, Refusal>>, StoreError> {
    Ok(match idempotency::begin(tx, organisation, user, &repeat.key, &repeat.body_digest, now).await? {
        Begin::New => None,
        Begin::Replay(_, answer) => Some(Ok(read(&answer)?)),
        Begin::Running => Some(Err(Refusal::StillRunning)),
        Begin::Reused => Some(Err(Refusal::field("idempotency_key", field::KEY_REUSED))),
    })
}

/// Remembers the answer.
pub(super) async fn finish(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    repeat: &Repeat,
    accepted: Accepted,
) -> Result<(), StoreError> {
    let answer = json!({ "id": accepted.id, "state": accepted.state });
    idempotency::finish(tx, organisation, user, &repeat.key, ACCEPTED, &answer).await
}

/// Gives the key back, in the unit of work that claimed it: nothing was done.
pub(super) async fn forget(
    tx: &mut Tx,
    organisation: OrganisationKey,
    user: UserKey,
    repeat: &Repeat,
) -> Result<(), StoreError> {
    idempotency::forget(tx, organisation, user, &repeat.key).await
}

/// The answer that this request got before, if it did. Nothing is claimed.
pub(super) async fn replay(room: &MailRoom, viewer: &Viewer, repeat: Repeat) -> Result<Option<Accepted>, Refusal> {
    let (organisation, user, now) = (viewer.organisation, viewer.user, room.clock.now());
    let looked = room.store.db.write(move |tx| {
        Box::pin(async move {
            match begin(tx, organisation, user, &repeat, now).await? {
                Some(answer) => Ok(Some(answer)),
                None => {
                    idempotency::forget(tx, organisation, user, &repeat.key).await?;
                    Ok(None)
                }
            }
        })
    });
    looked.await?.transpose()
}

fn read(answer: &Value) -> Result<Accepted, StoreError> {
    let damaged = || StoreError::Damaged("the answer to an earlier request".into());
    let id = answer["id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(damaged)?;
    let state = answer["state"].as_str().and_then(State::from_name).ok_or_else(damaged)?;
    Ok(Accepted { id, state })
}
