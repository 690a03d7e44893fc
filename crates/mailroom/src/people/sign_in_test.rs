use super::{
    Attempt, SignIn, Signed, begin_second_factor, blocked_networks, change_password, confirm_second_factor, door,
    drop_second_factor, end_session, second_factor, session, sessions, sign_in, sign_out, totp, unblock_network,
};
use crate::{
    outgoing::fixture::{House, NOON, house},
    words::Refusal,
};
use std::net::IpAddr;
use store::{UserRole, Viewer, audit, secret::hash_password, user};
use zeroize::Zeroizing;

const GOOD: &str = "veertien gele fietsen";
const MINUTE: i64 = 60_000;

async fn house_with_password() -> House {
    let house = house().await;
    let hash = hash_password(&house.room.store.keys.pepper(), GOOD).await.unwrap();
    let viewer = house.viewer;
    let write = house.room.store.db.write(move |tx| {
        Box::pin(async move { user::set_password(tx, viewer.organisation, viewer.user, &hash, None).await })
    });
    write.await.unwrap();
    house
}

async fn knock(house: &House, email: &str, password: &str, from: [u8; 4]) -> Result<SignIn, Refusal> {
    knock_with(house, email, password, from, None).await
}

async fn knock_with(
    house: &House,
    email: &str,
    password: &str,
    from: [u8; 4],
    device: Option<&str>,
) -> Result<SignIn, Refusal> {
    sign_in(&house.room, Attempt { email, password, source: IpAddr::from(from), agent: "Firefox", device }).await
}

async fn enter(house: &House) -> Signed {
    match knock(house, "jan@elders.nl", GOOD, [192, 0, 2, 1]).await.unwrap() {
        SignIn::In(signed) => signed,
        other => panic!("{other:?}"),
    }
}

/// What somebody is told who does not get in.
fn told(result: Result<impl std::fmt::Debug, Refusal>) -> String {
    match result {
        Err(Refusal::Invalid { errors }) => errors[0].code.to_owned(),
        Err(Refusal::Blocked { seconds }) => format!("wait {seconds:?}"),
        other => panic!("{other:?}"),
    }
}

async fn guess(house: &House, email: &str, n: usize, from: [u8; 4]) -> String {
    told(knock(house, email, &format!("verkeerd {n}"), from).await)
}

#[tokio::test]
async fn who_signs_in_is_known_until_they_sign_out() {
    let house = house_with_password().await;
    let signed = enter(&house).await;
    assert_eq!((signed.session.viewer, signed.session.agent.as_str()), (house.viewer, "Firefox"));
    let current = session(&house.room, &signed.token).await.unwrap().expect("known");
    assert_eq!((current.session, current.renewed), (signed.session.clone(), None));
    assert!(session(&house.room, "pk_something").await.unwrap().is_none());
    let other = enter(&house).await;
    assert_ne!(other.token, signed.token);
    let ids: Vec<_> = sessions(&house.room, &house.viewer).await.unwrap().iter().map(|open| open.id).collect();
    assert_eq!(ids, [other.session.id, signed.session.id]);
    end_session(&house.room, &house.viewer, other.session.id).await.unwrap();
    assert!(session(&house.room, &other.token).await.unwrap().is_none());
    sign_out(&house.room, &signed.token).await.unwrap();
    assert!(session(&house.room, &signed.token).await.unwrap().is_none());
    let organisation = house.viewer.organisation;
    let read =
        house.room.store.db.read(move |tx| Box::pin(async move { audit::list(tx, organisation, None, None, 9).await }));
    let (entries, _) = read.await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["user.signed_in"; 2]);
}

#[tokio::test]
async fn a_stranger_and_a_wrong_password_are_answered_alike_until_both_must_wait() {
    let house = house_with_password().await;
    for (email, from) in [("jan@elders.nl", [192, 0, 2, 1]), ("niemand@elders.nl", [198, 51, 100, 1])] {
        for n in 0..10 {
            assert_eq!(guess(&house, email, n, from).await, "sign_in_refused", "{email} {n}");
        }
        assert_eq!(guess(&house, email, 11, from).await, "wait Some(30)", "{email}");
    }
    assert_eq!(told(knock(&house, "jan@elders.nl", GOOD, [192, 0, 2, 1]).await), "wait Some(30)", "the right one too");
    house.room.clock.set(NOON + 30_000);
    assert_eq!(guess(&house, "jan@elders.nl", 12, [192, 0, 2, 1]).await, "sign_in_refused");
    assert_eq!(guess(&house, "jan@elders.nl", 13, [192, 0, 2, 1]).await, "wait Some(60)", "the delay grows");
    house.room.clock.set(NOON + 2 * MINUTE);
    enter(&house).await;
    assert_eq!(guess(&house, "jan@elders.nl", 14, [192, 0, 2, 1]).await, "sign_in_refused", "a right one forgets");
}

