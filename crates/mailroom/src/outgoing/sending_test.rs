use super::{
    NewMail, Repeat,
    fixture::{Answer, House, NOON, house, house_with},
    leave, on_report, resend, submit,
};
use crate::words::Refusal;
use connect::{
    ConnectError, ServerWords,
    error::{Cause, Step},
};
use mail::{Address, OutboxKey, UserKey, report};
use store::{
    Topic, UserRole, Viewer,
    account::Colour,
    outbox::{self, State, WaitsFor},
};

async fn is(house: &House, id: OutboxKey, state: State) -> bool {
    house.load(id).await.state == state
}

fn greylisted() -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Throttled, wait: None, reason: "450 later".into() }
}

fn wrong_password() -> ConnectError {
    ConnectError::Credentials { cause: Cause::WrongPassword, words: ServerWords("535 no".into()) }
}

async fn ring(house: &House) {
    let write = house.room.store.db.write(|tx| {
        Box::pin(async move {
            tx.ring(Topic::Outbox);
            Ok(())
        })
    });
    write.await.unwrap();
}

#[tokio::test]
async fn a_hidden_recipient_is_in_the_envelope_and_nowhere_else() {
    let house = house_with(|settings| settings.bcc = Some("archief@voorbeeld.nl".into())).await;
    let hop = house.answers([]).await;
    let bcc = vec![Address::bare("geheim@klant.nl")];
    let id = house.submit(NewMail { bcc, ..house.mail(&["els@klant.nl"]) }).await;
    house.send_until(async || is(&house, id, State::Accepted).await).await;

    let [parcel] = &hop.seen()[..] else { panic!("sent once") };
    assert_eq!(parcel.recipients, ["els@klant.nl", "geheim@klant.nl", "archief@voorbeeld.nl"]);
    let wire = String::from_utf8_lossy(&parcel.message).to_ascii_lowercase();
    assert!(!wire.contains("geheim") && !wire.contains("archief") && !wire.contains("bcc"));
    let people = house.load(id).await.people.to_string();
    assert!(people.contains("geheim@klant.nl"), "the author sees it");
}

#[tokio::test]
async fn the_same_key_answers_the_same_mail_and_another_body_is_refused() {
    let house = house().await;
    let repeat = |byte| Some(Repeat { key: "k1".into(), body_digest: [byte; 32] });
    let mail = || house.mail(&["els@klant.nl"]);
    let first = submit(&house.room, &house.viewer, mail(), repeat(1)).await.unwrap();
    assert_eq!(submit(&house.room, &house.viewer, mail(), repeat(1)).await.unwrap(), first);
    let other = submit(&house.room, &house.viewer, mail(), repeat(2)).await;
    let Err(Refusal::Invalid { errors }) = other else { panic!("{other:?}") };
    assert_eq!(errors[0].code, "idempotency_key_reused");
    // What would be refused today keeps yesterday's answer.
    let emptied = NewMail { to: Vec::new(), ..mail() };
    assert_eq!(submit(&house.room, &house.viewer, emptied, repeat(1)).await.unwrap(), first);
}

#[tokio::test]
async fn who_may_not_send_is_refused_and_who_sees_nothing_finds_nothing() {
    let house = house().await;
    let stranger = Viewer { user: UserKey(1), role: UserRole::Member, ..house.viewer };
    let result = submit(&house.room, &stranger, house.mail(&["els@klant.nl"]), None).await;
    assert!(matches!(result, Err(Refusal::NotFound)));
    let keeper = Viewer { user: UserKey(1), ..house.viewer };
    let result = submit(&house.room, &keeper, house.mail(&["els@klant.nl"]), None).await;
    assert!(matches!(result, Err(Refusal::Forbidden(error)) if error.code == "no_right_to_send"));
}

