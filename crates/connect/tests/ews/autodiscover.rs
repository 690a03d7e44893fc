//! Where the server of an address is: asked in both forms, and nobody else gets the password.

use crate::kept::{INFO, simulator};
use connect::{
    ConnectError, Secret, Vendors, World, WorldOptions,
    dns::{Srv, TableResolver},
    error::Cause,
    ews::autodiscover::{Found, Places, Wanted, search},
};
use simulator::{EXCHANGE_PASSWORD, Leads, Simulator};
use std::sync::Arc;

fn wanted(address: &str) -> Wanted {
    Wanted {
        address: address.to_owned(),
        username: INFO.to_owned(),
        secret: Secret::new(EXCHANGE_PASSWORD),
        agreed: Vec::new(),
    }
}

/// A world in which names lead to this machine, and servers of a domain are at the simulator's port.
fn world(simulator: &Simulator, names: &[&str]) -> World {
    let port = simulator.url.rsplit(':').next().unwrap();
    let home = "127.0.0.1".parse().unwrap();
    let table = names.iter().fold(TableResolver::default(), |table, name| table.host(name, home));
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let vendors = Vendors {
        autodiscover: Places {
            servers: vec![format!("http://autodiscover.{{domain}}:{port}"), format!("http://{{domain}}:{port}")],
            signposts: vec![format!("http://wegwijzer.{{domain}}:{port}")],
            plain: true,
        },
        ..Vendors::default()
    };
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    world.with_resolver(Arc::new(table)).with_vendors(vendors)
}

/// How often somebody asked with a password.
fn signed_in(simulator: &Simulator) -> usize {
    simulator.with(|cloud| cloud.exchange.signed_in)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_found_in_either_form_and_by_the_way_of_signing_in_that_is_offered() {
    for (pox, soap, basic, ntlm) in [(true, true, true, true), (false, true, true, true), (true, false, true, false)] {
        let simulator = simulator().await;
        simulator.with(|cloud| {
            let exchange = &mut cloud.exchange;
            (exchange.autodiscover.pox, exchange.autodiscover.soap) = (pox, soap);
            (exchange.basic, exchange.ntlm) = (basic, ntlm);
        });
        let found = search(&world(&simulator, &["autodiscover.voorbeeld.test"]), wanted(INFO)).await.unwrap();
        let Found::Service { url, address, by_ntlm } = found else { panic!("{found:?}") };
        assert_eq!(url, format!("{}/EWS/Exchange.asmx", simulator.url));
        assert_eq!((address.as_deref(), by_ntlm), (Some(INFO), ntlm));
        assert_eq!(simulator.with(|cloud| cloud.exchange.refused), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_and_at_no_other_place() {
    let simulator = simulator().await;
    let names = ["autodiscover.voorbeeld.test", "voorbeeld.test"];
    let wrong = Wanted { secret: Secret::new("verkeerd-geheim-4711"), ..wanted(INFO) };
    let error = search(&world(&simulator, &names), wrong).await.unwrap_err();
    let ConnectError::Credentials { cause: Cause::WrongPassword, words } = &error else { panic!("{error:?}") };
    assert!(words.0.contains("VOORBEELD"), "the form of the user name can be seen from it: {words}");
    assert!(!format!("{error:?}").contains("4711"));
    assert_eq!(simulator.with(|cloud| cloud.exchange.refused), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_domain_gets_no_password_before_somebody_agrees() {
    let first = simulator().await;
    let second = simulator().await;
    let port = second.url.rsplit(':').next().unwrap();
    let there = format!("http://autodiscover.elders.test:{port}/autodiscover/autodiscover.xml");
    for leads in [Leads::Moved(there.clone()), Leads::Url(there.clone())] {
        first.with(|cloud| cloud.exchange.autodiscover.leads = Some(leads));
        let world = world(&first, &["autodiscover.voorbeeld.test", "autodiscover.elders.test"]);
        let found = search(&world, wanted(INFO)).await.unwrap();
        let Found::Elsewhere { host, from } = found else { panic!("{found:?}") };
        assert_eq!((host.as_str(), from.as_str()), ("autodiscover.elders.test", "autodiscover.voorbeeld.test"));
        assert_eq!(second.with(|cloud| cloud.heard.len()), 0, "it was not even asked");
        let found = search(&world, Wanted { agreed: vec![host], ..wanted(INFO) }).await.unwrap();
        assert!(matches!(&found, Found::Service { url, .. } if url.contains(port)), "{found:?}");
        second.with(|cloud| cloud.heard.clear());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_of_the_same_domain_is_asked_for_and_one_of_another_domain_wants_an_agreement() {
    let simulator = simulator().await;
    let world = world(&simulator, &["autodiscover.voorbeeld.test", "autodiscover.elders.test"]);
    let lead =
        |to: &str| simulator.with(|cloud| cloud.exchange.autodiscover.leads = Some(Leads::Address(to.to_owned())));
    lead(INFO);
    let found = search(&world, wanted("oud@voorbeeld.test")).await.unwrap();
    assert!(matches!(&found, Found::Service { address: Some(address), .. } if address == INFO), "{found:?}");
    lead("info@elders.test");
    let found = search(&world, wanted(INFO)).await.unwrap();
    assert!(matches!(&found, Found::Elsewhere { host, .. } if host == "autodiscover.elders.test"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_record_of_another_domain_is_named_and_not_followed() {
    let simulator = simulator().await;
    let mut table = TableResolver::default();
    let srv = Srv { priority: 0, weight: 0, port: 443, target: "mail.hoster.test".to_owned() };
    table.srv.insert("_autodiscover._tcp.voorbeeld.test".to_owned(), vec![srv]);
    let world = world(&simulator, &[]).with_resolver(Arc::new(table));
    let found = search(&world, wanted(INFO)).await.unwrap();
    let Found::Elsewhere { host, from } = found else { panic!("{found:?}") };
    assert_eq!((host.as_str(), from.as_str()), ("mail.hoster.test", "_autodiscover._tcp.voorbeeld.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leads_in_a_circle_or_to_a_front_page_or_knows_nothing_is_told_of() {
    let simulator = simulator().await;
    let world = world(&simulator, &["autodiscover.voorbeeld.test"]);
    let port = simulator.url.rsplit(':').next().unwrap();
    let circle = format!("http://autodiscover.voorbeeld.test:{port}/autodiscover/autodiscover.xml");
    for leads in [Leads::Moved(circle), Leads::Moved("https://elders.test/".to_owned())] {
        simulator.with(|cloud| cloud.exchange.autodiscover.leads = Some(leads));
        let found = search(&world, wanted(INFO)).await.unwrap();
        assert!(matches!(found, Found::Nowhere { .. }), "{found:?}");
        assert_eq!(signed_in(&simulator), 0);
    }
    simulator.with(|cloud| cloud.exchange.autodiscover.leads = None);
    let found = search(&world, wanted("niemand@voorbeeld.test")).await.unwrap();
    let Found::Nowhere { tried } = found else { panic!("{found:?}") };
    assert!(tried.iter().all(|(host, _)| host == "autodiscover.voorbeeld.test") && !tried.is_empty(), "{tried:?}");
}
