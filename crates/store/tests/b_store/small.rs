//! Idempotency, limits, edits, quarantine, effects, what is being read, templates, audit.

use crate::house::{ACCOUNT, NOW, ORGANISATION, OWNER, folder};
use mail::{AccountKey, MessageKey, QuarantineKey, TemplateKey};
use serde_json::json;
use store::{
    StoreError, audit,
    edit::{self, Action, Edit},
    effect,
    idempotency::{self, Begin},
    limit::{self, Limit, Turn},
    organisation, quarantine, reading,
    template::{self, NewTemplate},
};

fn an_edit(id: i64, remote: i64, action: Action) -> Edit {
    Edit {
        id,
        account: ACCOUNT,
        folder: folder(21),
        generation: 1,
        remote,
        remote_name: None,
        message: MessageKey(1),
        action,
        tries: 0,
        done_at: None,
        created_by: Some(OWNER),
    }
}

fn set_aside(id: i64, remote: i64) -> quarantine::SetAside {
    quarantine::SetAside {
        id: QuarantineKey(id),
        account: ACCOUNT,
        folder: folder(21),
        generation: 1,
        remote,
        remote_name: None,
        digest: None,
        code: "empty".into(),
        reason: "The server gave no bytes.".into(),
        tries: 1,
        next_try_at: Some(NOW + 60_000),
        set_aside_at: NOW,
    }
}

