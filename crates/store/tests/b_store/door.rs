//! Signing in: sessions, devices, second factors, and the guards at the door.

use crate::house::{NOW, ORGANISATION, OWNER, STRANGER};
use mail::{SessionKey, TokenKey};
use store::{
    StoreError, UserRole, device,
    guard::{self, Admission, Guard, Rule},
    organisation, second_factor,
    session::{self, NewSession},
    token::{self, NewToken, Scope},
    user::{self, UserPatch},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn new(id: i64, digest: &[u8], half_way: bool) -> NewSession {
    NewSession {
        id: SessionKey(id),
        user: OWNER,
        digest: digest.to_vec(),
        half_way,
        source: "192.0.2.1".into(),
        agent: "Firefox".into(),
    }
}

fn person(subject: &str) -> Guard {
    Guard { subject: subject.into(), rule: Rule::Person { has_second_factor: false } }
}

on_both! {
    a_session_ends_when_it_is_idle_too_old_or_its_person_is_switched_off(house) {
        let (whole, half) = (new(71, b"whole", false), new(72, b"half", true));
        unit!(house, tx => {
            session::create(tx, ORGANISATION, &whole, NOW).await?;
            session::create(tx, ORGANISATION, &half, NOW).await
        })
        .unwrap();
        let found = unit!(house, tx => session::find(tx, b"whole", NOW).await).unwrap().unwrap();
        assert_eq!((found.viewer, found.half_way, found.renew), (house.owner, false, false));
        assert!(unit!(house, tx => session::find(tx, b"half", NOW).await).unwrap().unwrap().half_way);
        assert!(unit!(house, tx => session::find(tx, b"half", NOW + session::HALF_WAY).await).unwrap().is_none());
        assert!(unit!(house, tx => session::find(tx, b"whole", NOW + session::IDLE).await).unwrap().is_none());
        let mut at = NOW;
        while at < NOW + session::LIFE {
            let open = unit!(house, tx => session::find(tx, b"whole", at).await).unwrap().expect("in use");
            unit!(house, tx => session::touch(tx, &open, at).await).unwrap();
            at += session::IDLE - 1;
        }
        assert!(unit!(house, tx => session::find(tx, b"whole", at).await).unwrap().is_none());
        assert_eq!(unit!(house, tx => session::list(tx, ORGANISATION, OWNER, NOW).await).unwrap().len(), 1, "half is no session");
        let off = UserPatch { active: Some(false), ..UserPatch::default() };
        unit!(house, tx => user::update(tx, ORGANISATION, OWNER, &off).await).unwrap();
        assert!(unit!(house, tx => session::find(tx, b"whole", NOW).await).unwrap().is_none());
    }

    an_administrator_owes_the_second_factor_that_the_organisation_asks_until_there_is_one(house) {
        let (one, token) = (new(71, b"one", false), NewToken { id: TokenKey(81), user: OWNER, name: "x".into(), scope: Scope::Read, digest: b"token".to_vec() });
        unit!(house, tx => {
            session::create(tx, ORGANISATION, &one, NOW).await?;
            token::create(tx, ORGANISATION, &token, NOW).await?;
            organisation::ask_second_factor(tx, ORGANISATION, true).await
        })
        .unwrap();
        for (role, has, expected) in [
            (UserRole::MailboxManager, false, false),
            (UserRole::Administrator, false, true),
            (UserRole::Administrator, true, false),
        ] {
            let promoted = UserPatch { role: Some(role), ..UserPatch::default() };
            let keys = house.store.keys.clone();
            unit!(house, tx => {
                user::update(tx, ORGANISATION, OWNER, &promoted).await?;
                if has {
                    second_factor::begin(tx, &keys, ORGANISATION, OWNER, b"secret").await?;
                    second_factor::confirm(tx, ORGANISATION, OWNER, &[], NOW).await?;
                }
                Ok(())
            })
            .unwrap();
            let found = unit!(house, tx => session::find(tx, b"one", NOW).await).unwrap().unwrap();
            let program = unit!(house, tx => token::authenticate(tx, b"token", NOW).await).unwrap().unwrap();
            assert_eq!((found.owes_second_factor, program.owes_second_factor), (expected, expected), "{role:?}");
        }
    }

    a_new_role_asks_for_a_new_token_and_a_new_password_ends_the_other_sessions(house) {
        let (one, two) = (new(71, b"one", false), new(72, b"two", false));
        unit!(house, tx => {
            session::create(tx, ORGANISATION, &one, NOW).await?;
            session::create(tx, ORGANISATION, &two, NOW).await
        })
        .unwrap();
        let promoted = UserPatch { role: Some(UserRole::MailboxManager), ..UserPatch::default() };
        unit!(house, tx => user::update(tx, ORGANISATION, OWNER, &promoted).await).unwrap();
        let found = unit!(house, tx => session::find(tx, b"one", NOW).await).unwrap().unwrap();
        assert!(found.renew);
        let again = found.clone();
        assert!(unit!(house, tx => session::renew(tx, &found, b"one", b"new").await).unwrap());
        assert!(!unit!(house, tx => session::renew(tx, &again, b"one", b"other").await).unwrap(), "once");
        assert!(!unit!(house, tx => session::find(tx, b"new", NOW).await).unwrap().unwrap().renew);
        unit!(house, tx => user::set_password(tx, ORGANISATION, OWNER, "x", Some(SessionKey(71))).await).unwrap();
        assert!(unit!(house, tx => session::find(tx, b"new", NOW).await).unwrap().is_some());
        assert!(unit!(house, tx => session::find(tx, b"two", NOW).await).unwrap().is_none());
        let refused = unit!(house, tx => session::end_one(tx, ORGANISATION, STRANGER, SessionKey(71)).await);
        assert!(matches!(refused, Err(StoreError::NotFound)), "somebody else's");
    }

    a_device_is_known_to_its_own_person_for_half_a_year(house) {
        unit!(house, tx => device::remember(tx, ORGANISATION, OWNER, b"phone", NOW).await).unwrap();
        assert!(unit!(house, tx => device::is_known(tx, ORGANISATION, OWNER, b"phone", NOW).await).unwrap());
        assert!(!unit!(house, tx => device::is_known(tx, ORGANISATION, STRANGER, b"phone", NOW).await).unwrap());
        assert!(!unit!(house, tx => device::is_known(tx, ORGANISATION, OWNER, b"phone", NOW + 181 * 24 * HOUR).await).unwrap());
    }

    a_second_factor_is_sealed_counts_when_confirmed_and_each_code_works_once(house) {
        let keys = house.store.keys.clone();
        unit!(house, tx => second_factor::begin(tx, &keys, ORGANISATION, OWNER, b"gedeeld geheim").await).unwrap();
        assert!(!unit!(house, tx => user::get(tx, ORGANISATION, OWNER).await).unwrap().has_second_factor);
        let keys = house.store.keys.clone();
        let kept = unit!(house, tx => second_factor::totp(tx, &keys, ORGANISATION, OWNER).await).unwrap().unwrap();
        assert_eq!((&**kept.secret, kept.is_confirmed), (&b"gedeeld geheim"[..], false));
        unit!(house, tx => second_factor::confirm(tx, ORGANISATION, OWNER, &[[1; 32], [2; 32]], NOW).await).unwrap();
        assert!(unit!(house, tx => user::get(tx, ORGANISATION, OWNER).await).unwrap().has_second_factor);
        let keys = house.store.keys.clone();
        let again = unit!(house, tx => second_factor::begin(tx, &keys, ORGANISATION, OWNER, b"ander").await);
        assert!(matches!(again, Err(StoreError::Conflict { code: "second_factor_present", .. })));
        let steps = [5, 5, 4, 6];
        let mut used = Vec::new();
        for step in steps {
            used.push(unit!(house, tx => second_factor::use_step(tx, ORGANISATION, OWNER, step).await).unwrap());
        }
        assert_eq!(used, [true, false, false, true]);
        for (digest, works) in [([1; 32], true), ([1; 32], false), ([3; 32], false), ([2; 32], true)] {
            let used = unit!(house, tx => second_factor::use_recovery_code(tx, ORGANISATION, OWNER, &digest, NOW).await);
            assert_eq!(used.unwrap(), works);
        }
        unit!(house, tx => second_factor::drop(tx, ORGANISATION, OWNER).await).unwrap();
        assert!(!unit!(house, tx => user::get(tx, ORGANISATION, OWNER).await).unwrap().has_second_factor);
        house.store.rotate_keys().await.unwrap();
    }

    a_hundred_wrong_ones_in_a_row_stop_a_password_alone(house) {
        let mut now = NOW;
        for n in 0..100 {
            let mut admitted = unit!(house, tx => guard::admit(tx, &[person("who:a")], None, true, now).await).unwrap();
            if let Admission::Wait(until) = admitted {
                now = until;
                admitted = unit!(house, tx => guard::admit(tx, &[person("who:a")], None, true, now).await).unwrap();
            }
            assert_eq!(admitted, Admission::Go, "{n}");
        }
        let later = now + 48 * HOUR;
        let stopped = unit!(house, tx => guard::admit(tx, &[person("who:a")], None, true, later).await);
        assert_eq!(stopped.unwrap(), Admission::Stopped);
        let guarded = [Guard { subject: "who:a".into(), rule: Rule::Person { has_second_factor: true } }];
        assert_eq!(unit!(house, tx => guard::admit(tx, &guarded, None, false, later).await).unwrap(), Admission::Go);
        assert_eq!(unit!(house, tx => guard::block_of(tx, "who:a", later).await).unwrap().unwrap().until_at, None);
        unit!(house, tx => guard::lift(tx, "who:a").await).unwrap();
        assert_eq!(unit!(house, tx => guard::admit(tx, &[person("who:a")], None, true, later).await).unwrap(), Admission::Go);
    }

    a_try_counts_under_every_guard_or_under_none(house) {
        let network = Guard { subject: "from:192.0.2.0/24".into(), rule: Rule::Network };
        for n in 0..100 {
            let guards = [person(&format!("who:{n}")), network.clone()];
            assert_eq!(unit!(house, tx => guard::admit(tx, &guards, Some(ORGANISATION), true, NOW).await).unwrap(), Admission::Go);
        }
        let guards = [person("who:x"), network.clone()];
        let shut = unit!(house, tx => guard::admit(tx, &guards, Some(ORGANISATION), true, NOW + MINUTE).await);
        assert_eq!(shut.unwrap(), Admission::Wait(NOW + HOUR));
        assert_eq!(house.count("SELECT count FROM guards WHERE subject = 'who:x'").await, 0);
        assert_eq!(unit!(house, tx => guard::blocked_networks(tx, ORGANISATION, NOW).await).unwrap().len(), 1);
        let other = mail::OrganisationKey(2);
        assert!(unit!(house, tx => guard::blocked_networks(tx, other, NOW).await).unwrap().is_empty(), "not theirs to see");
        unit!(house, tx => guard::give_back(tx, "from:192.0.2.0/24").await).unwrap();
        let guards = [network];
        assert_eq!(unit!(house, tx => guard::admit(tx, &guards, None, true, NOW + MINUTE).await).unwrap(), Admission::Go);
        unit!(house, tx => guard::sweep(tx, NOW + 25 * HOUR).await).unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM guards").await, 0);
    }
}