#[tokio::test]
async fn a_retry_touches_only_who_was_not_reached() {
    let house = house().await;
    let hop = house.answers([Answer::Each(vec![None, Some(greylisted()), None])]).await;
    let id = house.submit(house.mail(&["a@x.nl", "b@x.nl", "c@x.nl"])).await;
    house.send_until(async || house.load(id).await.waits_for == Some(WaitsFor::Retry)).await;
    house.room.clock.set(NOON + 10 * 60_000);
    house.send_until(async || is(&house, id, State::Accepted).await).await;

    assert_eq!(hop.seen().into_iter().map(|parcel| parcel.recipients).collect::<Vec<_>>()[1], ["b@x.nl"]);
    assert_eq!(house.load(id).await.attempts.len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_goes_again_only_when_a_person_says_so() {
    let house = house().await;
    let hop = house.answers([Answer::Lost]).await;
    let id = house.submit(house.mail(&["els@klant.nl"])).await;
    let other = house.submit(house.mail(&["piet@klant.nl"])).await;
    house.send_until(async || is(&house, id, State::Uncertain).await && is(&house, other, State::Accepted).await).await;
    assert_eq!(hop.seen().len(), 2);

    resend(&house.room, &house.viewer, id).await.unwrap();
    house.send_until(async || is(&house, id, State::Accepted).await).await;
    let seen = hop.seen();
    assert_eq!(seen[0].message, seen[2].message, "the very same bytes with the same Message-ID");
    assert!(matches!(leave(&house.room, &house.viewer, id).await, Err(Refusal::Conflict(_))));
}

#[tokio::test]
async fn a_wrong_password_stops_the_queue_after_three_tries_and_loses_no_mail() {
    let house = house().await;
    let hop = house.answers((0..20).map(|_| Answer::Error(wrong_password()))).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.submit(house.mail(&["els@klant.nl"])).await);
    }
    for hour in 1..=10 {
        house.room.clock.set(NOON + hour * 3_600_000);
        let tried = hop.seen().len();
        house
            .send_until(async || {
                let parked = house.kept().await.health.parked;
                let mut sending = 0;
                for id in &ids {
                    sending += usize::from(is(&house, *id, State::Sending).await);
                }
                sending == 0 && (parked || hop.seen().len() > tried)
            })
            .await;
        if house.kept().await.health.parked {
            break;
        }
    }
    let health = house.kept().await.health;
    assert!(health.parked && health.colour == Colour::Red);
    assert_eq!(health.code.as_deref(), Some("sending_wrong_password"));
    assert_eq!(hop.seen().len(), 3);
    for id in ids {
        assert!(is(&house, id, State::Waiting).await, "kept");
    }
}

#[tokio::test]
async fn what_is_over_the_limit_waits_for_the_next_minute() {
    let house = house_with(|settings| settings.limits.per_minute = Some(2)).await;
    let hop = house.answers([]).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(house.submit(house.mail(&["els@klant.nl"])).await);
    }
    house.send_until(async || house.load(ids[2]).await.waits_for == Some(WaitsFor::Limit)).await;
    assert_eq!(house.load(ids[2]).await.not_before_at, NOON + 60_000);
    house.send_until(async || is(&house, ids[1], State::Accepted).await).await;
    assert_eq!(hop.seen().len(), 2);
    house.room.clock.set(NOON + 60_000);
    house.send_until(async || is(&house, ids[2], State::Accepted).await).await;
}

#[tokio::test]
async fn what_a_dead_run_left_is_sent_or_uncertain_by_whether_it_was_on_the_wire() {
    let house = house().await;
    let hop = house.answers([]).await;
    let before = house.submit(house.mail(&["a@x.nl"])).await;
    let after = house.submit(house.mail(&["b@x.nl"])).await;
    let write = house.room.store.db.write(move |tx| {
        Box::pin(async move {
            for leased in outbox::lease_due(tx, "dead", NOON, 9, NOON + 60_000).await? {
                if leased.id == after {
                    outbox::mark_on_wire(tx, leased.organisation, leased.id, leased.fence, NOON).await?;
                }
            }
            Ok(())
        })
    });
    write.await.unwrap();
    house.send_until(async || is(&house, before, State::Accepted).await).await;
    assert!(is(&house, after, State::Uncertain).await);
    assert_eq!(hop.seen().len(), 1);
}

