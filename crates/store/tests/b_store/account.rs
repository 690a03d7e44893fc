//! Accounts: what may change, who may know, and whose lease counts.

use crate::house::{ACCOUNT, NOW, ORGANISATION, make_account, settings};
use mail::AccountKey;
use store::{
    StoreError,
    account::{self, AccountSettings, Colour, Direction, Font, Incoming, Server, Style, Trouble},
    receive::{Batch, receive},
};

fn trouble(parked: bool) -> Trouble {
    Trouble {
        colour: Colour::Red,
        code: "wrong_password".into(),
        words: Some("535 5.7.8 no".into()),
        errors_in_row: 3,
        refused_sign_in: true,
        next_try_at: Some(NOW + 5_000),
        parked,
    }
}

on_both! {
    an_account_is_read_as_it_was_saved(house) {
        let text = r#"{"kind":"imap","host":"imap.voorbeeld.nl","port":993,"encryption":"tls","username":"info","prefix":"INBOX"}"#;
        let incoming: Incoming = serde_json::from_str(text).unwrap();
        let style = Style { font: Some(Font::TimesNewRoman), font_size: Some(11), signature: Some("<p>Groet</p>".into()) };
        let saved = AccountSettings { incoming: incoming.clone(), bcc: Some("boek@houder.nl".into()), style: style.clone(), ..settings("info@voorbeeld.nl") };
        let wanted = saved.clone();
        let read = unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 1, &saved, NOW).await).unwrap();
        assert_eq!(read.settings, wanted);
        assert!(matches!(&read.settings.incoming, Incoming::Imap(Server { prefix: Some(prefix), .. }) if prefix == "INBOX"));
        assert_eq!((read.version, read.primary), (2, true));
    }

    a_save_from_an_old_page_is_refused(house) {
        unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 1, &settings("info@voorbeeld.nl"), NOW).await).unwrap();
        let late = unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 1, &settings("info@voorbeeld.nl"), NOW).await);
        assert!(matches!(late, Err(StoreError::Conflict { code: "changed_meanwhile", .. })));
    }

    an_account_that_holds_mail_keeps_its_address_and_stays(house) {
        let moved = settings("nieuw@voorbeeld.nl");
        let free = moved.clone();
        unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 1, &free, NOW).await).unwrap();
        house.message(1, ACCOUNT, 1, &[]).await;
        let refused = unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 2, &settings("ander@voorbeeld.nl"), NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "address_in_use_by_mail", .. })));
        let refused = unit!(house, tx => account::remove(tx, ORGANISATION, ACCOUNT, NOW).await);
        assert!(matches!(refused, Err(StoreError::Conflict { code: "holds_mail", .. })));
        let other = AccountKey(12);
        unit!(house, tx => make_account(tx, other, "ander@voorbeeld.nl").await).unwrap();
        unit!(house, tx => account::remove(tx, ORGANISATION, other, NOW).await).unwrap();
        assert!(matches!(unit!(house, tx => account::load(tx, ORGANISATION, other).await), Err(StoreError::NotFound)));
        let taken = unit!(house, tx => make_account(tx, other, "NIEUW@voorbeeld.nl").await);
        assert!(matches!(taken, Err(StoreError::Conflict { code: "address_taken", .. })));
        drop(moved);
    }

    exactly_one_account_is_primary(house) {
        let other = AccountKey(12);
        unit!(house, tx => make_account(tx, other, "ander@voorbeeld.nl").await).unwrap();
        assert_eq!(unit!(house, tx => account::primary(tx, ORGANISATION).await).unwrap(), Some(ACCOUNT));
        unit!(house, tx => account::set_primary(tx, ORGANISATION, other).await).unwrap();
        assert_eq!(house.count("SELECT id FROM accounts WHERE is_primary").await, other.0);
        assert_eq!(house.count("SELECT COUNT(*) FROM accounts WHERE is_primary").await, 1);
    }

    a_secret_opens_only_in_its_own_row(house) {
        let other = AccountKey(12);
        unit!(house, tx => make_account(tx, other, "ander@voorbeeld.nl").await).unwrap();
        let keys = house.store.keys.clone();
        unit!(house, tx => account::set_secret(tx, &keys, ORGANISATION, ACCOUNT, Direction::Incoming, Some(" geheim€ ".as_bytes()), NOW).await).unwrap();
        let keys = house.store.keys.clone();
        let opened = unit!(house, tx => account::open_secret(tx, &keys, ORGANISATION, ACCOUNT, Direction::Incoming).await).unwrap();
        assert_eq!(opened.unwrap().as_slice(), " geheim€ ".as_bytes());
        let shown = unit!(house, tx => account::load(tx, ORGANISATION, ACCOUNT).await).unwrap();
        assert_eq!((shown.has_incoming_secret, shown.has_outgoing_secret, shown.secrets_set_at), (true, false, Some(NOW)));
        house.run("UPDATE accounts SET incoming_secret = (SELECT a.incoming_secret FROM accounts a WHERE a.id = 11) WHERE id = 12").await;
        let keys = house.store.keys.clone();
        let stolen = unit!(house, tx => account::open_secret(tx, &keys, ORGANISATION, other, Direction::Incoming).await);
        assert!(matches!(stolen, Err(StoreError::Damaged(_))));
    }

    a_refused_sign_in_parks_the_account_until_it_is_saved_again(house) {
        unit!(house, tx => account::record_trouble(tx, ORGANISATION, ACCOUNT, None, &trouble(true), NOW).await).unwrap();
        unit!(house, tx => account::record_trouble(tx, ORGANISATION, ACCOUNT, None, &trouble(true), NOW + 1).await).unwrap();
        let red = unit!(house, tx => account::load(tx, ORGANISATION, ACCOUNT).await).unwrap().health;
        assert_eq!((red.colour, red.since_at, red.refused_sign_ins, red.parked), (Colour::Red, NOW, 2, true));
        assert!(unit!(house, tx => account::lease(tx, "me", NOW + 60_000, NOW + 9_000, 9).await).unwrap().is_empty());
        assert_eq!(house.count("SELECT COUNT(*) FROM changes WHERE kind = 'account.state'").await, 1);
        unit!(house, tx => account::update(tx, ORGANISATION, ACCOUNT, 1, &settings("info@voorbeeld.nl"), NOW).await).unwrap();
        assert_eq!(unit!(house, tx => account::lease(tx, "me", NOW + 60_000, NOW, 9).await).unwrap().len(), 1);
    }

    a_worker_without_the_lease_writes_nothing(house) {
        let first = unit!(house, tx => account::lease(tx, "slow", NOW + 60_000, NOW, 9).await).unwrap()[0];
        assert!(unit!(house, tx => account::lease(tx, "quick", NOW + 60_000, NOW, 9).await).unwrap().is_empty());
        let second = unit!(house, tx => account::lease(tx, "quick", NOW + 200_000, NOW + 60_001, 9).await).unwrap()[0];
        assert!(second.fence > first.fence);
        assert!(!unit!(house, tx => account::renew(tx, ORGANISATION, ACCOUNT, first.fence, NOW + 300_000).await).unwrap());
        assert!(!unit!(house, tx => account::record_success(tx, ORGANISATION, ACCOUNT, Some(first.fence), NOW).await).unwrap());
        let late = |fence| Batch { organisation: ORGANISATION, account: ACCOUNT, fence, items: Vec::new(), collects: false, backlog: false, now: NOW };
        let make = house.store.make.clone();
        let refused = unit!(house, tx => receive(tx, &make, late(first.fence)).await);
        assert!(matches!(refused, Err(StoreError::TakenOver)), "{refused:?}");
        let make = house.store.make.clone();
        unit!(house, tx => receive(tx, &make, late(second.fence)).await).unwrap();
        assert!(unit!(house, tx => account::record_success(tx, ORGANISATION, ACCOUNT, Some(second.fence), NOW).await).unwrap());
        unit!(house, tx => account::release(tx, ORGANISATION, ACCOUNT, second.fence).await).unwrap();
        assert_eq!(unit!(house, tx => account::lease(tx, "third", NOW + 60_000, NOW, 9).await).unwrap().len(), 1);
    }

    who_owns_nothing_of_an_account_does_not_know_of_it(house) {
        let (owner, stranger, administrator) = (house.owner, house.stranger, house.administrator);
        assert!(unit!(house, tx => account::get(tx, &owner, ACCOUNT).await).is_ok());
        assert!(unit!(house, tx => account::get(tx, &administrator, ACCOUNT).await).is_ok());
        assert!(matches!(unit!(house, tx => account::get(tx, &stranger, ACCOUNT).await), Err(StoreError::NotFound)));
        assert!(unit!(house, tx => account::list(tx, &stranger, None, 9).await).unwrap().0.is_empty());
        assert_eq!(unit!(house, tx => account::list(tx, &administrator, None, 9).await).unwrap().0.len(), 1);
    }

    the_turn_to_renew_a_grant_is_one_nodes_until_it_ends(house) {
        let begin = |turn: i64, until: i64, now: i64| store::unit(move |tx| {
            Box::pin(async move { account::begin_renewal(tx, ORGANISATION, ACCOUNT, turn, until, now).await })
        });
        let mut bell = house.store.db.bell(store::Topic::Renewals);
        assert!(house.store.db.write(begin(1, NOW + 10, NOW)).await.unwrap());
        assert!(!house.store.db.write(begin(2, NOW + 20, NOW + 9)).await.unwrap());
        // Whoever has it no longer ends nothing.
        unit!(house, tx => account::end_renewal(tx, ORGANISATION, ACCOUNT, 2).await).unwrap();
        assert!(!house.store.db.write(begin(3, NOW + 20, NOW + 9)).await.unwrap());
        assert!(house.store.db.write(begin(4, NOW + 20, NOW + 10)).await.unwrap(), "its time is over");
        unit!(house, tx => account::end_renewal(tx, ORGANISATION, ACCOUNT, 1).await).unwrap();
        assert!(!house.store.db.write(begin(5, NOW + 30, NOW + 11)).await.unwrap());
        unit!(house, tx => account::end_renewal(tx, ORGANISATION, ACCOUNT, 4).await).unwrap();
        assert!(house.store.db.write(begin(6, NOW + 30, NOW + 11)).await.unwrap());
        assert!(bell.has_changed().unwrap());
        bell.borrow_and_update();
        unit!(house, tx => account::forget_leases(tx).await).unwrap();
        assert!(house.store.db.write(begin(7, NOW + 30, NOW + 11)).await.unwrap());
    }

    a_call_is_heard_once_by_the_node_that_has_the_account(house) {
        let take = |node: &'static str| store::unit(move |tx| Box::pin(async move {
            let waits = store::call::waits(tx, node).await?;
            let taken = store::call::take(tx, node).await?;
            assert_eq!(waits, !taken.is_empty());
            Ok(taken)
        }));
        unit!(house, tx => store::call::leave(tx, ORGANISATION, ACCOUNT, false).await).unwrap();
        assert_eq!(house.store.db.write(take("a")).await.unwrap(), [], "nobody has it");
        let leased = unit!(house, tx => account::lease(tx, "a", NOW + 60_000, NOW, 10).await).unwrap();
        assert!(leased.iter().any(|lease| lease.account == ACCOUNT));
        unit!(house, tx => store::call::leave(tx, ORGANISATION, ACCOUNT, true).await).unwrap();
        unit!(house, tx => store::call::leave(tx, ORGANISATION, ACCOUNT, false).await).unwrap();
        assert_eq!(house.store.db.write(take("b")).await.unwrap(), []);
        let call = store::call::Call { account: ACCOUNT, anew: true };
        assert_eq!(house.store.db.write(take("a")).await.unwrap(), [call]);
        assert_eq!(house.store.db.write(take("a")).await.unwrap(), []);
    }
}
