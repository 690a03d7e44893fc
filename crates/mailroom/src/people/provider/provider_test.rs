//! Whom a provider means, and what its word opens, without a provider: what it says of somebody is given.

use super::{
    ProviderInput,
    arrive::{Arrival, let_in},
    of_organisation, set, unbind,
    whom::whom,
};
use crate::{
    outgoing::fixture::{House, house},
    people::{self, Attempt, SignIn},
    words::{Language, Refusal},
};
use connect::{oauth::Answer, oidc::Claims};
use mail::UserKey;
use std::net::IpAddr;
use store::{
    UserRole, Viewer, organisation, second_factor,
    secret::hash_password,
    user::{self, NewUser, User, UserPatch},
};
use zeroize::Zeroizing;

const GOOD: &str = "veertien gele fietsen";
const MEMBER: &str = "els@voorbeeld.nl";

/// With a member and a password for both, and a provider that admits newcomers of one domain.
async fn house_with_provider() -> (House, Viewer) {
    let house = house().await;
    let hash = hash_password(&house.room.store.keys.pepper(), GOOD).await.unwrap();
    let viewer = house.viewer;
    let member = Viewer { user: UserKey(house.room.store.make.key(0)), role: UserRole::Member, ..viewer };
    let new = NewUser {
        id: member.user,
        email: MEMBER.into(),
        name: "Els".into(),
        role: UserRole::Member,
        language: "nl".into(),
        password: Some(hash.clone()),
    };
    let write = house.room.store.db.write(move |tx| {
        Box::pin(async move {
            user::create(tx, viewer.organisation, &new, 0).await?;
            user::set_password(tx, viewer.organisation, viewer.user, &hash, None).await
        })
    });
    write.await.unwrap();
    set(&house.room, &viewer, input()).await.unwrap();
    (house, member)
}

fn input() -> ProviderInput {
    ProviderInput {
        name: "Voorbeeld-ID".into(),
        issuer: "https://login.voorbeeld.nl".into(),
        client_id: "postkamer".into(),
        secret: Some(Zeroizing::new("geheim".into())),
        passwords_for_members: true,
        admit_unknown: true,
        domains: vec!["voorbeeld.nl".into()],
    }
}

fn claims(subject: &str, email: &str, verified: Option<bool>) -> Claims {
    Claims { subject: subject.into(), email: Some(email.into()), email_verified: verified, name: None }
}

/// The address of who comes in, or the code of why not.
async fn met(house: &House, claims: Claims) -> Result<User, &'static str> {
    let kept = of_organisation(&house.room, &house.viewer).await.unwrap().unwrap();
    let found = whom(&house.room, &kept, claims, Language::English).await.unwrap();
    found.map_err(|kept_out| kept_out.why.code)
}

#[tokio::test]
async fn somebody_is_known_by_their_address_the_first_time_and_then_by_who_they_are_there() {
    let (house, member) = house_with_provider().await;
    assert_eq!(met(&house, claims("els-1", "ELS@voorbeeld.nl", Some(true))).await.unwrap().id, member.user);
    // Whatever their address becomes, and however little it is vouched for.
    assert_eq!(met(&house, claims("els-1", "anders@elders.nl", Some(false))).await.unwrap().id, member.user);
    // Somebody who was given her address later is not her.
    assert_eq!(met(&house, claims("els-2", MEMBER, Some(true))).await.unwrap_err(), "sign_in_other_identity");
    unbind(&house.room, &house.viewer, member.user).await.unwrap();
    assert_eq!(met(&house, claims("els-2", MEMBER, Some(true))).await.unwrap().id, member.user);
}

#[tokio::test]
async fn an_address_counts_when_the_provider_vouches_for_it_or_the_administrator_does() {
    let (house, member) = house_with_provider().await;
    for (email, verified, expected) in [
        (MEMBER, Some(false), Err("sign_in_address_unverified")),
        (MEMBER, None, Ok(member.user)),
        // Jan's domain is not listed: silence is not enough.
        ("jan@elders.nl", None, Err("sign_in_address_unverified")),
        ("jan@elders.nl", Some(true), Ok(house.viewer.user)),
        ("piet@elders.nl", Some(true), Err("sign_in_unknown_here")),
        ("geen adres", Some(true), Err("sign_in_no_address")),
        ("nieuw@voorbeeld.nl.kwaad.example", Some(true), Err("sign_in_unknown_here")),
    ] {
        let found = met(&house, claims(email, email, verified)).await.map(|user| user.id);
        assert_eq!(found, expected, "{email} {verified:?}");
    }
}

#[tokio::test]
async fn a_newcomer_of_a_listed_domain_becomes_a_member_only_when_that_was_chosen() {
    let (house, _) = house_with_provider().await;
    let noor = Claims { name: Some("Noor\u{7} Nieuw ".into()), ..claims("noor", "noor@voorbeeld.nl", None) };
    let made = met(&house, noor).await.unwrap();
    assert_eq!((made.name.as_str(), made.role, made.has_password), ("Noor Nieuw", UserRole::Member, false));
    assert_eq!(made.language, "en");
    let closed = ProviderInput { admit_unknown: false, secret: None, ..input() };
    set(&house.room, &house.viewer, closed).await.unwrap();
    let other = claims("piet", "piet@voorbeeld.nl", Some(true));
    assert_eq!(met(&house, other).await.unwrap_err(), "sign_in_unknown_here");
}

