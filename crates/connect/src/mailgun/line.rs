//! Asking Mailgun, with the key and with patience.

use super::{Access, fault, form};
use crate::{
    ConnectError, Secret, World,
    egress::later,
    error::{Cause, Step},
    http::{Answer, HttpClient, straight_client},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::{Method, Url, header};
use serde_json::Value;
use std::time::Duration;

/// How often a question is put again that can be put twice.
const TRIES: u32 = 3;
/// Longer than this nobody waits here: it is told when to come back.
const PATIENCE: Duration = Duration::from_secs(5);
/// An answer of JSON is no longer than this.
const JSON_BYTES: usize = 8 << 20;
const JSON_TIME: Duration = Duration::from_secs(30);
const LETTER_TIME: Duration = Duration::from_secs(300);

/// The line to one domain.
pub struct Line {
    client: HttpClient,
    base: String,
    is_simulated: bool,
    /// How long a message may be, in bytes.
    limit: u64,
    pub(super) access: Access,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("base", &self.base).field("domain", &self.access.domain).finish_non_exhaustive()
    }
}

impl Line {
    /// The line to this domain.
    pub fn new(world: &World, access: Access) -> Result<Line, ConnectError> {
        Ok(Line {
            client: straight_client(world)?,
            base: world.vendors.mailgun.of(access.region).to_owned(),
            is_simulated: world.vendors.mailgun.is_simulated,
            limit: world.message_limit_bytes,
            access,
        })
    }

    /// The domain's name, as it stands in a path.
    pub(super) fn domain(&self) -> String {
        form::encoded(&self.access.domain)
    }

    pub(super) fn key(&self) -> &Secret {
        &self.access.key
    }

    /// What a question that changes nothing is answered with. Passing trouble is waited for.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ConnectError> {
        self.json(Method::GET, path, None, true).await
    }

    /// Something is done; `again` when it can be done twice.
    pub(super) async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Bytes)>,
        again: bool,
    ) -> Result<Value, ConnectError> {
        let url = format!("{}{path}", self.base);
        let mut tries = 0;
        let answer = loop {
            let asked = self.once(method.clone(), &url, body.clone(), None, JSON_BYTES, JSON_TIME).await;
            tries += 1;
            let pause = Duration::from_millis(250 << tries);
            match asked {
                Ok(answer) if again && tries < TRIES && matches!(answer.status, 408 | 429 | 500..600) => {
                    let wait = answer.retry_after.unwrap_or(pause);
                    if wait > PATIENCE {
                        break answer;
                    }
                    tokio::time::sleep(wait).await;
                }
                Err(ConnectError::Later { .. }) if again && tries < TRIES => tokio::time::sleep(pause).await,
                other => break other?,
            }
        };
        self.read(&answer)
    }

    /// What an answer says, or what the refusal means.
    pub(super) fn read(&self, answer: &Answer) -> Result<Value, ConnectError> {
        if !(200..300).contains(&answer.status) {
            return Err(fault::meaning(answer, self.key()));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| later(Step::Work, Cause::Protocol, "the answer is not JSON".to_owned()))
    }

    /// One letter is handed over; whatever the answer is, it is not asked twice.
    pub(super) async fn hand_over(&self, path: &str, body: (String, Bytes)) -> Result<Answer, ConnectError> {
        let url = format!("{}{path}", self.base);
        self.once(Method::POST, &url, Some(body), None, JSON_BYTES, LETTER_TIME).await
    }

    /// A message that Mailgun keeps, as it came in (`Accept: message/rfc2822`).
    ///
    /// Its address comes with the post that tells of it and leads to a machine of Mailgun's storage; the key goes there
    /// and nowhere else.
    pub async fn stored(&self, url: &str) -> Result<Bytes, ConnectError> {
        if !self.is_theirs(url) {
            return Err(later(Step::Work, Cause::Protocol, "the message is said to lie at another party".to_owned()));
        }
        let accept = Some("message/rfc2822");
        // JSON writes a byte as six at worst.
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_mul(2) + JSON_BYTES;
        let answer = self.once(Method::GET, url, None, accept, limit, LETTER_TIME).await?;
        let said = self.read(&answer)?;
        match said["body-mime"].as_str() {
            Some(text) if !text.is_empty() => Ok(Bytes::from(text.to_owned())),
            _ => Err(later(Step::Work, Cause::Protocol, "the answer holds no message".to_owned())),
        }
    }

    /// Whether an address is one of Mailgun's own.
    fn is_theirs(&self, url: &str) -> bool {
        if url.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/')) {
            return true;
        }
        let Ok(url) = Url::parse(url) else { return false };
        let is_named = url.host_str().is_some_and(|host| host.ends_with(".mailgun.net"));
        !self.is_simulated && url.scheme() == "https" && url.port().is_none() && is_named
    }

    async fn once(
        &self,
        method: Method,
        url: &str,
        body: Option<(String, Bytes)>,
        accept: Option<&'static str>,
        limit: usize,
        time: Duration,
    ) -> Result<Answer, ConnectError> {
        let pair = [b"api:".as_slice(), self.key().reveal()].concat();
        let wrong = |_| later(Step::SignIn, Cause::Protocol, "the key is no key".to_owned());
        let mut basic = header::HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).map_err(wrong)?;
        basic.set_sensitive(true);
        let mut request = self.client.request(method, url)?.header(header::AUTHORIZATION, basic).timeout(time);
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        if let Some((kind, body)) = body {
            request = request.header(header::CONTENT_TYPE, kind).body(body);
        }
        self.client.answer_within(request, limit, time).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WorldOptions, mailgun::Region};

    fn line(world: World) -> Line {
        let access = Access { region: Region::Eu, domain: "mg.voorbeeld.nl".into(), key: Secret::new("geheim") };
        Line::new(&world, access).unwrap()
    }

    #[test]
    fn the_key_goes_to_machines_of_mailgun_only() {
        let real = line(World::new(WorldOptions::default()).unwrap());
        for theirs in
            ["https://api.eu.mailgun.net/v3/x", "https://storage-europe-west1.api.mailgun.net/v3/domains/x/messages/y"]
        {
            assert!(real.is_theirs(theirs), "{theirs}");
        }
        for other in [
            "http://storage.eu.mailgun.net/v3/x",
            "https://mailgun.net.evil.test/x",
            "https://evilmailgun.net/x",
            "https://storage.mailgun.net:8443/x",
            "https://user@evil.test/.mailgun.net",
            "https://api.eu.mailgun.net.evil.test/",
            "x",
        ] {
            assert!(!real.is_theirs(other), "{other}");
        }
        let world = World::new(WorldOptions::default()).unwrap();
        let played = line(world.with_vendors(crate::Vendors::simulated("http://127.0.0.1:8026/").unwrap()));
        assert!(played.is_theirs("http://127.0.0.1:8026/mailgun/eu/v3/domains/x/messages/y"));
        assert!(!played.is_theirs("https://storage.eu.mailgun.net/x"));
    }
}
