//! Redeeming what was given for tokens (RFC 6749 §3.2).

use super::{
    OauthError, Registration,
    assertion::{Certificate, PROOF_KIND},
    plain_code,
};
use crate::{
    Secret, ServerWords,
    http::{Answer, HttpClient},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::{Method, header};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

pub(super) const LIMIT_BYTES: usize = 256 << 10;
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// How we prove who we are (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In a header: what a provider takes that says nothing else.
    Basic,
    /// Among the fields.
    Post,
    /// Not at all: the verifier of PKCE is the proof.
    None,
    /// By a certificate's key (RFC 7523 §2.2): what proves it is its PEM.
    Certificate,
    /// What is redeemed is the proof itself (RFC 7523 §2.1).
    Inside,
}

/// Where tokens are given.
#[derive(Debug, Clone, Copy)]
pub struct TokenEndpoint<'a> {
    /// Its address.
    pub url: &'a str,
    /// Who we are there.
    pub registration: &'a Registration,
    /// How we prove it.
    pub authentication: ClientAuthentication,
}

/// What was given.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Opens what was asked for.
    pub access_token: Secret,
    /// Opens it again later (§6).
    pub refresh_token: Option<Secret>,
    /// Who signed in, when that was asked (OpenID Connect Core §3.1.3.3).
    pub id_token: Option<Secret>,
    /// What was granted, where it is said: it may be less than was asked (§5.1).
    pub scope: Option<String>,
    /// Seconds until the access token ends, where it is said.
    pub expires_in: Option<u64>,
}

/// What an identity token may call somebody (learn.microsoft.com/entra/identity-platform/id-token-claims-reference).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Called {
    email: Option<String>,
    preferred_username: Option<String>,
    upn: Option<String>,
}