on_both! {
    the_same_request_is_done_once_and_answered_twice(house) {
        let begin = |body: &'static [u8], now| unit_begin(&house, body, now);
        assert_eq!(begin(b"one", NOW).await, Begin::New);
        assert_eq!(begin(b"one", NOW).await, Begin::Running);
        assert_eq!(begin(b"two", NOW).await, Begin::Reused);
        unit!(house, tx => idempotency::finish(tx, ORGANISATION, OWNER, "k", 202, &json!({ "id": "out_1" })).await).unwrap();
        assert_eq!(begin(b"one", NOW + idempotency::LIFE - 1).await, Begin::Replay(202, json!({ "id": "out_1" })));
        assert_eq!(begin(b"two", NOW).await, Begin::Reused);
        assert_eq!(begin(b"two", NOW + idempotency::LIFE).await, Begin::New);
        unit!(house, tx => idempotency::forget(tx, ORGANISATION, OWNER, "k").await).unwrap();
        assert_eq!(begin(b"three", NOW).await, Begin::New);
        assert_eq!(begin(b"three", NOW + 6 * 60_000).await, Begin::New, "a call that died does not block its key for ever");
    }

    a_full_limit_counts_nothing_and_names_the_next_slot(house) {
        let account = Limit { scope: "account:1".into(), slot_ms: 86_400_000, max: 9 };
        let minute = Limit { scope: "account:1".into(), slot_ms: 60_000, max: 2 };
        let both = [account, minute];
        let start = NOW - NOW % 60_000;
        for (now, wanted) in [
            (start, Turn::Taken),
            (start + 1, Turn::Taken),
            (start + 2, Turn::WaitUntil(start + 60_000)),
            (start + 60_000, Turn::Taken),
        ] {
            let limits = both.clone();
            assert_eq!(unit!(house, tx => limit::take(tx, ORGANISATION, &limits, now).await).unwrap(), wanted);
        }
        assert_eq!(house.count("SELECT count FROM sent_counts WHERE scope = 'account:1/86400000'").await, 3);
    }

    one_bad_password_does_not_get_us_banned(house) {
        let may = |account: i64, now: i64| unit_may(&house, account, now);
        for n in 0..3 {
            assert_eq!(may(11, NOW + n).await, Turn::Taken);
            unit!(house, tx => limit::record_refused(tx, "imap.x.nl", AccountKey(11), NOW + n).await).unwrap();
        }
        assert_eq!(may(11, NOW + 3).await, Turn::WaitUntil(NOW + 600_000));
        assert_eq!(may(12, NOW + 3).await, Turn::Taken);
        for n in 3..5 {
            unit!(house, tx => limit::record_refused(tx, "imap.x.nl", AccountKey(12), NOW + n).await).unwrap();
        }
        assert_eq!(may(13, NOW + 5).await, Turn::WaitUntil(NOW + 3_600_000), "five at one server");
        assert_eq!(may(13, NOW + 3_600_000).await, Turn::Taken);
        unit!(house, tx => limit::forget_refused(tx, "imap.x.nl", AccountKey(11)).await).unwrap();
        assert_eq!(may(11, NOW + 5).await, Turn::Taken);
    }

    edits_are_done_in_their_order(house) {
        let seen = Action::Flags { add: vec!["\\Seen".into()], remove: vec![] };
        let edits = [an_edit(1, 7, seen.clone()), an_edit(2, 7, Action::Move { to: folder(22) }), an_edit(3, 8, Action::Delete)];
        unit!(house, tx => edit::queue(tx, ORGANISATION, &edits, NOW).await).unwrap();
        let due = unit!(house, tx => edit::due(tx, ORGANISATION, ACCOUNT, NOW, 9).await).unwrap();
        assert_eq!(due.iter().map(|edit| edit.id).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(due[0].action, seen);
        unit!(house, tx => edit::retry(tx, ORGANISATION, 1, NOW + 5_000).await).unwrap();
        let due = unit!(house, tx => edit::due(tx, ORGANISATION, ACCOUNT, NOW, 9).await).unwrap();
        assert_eq!(due.iter().map(|edit| edit.id).collect::<Vec<_>>(), [3], "the move waits for the flag");
        let accounts = async |now| unit!(house, tx => edit::accounts_due(tx, now).await).unwrap();
        assert_eq!(accounts(NOW).await, [ACCOUNT]);
        unit!(house, tx => edit::done(tx, ORGANISATION, &[3]).await).unwrap();
        assert!(accounts(NOW + 4_999).await.is_empty(), "the flag rests and the move waits for it");
        assert_eq!(accounts(NOW + 5_000).await, [ACCOUNT]);
        unit!(house, tx => edit::done(tx, ORGANISATION, &[1, 2]).await).unwrap();
        assert!(accounts(NOW + 5_000).await.is_empty());
    }

    what_is_set_aside_counts_its_tries_and_shows_to_its_readers(house) {
        assert_eq!(unit!(house, tx => quarantine::set_aside(tx, ORGANISATION, &set_aside(1, 7)).await).unwrap(), 1);
        assert_eq!(unit!(house, tx => quarantine::set_aside(tx, ORGANISATION, &set_aside(2, 7)).await).unwrap(), 2);
        let (owner, stranger) = (house.owner, house.stranger);
        let (listed, next) = unit!(house, tx => quarantine::list(tx, &owner, None, 9).await).unwrap();
        assert_eq!((listed.len(), listed[0].id, next), (1, QuarantineKey(1), None));
        assert!(unit!(house, tx => quarantine::list(tx, &stranger, None, 9).await).unwrap().0.is_empty());
        assert!(unit!(house, tx => quarantine::due(tx, ORGANISATION, ACCOUNT, NOW, 9).await).unwrap().is_empty());
        let refused = unit!(house, tx => quarantine::retry(tx, &stranger, QuarantineKey(1), NOW).await);
        assert!(matches!(refused, Err(StoreError::NotFound)));
        unit!(house, tx => quarantine::retry(tx, &owner, QuarantineKey(1), NOW).await).unwrap();
        assert_eq!(unit!(house, tx => quarantine::due(tx, ORGANISATION, ACCOUNT, NOW, 9).await).unwrap().len(), 1);
        unit!(house, tx => quarantine::resolve(tx, ORGANISATION, QuarantineKey(1), NOW).await).unwrap();
        assert!(unit!(house, tx => quarantine::list(tx, &owner, None, 9).await).unwrap().0.is_empty());
    }

    an_effect_is_set_off_once_and_done_once(house) {
        let key = effect::key_of(&[b"auto_reply", b"jan@klant.nl"]);
        assert_ne!(key, effect::key_of(&[b"auto_replyj", b"an@klant.nl"]));
        for (now, wanted) in [(NOW, true), (NOW + 1, false)] {
            let key = key.clone();
            assert_eq!(unit!(house, tx => effect::insert(tx, ORGANISATION, &key, "auto_reply", &json!({}), now).await).unwrap(), wanted);
        }
        assert_eq!(unit!(house, tx => effect::due(tx, "auto_reply", 9).await).unwrap().len(), 1);
        assert!(unit!(house, tx => effect::due(tx, "webhook", 9).await).unwrap().is_empty());
        for wanted in [true, false] {
            let key = key.clone();
            assert_eq!(unit!(house, tx => effect::done(tx, ORGANISATION, &key, NOW).await).unwrap(), wanted);
        }
        assert!(unit!(house, tx => effect::due(tx, "auto_reply", 9).await).unwrap().is_empty());
        assert!(!unit!(house, tx => effect::insert(tx, ORGANISATION, &key, "auto_reply", &json!({}), NOW).await).unwrap());
    }

    what_was_being_read_when_the_program_died_is_suspected_and_tried_three_times(house) {
        let (good, bad) = ([1; 32], [2; 32]);
        unit!(house, tx => reading::suspect(tx, ORGANISATION, ACCOUNT, &[good, bad]).await).unwrap();
        unit!(house, tx => reading::end(tx, ORGANISATION, &[good]).await).unwrap();
        let suspects = unit!(house, tx => reading::suspects(tx).await).unwrap();
        assert_eq!((suspects.len(), &suspects[0].digest[..], suspects[0].tries), (1, &bad[..], 1));
        for again in [true, true, false, true] {
            // The program may die in between, of whatever.
            unit!(house, tx => reading::suspect(tx, ORGANISATION, ACCOUNT, &[bad]).await).unwrap();
            assert_eq!(unit!(house, tx => reading::begin_again(tx, ORGANISATION, ACCOUNT, &bad, 3).await).unwrap(), again);
        }
        assert_eq!(unit!(house, tx => reading::tries(tx, ORGANISATION, &good).await).unwrap(), 0);
    }

    a_template_is_known_by_its_name(house) {
        let new = |name: &str| NewTemplate { name: name.into(), subject: "Uw offerte".into(), html: None, text: Some("Beste {{naam}}".into()) };
        let (one, two, clash) = (new("offerte"), new("factuur"), new("offerte"));
        unit!(house, tx => {
            template::create(tx, ORGANISATION, TemplateKey(1), &one, NOW).await?;
            template::create(tx, ORGANISATION, TemplateKey(2), &two, NOW).await
        })
        .unwrap();
        let refused = unit!(house, tx => template::update(tx, ORGANISATION, TemplateKey(2), &clash).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "name_taken", .. })));
        assert_eq!(unit!(house, tx => template::by_name(tx, ORGANISATION, "factuur").await).unwrap().unwrap().id, TemplateKey(2));
        unit!(house, tx => template::remove(tx, ORGANISATION, TemplateKey(2)).await).unwrap();
        assert_eq!(unit!(house, tx => template::list(tx, ORGANISATION, None, 9).await).unwrap().0.len(), 1);
    }

    the_audit_log_is_read_newest_first_and_by_subject(house) {
        for (id, subject) in [(1, "acc_1"), (2, "usr_1"), (3, "acc_1")] {
            let entry = audit::Entry { id, user: Some(OWNER), action: "account.changed".into(), subject: subject.into(), detail: String::new(), done_at: NOW };
            unit!(house, tx => audit::append(tx, ORGANISATION, &entry).await).unwrap();
        }
        let (page, next) = unit!(house, tx => audit::list(tx, ORGANISATION, Some("acc_1"), None, 1).await).unwrap();
        assert_eq!((page[0].id, next), (3, Some(3)));
        assert_eq!(unit!(house, tx => audit::list(tx, ORGANISATION, None, next, 9).await).unwrap().0.len(), 2);
        let detail = "Boekhouding".to_owned();
        let entry = audit::Entry { id: 4, user: None, action: "token.made".into(), subject: "tok_1".into(), detail, done_at: NOW };
        unit!(house, tx => audit::append(tx, ORGANISATION, &entry).await).unwrap();
        let some = |text: &str| Some(text.to_owned());
        for (wanted, expected) in [
            (audit::Wanted { kind: some("account"), ..Default::default() }, vec![3, 2, 1]),
            (audit::Wanted { user: Some(OWNER), before: Some(3), ..Default::default() }, vec![2, 1]),
            (audit::Wanted { text: some("usr_1"), ..Default::default() }, vec![2]),
            (audit::Wanted { text: some("boekHOUD"), ..Default::default() }, vec![4]),
            (audit::Wanted { kind: some("acc"), ..Default::default() }, vec![]),
        ] {
            let found = unit!(house, tx => audit::search(tx, ORGANISATION, &wanted, 9).await).unwrap().0;
            assert_eq!(found.iter().map(|entry| entry.id).collect::<Vec<_>>(), expected);
        }
        let (page, next) = unit!(house, tx => audit::search(tx, ORGANISATION, &audit::Wanted::default(), 3).await).unwrap();
        assert_eq!((page.len(), next), (3, Some(2)));
    }

    an_organisation_keeps_what_it_chose(house) {
        unit!(house, tx => {
            organisation::set_settings(tx, ORGANISATION, &json!({ "base_domain": "post.example" })).await?;
            organisation::rename(tx, ORGANISATION, "Ander Voorbeeld").await
        })
        .unwrap();
        let all = unit!(house, tx => organisation::list(tx).await).unwrap();
        assert_eq!((all[0].name.as_str(), &all[0].settings["base_domain"]), ("Ander Voorbeeld", &json!("post.example")));
    }
}

async fn unit_begin(house: &crate::house::House, body: &'static [u8], now: i64) -> Begin {
    unit!(house, tx => idempotency::begin(tx, ORGANISATION, OWNER, "k", body, now).await).unwrap()
}

async fn unit_may(house: &crate::house::House, account: i64, now: i64) -> Turn {
    unit!(house, tx => limit::may_try(tx, "imap.x.nl", AccountKey(account), now).await).unwrap()
}
