//! Apps at providers of mailboxes, and grants that are renewed.

use crate::house::{ACCOUNT, NOW, ORGANISATION};
use mail::AppRegistrationKey;
use store::{
    StoreError,
    account::{self, Direction},
    app_registration::{self, AppProvider::Microsoft, AppSettings, NewProof, Proof},
    device_code::{self, DeviceCode, State, Why},
};
use zeroize::Zeroizing;

fn settings(secret: Option<&str>, expires_at: Option<i64>) -> AppSettings {
    let secret = secret.map(|secret| NewProof {
        proof: Proof::Certificate,
        secret: Zeroizing::new(secret.as_bytes().to_vec()),
        shown: Some("vinger".into()),
    });
    AppSettings { tenant: "voorbeeld.nl".into(), client_id: "nummer".into(), acts_alone: true, secret, expires_at }
}

on_both! {
    an_app_is_kept_with_its_secret_sealed_and_administrators_are_told_once_for_each_time(house) {
        let set = async |secret: Option<&'static str>, expires_at| {
            let keys = house.store.keys.clone();
            let settings = settings(secret, expires_at);
            unit!(house, tx => {
                app_registration::set(tx, &keys, ORGANISATION, Microsoft, AppRegistrationKey(91), &settings, NOW).await
            })
        };
        assert!(set(None, None).await.is_err(), "the first time there is a secret");
        let made = set(Some("kanarie"), Some(NOW + 10)).await.unwrap();
        assert_eq!((made.secret_set_at, made.expires_at, made.warned_days), (NOW, Some(NOW + 10), None));
        assert_eq!((made.proof, made.proof_shown.as_deref()), (Proof::Certificate, Some("vinger")));
        assert!(made.acts_alone);
        let keys = house.store.keys.clone();
        let opened = unit!(house, tx => app_registration::open_secret(tx, &keys, ORGANISATION, Microsoft).await);
        assert_eq!(opened.unwrap().as_slice(), b"kanarie");
        let sealed = unit!(house, tx => {
            Ok(tx.row("SELECT client_secret FROM app_registrations", &[]).await?.unwrap().bytes(0))
        })
        .unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"kanarie"));
        let warned = async |days| {
            let made = made.clone();
            unit!(house, tx => app_registration::warned(tx, &made, days).await).unwrap()
        };
        assert_eq!((warned(30).await, warned(30).await, warned(7).await, warned(30).await), (true, false, true, false));
        let ending = unit!(house, tx => app_registration::ending(tx, NOW + 11).await).unwrap();
        assert_eq!(ending.iter().map(|app| app.warned_days).collect::<Vec<_>>(), [Some(7)]);
        assert!(unit!(house, tx => app_registration::ending(tx, NOW + 10).await).unwrap().is_empty());
        assert_eq!(set(None, Some(NOW + 10)).await.unwrap().warned_days, Some(7), "nothing new to tell");
        assert_eq!(set(None, Some(NOW + 99)).await.unwrap().warned_days, None, "another date");
        unit!(house, tx => app_registration::remove(tx, ORGANISATION, Microsoft).await).unwrap();
        let again = unit!(house, tx => app_registration::remove(tx, ORGANISATION, Microsoft).await);
        assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    }

    a_renewed_grant_takes_the_place_of_the_one_that_gave_it_and_of_no_other(house) {
        let keys = house.store.keys.clone();
        unit!(house, tx => {
            let first = Some(b"een".as_slice());
            account::set_secret(tx, &keys, ORGANISATION, ACCOUNT, Direction::Incoming, first, NOW).await
        })
        .unwrap();
        let renew = async |before: &'static [u8], next: &'static [u8]| {
            let keys = house.store.keys.clone();
            unit!(house, tx => {
                account::renew_secret(tx, &keys, ORGANISATION, ACCOUNT, Direction::Incoming, before, next).await
            })
            .unwrap()
        };
        assert!(renew(b"een", b"twee").await);
        assert!(!renew(b"een", b"drie").await, "somebody was first");
        let keys = house.store.keys.clone();
        let opened = unit!(house, tx => {
            account::open_secret(tx, &keys, ORGANISATION, ACCOUNT, Direction::Incoming).await
        });
        assert_eq!(opened.unwrap().unwrap().as_slice(), b"twee");
    }

    a_code_for_another_device_is_sealed_asked_for_by_one_at_a_time_and_settled_once(house) {
        let code = DeviceCode {
            state: State::Waiting,
            user: None,
            opens: "microsoft365 own info@voorbeeld.nl".into(),
            user_code: "1234".into(),
            verification_uri: "https://login.example/device".into(),
            interval: 5_000,
            next_at: NOW + 5_000,
            expires_at: NOW + 900_000,
        };
        let begin = async |device_code: &'static [u8], user_code: &'static str| {
            let (keys, code) = (house.store.keys.clone(), DeviceCode { user_code: user_code.into(), ..code.clone() });
            unit!(house, tx => device_code::begin(tx, &keys, ORGANISATION, ACCOUNT, device_code, &code).await).unwrap();
        };
        let claim = async |now| {
            let keys = house.store.keys.clone();
            let claimed = unit!(house, tx => device_code::claim(tx, &keys, ORGANISATION, ACCOUNT, now).await);
            claimed.unwrap().map(|code| code.to_vec())
        };
        let seen = async || unit!(house, tx => device_code::get(tx, ORGANISATION, ACCOUNT).await).unwrap().unwrap();
        let settle = async |user_code: &'static str, why: Option<Why>| {
            let why = why.clone();
            unit!(house, tx => device_code::settle(tx, ORGANISATION, ACCOUNT, user_code, why.as_ref()).await).unwrap();
        };
        begin(b"kanarie", "1234").await;
        assert_eq!(unit!(house, tx => device_code::due(tx, NOW).await).unwrap(), (vec![], Some(NOW + 5_000)));
        assert_eq!(claim(NOW).await, None, "too soon");
        let due = unit!(house, tx => device_code::due(tx, NOW + 5_000).await).unwrap();
        assert_eq!(due, (vec![(ORGANISATION, ACCOUNT)], None));
        assert_eq!(claim(NOW + 5_000).await.as_deref(), Some(b"kanarie".as_slice()));
        assert_eq!(claim(NOW + 5_001).await, None, "somebody else was first");
        unit!(house, tx => device_code::slow_down(tx, ORGANISATION, ACCOUNT, 10_000, NOW + 6_000).await).unwrap();
        assert_eq!((seen().await.interval, seen().await.next_at), (10_000, NOW + 16_000));
        assert_eq!(seen().await.opens, code.opens);
        let sealed = unit!(house, tx => {
            Ok(tx.row("SELECT device_code FROM device_codes", &[]).await?.unwrap().bytes(0))
        })
        .unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"kanarie"));
        begin(b"tweede", "5678").await;
        let why = Why { code: "grant_cancelled".into(), nl: "afgebroken".into(), en: "cancelled".into() };
        settle("1234", Some(why.clone())).await;
        assert_eq!(seen().await.state, State::Waiting, "the code that was meant is not there any more");
        settle("5678", Some(why.clone())).await;
        settle("5678", None).await;
        assert_eq!(seen().await.state, State::Refused(why));
        let left = unit!(house, tx => {
            Ok(tx.row("SELECT device_code FROM device_codes", &[]).await?.unwrap().opt_bytes(0))
        });
        assert_eq!(left.unwrap(), None, "nothing is left to redeem");
    }
}