#[tokio::test]
async fn the_same_wrong_password_counts_once() {
    let house = house_with_password().await;
    for _ in 0..25 {
        assert_eq!(guess(&house, "jan@elders.nl", 1, [192, 0, 2, 1]).await, "sign_in_refused");
    }
    enter(&house).await;
}

#[tokio::test]
async fn an_attack_does_not_keep_out_the_device_that_was_here_before() {
    let house = house_with_password().await;
    let device = enter(&house).await.device;
    for n in 0..10 {
        guess(&house, "jan@elders.nl", n, [203, 0, 113, 9]).await;
    }
    assert_eq!(told(knock(&house, "jan@elders.nl", GOOD, [192, 0, 2, 1]).await), "wait Some(30)");
    let again = knock_with(&house, "jan@elders.nl", GOOD, [192, 0, 2, 1], Some(&device)).await.unwrap();
    assert!(matches!(again, SignIn::In(Signed { device: kept, .. }) if kept == device));
    for n in 0..10 {
        let tried = knock_with(&house, "jan@elders.nl", &format!("mis {n}"), [192, 0, 2, 1], Some(&device)).await;
        assert_eq!(told(tried), "sign_in_refused");
    }
    let tried = knock_with(&house, "jan@elders.nl", GOOD, [192, 0, 2, 1], Some(&device)).await;
    assert_eq!(told(tried), "wait Some(30)", "a stolen device guesses no faster");
}

#[tokio::test]
async fn a_network_that_guesses_at_everybody_is_shut_out_until_an_administrator_lets_it_in() {
    let house = house_with_password().await;
    for n in 0..99 {
        let guards = vec![door::network_guard(IpAddr::from([203, 0, 113, n]))];
        door::admit(&house.room, guards, None, true).await.unwrap();
    }
    assert_eq!(guess(&house, "mens@elders.nl", 0, [203, 0, 113, 99]).await, "sign_in_refused");
    assert_eq!(guess(&house, "jan@elders.nl", 1, [203, 0, 113, 200]).await, "wait Some(3600)");
    let blocks = blocked_networks(&house.room, &house.viewer).await.unwrap();
    assert_eq!((blocks.len(), blocks[0].subject.as_str(), blocks[0].count), (1, "203.0.113.0/24", 100));
    let member = Viewer { role: UserRole::Member, ..house.viewer };
    assert!(matches!(blocked_networks(&house.room, &member).await, Err(Refusal::Forbidden(_))));
    unblock_network(&house.room, &house.viewer, "203.0.113.0/24").await.unwrap();
    assert_eq!(guess(&house, "jan@elders.nl", 2, [203, 0, 113, 200]).await, "sign_in_refused");
}

async fn enrol(house: &House, keep: &Signed) -> (Zeroizing<Vec<u8>>, Vec<Zeroizing<String>>) {
    let enrolment = begin_second_factor(&house.room, &house.viewer, GOOD).await.unwrap();
    assert!(enrolment.uri.contains(&*enrolment.secret));
    let viewer = house.viewer;
    let keys = house.room.store.keys.clone();
    let read = house.room.store.db.read(move |tx| {
        Box::pin(async move { store::second_factor::totp(tx, &keys, viewer.organisation, viewer.user).await })
    });
    let secret = read.await.unwrap().unwrap().secret;
    assert_eq!(*enrolment.secret, *totp::base32(&secret));
    let wrong = confirm_second_factor(&house.room, &house.viewer, "12345", Some(keep.session.id)).await;
    assert_eq!(told(wrong), "code_wrong");
    let code = format!("{:06}", totp::code(&secret, NOON / 30_000));
    let codes = confirm_second_factor(&house.room, &house.viewer, &code, Some(keep.session.id)).await.unwrap();
    (secret, codes)
}

