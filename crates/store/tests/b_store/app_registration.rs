//! Apps at providers of mailboxes, and grants that are renewed.

use crate::house::{ACCOUNT, NOW, ORGANISATION};
use mail::AppRegistrationKey;
use store::{
    StoreError,
    account::{self, Direction},
    app_registration::{self, AppProvider::Microsoft, AppSettings},
};
use zeroize::Zeroizing;

fn settings(secret: Option<&str>, expires_at: Option<i64>) -> AppSettings {
    let secret = secret.map(|secret| Zeroizing::new(secret.as_bytes().to_vec()));
    AppSettings { tenant: "voorbeeld.nl".into(), client_id: "nummer".into(), secret, expires_at }
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
}
