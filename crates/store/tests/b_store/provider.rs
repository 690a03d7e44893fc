//! Signing in at a provider: its secret, who people are there, and who is awaited back.

use crate::house::{ADMINISTRATOR, NOW, ORGANISATION, OWNER, STRANGER};
use mail::IdentityProviderKey;
use store::{
    StoreError,
    departure::{self, Departure, Purpose},
    identity,
    identity_provider::{self, ProviderSettings},
    vals,
};
use zeroize::Zeroizing;

const ISSUER: &str = "https://login.voorbeeld.nl";

fn settings(issuer: &str, secret: Option<&str>) -> ProviderSettings {
    ProviderSettings {
        name: "Voorbeeld".into(),
        issuer: issuer.into(),
        client_id: "postkamer".into(),
        secret: secret.map(|secret| Zeroizing::new(secret.as_bytes().to_vec())),
        passwords_for_members: false,
        admit_unknown: true,
        domains: vec!["voorbeeld.nl".into()],
    }
}

on_both! {
    a_provider_is_kept_with_its_secret_sealed_and_a_later_word_leaves_what_it_does_not_name(house) {
        let keys = house.store.keys.clone();
        let first = settings(ISSUER, Some("kanarie"));
        let made = unit!(house, tx => {
            identity_provider::set(tx, &keys, ORGANISATION, IdentityProviderKey(91), &first, NOW).await
        })
        .unwrap();
        assert_eq!((made.id, made.secret_set_at, made.domains.as_slice()), (IdentityProviderKey(91), NOW, &["voorbeeld.nl".to_owned()][..]));
        assert!(made.admit_unknown && !made.passwords_for_members);
        let keys = house.store.keys.clone();
        let renamed = ProviderSettings { name: "Anders".into(), ..settings(ISSUER, None) };
        let kept = unit!(house, tx => {
            identity_provider::set(tx, &keys, ORGANISATION, IdentityProviderKey(92), &renamed, NOW + 1).await
        })
        .unwrap();
        assert_eq!((kept.id, kept.name.as_str(), kept.secret_set_at), (made.id, "Anders", NOW));
        let keys = house.store.keys.clone();
        let opened = unit!(house, tx => identity_provider::open_secret(tx, &keys, ORGANISATION).await).unwrap();
        assert_eq!(opened.as_slice(), b"kanarie");
        let sealed = unit!(house, tx => {
            Ok(tx.row("SELECT client_secret FROM identity_providers", &[]).await?.unwrap().bytes(0))
        })
        .unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"kanarie"));
        // Sealed to this row: moved to another it opens nothing.
        let keys = house.store.keys.clone();
        let moved = unit!(house, tx => {
            tx.execute("UPDATE identity_providers SET id = 93 WHERE id = $1", &vals![made.id]).await?;
            identity_provider::open_secret(tx, &keys, ORGANISATION).await
        });
        assert!(matches!(moved, Err(StoreError::Damaged(_))), "{moved:?}");
        assert_eq!(unit!(house, tx => identity_provider::list(tx).await).unwrap().len(), 1);
    }

    somebody_is_one_person_at_the_provider_and_nobody_else_is(house) {
        let keys = house.store.keys.clone();
        unit!(house, tx => {
            identity_provider::set(tx, &keys, ORGANISATION, IdentityProviderKey(91), &settings(ISSUER, Some("k")), NOW).await
        })
        .unwrap();
        let bind = async |user, subject: &'static str| {
            unit!(house, tx => identity::bind(tx, ORGANISATION, user, (ISSUER, subject), NOW).await).unwrap()
        };
        assert!(bind(OWNER, "anna").await);
        assert!(!bind(OWNER, "another anna").await, "a person is bound once");
        assert!(!bind(STRANGER, "anna").await, "and so is who they are there");
        assert!(bind(ADMINISTRATOR, "baas").await);
        unit!(house, tx => identity::used(tx, ORGANISATION, OWNER, NOW + 5).await).unwrap();
        let found = unit!(house, tx => identity::find(tx, ORGANISATION, ISSUER, "anna").await).unwrap().unwrap();
        assert_eq!((found.user, found.bound_at, found.used_at), (OWNER, NOW, NOW + 5));
        assert_eq!(unit!(house, tx => identity::users(tx, ORGANISATION).await).unwrap(), [OWNER, ADMINISTRATOR]);
        assert_eq!(unit!(house, tx => identity::find(tx, ORGANISATION, "https://elders", "anna").await).unwrap(), None);
        unit!(house, tx => identity::unbind(tx, ORGANISATION, ADMINISTRATOR).await).unwrap();
        let again = unit!(house, tx => identity::unbind(tx, ORGANISATION, ADMINISTRATOR).await);
        assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
        // At another provider "anna" may be somebody else.
        let keys = house.store.keys.clone();
        unit!(house, tx => {
            let elsewhere = settings("https://elders.nl", None);
            identity_provider::set(tx, &keys, ORGANISATION, IdentityProviderKey(91), &elsewhere, NOW).await
        })
        .unwrap();
        assert_eq!(unit!(house, tx => identity::of(tx, ORGANISATION, OWNER).await).unwrap(), None);
        unit!(house, tx => identity_provider::remove(tx, ORGANISATION).await).unwrap();
        let gone = unit!(house, tx => identity_provider::remove(tx, ORGANISATION).await);
        assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    }

    who_was_sent_away_comes_back_once_in_time_and_with_the_same_browser(house) {
        let (one, two, browser, other) = ([1; 32], [2; 32], [8; 32], [9; 32]);
        let departure = Departure {
            account: None,
            organisation: ORGANISATION,
            redirect_uri: "https://post.voorbeeld.nl/sign-in/answer".into(),
            onward: "/outbox".into(),
            opens: Some("gmail own info@voorbeeld.nl".into()),
        };
        let expected = departure.clone();
        unit!(house, tx => {
            departure::leave(tx, Purpose::SignIn, &one, &browser, &departure, NOW).await?;
            departure::leave(tx, Purpose::SignIn, &two, &browser, &departure, NOW + 1).await
        })
        .unwrap();
        let arrive = async |state: [u8; 32], visitor: [u8; 32], at: i64| {
            unit!(house, tx => departure::arrive(tx, Purpose::SignIn, &state, &visitor, at).await).unwrap()
        };
        assert_eq!(arrive(one, other, NOW + 1).await, None, "another browser");
        assert_eq!(arrive([3; 32], browser, NOW + 1).await, None, "a state of nobody");
        let for_a_mailbox = unit!(house, tx => departure::arrive(tx, Purpose::Mailbox, &one, &browser, NOW + 1).await);
        assert_eq!(for_a_mailbox.unwrap(), None, "for something else");
        assert_eq!(arrive(one, browser, NOW + 1).await, Some(expected));
        assert_eq!(arrive(one, browser, NOW + 1).await, None, "a second time");
        assert_eq!(arrive(two, browser, NOW + 1 + departure::LIFE).await, None, "too late");
    }
}
