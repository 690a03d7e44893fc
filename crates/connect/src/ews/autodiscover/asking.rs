//! Asking at one address: without a password first, so that only who asks for it gets it.

use super::{
    Wanted,
    answer::{Answer, Form},
    sign_in,
};
use crate::{
    ConnectError, Encryption, Server, ServerWords, World,
    error::{Cause, Step},
    ews::{
        fault::later,
        lane::{Lane, SignIn, Target, offers},
    },
    http::{read_limited, straight_client},
};
use reqwest::{Method, Response, Url, header};
use std::{sync::Arc, time::Duration};

/// An answer is no longer than this, and takes no longer.
const ANSWER_BYTES: usize = 256 << 10;
const PATIENCE: Duration = Duration::from_secs(15);

/// What came of asking at one address.
pub enum Asked {
    Service { url: String, address: Option<String>, by_ntlm: bool },
    Url(String),
    Address(String),
}

/// Asks where the service is.
pub async fn ask(world: &World, wanted: &Wanted, form: Form, url: &str) -> Result<Asked, ConnectError> {
    let question = form.question(&wanted.address, url);
    let server = server(url)?;
    let target = |sign_in| Arc::new(Target { url: url.to_owned(), server: server.clone(), sign_in });
    let mut lane = Lane::new(world, target(SignIn::Nobody))?;
    let mut answer = tokio::time::timeout(PATIENCE, lane.put(&question, PATIENCE)).await.map_err(|_| late())??;
    let mut by_ntlm = false;
    if answer.status().as_u16() == 401 {
        let offers = offers(&answer);
        let Some(sign_in) = sign_in(wanted, &offers) else {
            let words = ServerWords(format!("HTTP 401; the server offers {}", offers.join(", ")));
            return Err(ConnectError::Settings { step: Step::SignIn, cause: Cause::OtherSignIn, words });
        };
        by_ntlm = matches!(sign_in, SignIn::Ntlm(_));
        lane = Lane::new(world, target(sign_in))?;
        answer = tokio::time::timeout(PATIENCE, lane.put(&question, PATIENCE)).await.map_err(|_| late())??;
        if answer.status().as_u16() == 401 {
            return Err(lane.refused());
        }
    }
    if let Some(led) = led_to(&answer, url) {
        return Ok(Asked::Url(led));
    }
    let status = answer.status().as_u16();
    let body = tokio::time::timeout(PATIENCE, read_limited(answer, ANSWER_BYTES)).await.map_err(|_| late())??;
    match form.read(&body).filter(|_| status == 200) {
        Some(Answer::Service { url, address }) => Ok(Asked::Service { url, address, by_ntlm }),
        Some(Answer::Url(url)) => Ok(Asked::Url(url)),
        Some(Answer::Address(address)) => Ok(Asked::Address(address)),
        Some(Answer::Nothing(words)) => {
            let words = ServerWords::new(&words, &[&wanted.secret]);
            Err(ConnectError::Refused { cause: Cause::Refused, words })
        }
        None => {
            let words = ServerWords(format!("HTTP {status} without an answer of autodiscover"));
            Err(ConnectError::Refused { cause: Cause::Protocol, words })
        }
    }
}

/// Where a signpost without TLS leads, when that is a place with TLS.
pub async fn signpost(world: &World, url: &str) -> Option<String> {
    let client = straight_client(world).ok()?;
    let asked = client.request(Method::GET, url).ok()?.timeout(PATIENCE);
    let answer = client.begun(asked).await.ok()?;
    led_to(&answer, url).filter(|to| to.starts_with("https://"))
}

fn late() -> ConnectError {
    later(Cause::TimedOut, None, "no answer in time")
}

/// Where an answer leads, as a whole address.
fn led_to(answer: &Response, from: &str) -> Option<String> {
    let to = answer.headers().get(header::LOCATION)?.to_str().ok().filter(|_| answer.status().is_redirection())?;
    let to = Url::parse(from).ok()?.join(to).ok()?;
    // A website that leads to its front page leads to no autodiscover.
    to.path().to_ascii_lowercase().contains("/autodiscover").then(|| to.to_string())
}

fn server(url: &str) -> Result<Server, ConnectError> {
    let wrong = || later(Cause::UnknownHost, None, "this is no address");
    let url = Url::parse(url).map_err(|_| wrong())?;
    let host = url.host_str().ok_or_else(wrong)?.to_owned();
    let port = url.port_or_known_default().ok_or_else(wrong)?;
    let encryption = if url.scheme() == "https" { Encryption::Tls } else { Encryption::None };
    Ok(Server { host, port, encryption, pinned_certificate: None })
}
