//! Domains: how far they are, and having them tell us.

use crate::kept::{MG, eu, line, simulator};
use connect::{
    ConnectError,
    error::Cause,
    mailgun::{DomainState, Region, Validity},
};
use simulator::{Fault, Kind, MAILGUN_KEY, Region as Theirs, State};

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_says_what_it_wants_in_dns_until_mailgun_sees_it() {
    let simulator = simulator().await;
    let line = line(&simulator, Region::Eu, "nieuw.voorbeeld.test", MAILGUN_KEY);
    let found = line.found(true).await.unwrap();
    assert_eq!(found.state, DomainState::Unverified);
    assert!(found.records.iter().all(|record| record.validity == Validity::Unknown));
    let mx: Vec<_> = found.records.iter().filter(|record| record.kind == "MX").collect();
    assert_eq!((mx.len(), mx[0].sends, mx[0].priority.as_deref()), (2, false, Some("10")));
    simulator.with(|cloud| cloud.mailgun.domain("nieuw.voorbeeld.test").unwrap().is_published = true);
    assert_eq!(line.found(false).await.unwrap().state, DomainState::Unverified, "it has not looked again");
    let found = line.found(true).await.unwrap();
    assert_eq!(found.state, DomainState::Active);
    assert!(found.records.iter().all(|record| record.validity == Validity::Valid));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_another_region_are_told_apart() {
    let simulator = simulator().await;
    let refused = line(&simulator, Region::Eu, MG, "kanarie-sleutel").found(false).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Credentials { cause: Cause::KeyRefused, .. }), "{refused:?}");
    assert!(!format!("{refused:?}").contains("kanarie"));
    let elsewhere = line(&simulator, Region::Us, MG, MAILGUN_KEY).found(false).await.unwrap_err();
    assert!(matches!(elsewhere, ConnectError::Settings { cause: Cause::DomainUnknown, .. }), "{elsewhere:?}");
    let us = line(&simulator, Region::Us, "us.voorbeeld.test", MAILGUN_KEY);
    assert_eq!(us.found(false).await.unwrap().state, DomainState::Active);
    simulator.with(|cloud| cloud.mailgun.domain(MG).unwrap().state = State::Disabled);
    assert_eq!(eu(&simulator).found(false).await.unwrap().state, DomainState::Disabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn having_it_tell_us_twice_makes_one_route_and_leaves_what_others_set_up() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        let domain = cloud.mailgun.domain(MG).unwrap();
        domain.webhooks.insert("delivered".into(), vec!["https://ander.test/hook".into()]);
    });
    let line = eu(&simulator);
    for _ in 0..2 {
        line.tell("http://127.0.0.1:9/hooks/mailgun/x/mime", "http://127.0.0.1:9/hooks/mailgun/x/events")
            .await
            .unwrap();
    }
    simulator.with(|cloud| {
        assert_eq!(cloud.mailgun.routes.len(), 1);
        assert_eq!(cloud.mailgun.routes[0].expression, "match_recipient(\"^.*@mg\\.voorbeeld\\.test$\")");
        let hooks = &cloud.mailgun.domain(MG).unwrap().webhooks;
        assert_eq!(hooks["delivered"].len(), 2, "{hooks:?}");
        for kind in ["permanent_fail", "temporary_fail", "complained"] {
            assert_eq!(hooks[kind], ["http://127.0.0.1:9/hooks/mailgun/x/events"]);
        }
        assert_eq!(cloud.mailgun.domain(MG).unwrap().region, Theirs::Eu);
    });
    simulator.with(|cloud| {
        let full = ["a", "b", "c"].map(|name| format!("https://{name}.test/")).to_vec();
        cloud.mailgun.domain(MG).unwrap().webhooks.insert("complained".into(), full);
    });
    let refused = line.tell("http://127.0.0.1:9/mime", "http://127.0.0.1:9/events").await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused { .. }), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_trouble_is_waited_for_and_lasting_trouble_is_told() {
    let simulator = simulator().await;
    let line = eu(&simulator);
    for kind in [Kind::Throttled, Kind::Unavailable, Kind::Timeout, Kind::DoneThenCut, Kind::Half] {
        simulator.with(|cloud| cloud.faults.push(Fault::new(kind, "GET v4/domains")));
        assert_eq!(line.found(false).await.unwrap().state, DomainState::Active, "{kind:?}");
    }
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Throttled, "GET v4/domains").times(0).seconds(600)));
    let error = line.found(false).await.unwrap_err();
    let ConnectError::Later { cause: Cause::Throttled, wait: Some(wait), .. } = error else { panic!("{error:?}") };
    assert_eq!(wait.as_secs(), 600);
}
