//! What is published on the web: autoconfig, the public database, autodiscover.

use super::{Address, Candidate, DiscoverOptions, Endpoint, Kind, Origin, autoconfig, presets, said_no};
use crate::{
    Encryption,
    dns::Mx,
    http::{Answer, HttpClient, get_limited},
};
use futures_util::{FutureExt, future::BoxFuture};
use serde::Deserialize;

const FILE_BYTES_MAX: usize = 128 << 10;

/// Every search on the web, to be run side by side.
pub fn searches<'a>(
    client: &HttpClient,
    address: &'a Address,
    options: &'a DiscoverOptions,
    exchangers: impl Future<Output = Vec<Mx>> + Clone + Send + 'a,
) -> Vec<BoxFuture<'a, Vec<Candidate>>> {
    let mut searches: Vec<BoxFuture<'a, Vec<Candidate>>> = Vec::new();
    for pattern in &options.autoconfig_urls {
        searches.push(published(client.clone(), address.fill(pattern), address, options, Origin::Autoconfig).boxed());
    }
    if !options.ispdb_base.is_empty() {
        let url = format!("{}{}", options.ispdb_base, address.domain);
        searches.push(published(client.clone(), url, address, options, Origin::Ispdb).boxed());
        searches.push(by_exchanger(client.clone(), address, options, exchangers.clone()).boxed());
    }
    for (number, pattern) in options.autodiscover_urls.iter().enumerate() {
        let url = address.fill(pattern);
        searches.push(autodiscover(client.clone(), url, number == 0, address, options, exchangers.clone()).boxed());
    }
    searches
}

/// Knocks where an Exchange server of one's own usually is.
pub fn exchange_servers<'a>(
    client: &HttpClient,
    address: &'a Address,
    options: &'a DiscoverOptions,
) -> Vec<BoxFuture<'a, Vec<Candidate>>> {
    let knock = |pattern: &String| exchange(client.clone(), address.fill(pattern), address, options).boxed();
    options.ews_urls.iter().map(knock).collect()
}

async fn fetch(client: &HttpClient, url: &str, options: &DiscoverOptions) -> Option<Answer> {
    let answer = get_limited(client, url, FILE_BYTES_MAX, options.deadline).await;
    answer.inspect_err(said_no).ok()
}

async fn published(
    client: HttpClient,
    url: String,
    address: &Address,
    options: &DiscoverOptions,
    source: Origin,
) -> Vec<Candidate> {
    match fetch(&client, &url, options).await {
        Some(answer) if answer.status == 200 => autoconfig::read(&answer.body, address, source),
        _ => Vec::new(),
    }
}

/// The database knows providers, not their customers' domains: whoever takes the mail is asked for there.
async fn by_exchanger(
    client: HttpClient,
    address: &Address,
    options: &DiscoverOptions,
    exchangers: impl Future<Output = Vec<Mx>>,
) -> Vec<Candidate> {
    let exchangers = exchangers.await;
    let Some(best) = exchangers.first() else { return Vec::new() };
    let labels: Vec<&str> = best.exchange.rsplit('.').take(2).collect();
    let [top, name] = labels[..] else { return Vec::new() };
    let domain = format!("{name}.{top}");
    if domain == address.domain {
        return Vec::new();
    }
    published(client, format!("{}{domain}", options.ispdb_base), address, options, Origin::Mx).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    url: String,
}

async fn autodiscover(
    client: HttpClient,
    url: String,
    central: bool,
    address: &Address,
    options: &DiscoverOptions,
    exchangers: impl Future<Output = Vec<Mx>>,
) -> Vec<Candidate> {
    let Some(answer) = fetch(&client, &url, options).await.filter(|answer| answer.status == 200) else {
        return Vec::new();
    };
    let Ok(location) = serde_json::from_slice::<Location>(&answer.body) else { return Vec::new() };
    let host = location.url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let online = [".office365.com", ".outlook.com", ".office.com"].iter().any(|end| host.ends_with(end));
    if host.is_empty() || (central && online && !presets::is_microsoft(&exchangers.await)) {
        return Vec::new();
    }
    if !online {
        return vec![exchange_server(Origin::Autodiscover, location.url, address)];
    }
    let endpoint = Endpoint::new(Kind::Graph, "", 0, Encryption::Tls, &address.full);
    vec![Candidate {
        source: Origin::Autodiscover,
        provider: Some("Microsoft 365".to_owned()),
        incoming: Some(endpoint.clone()),
        outgoing: Some(endpoint),
        messages_at_once: None,
        note: None,
    }]
}

/// An Exchange server that asks who we are is one.
async fn exchange(client: HttpClient, url: String, address: &Address, options: &DiscoverOptions) -> Vec<Candidate> {
    match fetch(&client, &url, options).await {
        Some(answer) if answer.status == 401 => vec![exchange_server(Origin::Guess, url, address)],
        _ => Vec::new(),
    }
}

fn exchange_server(source: Origin, url: String, address: &Address) -> Candidate {
    let mut endpoint = Endpoint::new(Kind::Ews, "", 0, Encryption::Tls, &address.full);
    endpoint.url = Some(url);
    let provider = Some("Exchange".to_owned());
    let (incoming, outgoing) = (Some(endpoint.clone()), Some(endpoint));
    Candidate { source, provider, incoming, outgoing, messages_at_once: None, note: None }
}
