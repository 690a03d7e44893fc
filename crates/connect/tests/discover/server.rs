//! A web server that knows a few paths, and a world whose names all lead to this machine.

use connect::{
    World, WorldOptions,
    discover::{DiscoverOptions, GuessPorts},
    dns::{Mx, TableResolver},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// Path to the whole answer after `HTTP/1.1 `.
pub type Pages = HashMap<&'static str, String>;

pub fn page(body: &str) -> String {
    format!("200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

pub async fn serve(pages: Pages) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request).await.is_ok_and(|count| count > 0) {}
            let path = request.split(' ').nth(1).unwrap_or_default();
            let answer = pages.get(path).cloned().unwrap_or_else(|| page("").replacen("200 OK", "404 No", 1));
            let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await;
        }
    });
    port
}

pub fn table() -> TableResolver {
    let home = "127.0.0.1".parse().unwrap();
    ["shop.test", "autoconfig.shop.test", "autodiscover.shop.test", "central.test"]
        .into_iter()
        .fold(TableResolver::default(), |table, name| table.host(name, home))
}

pub fn mx(mut table: TableResolver, exchange: &str) -> TableResolver {
    table.mx.insert("shop.test".to_owned(), vec![Mx { preference: 10, exchange: exchange.to_owned() }]);
    table
}

pub fn world(table: TableResolver) -> World {
    let allow_networks = vec!["127.0.0.1/32".parse().unwrap()];
    World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap().with_resolver(Arc::new(table))
}

/// All places to look are on this port; nothing listens where guesses knock.
pub fn options(port: u16) -> DiscoverOptions {
    DiscoverOptions {
        autoconfig_urls: vec![format!("http://autoconfig.{{domain}}:{port}/autoconfig?address={{address}}")],
        ispdb_base: format!("http://central.test:{port}/ispdb/"),
        autodiscover_urls: vec![
            format!("http://central.test:{port}/discover/{{address}}"),
            format!("http://autodiscover.{{domain}}:{port}/own/{{address}}"),
        ],
        ews_urls: vec![format!("http://{{domain}}:{port}/ews")],
        guess_ports: GuessPorts { imaps: 1, imap: 1, pop3s: 1, submissions: 1, submission: 1 },
        deadline: Duration::from_secs(5),
    }
}

pub fn file(host: &str) -> String {
    page(&format!(
        "<clientConfig><emailProvider id=\"x\"><displayName>Shop</displayName>\
         <incomingServer type=\"imap\"><hostname>{host}</hostname><port>993</port><socketType>SSL</socketType>\
         <username>%EMAILADDRESS%</username></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>{host}</hostname><port>465</port><socketType>SSL</socketType>\
         <username>%EMAILADDRESS%</username></outgoingServer></emailProvider></clientConfig>"
    ))
}
