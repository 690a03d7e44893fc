//! News over Pub/Sub: Google is asked to tell, and only who shows Google's token is believed.

use crate::kept::{INFO, Kept, inside, simulator, source};
use connect::{
    Vendors, World, WorldOptions,
    gmail::{Unbelieved, caller},
    oidc::TokenFault,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::token_of_google;
use testkit::TokenKey;

const HERE: &str = "https://post.voorbeeld.test/hooks/google";
const PUSHER: &str = "meldingen@voorbeeld.iam.gserviceaccount.com";
const TOPIC: &str = "projects/voorbeeld/topics/postkamer";

fn said(change: impl FnOnce(&mut Value)) -> Value {
    let now = Timestamp::now().as_second();
    let mut said = json!({
        "iss": "https://accounts.google.com", "aud": HERE, "sub": "1", "azp": "1", "email": PUSHER, "email_verified": true,
        // It may be shown for an hour.
        "iat": now - 3000, "exp": now + 600,
    });
    change(&mut said);
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn only_googles_own_token_for_this_very_address_is_believed() {
    let simulator = simulator().await;
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    let world = world.with_vendors(Vendors::simulated(&simulator.url).unwrap());
    let now = Timestamp::now().as_millisecond();
    let ask = async |token: String| caller(&world, &token, HERE, now).await;
    assert_eq!(ask(token_of_google(&said(|_| {}))).await.unwrap(), PUSHER);
    assert_eq!(ask(token_of_google(&said(|it| it["iss"] = json!("accounts.google.com")))).await.unwrap(), PUSHER);
    let wrong = [
        (said(|it| it["iss"] = json!("https://accounts.google.example")), TokenFault::Issuer),
        (said(|it| it["aud"] = json!("https://elders.test/hooks/google")), TokenFault::Audience),
        (said(|it| it["aud"] = json!([HERE, "https://elders.test"])), TokenFault::Audience),
        (said(|it| it["exp"] = json!(now / 1000 - 600)), TokenFault::Time),
    ];
    for (claims, fault) in wrong {
        let refused = ask(token_of_google(&claims)).await.unwrap_err();
        assert!(matches!(&refused, Unbelieved::Token(found) if *found == fault), "{refused:?}, not {fault:?}");
    }
    for nobody in [said(|it| it["email_verified"] = json!(false)), said(|it| it["email"] = Value::Null)] {
        let refused = ask(token_of_google(&nobody)).await.unwrap_err();
        assert!(matches!(refused, Unbelieved::Nobody), "{refused:?}");
    }
    // Somebody else's key that calls itself by the same name, no signature at all, and no token.
    let claims = said(|_| {});
    let forged = TokenKey::rsa("simulator-google").token(&claims);
    let unsigned = TokenKey::rsa("simulator-google").token_with(&json!({ "alg": "none" }), &claims);
    for (token, fault) in
        [(forged, TokenFault::Signature), (unsigned, TokenFault::Algorithm), ("x".to_owned(), TokenFault::Malformed)]
    {
        let refused = ask(token).await.unwrap_err();
        assert!(matches!(&refused, Unbelieved::Token(found) if *found == fault), "{refused:?}, not {fault:?}");
    }
    // The keys were asked for once: strangers can't have Google asked for each of their tokens.
    simulator.with(|cloud| assert!(cloud.google.mailbox(INFO).is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn google_is_asked_once_to_tell_and_that_it_refuses_keeps_nobody_from_fetching() {
    let simulator = simulator().await;
    let (mut kept, mut telling) = (Kept::default(), source(&simulator).telling(Some(TOPIC.to_owned())));
    for _ in 0..3 {
        kept.pull(&mut telling).await.unwrap();
    }
    assert_eq!(
        inside(&simulator, |mailbox| mailbox.watch.as_ref().map(|watch| watch.topic.clone())).as_deref(),
        Some(TOPIC)
    );
    assert_eq!(simulator.with(|cloud| cloud.heard("POST gmail/v1/users/me/watch")), 1);
    let mut refused = source(&simulator).telling(Some("geen onderwerp".to_owned()));
    kept.pull(&mut refused).await.unwrap();
}
