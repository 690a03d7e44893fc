//! Every step of the outbox from every state: only those of reliability.md §4, rule 13, are possible.

use crate::house::{ACCOUNT, House, NOW, ORGANISATION};
use mail::OutboxKey;
use store::{
    StoreError,
    outbox::{self, Dead, Finish, Report, Reported, Resolution, State, Verdict},
};

/// Everything that can be done to a submission.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Lease,
    Accept,
    Retry,
    Fail,
    Lose,
    AcceptWithAnOldLease,
    Postpone,
    Recover,
    Find,
    Resend,
    Leave,
    Cancel,
    Hold,
    Release,
    HoldAccount,
    ReportDelivered,
    ReportBounced,
    ReportDelayed,
}

const STEPS: [Step; 18] = [
    Step::Lease,
    Step::Accept,
    Step::Retry,
    Step::Fail,
    Step::Lose,
    Step::AcceptWithAnOldLease,
    Step::Postpone,
    Step::Recover,
    Step::Find,
    Step::Resend,
    Step::Leave,
    Step::Cancel,
    Step::Hold,
    Step::Release,
    Step::HoldAccount,
    Step::ReportDelivered,
    Step::ReportBounced,
    Step::ReportDelayed,
];

/// Where a step leads; where nothing is said, it changes nothing.
fn leads_to(from: State, on_wire: bool, step: Step) -> State {
    match (from, step) {
        (State::Waiting, Step::Lease) => State::Sending,
        (State::Sending, Step::Accept) => State::Accepted,
        (State::Sending, Step::Retry) => State::Waiting,
        (State::Sending, Step::Fail) => State::Failed,
        (State::Sending, Step::Lose) => State::Uncertain,
        (State::Sending, Step::Postpone) if !on_wire => State::Waiting,
        (State::Sending, Step::Recover) => {
            if on_wire {
                State::Uncertain
            } else {
                State::Waiting
            }
        }
        (State::Uncertain, Step::Find) => State::Accepted,
        (State::Uncertain, Step::Resend) => State::Waiting,
        (State::Waiting | State::Held, Step::Cancel) => State::Cancelled,
        (State::Waiting, Step::Hold | Step::HoldAccount) => State::Held,
        (State::Held, Step::Release) => State::Waiting,
        (State::Accepted | State::Uncertain, Step::ReportDelivered) => State::Delivered,
        (State::Accepted | State::Uncertain, Step::ReportBounced) => State::Bounced,
        _ => from,
    }
}

on_both! {
    only_the_steps_of_the_design_lead_to_another_state(house) {
        let mut id = 1000;
        for from in State::ALL {
            for on_wire in if from == State::Sending { vec![false, true] } else { vec![false] } {
                for step in STEPS {
                    id += 1;
                    let (after, recipient) = walk(&house, OutboxKey(id), from, on_wire, step).await;
                    let wanted = leads_to(from, on_wire, step);
                    assert_eq!(after, wanted, "{from:?} (on the wire: {on_wire}), {step:?}");
                    let still = matches!(wanted, State::Sending | State::Held);
                    assert_eq!(recipient, if still { State::Waiting } else { wanted }, "recipient: {from:?}, {step:?}");
                    house.run(format!("DELETE FROM outbox WHERE id = {id}")).await;
                }
            }
        }
    }
}

/// Puts a submission into a state, takes the step, and says where it and its recipient stand then.
async fn walk(house: &House, id: OutboxKey, from: State, on_wire: bool, step: Step) -> (State, State) {
    house.submit(id.0, ACCOUNT, &["jan@klant.nl"], NOW).await;
    let recipient = if matches!(from, State::Sending | State::Held) { State::Waiting } else { from };
    let lease = if from == State::Sending {
        format!("'me', lease_until_at = {NOW} + 60000, tries = 1")
    } else {
        "NULL".to_owned()
    };
    house
        .run(format!(
            "UPDATE outbox SET state = '{}', on_wire = {on_wire}, fence = 5, lease_owner = {lease} WHERE id = {};
             UPDATE outbox_recipients SET state = '{}' WHERE submission = {}",
            from.as_str(),
            id.0,
            recipient.as_str(),
            id.0
        ))
        .await;
    let viewer = house.owner;
    // A step that is refused changes nothing either: what counts is where it stands afterwards.
    let _refused: Result<(), StoreError> = unit!(house, tx => {
        let later = NOW + 120_000;
        match step {
            Step::Lease => outbox::lease_due(tx, "me", NOW, 10, later).await.map(drop),
            Step::Accept => outbox::finish(tx, ORGANISATION, id, 5, &all(Verdict::Accepted), NOW).await.map(drop),
            Step::Retry => outbox::finish(tx, ORGANISATION, id, 5, &all(Verdict::Retry), NOW).await.map(drop),
            Step::Fail => outbox::finish(tx, ORGANISATION, id, 5, &all(Verdict::Failed), NOW).await.map(drop),
            Step::Lose => outbox::finish(tx, ORGANISATION, id, 5, &all(Verdict::Uncertain), NOW).await.map(drop),
            Step::AcceptWithAnOldLease => outbox::finish(tx, ORGANISATION, id, 4, &all(Verdict::Accepted), NOW).await.map(drop),
            Step::Postpone => outbox::postpone(tx, ORGANISATION, id, 5, later, None, NOW).await.map(drop),
            Step::Recover => outbox::recover(tx, Dead::Expired, later).await.map(drop),
            Step::Find => {
                let found = Resolution::Found { words: "In the sent folder.".into(), is_copy_there: true };
                outbox::resolve_uncertain(tx, ORGANISATION, id, &found, NOW).await.map(drop)
            }
            Step::Resend => outbox::resolve_uncertain(tx, ORGANISATION, id, &Resolution::Resend, NOW).await.map(drop),
            Step::Leave => outbox::resolve_uncertain(tx, ORGANISATION, id, &Resolution::Leave, NOW).await.map(drop),
            Step::Cancel => outbox::cancel(tx, &viewer, id, NOW).await.map(drop),
            Step::Hold => outbox::hold(tx, &viewer, id, NOW).await.map(drop),
            Step::Release => outbox::release(tx, &viewer, id, NOW).await.map(drop),
            Step::HoldAccount => outbox::hold_account(tx, ORGANISATION, ACCOUNT, NOW).await.map(drop),
            Step::ReportDelivered => report(tx, id, Reported::Delivered).await,
            Step::ReportBounced => report(tx, id, Reported::Bounced).await,
            Step::ReportDelayed => report(tx, id, Reported::Delayed).await,
        }
    });
    let state = house.text(format!("SELECT state FROM outbox WHERE id = {}", id.0)).await;
    let recipient = house.text(format!("SELECT state FROM outbox_recipients WHERE submission = {}", id.0)).await;
    (State::from_name(&state).unwrap(), State::from_name(&recipient).unwrap())
}

async fn report(tx: &mut store::Tx, id: OutboxKey, what: Reported) -> Result<(), StoreError> {
    let report = Report { address: "Jan@Klant.NL".into(), what, server_said: Some("250 ok".into()) };
    outbox::record_report(tx, ORGANISATION, id, &[report], NOW).await.map(drop)
}

fn all(verdict: Verdict) -> Finish {
    Finish {
        recipients: vec![(0, verdict, None)],
        code: Some(250),
        server_said: Some("ok".into()),
        retry_at: NOW + 60_000,
        wants_sent_copy: true,
    }
}
