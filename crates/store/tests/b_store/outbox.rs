//! The outbox: fair, fenced, and never telling what it does not know.

use crate::house::{ACCOUNT, NOW, ORGANISATION, make_account, settings, submission};
use mail::{AccountKey, OutboxKey};
use store::{
    StoreError, Topic, account,
    outbox::{self, Dead, Filter, Finish, Recovered, Report, Reported, Resolution, State, Verdict, WaitsFor},
};

const UNTIL: i64 = NOW + 60_000;

fn outcome(recipients: &[(i64, Verdict)]) -> Finish {
    Finish {
        recipients: recipients.iter().map(|(n, verdict)| (*n, verdict.clone(), Some(format!("said to {n}")))).collect(),
        code: Some(250),
        server_said: Some("250 queued".into()),
        retry_at: NOW + 300_000,
        wants_sent_copy: true,
    }
}

on_both! {
    an_attempt_is_written_with_its_lease(house) {
        house.submit(1, ACCOUNT, &["a@x.nl", "b@x.nl"], NOW).await;
        let leased = unit!(house, tx => outbox::lease_due(tx, "me", NOW, 64, UNTIL).await).unwrap();
        assert_eq!((leased.len(), leased[0].fence, leased[0].tries, leased[0].recipients.len()), (1, 1, 1, 2));
        assert_eq!(house.count("SELECT COUNT(*) FROM attempts WHERE ended_at IS NULL").await, 1);
        let again = unit!(house, tx => outbox::lease_due(tx, "other", NOW, 64, UNTIL).await).unwrap();
        assert!(again.is_empty());
    }

    of_three_recipients_only_the_one_that_was_put_off_is_tried_again(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl", "b@x.nl", "c@x.nl"], NOW).await;
        let state = unit!(house, tx => {
            let fence = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?[0].fence;
            assert!(outbox::mark_on_wire(tx, ORGANISATION, id, fence, NOW).await?);
            let three = outcome(&[(0, Verdict::Accepted), (1, Verdict::Failed), (2, Verdict::Retry)]);
            outbox::finish(tx, ORGANISATION, id, fence, &three, NOW).await
        })
        .unwrap();
        assert_eq!(state, Some(State::Waiting));
        let early = unit!(house, tx => outbox::lease_due(tx, "me", NOW + 299_000, 64, UNTIL).await).unwrap();
        assert!(early.is_empty());
        let again = unit!(house, tx => outbox::lease_due(tx, "me", NOW + 300_000, 64, UNTIL + 300_000).await).unwrap();
        assert_eq!(again[0].recipients.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["c@x.nl"]);
        let fence = again[0].fence;
        let state = unit!(house, tx => outbox::finish(tx, ORGANISATION, id, fence, &outcome(&[(2, Verdict::Accepted)]), NOW).await);
        assert_eq!(state.unwrap(), Some(State::Failed));
        let viewer = house.owner;
        let shown = unit!(house, tx => outbox::get(tx, &viewer, id).await).unwrap();
        let states: Vec<_> = shown.recipients.iter().map(|one| one.state).collect();
        assert_eq!(states, [State::Accepted, State::Failed, State::Accepted]);
        assert_eq!(shown.recipients[1].server_said.as_deref(), Some("said to 1"));
        assert_eq!(shown.attempts.len(), 2);
        assert_eq!(shown.attempts[0].code, Some(250));
    }

    one_account_with_much_to_send_does_not_keep_another_waiting(house) {
        let other = AccountKey(12);
        unit!(house, tx => make_account(tx, other, "ander@voorbeeld.nl").await).unwrap();
        for id in 1..=30 {
            house.submit(id, ACCOUNT, &["a@x.nl"], NOW).await;
        }
        house.submit(99, other, &["b@x.nl"], NOW).await;
        let leased = unit!(house, tx => outbox::lease_due(tx, "me", NOW, 8, UNTIL).await).unwrap();
        assert!(leased.iter().any(|one| one.account == other));
        let mut own: Vec<i64> = leased.iter().filter(|one| one.account == ACCOUNT).map(|one| one.id.0).collect();
        own.sort_unstable();
        assert_eq!(own, [1, 2, 3, 4], "in the order of their handing over");
    }

    an_account_that_is_parked_or_switched_off_sends_nothing_and_keeps_its_mail(house) {
        house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        house.run("UPDATE accounts SET parked = TRUE").await;
        assert!(unit!(house, tx => outbox::lease_due(tx, "me", NOW, 64, UNTIL).await).unwrap().is_empty());
        assert_eq!(unit!(house, tx => outbox::next_due(tx).await).unwrap(), None);
        let off = account::AccountSettings { active: false, ..settings("info@voorbeeld.nl") };
        unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 1, &off, NOW).await).unwrap();
        assert_eq!(house.text("SELECT state FROM outbox").await, "held");
        assert_eq!(house.text("SELECT waits_for FROM outbox").await, "paused");
    }

    a_worker_whose_lease_went_to_another_changes_nothing(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        let old = unit!(house, tx => outbox::lease_due(tx, "slow", NOW, 64, UNTIL).await).unwrap()[0].fence;
        let recovered = unit!(house, tx => outbox::recover(tx, Dead::Expired, UNTIL + 1).await).unwrap();
        assert_eq!(recovered, Recovered { waiting: 1, uncertain: 0 });
        let new = unit!(house, tx => outbox::lease_due(tx, "quick", UNTIL + 1, 64, UNTIL + 60_000).await).unwrap()[0].fence;
        assert!(new > old);
        assert!(!unit!(house, tx => outbox::mark_on_wire(tx, ORGANISATION, id, old, UNTIL + 2).await).unwrap());
        assert!(!unit!(house, tx => outbox::renew(tx, ORGANISATION, id, old, UNTIL + 90_000).await).unwrap());
        let told = unit!(house, tx => outbox::finish(tx, ORGANISATION, id, old, &outcome(&[(0, Verdict::Failed)]), NOW).await);
        assert_eq!(told.unwrap(), None);
        assert!(unit!(house, tx => outbox::mark_on_wire(tx, ORGANISATION, id, new, UNTIL + 2).await).unwrap());
    }

    nothing_goes_on_the_wire_after_the_lease_has_ended(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        let fence = unit!(house, tx => outbox::lease_due(tx, "me", NOW, 64, UNTIL).await).unwrap()[0].fence;
        assert!(!unit!(house, tx => outbox::mark_on_wire(tx, ORGANISATION, id, fence, UNTIL).await).unwrap());
    }

    after_a_crash_what_was_on_the_wire_is_uncertain_and_what_was_not_waits(house) {
        let sent = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        house.submit(2, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => {
            let leased = outbox::lease_due(tx, "dead", NOW, 64, UNTIL).await?;
            let fence = leased.iter().find(|one| one.id == sent).map_or(0, |one| one.fence);
            outbox::mark_on_wire(tx, ORGANISATION, sent, fence, NOW).await
        })
        .unwrap();
        assert_eq!(unit!(house, tx => outbox::recover(tx, Dead::AllBut("dead"), NOW + 1).await).unwrap(), Recovered::default());
        let recovered = unit!(house, tx => outbox::recover(tx, Dead::AllBut("me"), NOW + 1).await).unwrap();
        assert_eq!(recovered, Recovered { waiting: 1, uncertain: 1 });
        assert_eq!(house.text("SELECT state FROM outbox WHERE id = 1").await, "uncertain");
        assert_eq!(house.count("SELECT COUNT(*) FROM attempts WHERE ended_at IS NULL").await, 0);
        let leased = unit!(house, tx => outbox::lease_due(tx, "me", NOW + 1, 64, UNTIL).await).unwrap();
        assert_eq!(leased.iter().map(|one| one.id.0).collect::<Vec<_>>(), [2], "what is uncertain is never sent by itself");
    }

    what_an_earlier_run_of_this_node_held_is_taken_up_at_once_and_what_another_holds_is_not(house) {
        for id in 1..=3 {
            house.submit(id, ACCOUNT, &["a@x.nl"], NOW).await;
        }
        for owner in ["een_node#1", "eenxnode#1", "een_node#2"] {
            unit!(house, tx => outbox::lease_due(tx, owner, NOW, 1, UNTIL).await).unwrap();
        }
        let dead = Dead::Earlier { prefix: "een_node#", owner: "een_node#2" };
        let recovered = unit!(house, tx => outbox::recover(tx, dead, NOW + 1).await).unwrap();
        assert_eq!(recovered, Recovered { waiting: 1, uncertain: 0 });
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'").await, 1);
    }

    what_is_uncertain_is_looked_for_at_its_time_and_then_a_person_decides(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => {
            let fence = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?[0].fence;
            outbox::finish(tx, ORGANISATION, id, fence, &outcome(&[(0, Verdict::Uncertain)]), NOW).await
        })
        .unwrap();
        assert!(unit!(house, tx => outbox::reconcile_due(tx, NOW + 59_000, 9, UNTIL).await).unwrap().is_empty());
        assert_eq!(unit!(house, tx => outbox::next_due(tx).await).unwrap(), Some(NOW + 60_000));
        let due = unit!(house, tx => outbox::reconcile_due(tx, NOW + 60_000, 9, NOW + 90_000).await).unwrap();
        assert_eq!((due.len(), due[0].message_id.as_str(), due[0].began_at), (1, "pk.1@voorbeeld.nl", NOW));
        assert!(unit!(house, tx => outbox::reconcile_due(tx, NOW + 60_000, 9, UNTIL).await).unwrap().is_empty());
        unit!(house, tx => outbox::reconcile_later(tx, ORGANISATION, id, None, NOW).await).unwrap();
        assert_eq!(house.text("SELECT waits_for FROM outbox").await, "person");
        assert_eq!(unit!(house, tx => outbox::next_due(tx).await).unwrap(), None);
        let (stranger, owner) = (house.stranger, house.owner);
        let refused = unit!(house, tx => outbox::decide(tx, &stranger, id, &Resolution::Resend, NOW).await);
        assert!(matches!(refused, Err(StoreError::NotFound)));
        assert_eq!(unit!(house, tx => outbox::decide(tx, &owner, id, &Resolution::Leave, NOW).await).unwrap(), State::Uncertain);
        assert_eq!(unit!(house, tx => outbox::decide(tx, &owner, id, &Resolution::Resend, NOW).await).unwrap(), State::Waiting);
        let again = unit!(house, tx => outbox::lease_due(tx, "me", NOW, 64, UNTIL).await).unwrap();
        assert_eq!(again[0].message_id, "pk.1@voorbeeld.nl", "a repeat keeps its Message-ID");
    }

    what_a_limit_puts_off_does_not_count_as_a_try(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => {
            let fence = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?[0].fence;
            outbox::postpone(tx, ORGANISATION, id, fence, NOW + 5_000, Some(WaitsFor::Limit), NOW).await
        })
        .unwrap();
        assert_eq!(house.count("SELECT tries FROM outbox").await, 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM attempts").await, 0);
        assert_eq!(unit!(house, tx => outbox::next_due(tx).await).unwrap(), Some(NOW + 5_000));
    }

    the_sent_copy_is_due_once_and_apart_from_the_sending(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => {
            let fence = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?[0].fence;
            outbox::finish(tx, ORGANISATION, id, fence, &outcome(&[(0, Verdict::Accepted)]), NOW).await
        })
        .unwrap();
        let due = unit!(house, tx => outbox::copies_due(tx, NOW, 9, NOW + 30_000).await).unwrap();
        assert_eq!((due.len(), due[0].tries), (1, 1));
        assert!(unit!(house, tx => outbox::copies_due(tx, NOW, 9, NOW + 30_000).await).unwrap().is_empty());
        let first = due[0].clone();
        unit!(house, tx => outbox::copy_retry(tx, &first, NOW + 1_000).await).unwrap();
        assert_eq!(unit!(house, tx => outbox::copies_due(tx, NOW + 1_000, 9, NOW + 30_000).await).unwrap()[0].tries, 2);
        unit!(house, tx => outbox::copy_done(tx, ORGANISATION, id).await).unwrap();
        let stale = due[0].clone();
        assert!(!unit!(house, tx => outbox::copy_renew(tx, &stale, NOW).await).unwrap(), "another worker has it by now");
        assert!(unit!(house, tx => outbox::copies_due(tx, NOW + 99_000, 9, NOW).await).unwrap().is_empty());
        assert_eq!(house.text("SELECT state FROM outbox").await, "accepted");
    }

    delivered_is_said_only_on_a_report_for_everyone_who_was_reached(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl", "b@x.nl"], NOW).await;
        unit!(house, tx => {
            let fence = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?[0].fence;
            let both = outcome(&[(0, Verdict::Accepted), (1, Verdict::Accepted)]);
            outbox::finish(tx, ORGANISATION, id, fence, &both, NOW).await
        })
        .unwrap();
        let found = unit!(house, tx => outbox::by_message_id(tx, ORGANISATION, "pk.1@voorbeeld.nl").await).unwrap();
        assert_eq!(found, Some(id));
        let report = |address: &str, what| Report { address: address.into(), what, server_said: Some("5.1.1 unknown".into()) };
        let first = report("A@X.nl", Reported::Delivered);
        assert_eq!(unit!(house, tx => outbox::record_report(tx, ORGANISATION, id, &[first], NOW).await).unwrap(), State::Accepted);
        let forged = report("vreemd@elders.nl", Reported::Bounced);
        assert_eq!(unit!(house, tx => outbox::record_report(tx, ORGANISATION, id, &[forged], NOW).await).unwrap(), State::Accepted);
        let late = report("b@x.nl", Reported::Delayed);
        assert_eq!(unit!(house, tx => outbox::record_report(tx, ORGANISATION, id, &[late], NOW).await).unwrap(), State::Accepted);
        let last = report("b@x.nl", Reported::Bounced);
        assert_eq!(unit!(house, tx => outbox::record_report(tx, ORGANISATION, id, &[last], NOW).await).unwrap(), State::Bounced);
        let kinds = unit!(house, tx => store::change::after(tx, ORGANISATION, 0, 100).await).unwrap();
        let kinds: Vec<_> = kinds.iter().map(|change| change.kind.as_str()).filter(|kind| kind.starts_with("outbox")).collect();
        assert_eq!(kinds, ["outbox.waiting", "outbox.accepted", "outbox.delayed", "outbox.bounced"]);
    }

    taking_back_leaves_those_who_were_reached_as_they_are(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl", "b@x.nl"], NOW).await;
        unit!(house, tx => {
            let fence = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?[0].fence;
            let half = outcome(&[(0, Verdict::Accepted), (1, Verdict::Retry)]);
            outbox::finish(tx, ORGANISATION, id, fence, &half, NOW).await
        })
        .unwrap();
        let viewer = house.owner;
        assert_eq!(unit!(house, tx => outbox::cancel(tx, &viewer, id, NOW).await).unwrap(), State::Accepted);
        let refused = unit!(house, tx => outbox::cancel(tx, &viewer, id, NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "already_begun", .. })));
    }

    a_delay_is_told_once(house) {
        house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        unit!(house, tx => {
            let leased = outbox::lease_due(tx, "me", NOW, 64, UNTIL).await?;
            outbox::finish(tx, ORGANISATION, leased[0].id, leased[0].fence, &outcome(&[(0, Verdict::Retry)]), NOW).await
        })
        .unwrap();
        assert!(unit!(house, tx => outbox::delays_to_tell(tx, NOW - 1, NOW).await).unwrap().is_empty());
        assert_eq!(unit!(house, tx => outbox::delays_to_tell(tx, NOW, NOW).await).unwrap().len(), 1);
        assert!(unit!(house, tx => outbox::delays_to_tell(tx, NOW, NOW).await).unwrap().is_empty());
    }

    the_outbox_shows_only_to_those_who_read_or_send_by_the_account(house) {
        let id = house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        house.submit(2, ACCOUNT, &["a@x.nl"], NOW + 9_000).await;
        for viewer in [house.stranger, house.administrator] {
            assert!(matches!(unit!(house, tx => outbox::get(tx, &viewer, id).await), Err(StoreError::NotFound)));
            assert!(matches!(unit!(house, tx => outbox::cancel(tx, &viewer, id, NOW).await), Err(StoreError::NotFound)));
            let listed = unit!(house, tx => outbox::list(tx, &viewer, &Filter::default(), None, 10).await).unwrap();
            assert!(listed.0.is_empty());
        }
        let owner = house.owner;
        let (page, next) = unit!(house, tx => outbox::list(tx, &owner, &Filter::default(), None, 1).await).unwrap();
        assert_eq!((page[0].id, page[0].waits_for, next), (OutboxKey(2), Some(WaitsFor::Time), Some(OutboxKey(2))));
        let (page, next) = unit!(house, tx => outbox::list(tx, &owner, &Filter::default(), next, 1).await).unwrap();
        assert_eq!((page[0].id, next), (id, None));
        let held = Filter { state: Some(State::Held), ..Filter::default() };
        assert!(unit!(house, tx => outbox::list(tx, &owner, &held, None, 1).await).unwrap().0.is_empty());
    }

    handing_over_rings_the_bell_of_the_outbox(house) {
        let mut bell = house.store.db.bell(Topic::Outbox);
        bell.borrow_and_update();
        house.submit(1, ACCOUNT, &["a@x.nl"], NOW).await;
        assert!(bell.has_changed().unwrap());
    }

    two_nodes_that_ask_at_once_never_get_the_same_message(house) {
        unit!(house, tx => {
            for id in 1..=200 {
                outbox::submit(tx, ORGANISATION, &submission(id, ACCOUNT, &["a@x.nl"], NOW), NOW).await?;
            }
            Ok(())
        })
        .unwrap();
        let mut met = std::collections::BTreeSet::new();
        while met.len() < 200 {
            let (one, two, three) = tokio::join!(
                async { unit!(house, tx => outbox::lease_due(tx, "one", NOW, 16, UNTIL).await).unwrap() },
                async { unit!(house, tx => outbox::lease_due(tx, "two", NOW, 16, UNTIL).await).unwrap() },
                async { unit!(house, tx => outbox::lease_due(tx, "three", NOW, 16, UNTIL).await).unwrap() },
            );
            for leased in one.iter().chain(&two).chain(&three) {
                assert!(met.insert(leased.id.0), "{} was leased twice", leased.id);
                assert_eq!(leased.fence, 1);
            }
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM attempts").await, 200);
    }
}
