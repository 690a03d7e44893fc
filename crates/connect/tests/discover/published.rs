//! What others have published, and what is not believed.

use crate::server::{Pages, file, mx, options, page, serve, table, world};
use async_trait::async_trait;
use connect::{
    discover::{Candidate, Kind, Origin, discover, discover_with},
    dns::{DnsError, Mx, Resolver, Srv, TableResolver},
};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

async fn search(pages: Pages, table: TableResolver) -> Vec<Candidate> {
    discover_with(&world(table), " info@Shop.test ", &options(serve(pages).await)).await
}

fn hosts(found: &[Candidate]) -> Vec<(Origin, &str)> {
    found.iter().map(|one| (one.source, one.incoming.as_ref().map_or("", |endpoint| &endpoint.host))).collect()
}

#[tokio::test]
async fn a_known_provider_needs_no_question() {
    let found = discover(&world(TableResolver::default()), "jan@gmail.com").await;

    assert_eq!(found[0].incoming.as_ref().unwrap().kind, Kind::Gmail);
    assert_eq!(hosts(&found)[1], (Origin::Preset, "imap.gmail.com"));
    assert!(found[1].note.as_ref().is_some_and(|note| note.nl.contains("app-wachtwoord")));
}

#[tokio::test]
async fn the_domains_own_file_comes_before_the_public_database_and_is_offered_once() {
    let pages = Pages::from([
        ("/autoconfig?address=info@shop.test", file("mail.shop.test")),
        ("/ispdb/shop.test", file("mail.shop.test")),
        ("/ispdb/hoster.test", file("mx.hoster.test")),
    ]);
    let found = search(pages, mx(table(), "in.mx.hoster.test")).await;

    assert_eq!(hosts(&found), [(Origin::Autoconfig, "mail.shop.test"), (Origin::Mx, "mx.hoster.test")]);
    assert_eq!(found[0].outgoing.as_ref().unwrap().username, "info@shop.test");
}

#[tokio::test]
async fn service_records_are_read_with_tls_first() {
    let mut table = table();
    let srv = |port: u16, target: &str| vec![Srv { priority: 0, weight: 1, port, target: target.to_owned() }];
    table.srv.insert("_imap._tcp.shop.test".to_owned(), srv(143, "imap.shop.test"));
    table.srv.insert("_imaps._tcp.shop.test".to_owned(), srv(993, "imaps.shop.test"));
    table.srv.insert("_pop3s._tcp.shop.test".to_owned(), srv(0, ""));
    table.srv.insert("_submission._tcp.shop.test".to_owned(), srv(587, "smtp.shop.test"));
    let found = search(Pages::new(), table).await;

    assert_eq!(hosts(&found), [(Origin::Srv, "imaps.shop.test")]);
    assert_eq!(found[0].outgoing.as_ref().unwrap().port, 587);
}

#[tokio::test]
async fn whoever_takes_the_mail_names_the_provider() {
    let found = search(Pages::new(), mx(table(), "mx2.smtpin.rzone.de")).await;

    assert_eq!(hosts(&found), [(Origin::Mx, "imap.strato.com")]);
    assert_eq!(found[0].messages_at_once, Some(20));
}