#[tokio::test]
async fn whoever_is_switched_off_stays_out_known_or_not() {
    let (house, member) = house_with_provider().await;
    met(&house, claims("els-1", MEMBER, Some(true))).await.unwrap();
    let off = UserPatch { active: Some(false), ..UserPatch::default() };
    people::user::change(&house.room, &house.viewer, member.user, off).await.unwrap();
    for subject in ["els-1", "els-2"] {
        let found = met(&house, claims(subject, MEMBER, Some(true))).await;
        assert_eq!(found.unwrap_err(), "sign_in_switched_off", "{subject}");
    }
}

#[tokio::test]
async fn somebody_of_another_organisation_is_nobody_to_this_ones_provider() {
    let (house, _) = house_with_provider().await;
    people::provider::set(&house.room, &house.viewer, ProviderInput { domains: vec!["hun.nl".into()], ..input() })
        .await
        .unwrap();
    crate::founding::found(&house.room, "Hun Voorbeeld", "baas@hun.nl", "Baas", "vier paarse olifanten lopen")
        .await
        .unwrap();
    let found = met(&house, claims("baas", "baas@hun.nl", Some(true))).await;
    assert_eq!(found.unwrap_err(), "sign_in_unknown_here");
}

#[tokio::test]
async fn our_second_factor_is_asked_after_a_provider_only_of_whom_the_organisation_demands_it() {
    let (house, _) = house_with_provider().await;
    let jan = met(&house, claims("jan", "jan@elders.nl", Some(true))).await.unwrap();
    let (keys, viewer) = (house.room.store.keys.clone(), house.viewer);
    let write = house.room.store.db.write(move |tx| {
        Box::pin(async move {
            second_factor::begin(tx, &keys, viewer.organisation, viewer.user, b"secret").await?;
            second_factor::confirm(tx, viewer.organisation, viewer.user, &[], 1).await?;
            user::get(tx, viewer.organisation, viewer.user).await
        })
    });
    let with_factor = write.await.unwrap();
    assert!(!jan.has_second_factor && with_factor.has_second_factor);
    let answer = Answer::default();
    let arrival = Arrival {
        answer: &answer,
        proof: "pk_bewijs",
        source: IpAddr::from([192, 0, 2, 1]),
        agent: "Firefox",
        device: None,
        language: Language::Dutch,
    };
    assert!(matches!(let_in(&house.room, &arrival, &with_factor).await.unwrap(), SignIn::In(_)));
    let write =
        house.room.store.db.write(move |tx| {
            Box::pin(async move { organisation::ask_second_factor(tx, viewer.organisation, true).await })
        });
    write.await.unwrap();
    let asked = let_in(&house.room, &arrival, &with_factor).await.unwrap();
    assert!(matches!(asked, SignIn::SecondFactor { .. }), "{asked:?}");
}

#[tokio::test]
async fn where_passwords_are_off_only_administrators_come_in_by_one() {
    let (house, member) = house_with_provider().await;
    let enter = async |email: &str| {
        let attempt =
            Attempt { email, password: GOOD, source: IpAddr::from([192, 0, 2, 1]), agent: "Firefox", device: None };
        match people::sign_in(&house.room, attempt).await {
            Ok(SignIn::In(signed)) => {
                people::sign_out(&house.room, &signed.token).await.unwrap();
                "in"
            }
            Err(Refusal::Invalid { errors }) => errors[0].code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([enter(MEMBER).await, enter("jan@elders.nl").await], ["in", "in"]);
    met(&house, claims("els-1", MEMBER, Some(true))).await.unwrap();
    let off = ProviderInput { passwords_for_members: false, secret: None, ..input() };
    set(&house.room, &house.viewer, off).await.unwrap();
    assert_eq!([enter(MEMBER).await, enter("jan@elders.nl").await], ["passwords_off", "in"]);
    let undone = unbind(&house.room, &member, member.user).await;
    assert!(matches!(&undone, Err(Refusal::Conflict(error)) if error.code == "only_way_in"), "{undone:?}");
    let invited = people::invite(&house.room, &house.viewer, member.user).await;
    assert!(matches!(&invited, Err(Refusal::Conflict(error)) if error.code == "no_invitation_needed"), "{invited:?}");
    assert!(matches!(unbind(&house.room, &member, house.viewer.user).await, Err(Refusal::Forbidden(_))));
}

#[tokio::test]
async fn whoever_has_no_password_does_not_switch_passwords_off_and_is_told_how_to_go_on() {
    let house = house().await;
    let off = ProviderInput { passwords_for_members: false, ..input() };
    let refused = set(&house.room, &house.viewer, off).await;
    assert!(
        matches!(&refused, Err(Refusal::Conflict(error)) if error.code == "password_kept_as_way_back"),
        "{refused:?}"
    );
    let begun = people::begin_second_factor(&house.room, &house.viewer, "wat dan ook").await;
    assert!(matches!(&begun, Err(Refusal::Invalid { errors }) if errors[0].code == "no_password_here"), "{begun:?}");
}
