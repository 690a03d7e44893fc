//! What a provider says of itself (OpenID Connect Discovery §4).

use super::address::{self, WELL_KNOWN, is_secure};
use crate::{ConnectError, World, http::get_limited, oauth::ClientAuthentication};
use serde::Deserialize;
use std::time::Duration;

/// More than any provider has to say.
pub(super) const LIMIT_BYTES: usize = 256 << 10;
pub(super) const DEADLINE: Duration = Duration::from_secs(15);

/// A provider that can sign people in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its name for itself, which every token of it bears.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorization_endpoint: String,
    /// Where codes become tokens.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where it says more of somebody.
    pub userinfo_endpoint: Option<String>,
    /// Every answer of it names it (RFC 9207).
    pub announces_issuer: bool,
    /// How it wants to be shown who we are.
    pub authentication: ClientAuthentication,
}

/// Why a provider can't sign people in here.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The issuer is no address.
    #[error("not an address")]
    NotAnAddress,
    /// What is sent there could be read on the way.
    #[error("{0} has no TLS")]
    Insecure(String),
    /// Nobody answers there.
    #[error(transparent)]
    Unreachable(#[from] ConnectError),
    /// Somebody answers, but not with the document.
    #[error("HTTP {0} in place of the document")]
    NoDocument(u16),
    /// What is there is no such document.
    #[error("what is there is no discovery document")]
    NotADocument,
    /// It is the document of another issuer.
    #[error("the document is of {0}")]
    OtherIssuer(String),
    /// The document does not say where browsers are to go.
    #[error("no authorization endpoint")]
    NoAuthorization,
    /// Nor where codes become tokens.
    #[error("no token endpoint")]
    NoToken,
    /// Nor where the keys are.
    #[error("no keys")]
    NoKeys,
    /// It gives no codes.
    #[error("no authorisation by code")]
    NoCode,
    /// It knows PKCE, but not S256.
    #[error("no S256")]
    NoS256,
    /// It signs in no way that we take.
    #[error("neither RS256 nor ES256")]
    NoAlgorithm,
    /// It takes no proof of who we are that we can give.
    #[error("no way to show who we are")]
    NoAuthentication,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    userinfo_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Reads what the provider says of itself.
pub async fn discover(world: &World, issuer: &str) -> Result<Provider, Fault> {
    if !address::is_issuer(issuer) {
        return Err(Fault::NotAnAddress);
    }
    if !is_secure(issuer) {
        return Err(Fault::Insecure(issuer.to_owned()));
    }
    let client = address::client(world)?;
    // Discovery §4.1: a slash at the end of the issuer is not doubled.
    let url = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'));
    let answer = get_limited(&client, &url, LIMIT_BYTES, DEADLINE).await?;
    if answer.status != 200 {
        return Err(Fault::NoDocument(answer.status));
    }
    read(issuer, &answer.body)
}

fn read(issuer: &str, body: &[u8]) -> Result<Provider, Fault> {
    let document: Document = serde_json::from_slice(body).map_err(|_| Fault::NotADocument)?;
    // To the letter (§4.3): a provider that may speak for another could sign its people in.
    if document.issuer != issuer {
        return Err(Fault::OtherIssuer(document.issuer.chars().filter(|c| !c.is_control()).take(200).collect()));
    }
    // What a document leaves out has a value by the standard (§3; RFC 8414 §2).
    let lacks = |said: &Option<Vec<String>>, any: &[&str]| {
        said.as_ref().is_some_and(|said| !said.iter().any(|one| any.contains(&one.as_str())))
    };
    if lacks(&document.response_types_supported, &["code"]) {
        return Err(Fault::NoCode);
    }
    // Left out it says nothing: Microsoft's document does not name the method that Microsoft asks for.
    if lacks(&document.code_challenge_methods_supported, &["S256"]) {
        return Err(Fault::NoS256);
    }
    if lacks(&document.id_token_signing_alg_values_supported, &["RS256", "ES256"]) {
        return Err(Fault::NoAlgorithm);
    }
    let methods = document.token_endpoint_auth_methods_supported.as_deref();
    let provider = Provider {
        issuer: document.issuer,
        authorization_endpoint: document.authorization_endpoint.ok_or(Fault::NoAuthorization)?,
        token_endpoint: document.token_endpoint.ok_or(Fault::NoToken)?,
        jwks_uri: document.jwks_uri.ok_or(Fault::NoKeys)?,
        userinfo_endpoint: document.userinfo_endpoint,
        announces_issuer: document.authorization_response_iss_parameter_supported,
        authentication: authentication(methods).ok_or(Fault::NoAuthentication)?,
    };
    let endpoints = [&provider.authorization_endpoint, &provider.token_endpoint, &provider.jwks_uri];
    for endpoint in endpoints.into_iter().chain(&provider.userinfo_endpoint) {
        if !is_secure(endpoint) {
            return Err(Fault::Insecure(endpoint.chars().filter(|c| !c.is_control()).take(200).collect()));
        }
    }
    Ok(provider)
}

/// The first that both know; where nothing is said it is the header.
fn authentication(methods: Option<&[String]>) -> Option<ClientAuthentication> {
    let Some(methods) = methods else { return Some(ClientAuthentication::Basic) };
    let known = [
        ("client_secret_basic", ClientAuthentication::Basic),
        ("client_secret_post", ClientAuthentication::Post),
        ("none", ClientAuthentication::None),
    ];
    known.into_iter().find(|(name, _)| methods.iter().any(|method| method == name)).map(|(_, way)| way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://login.example";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example/authorize",
            "token_endpoint": "https://login.example/token",
            "jwks_uri": "https://login.example/keys",
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    fn with(name: &str, value: Value) -> Result<Provider, Fault> {
        let mut changed = document();
        changed[name] = value;
        if changed[name].is_null() {
            changed.as_object_mut().unwrap().remove(name);
        }
        read(ISSUER, changed.to_string().as_bytes())
    }

    #[test]
    fn what_is_wrong_with_a_document_is_told_apart() {
        let told = |result: Result<Provider, Fault>| result.map(|_| ()).unwrap_err().to_string();
        for (name, value, expected) in [
            ("issuer", json!("https://login.example/"), "the document is of https://login.example/"),
            (
                "issuer",
                json!("https://login.microsoftonline.com/{tenantid}/v2.0"),
                "the document is of https://login.microsoftonline.com/{tenantid}/v2.0",
            ),
            ("issuer", Value::Null, "what is there is no discovery document"),
            ("authorization_endpoint", Value::Null, "no authorization endpoint"),
            ("token_endpoint", Value::Null, "no token endpoint"),
            ("jwks_uri", Value::Null, "no keys"),
            ("jwks_uri", json!("http://login.example/keys"), "http://login.example/keys has no TLS"),
            ("response_types_supported", json!(["id_token"]), "no authorisation by code"),
            ("code_challenge_methods_supported", json!(["plain"]), "no S256"),
            ("id_token_signing_alg_values_supported", json!(["HS256", "none"]), "neither RS256 nor ES256"),
            ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]), "no way to show who we are"),
        ] {
            assert_eq!(told(with(name, value)), expected, "{name}");
        }
        assert_eq!(told(read(ISSUER, b"<html>")), "what is there is no discovery document");
    }

    #[test]
    fn a_document_that_is_silent_means_what_the_standard_says() {
        let silent = with("code_challenge_methods_supported", Value::Null).unwrap();
        assert_eq!(silent.authentication, ClientAuthentication::Basic);
        assert!(!silent.announces_issuer);
        for (methods, way) in [
            (json!(["client_secret_post", "private_key_jwt", "client_secret_basic"]), ClientAuthentication::Basic),
            (json!(["client_secret_post"]), ClientAuthentication::Post),
            (json!(["none"]), ClientAuthentication::None),
        ] {
            assert_eq!(with("token_endpoint_auth_methods_supported", methods).unwrap().authentication, way);
        }
        assert!(with("authorization_response_iss_parameter_supported", json!(true)).unwrap().announces_issuer);
    }
}