#[tokio::test]
async fn a_planned_mail_waits_for_its_time() {
    let house = house().await;
    let hop = house.answers([]).await;
    let send_at = Some(NOON + 3_600_000);
    let planned = house.submit(NewMail { send_at, ..house.mail(&["a@x.nl"]) }).await;
    let now = house.submit(house.mail(&["b@x.nl"])).await;
    house.send_until(async || is(&house, now, State::Accepted).await).await;
    assert!(is(&house, planned, State::Waiting).await);
    house.room.clock.set(NOON + 3_600_000);
    ring(&house).await;
    house.send_until(async || is(&house, planned, State::Accepted).await).await;
    assert_eq!(hop.seen().len(), 2);
}

#[tokio::test]
async fn a_bounce_is_tied_to_the_mail_that_caused_it() {
    let house = house().await;
    house.answers([]).await;
    let id = house.submit(house.mail(&["els@klant.nl", "piet@klant.nl"])).await;
    house.send_until(async || is(&house, id, State::Accepted).await).await;
    let report = report::Report {
        kind: report::Kind::Delivery,
        original_message_id: None,
        original_return_path: None,
        envelope_id: Some(id.to_string()),
        reporter: None,
        recipients: vec![report::Recipient {
            address: "els@klant.nl".into(),
            final_address: None,
            action: report::Action::Failed,
            status: Some("5.1.1".into()),
            diagnostic: Some("550 unknown".into()),
            server: None,
        }],
    };
    on_report(&house.room, house.viewer.organisation, house.account, &report).await.unwrap();
    let submission = house.load(id).await;
    assert_eq!(submission.state, State::Bounced);
    assert_eq!(submission.recipients[0].server_said.as_deref(), Some("5.1.1 550 unknown"));
    assert_eq!(submission.recipients[1].state, State::Accepted);
}

fn closing() -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Throttled, wait: None, reason: "421 4.7.0 slow down".into() }
}

#[tokio::test]
async fn a_recipient_who_is_put_off_holds_up_their_domain_and_nobody_else() {
    let house = house_with(|settings| settings.limits.connections = Some(1)).await;
    let hop = house.answers([Answer::Each(vec![None, Some(closing())])]).await;
    let first = house.submit(house.mail(&["a@snel.nl", "b@traag.nl"])).await;
    house.send_until(async || house.load(first).await.waits_for == Some(WaitsFor::Retry)).await;
    let again = house.submit(house.mail(&["c@traag.nl"])).await;
    let both = house.submit(house.mail(&["d@Traag.nl", "e@snel.nl"])).await;
    let other = house.submit(house.mail(&["f@snel.nl"])).await;
    house
        .send_until(async || {
            let waits = house.load(both).await;
            is(&house, other, State::Accepted).await
                && house.load(again).await.waits_for == Some(WaitsFor::Limit)
                && waits.recipients.iter().filter(|one| one.state == State::Accepted).count() == 1
        })
        .await;
    let to = |hop: &crate::outgoing::fixture::Scripted| {
        let seen = hop.seen().into_iter().map(|parcel| parcel.recipients.join(" "));
        seen.collect::<Vec<_>>()
    };
    assert_eq!(to(&hop), ["a@snel.nl b@traag.nl", "e@snel.nl", "f@snel.nl"]);
    assert_eq!(house.load(again).await.attempts.len(), 0, "waiting is no try");

    // A restart forgets nothing: the pause is in the database.
    house.room.transports.forget(house.account);
    let hop = house.answers([]).await;
    ring(&house).await;
    let later = house.submit(house.mail(&["g@traag.nl"])).await;
    house.send_until(async || house.load(later).await.waits_for == Some(WaitsFor::Limit)).await;
    assert_eq!(hop.seen().len(), 0);
    house.room.clock.set(NOON + 10 * 60_000);
    ring(&house).await;
    house
        .send_until(async || {
            let mut all = true;
            for id in [first, again, both, later] {
                all &= is(&house, id, State::Accepted).await;
            }
            all
        })
        .await;
    assert_eq!(
        to(&hop),
        ["c@traag.nl", "d@Traag.nl", "g@traag.nl", "b@traag.nl"],
        "who was put off comes after the others"
    );
}