impl Tokens {
    /// What the provider calls whoever signed in, as far as its identity token says. It came straight from where tokens are
    /// given, over TLS, and is believed for that (OpenID Connect Core §3.1.3.7, 6); empty when there is none that can be read.
    pub fn names(&self) -> Vec<String> {
        let called = self.id_token.as_ref().and_then(|token| {
            let body = token.reveal().split(|byte| *byte == b'.').nth(1)?;
            serde_json::from_slice::<Called>(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
        });
        let Called { email, preferred_username, upn } = called.unwrap_or_default();
        let mut names: Vec<String> = [email, preferred_username, upn].into_iter().flatten().collect();
        names.dedup();
        names
    }
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: Option<String>,
    expires_in: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Denied {
    error: String,
    error_description: String,
}

impl TokenEndpoint<'_> {
    /// The tokens for this grant: `grant_type` and what belongs to it. `secrets` of the grant, and ours, stand in no
    /// word that is kept of a refusal.
    pub async fn redeem(
        &self,
        client: &HttpClient,
        grant: &[(&str, &str)],
        secrets: &[&Secret],
    ) -> Result<Tokens, OauthError> {
        let Registration { client_id, client_secret } = self.registration;
        let own = String::from_utf8_lossy(client_secret.reveal()).into_owned();
        let proof;
        let mut fields = grant.to_vec();
        let mut request = client.request(Method::POST, self.url)?.header(header::ACCEPT, "application/json");
        match self.authentication {
            ClientAuthentication::Basic => {
                request = request.header(header::AUTHORIZATION, basic(client_id, &own));
            }
            ClientAuthentication::Post => {
                fields.extend([("client_id", client_id.as_str()), ("client_secret", own.as_str())])
            }
            ClientAuthentication::None => fields.push(("client_id", client_id)),
            ClientAuthentication::Certificate => {
                let read = Certificate::read(client_secret.reveal());
                let made = read.and_then(|read| read.proof(client_id, self.url, jiff::Timestamp::now()));
                proof = made.map_err(|fault| OauthError::Refused {
                    code: "invalid_client".to_owned(),
                    words: ServerWords(format!("our certificate can't be used: {fault}")),
                })?;
                fields.extend([
                    ("client_id", client_id.as_str()),
                    ("client_assertion_type", PROOF_KIND),
                    ("client_assertion", proof.as_str()),
                ]);
            }
            ClientAuthentication::Inside => {}
        }
        let answer = client.answer_within(request.form(&fields), LIMIT_BYTES, DEADLINE).await?;
        if answer.status == 200 {
            let given: Given =
                serde_json::from_slice(&answer.body).map_err(|_| OauthError::Incomplete("access_token"))?;
            return Ok(Tokens {
                access_token: Secret::new(given.access_token),
                refresh_token: given.refresh_token.map(Secret::new),
                id_token: given.id_token.map(Secret::new),
                scope: given.scope,
                expires_in: given.expires_in.and_then(|said| seconds(&said)),
            });
        }
        let hidden: Vec<&Secret> = secrets.iter().copied().chain([client_secret]).collect();
        Err(denied(&answer, &hidden))
    }
}

/// What a refusal says (§5.2), without these secrets.
pub(super) fn denied(answer: &Answer, hidden: &[&Secret]) -> OauthError {
    let denied: Denied = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = match denied.error_description.is_empty() {
        true => format!("HTTP {}", answer.status),
        false => denied.error_description,
    };
    let code = match answer.status {
        // Trouble on its side says nothing of what was shown, whatever the body calls it.
        429 | 500..600 => "temporarily_unavailable".to_owned(),
        _ => plain_code(&denied.error),
    };
    OauthError::Refused { code, words: ServerWords::new(&words, hidden) }
}

/// A number, which some write as a text.
pub(super) fn seconds(said: &Value) -> Option<u64> {
    said.as_u64().or_else(|| said.as_str()?.parse().ok())
}

/// The header of HTTP Basic. Both halves are written as in a form first (RFC 6749 §2.3.1), which many forget.
fn basic(client_id: &str, secret: &str) -> header::HeaderValue {
    let pair = format!("{}:{}", as_in_a_form(client_id), as_in_a_form(secret));
    let text = format!("Basic {}", STANDARD.encode(pair));
    let mut value = header::HeaderValue::from_str(&text).unwrap_or(header::HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

fn as_in_a_form(text: &str) -> String {
    let one = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'*' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_token_names_whoever_signed_in_and_one_that_is_none_names_nobody() {
        let names = |token: Option<String>| {
            let (access_token, id_token) = (Secret::new("x"), token.map(Secret::new));
            Tokens { access_token, refresh_token: None, id_token, scope: None, expires_in: None }.names()
        };
        let body =
            URL_SAFE_NO_PAD.encode(r#"{"preferred_username":"anna@x.test","email":"anna@x.test","name":"Anna"}"#);
        assert_eq!(names(Some(format!("e30.{body}.x"))), ["anna@x.test"]);
        for none in ["", "a.b", "a.%%%.c", "e30.e30.x"] {
            assert!(names(Some(none.to_owned())).is_empty(), "{none}");
        }
        assert!(names(None).is_empty());
    }

    #[test]
    fn trouble_over_there_is_no_refusal_of_a_grant_whatever_the_body_calls_it() {
        let code = |status, error: &str| {
            let body = serde_json::json!({ "error": error }).to_string().into_bytes();
            match denied(&Answer { status, url: String::new(), body, retry_after: None }, &[]) {
                OauthError::Refused { code, .. } => code,
                other => panic!("{other:?}"),
            }
        };
        for status in [429, 500, 502, 503, 504] {
            for error in ["internal_failure", "invalid_grant", "rate_limit_exceeded", "server_error", ""] {
                assert_eq!(code(status, error), "temporarily_unavailable", "{status} {error}");
            }
        }
        assert_eq!(
            (code(400, "invalid_grant"), code(401, "invalid_client")),
            ("invalid_grant".into(), "invalid_client".into())
        );
    }

    #[test]
    fn a_secret_with_odd_characters_goes_into_the_header_as_the_standard_says() {
        let value = basic("post:kamer", "a b%€");
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap(), b"post%3Akamer:a+b%25%E2%82%AC");
        assert!(value.is_sensitive());
    }
}