#[tokio::test]
async fn with_a_second_factor_the_password_only_opens_the_next_door() {
    let house = house_with_password().await;
    let (old, here) = (enter(&house).await, enter(&house).await);
    let (secret, codes) = enrol(&house, &here).await;
    assert!(session(&house.room, &old.token).await.unwrap().is_none(), "other sessions end");
    let half = async || match knock(&house, "jan@elders.nl", GOOD, [192, 0, 2, 1]).await.unwrap() {
        SignIn::SecondFactor { challenge } => challenge,
        other => panic!("{other:?}"),
    };
    let try_code = async |challenge: &str, code: &str| {
        second_factor(&house.room, challenge, code, IpAddr::from([192, 0, 2, 1]), "Firefox").await
    };
    let challenge = half().await;
    assert!(session(&house.room, &challenge).await.unwrap().is_none(), "half way is not in");
    let used = format!("{:06}", totp::code(&secret, NOON / 30_000));
    assert_eq!(told(try_code(&challenge, &used).await), "code_wrong", "each code works once");
    let next = format!("{:06}", totp::code(&secret, NOON / 30_000 + 1));
    let signed = try_code(&challenge, &next).await.unwrap();
    assert!(signed.session.has_second_factor);
    assert_eq!(told(try_code(&challenge, &codes[0]).await), "sign_in_expired", "a challenge is used up");
    let challenge = half().await;
    try_code(&challenge, &codes[0].to_uppercase().replace('-', " ")).await.unwrap();
    assert_eq!(told(try_code(&half().await, &codes[0]).await), "code_wrong", "each recovery code works once");
    let challenge = half().await;
    house.room.clock.set(NOON + 10 * MINUTE);
    assert_eq!(told(try_code(&challenge, &codes[1]).await), "sign_in_expired");

    change_password(&house.room, &house.viewer, GOOD, "elf teken lang", Some(signed.session.id)).await.unwrap();
    assert!(session(&house.room, &signed.token).await.unwrap().is_some(), "this session stays");
    let drop = drop_second_factor(&house.room, &house.viewer, "elf teken lang").await;
    assert!(matches!(drop, Err(Refusal::Conflict(error)) if error.code == "second_factor_carries"));
}

#[tokio::test]
async fn codes_are_not_guessed_either() {
    let house = house_with_password().await;
    let here = enter(&house).await;
    enrol(&house, &here).await;
    let mut refused = Vec::new();
    for n in 0..11 {
        let Ok(SignIn::SecondFactor { challenge }) = knock(&house, "jan@elders.nl", GOOD, [192, 0, 2, 1]).await else {
            panic!("the password is right every time");
        };
        let code = format!("nee{n}");
        refused.push(told(second_factor(&house.room, &challenge, &code, IpAddr::from([192, 0, 2, 1]), "x").await));
    }
    assert_eq!(refused[9..], ["code_wrong", "wait Some(30)"]);
}

#[tokio::test]
async fn another_role_gives_every_session_another_token() {
    let house = house_with_password().await;
    let signed = enter(&house).await;
    let viewer = house.viewer;
    let write = house.room.store.db.write(move |tx| {
        Box::pin(async move { store::session::renew_all(tx, viewer.organisation, viewer.user).await })
    });
    write.await.unwrap();
    let renewed = session(&house.room, &signed.token).await.unwrap().unwrap().renewed.expect("a new token");
    assert!(session(&house.room, &signed.token).await.unwrap().is_none(), "the old one is worth nothing");
    assert!(session(&house.room, &renewed).await.unwrap().unwrap().renewed.is_none());
}

#[tokio::test]
async fn a_hash_by_older_rules_is_renewed_when_its_owner_signs_in() {
    let house = house_with_password().await;
    let viewer = house.viewer;
    let write = house.room.store.db.write(move |tx| {
        Box::pin(async move { user::set_password(tx, viewer.organisation, viewer.user, OLD_HASH, None).await })
    });
    write.await.unwrap();
    enter(&house).await;
    let read = house
        .room
        .store
        .db
        .read(move |tx| Box::pin(async move { user::password(tx, viewer.organisation, viewer.user).await }));
    assert!(read.await.unwrap().unwrap().starts_with("pepper:$argon2id$v=19$m=65536,t=3,p=1$"));
    enter(&house).await;
}

/// `GOOD` with 8 MiB, one pass and no pepper, by the reference implementation.
const OLD_HASH: &str =
    "$argon2id$v=19$m=8192,t=1,p=1$Yr+LRKs3MIgaIgmepv/2Hg$aOxc76NzmbKZthb/NU7f4Nw3zvqXZLL0XZA0AEUjp+8";
