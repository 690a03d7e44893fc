//! Whose an address is, the keys that sign, the demands of domains, and one mail to several domains.

use crate::house::{ACCOUNT, NOW, ORGANISATION, make_account};
use mail::{AccountKey, SignatureKey};
use store::{
    account,
    dkim_key::{self, DkimKey},
    mta_sts,
    outbox::{self, Dead, Finish, Recovered, State, Tried, Verdict},
    sender::{self, Tried as Code},
};

const ADDRESS: &str = "info@voorbeeld.nl";
const UNTIL: i64 = NOW + 60_000;

fn key(id: i64, algorithm: &str) -> DkimKey {
    DkimKey {
        id: SignatureKey(id),
        organisation: ORGANISATION,
        domain: "voorbeeld.nl".into(),
        selector: format!("pk{id}"),
        algorithm: algorithm.into(),
        public: format!("publiek-{id}"),
        published_at: None,
        began_at: None,
        retired_at: None,
        told: 0,
        created_at: NOW,
    }
}

on_both! {
    a_code_shows_an_address_once_within_its_time_and_tries(house) {
        let (right, wrong) = ([1_u8; 32], [2_u8; 32]);
        let try_it = async |digest: [u8; 32], now: i64| {
            unit!(house, tx => sender::try_code(tx, ORGANISATION, ACCOUNT, ADDRESS, &digest, 3, now - 1000, now).await)
                .unwrap()
        };
        let send = async || {
            unit!(house, tx => sender::code_sent(tx, ORGANISATION, ACCOUNT, ADDRESS, &right, NOW).await).unwrap();
        };
        let proven = async || {
            unit!(house, tx => account::load(tx, ORGANISATION, ACCOUNT).await).unwrap().sender_proven
        };
        assert_eq!(try_it(right, NOW).await, Code::Ended, "none was sent");
        send().await;
        assert_eq!(try_it(right, NOW + 1000).await, Code::Ended, "its time is over");
        assert_eq!(try_it(wrong, NOW + 1).await, Code::Wrong(2));
        assert_eq!(try_it(wrong, NOW + 1).await, Code::Wrong(1));
        assert_eq!(try_it(wrong, NOW + 1).await, Code::Wrong(0));
        assert_eq!(try_it(right, NOW + 1).await, Code::Ended, "it was tried too often");
        send().await;
        assert!(!proven().await);
        assert_eq!(try_it(right, NOW + 1).await, Code::Right);
        assert_eq!(try_it(right, NOW + 1).await, Code::Ended, "it works once");
        assert!(proven().await);
        // Another address of the account is another matter.
        house.run("UPDATE accounts SET address_folded = 'anders@voorbeeld.nl'").await;
        assert!(!proven().await);
    }

    a_domain_shows_all_its_addresses_and_no_others(house) {
        for (id, address) in [(21, "a@onder.voorbeeld.nl"), (22, "a@xvoorbeeld.nl"), (23, "verkoop@voorbeeld.nl")] {
            unit!(house, tx => make_account(tx, AccountKey(id), address).await).unwrap();
        }
        let asked = unit!(house, tx => sender::ask_domain(tx, ORGANISATION, "voorbeeld.nl", "woord").await).unwrap();
        let again = unit!(house, tx => sender::ask_domain(tx, ORGANISATION, "voorbeeld.nl", "ander").await).unwrap();
        assert_eq!((asked.token.as_str(), again.token.as_str()), ("woord", "woord"), "what was published stays good");
        let proven = async || {
            let all = unit!(house, tx => account::load_all(tx).await).unwrap();
            all.into_iter().filter(|one| one.sender_proven).map(|one| one.settings.address).collect::<Vec<_>>()
        };
        let check = async |found: bool| {
            unit!(house, tx => sender::domain_checked(tx, ORGANISATION, "voorbeeld.nl", found, NOW).await).unwrap();
        };
        check(false).await;
        assert!(proven().await.is_empty());
        check(true).await;
        check(false).await;
        assert_eq!(proven().await, [ADDRESS, "verkoop@voorbeeld.nl"]);
    }

    a_key_signs_from_when_it_is_seen_until_a_newer_one_of_its_manner_is(house) {
        let add = async |id: i64, algorithm: &'static str| {
            let keys = house.store.keys.clone();
            let private = format!("kanarie-{id}");
            unit!(house, tx => dkim_key::add(tx, &keys, &key(id, algorithm), private.as_bytes()).await).unwrap();
        };
        let signing = async || {
            let keys = house.store.keys.clone();
            let found = unit!(house, tx => dkim_key::signing(tx, &keys, ORGANISATION, "voorbeeld.nl").await).unwrap();
            found.into_iter().map(|(key, private)| (key.id.0, String::from_utf8_lossy(&private).into_owned())).collect::<Vec<_>>()
        };
        let seen = async |id: i64, algorithm: &'static str| {
            unit!(house, tx => dkim_key::published(tx, &key(id, algorithm), NOW).await).unwrap();
        };
        add(1, "rsa").await;
        add(2, "ed25519").await;
        assert!(signing().await.is_empty());
        seen(1, "rsa").await;
        seen(2, "ed25519").await;
        assert_eq!(signing().await, [(1, "kanarie-1".to_owned()), (2, "kanarie-2".to_owned())]);
        add(3, "rsa").await;
        assert_eq!(signing().await.len(), 2, "the old one goes on");
        seen(3, "rsa").await;
        assert_eq!(signing().await.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2, 3]);
        // A name server that is behind shows the old record and not the new: nothing leaves unsigned for that.
        unit!(house, tx => dkim_key::gone(tx, &key(3, "rsa")).await).unwrap();
        assert_eq!(signing().await.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2]);
        seen(3, "rsa").await;
        assert_eq!(signing().await.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2, 3]);
        unit!(house, tx => dkim_key::gone(tx, &key(2, "ed25519")).await).unwrap();
        assert_eq!(signing().await.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [3]);
        let active = unit!(house, tx => dkim_key::active(tx).await).unwrap();
        assert_eq!(active.iter().map(|key| key.id.0).collect::<Vec<_>>(), [2, 3]);
        let retired = unit!(house, tx => dkim_key::retired(tx, NOW + 1).await).unwrap();
        assert_eq!(retired.iter().map(|key| key.id.0).collect::<Vec<_>>(), [1]);
        assert!(unit!(house, tx => dkim_key::retired(tx, NOW).await).unwrap().is_empty());
        assert_eq!(unit!(house, tx => dkim_key::sweep(tx, NOW + 1).await).unwrap(), 1);
        let sealed = unit!(house, tx => Ok(tx.row("SELECT private_key FROM dkim_keys WHERE id = 3", &[]).await?.unwrap().bytes(0)));
        assert!(!sealed.unwrap().windows(7).any(|window| window == b"kanarie"));
    }

    a_record_that_is_waited_for_is_told_once_each_time_and_not_when_it_is_there(house) {
        let keys = house.store.keys.clone();
        unit!(house, tx => dkim_key::add(tx, &keys, &key(7, "rsa"), b"kanarie").await).unwrap();
        let tell = async |times: i64| unit!(house, tx => dkim_key::told(tx, &key(7, "rsa"), times).await).unwrap();
        assert!(tell(1).await && !tell(1).await && tell(2).await && !tell(1).await);
        unit!(house, tx => dkim_key::published(tx, &key(7, "rsa"), NOW).await).unwrap();
        assert!(!tell(3).await);
        unit!(house, tx => dkim_key::forget(tx, &key(7, "rsa")).await).unwrap();
        assert!(unit!(house, tx => dkim_key::of_domain(tx, ORGANISATION, "voorbeeld.nl").await).unwrap().is_empty());
    }

    how_old_keys_of_a_domain_may_be_is_half_a_year_until_somebody_says_otherwise(house) {
        unit!(house, tx => sender::ask_domain(tx, ORGANISATION, "voorbeeld.nl", "woord").await).unwrap();
        let days = async || {
            unit!(house, tx => sender::domain(tx, ORGANISATION, "voorbeeld.nl").await).unwrap().map(|one| one.renew_after_days)
        };
        assert_eq!(days().await, Some(180));
        unit!(house, tx => sender::renew_after(tx, ORGANISATION, "voorbeeld.nl", 0).await).unwrap();
        assert_eq!(days().await, Some(0));
    }

    a_policy_is_kept_until_it_ends(house) {
        let policy = |version: &str| mta_sts::Policy { version: version.into(), text: "mode: enforce".into(), fetched_at: NOW };
        unit!(house, tx => mta_sts::set(tx, "x.nl", &policy("1"), NOW + 10).await).unwrap();
        unit!(house, tx => mta_sts::set(tx, "x.nl", &policy("2"), NOW + 20).await).unwrap();
        unit!(house, tx => mta_sts::sweep(tx, NOW + 15).await).unwrap();
        assert_eq!(unit!(house, tx => mta_sts::get(tx, "x.nl").await).unwrap(), Some(policy("2")));
        unit!(house, tx => mta_sts::sweep(tx, NOW + 25).await).unwrap();
        assert_eq!(unit!(house, tx => mta_sts::get(tx, "x.nl").await).unwrap(), None);
    }

    a_crash_at_the_second_domain_leaves_no_doubt_about_the_first_and_the_third(house) {
        let id = house.submit(1, ACCOUNT, &["a@een.nl", "b@twee.nl", "c@drie.nl"], NOW).await;
        let fence = unit!(house, tx => outbox::lease_due(tx, "dead", NOW, 64, UNTIL).await).unwrap()[0].fence;
        let mark = async |n: i64| {
            unit!(house, tx => outbox::mark_part_on_wire(tx, ORGANISATION, id, fence, &[n], NOW).await).unwrap()
        };
        assert!(mark(0).await);
        let first = Finish {
            recipients: vec![(0, Verdict::Accepted, Some("250 taken".into()))],
            code: Some(250),
            server_said: None,
            retry_at: NOW,
            wants_sent_copy: false,
        };
        let kept = unit!(house, tx => {
            let tried = Tried { organisation: ORGANISATION, id, fence, outcome: &first };
            outbox::finish_part(tx, &tried, NOW).await
        });
        assert!(kept.unwrap());
        assert!(mark(1).await);
        let recovered = unit!(house, tx => outbox::recover(tx, Dead::Expired, UNTIL + 1).await).unwrap();
        assert_eq!(recovered, Recovered { waiting: 0, uncertain: 1 });
        let viewer = house.owner;
        let shown = unit!(house, tx => outbox::get(tx, &viewer, id).await).unwrap();
        let states: Vec<_> = shown.recipients.iter().map(|one| one.state).collect();
        assert_eq!(states, [State::Accepted, State::Uncertain, State::Waiting]);
        let again = unit!(house, tx => outbox::lease_due(tx, "me", UNTIL + 2, 64, 2 * UNTIL).await).unwrap();
        assert_eq!(again[0].recipients.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["c@drie.nl"]);
        assert!(!mark(2).await, "the lease of the dead counts no more");
    }
}
