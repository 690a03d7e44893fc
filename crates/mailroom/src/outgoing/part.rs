//! One message to several domains, one after the other: what became of it in one is on disk before it goes to the next, so
//! that whatever happens there leaves no doubt about the first (reliability rules 14, 16).

use super::{lane::Lane, outcome, return_path};
use crate::{MailRoom, killpoint};
use async_trait::async_trait;
use connect::{
    ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords,
    direct::domain_of,
    error::{Cause, Step},
};
use mail::{OrganisationKey, OutboxKey};
use store::outbox::{self, Leased, Tried};

/// Bytes that go to one domain at most when each of its recipients gets a letter of their own.
const ONE_BY_ONE_MAX: i64 = 4 << 20;

/// Hands the parcel over domain by domain; the recipients are in the order of the lease. `Err` when nobody got anything
/// and it is not the fault of one domain.
pub(super) async fn submit(
    room: &MailRoom,
    lane: &Lane,
    leased: &Leased,
    parcel: Parcel,
    now: i64,
) -> Result<Receipt, ConnectError> {
    let own = return_path::of(room, &lane.account, leased).await;
    let groups = groups(leased, own.is_some());
    let mut outcomes: Vec<Option<Result<ServerWords, ConnectError>>> = vec![None; leased.recipients.len()];
    let (mut server_said, mut code, mut whole) = (ServerWords::default(), 0, None);
    for (n, places) in groups.iter().enumerate() {
        let part = Leased { recipients: chosen(leased, places), ..leased.clone() };
        let numbers = part.recipients.iter().map(|recipient| recipient.n).collect();
        let marks = PartOnDisk { room, organisation: leased.organisation, id: leased.id, fence: leased.fence, numbers };
        let recipients = part.recipients.iter().map(|recipient| recipient.address.clone()).collect();
        let first = part.recipients.iter().map(|recipient| recipient.n).min().unwrap_or_default();
        let path = own.as_ref().and_then(|own| own.path(leased, first, places.len() == 1));
        let return_path = path.unwrap_or_else(|| parcel.return_path.clone());
        killpoint!("send.before_part");
        let answer = lane.transport.submit(Parcel { recipients, return_path, ..parcel.clone() }, &marks).await;
        match &answer {
            Ok(receipt) => {
                if receipt.code > 0 {
                    (server_said, code) = (receipt.server_said.clone(), receipt.code);
                }
                for (at, one) in places.iter().zip(&receipt.recipients) {
                    outcomes[*at] = Some(one.outcome.clone());
                }
            }
            Err(error) => {
                places.iter().for_each(|at| outcomes[*at] = Some(Err(error.clone())));
                whole = Some(error.clone());
                // Whatever keeps us from this one keeps us from the others.
                if !matches!(error, ConnectError::Uncertain(_)) {
                    break;
                }
            }
        }
        if n + 1 < groups.len() && !keep(room, &part, &answer, lane.wants_sent_copy, now).await {
            break;
        }
        killpoint!("send.after_part");
    }
    if let (Some(error), true) = (&whole, outcomes.iter().all(|one| !matches!(one, Some(Ok(_))))) {
        let known = outcomes.iter().flatten().all(|one| one.as_ref().is_err_and(|it| it.cause() == error.cause()));
        if known {
            return Err(error.clone());
        }
    }
    let not_tried = || ConnectError::Later {
        step: Step::Work,
        cause: Cause::Dropped,
        wait: None,
        reason: "this recipient's turn did not come".to_owned(),
    };
    let rows = leased.recipients.iter().zip(outcomes).map(|(recipient, outcome)| RecipientReceipt {
        address: recipient.address.clone(),
        outcome: outcome.unwrap_or_else(|| Err(not_tried())),
    });
    Ok(Receipt { recipients: rows.collect(), server_said, code })
}

/// Where in the lease the recipients of each domain stand. Each is a group of their own when what comes back is to say
/// for whom, as long as that does not mean sending a lot of bytes over and over.
fn groups(leased: &Leased, one_by_one: bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (at, recipient) in leased.recipients.iter().enumerate() {
        let domain = domain_of(&recipient.address);
        match groups.iter_mut().find(|(known, _)| *known == domain) {
            Some((_, places)) => places.push(at),
            None => groups.push((domain, vec![at])),
        }
    }
    let of_one = |places: &Vec<usize>| one_by_one && leased.size.saturating_mul(places.len() as i64) <= ONE_BY_ONE_MAX;
    let each = |places: Vec<usize>| match of_one(&places) {
        true => places.into_iter().map(|at| vec![at]).collect(),
        false => vec![places],
    };
    groups.into_iter().flat_map(|(_, places)| each(places)).collect()
}

fn chosen(leased: &Leased, places: &[usize]) -> Vec<outbox::Attempted> {
    places.iter().filter_map(|at| leased.recipients.get(*at).cloned()).collect()
}

/// Puts on disk what became of one domain. `false`: the lease is lost, or the store can't; then nothing more is tried.
async fn keep(
    room: &MailRoom,
    part: &Leased,
    answer: &Result<Receipt, ConnectError>,
    wants_sent_copy: bool,
    now: i64,
) -> bool {
    let (finish, _) = outcome::judge(part, answer, wants_sent_copy, now, rand::random());
    let (organisation, id, fence, now) = (part.organisation, part.id, part.fence, room.clock.now());
    let written = room.store.db.write(move |tx| {
        let finish = finish.clone();
        Box::pin(async move {
            let tried = Tried { organisation, id, fence, outcome: &finish };
            outbox::finish_part(tx, &tried, now).await
        })
    });
    written.await.unwrap_or_else(|error| {
        tracing::error!(%error, outbox = %part.id, "what became of some recipients could not be written");
        false
    })
}

/// Puts the mark "on the wire" on disk for the recipients of one domain.
struct PartOnDisk<'a> {
    room: &'a MailRoom,
    organisation: OrganisationKey,
    id: OutboxKey,
    fence: i64,
    numbers: Vec<i64>,
}

#[async_trait]
impl Marks for PartOnDisk<'_> {
    async fn on_the_wire(&self) -> Result<(), String> {
        killpoint!("send.before_mark");
        let (organisation, id, fence, now) = (self.organisation, self.id, self.fence, self.room.clock.now());
        let numbers = self.numbers.clone();
        let marked = self.room.store.db.write(move |tx| {
            let numbers = numbers.clone();
            Box::pin(async move { outbox::mark_part_on_wire(tx, organisation, id, fence, &numbers, now).await })
        });
        let marked = marked.await.map_err(|error| error.to_string())?;
        killpoint!("send.after_mark");
        if marked { Ok(()) } else { Err("the lease of this message went to another worker".to_owned()) }
    }
}
