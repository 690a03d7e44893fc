//! `/metrics` in Prometheus' text form: what was asked of us, how the mailboxes are, what waits in the outbox.
//!
//! Gauges are read from the database when they are asked for, so that they are right after a restart and on any node.

use crate::{AppState, problem::Problem};
use axum::{
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::account::{Account, Colour};

/// Counts requests by method, route and status.
#[derive(Default)]
pub(crate) struct Meter(Mutex<BTreeMap<Label, Tally>>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Label {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    requests: u64,
    took: Duration,
}

impl Meter {
    fn add(&self, label: Label, took: Duration) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(label).or_default();
        tally.requests += 1;
        tally.took += took;
    }
}

/// Counts the request and how long it took.
pub(crate) async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let method = known_method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    state.meter.add(Label { method, route, status: response.status().as_u16() }, began.elapsed());
    response
}

/// The text that Prometheus reads.
pub(crate) async fn show(State(state): State<AppState>) -> Result<Response, Problem> {
    let mut text = String::new();
    requests(&mut text, &state.meter);
    let found = state.read(|tx| {
        Box::pin(async move {
            let accounts = store::account::load_all(tx).await?;
            Ok((accounts, store::outbox::census(tx).await?))
        })
    });
    let (accounts, outbox) = found.await?;
    mailboxes(&mut text, &accounts);
    each_mailbox(&mut text, &accounts, state.room.clock.now());
    for (name, help, count) in state.room.tally.counts() {
        heading(&mut text, name, "counter", help);
        let _ = writeln!(text, "{name} {count}");
    }
    heading(&mut text, "postkamer_outbox", "gauge", "Submissions that are not at their end, by state.");
    for (stand, count) in outbox {
        let _ = writeln!(text, "postkamer_outbox{{state=\"{}\"}} {count}", stand.as_str());
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn requests(text: &mut String, meter: &Meter) {
    let tallies = meter.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let labels = |label: &Label| {
        format!("{{method=\"{}\",route=\"{}\",status=\"{}\"}}", label.method, label.route, label.status)
    };
    heading(text, "postkamer_http_requests_total", "counter", "Requests answered.");
    for (label, tally) in &tallies {
        let _ = writeln!(text, "postkamer_http_requests_total{} {}", labels(label), tally.requests);
    }
    heading(text, "postkamer_http_request_seconds_total", "counter", "Time spent on those requests.");
    for (label, tally) in &tallies {
        let _ = writeln!(text, "postkamer_http_request_seconds_total{} {:.6}", labels(label), tally.took.as_secs_f64());
    }
}

fn mailboxes(text: &mut String, accounts: &[Account]) {
    heading(text, "postkamer_accounts", "gauge", "Active accounts by colour.");
    for colour in [Colour::Green, Colour::Amber, Colour::Red] {
        let count =
            accounts.iter().filter(|account| account.settings.active && account.health.colour == colour).count();
        let _ = writeln!(text, "postkamer_accounts{{colour=\"{}\"}} {count}", colour.as_str());
    }
    heading(text, "postkamer_account_errors", "gauge", "Errors in a row, over all active accounts.");
    let errors: i64 =
        accounts.iter().filter(|account| account.settings.active).map(|account| account.health.errors_in_row).sum();
    let _ = writeln!(text, "postkamer_account_errors {errors}");
}

/// More accounts than this have no lines of their own: a watcher stores each label for ever.
const MOST_ACCOUNTS: usize = 500;

fn each_mailbox(text: &mut String, accounts: &[Account], now: i64) {
    let active: Vec<&Account> = accounts.iter().filter(|account| account.settings.active).take(MOST_ACCOUNTS).collect();
    heading(text, "postkamer_account_health", "gauge", "How an account is: 0 green, 1 amber, 2 red; the first 500.");
    for account in &active {
        let health = match account.health.colour {
            Colour::Green => 0,
            Colour::Amber => 1,
            Colour::Red => 2,
        };
        let _ = writeln!(text, "postkamer_account_health{{account=\"{}\"}} {health}", account.id);
    }
    heading(text, "postkamer_account_fetched_seconds", "gauge", "Seconds since a pass over the account went well.");
    for account in &active {
        if let Some(at) = account.health.last_fetched_at {
            let seconds = (now - at).max(0) / 1000;
            let _ = writeln!(text, "postkamer_account_fetched_seconds{{account=\"{}\"}} {seconds}", account.id);
        }
    }
}

fn heading(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A stranger may send any method; each must not become a line of its own.
fn known_method(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_kind_are_counted_together() {
        let meter = Meter::default();
        for _ in 0..3 {
            let label = Label { method: "GET", route: "/api/v1/me".into(), status: 200 };
            meter.add(label, Duration::from_millis(500));
        }
        let mut text = String::new();
        requests(&mut text, &meter);
        assert!(text.contains("postkamer_http_requests_total{method=\"GET\",route=\"/api/v1/me\",status=\"200\"} 3\n"));
        assert!(text.contains("status=\"200\"} 1.500000\n"));
    }
}