#[tokio::test]
async fn microsofts_own_answer_is_believed_only_where_microsoft_takes_the_mail() {
    let answer = page(r#"{"Protocol":"Ews","Url":"https://outlook.office365.com/EWS/Exchange.asmx"}"#);
    let pages = Pages::from([("/discover/info@shop.test", answer)]);
    assert_eq!(search(pages.clone(), table()).await, []);

    let found = search(pages, mx(table(), "shop-test.mail.protection.outlook.com")).await;
    assert_eq!(found[0].source, Origin::Autodiscover);
    assert_eq!(found[0].incoming.as_ref().unwrap().kind, Kind::Graph);
}

#[tokio::test]
async fn an_exchange_server_of_ones_own_is_found() {
    let answer = page(r#"{"Protocol":"Ews","Url":"https://mail.shop.test/ews/exchange.asmx"}"#);
    let found = search(Pages::from([("/own/info@shop.test", answer)]), table()).await;
    let endpoint = found[0].incoming.as_ref().unwrap();
    assert_eq!(endpoint.url.as_deref(), Some("https://mail.shop.test/ews/exchange.asmx"));

    let asks = page("").replacen("200 OK", "401 Who?", 1);
    let found = search(Pages::from([("/ews", asks)]), table()).await;
    assert_eq!((found[0].source, found[0].incoming.as_ref().unwrap().kind), (Origin::Guess, Kind::Ews));
}

#[tokio::test]
async fn a_redirect_does_not_lead_into_the_owners_network() {
    for target in ["http://127.0.0.2:1/", "http://[::1]:1/", "http://169.254.169.254/latest", "http://inside.test:1/"] {
        let redirect = page("").replacen("200 OK", &format!("302 Found\r\nlocation: {target}"), 1);
        let table = table().host("inside.test", "10.0.0.1".parse().unwrap());
        let port = serve(Pages::from([("/a", redirect)])).await;
        let client = connect::http::client(&world(table)).unwrap();
        let url = format!("http://shop.test:{port}/a");

        let error = connect::http::get_limited(&client, &url, 1000, Duration::from_secs(5)).await.unwrap_err();
        assert!(error.to_string().contains("address not allowed"), "{target}: {error}");
    }
}

/// Says an address that may be reached the first time, and one that may not after that.
#[derive(Debug, Default)]
struct Fickle(AtomicUsize);

#[async_trait]
impl Resolver for Fickle {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, DnsError> {
        let first = self.0.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(vec![if first { "127.0.0.1" } else { "127.0.0.2" }.parse().unwrap()])
    }
    async fn mx(&self, _: &str) -> Result<Vec<Mx>, DnsError> {
        Ok(Vec::new())
    }
    async fn srv(&self, _: &str) -> Result<Vec<Srv>, DnsError> {
        Ok(Vec::new())
    }
    async fn txt(&self, _: &str) -> Result<Vec<String>, DnsError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_does_not_lead_into_the_owners_network() {
    let port = serve(Pages::from([("/a", page("public"))])).await;
    let inside = tokio::net::TcpListener::bind(("127.0.0.2", port)).await.unwrap();
    let client = connect::http::client(&world(table()).with_resolver(Arc::new(Fickle::default()))).unwrap();
    let url = format!("http://shop.test:{port}/a");

    // What was checked is what is connected to: no second question in between.
    let first = connect::http::get_limited(&client, &url, 1000, Duration::from_secs(30)).await.unwrap();
    assert_eq!((first.status, &first.body[..]), (200, &b"public"[..]));
    let second = connect::http::get_limited(&client, &url, 1000, Duration::from_secs(30)).await.unwrap_err();
    assert!(second.to_string().contains("address not allowed"), "{second}");
    let knocked = tokio::select! { biased; _ = inside.accept() => true, () = std::future::ready(()) => false };
    assert!(!knocked, "nobody came inside");
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off() {
    let long = page(&"x".repeat(5000));
    let port = serve(Pages::from([("/a", long)])).await;
    let client = connect::http::client(&world(table())).unwrap();
    let url = format!("http://shop.test:{port}/a");

    assert!(connect::http::get_limited(&client, &url, 4999, Duration::from_secs(5)).await.is_err());
    assert_eq!(connect::http::get_limited(&client, &url, 5000, Duration::from_secs(5)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_silent_place_does_not_hold_up_the_others() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().port();
    let port = serve(Pages::from([("/ispdb/shop.test", file("mail.shop.test"))])).await;
    let mut options = options(port);
    options.autoconfig_urls = vec![format!("http://shop.test:{silent}/")];
    options.deadline = Duration::from_secs(2);
    let began = Instant::now();

    let found = discover_with(&world(table()), "info@shop.test", &options).await;

    assert_eq!(hosts(&found), [(Origin::Ispdb, "mail.shop.test")]);
    assert!(began.elapsed() < Duration::from_secs(20), "it does not wait for ever");
}

#[tokio::test]
async fn what_is_no_address_finds_nothing() {
    for text in ["", "info", "info@", "@shop.test", "info@shop", "a@b.c/d", "a@x.test?y"] {
        assert_eq!(discover(&world(TableResolver::default()), text).await, [], "{text:?}");
    }
}
