//! From the code that a browser brought back to who somebody is.

use super::{
    address,
    claims::{Claims, Expected, Said, TokenFault, check},
    discovery::{DEADLINE, LIMIT_BYTES, Provider},
    keys::Keys,
};
use crate::{
    ConnectError, Secret, World,
    http::{HttpClient, get_limited},
    oauth::{OauthError, Registration, TokenEndpoint, Verifier},
};
use reqwest::{Method, header};

/// Why nobody came of a code.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The code was not redeemed, or the provider went away in between.
    #[error(transparent)]
    Oauth(#[from] OauthError),
    /// What it was redeemed for is not to be believed.
    #[error("the token is not to be believed: {0}")]
    Token(#[from] TokenFault),
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Failure {
        Failure::Oauth(error.into())
    }
}

/// Who came back with this code. The redirect URI is the one that the browser was sent away with.
pub async fn person(
    world: &World,
    provider: &Provider,
    registration: &Registration,
    (code, verifier, redirect_uri): (&str, &Verifier, &str),
    expected: &Expected<'_>,
) -> Result<Claims, Failure> {
    let client = address::client(world)?;
    let endpoint =
        TokenEndpoint { url: &provider.token_endpoint, registration, authentication: provider.authentication };
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier.reveal()),
    ];
    let secrets = [Secret::new(code), Secret::new(verifier.reveal())];
    let tokens = endpoint.redeem(&client, &grant, &secrets.each_ref()).await?;
    let token = tokens.id_token.ok_or(OauthError::Incomplete("id_token"))?;
    let token = std::str::from_utf8(token.reveal()).map_err(|_| TokenFault::Malformed)?.to_owned();
    // Anew each time: a provider changes its keys as it likes, and people don't sign in by the second.
    let answer = get_limited(&client, &provider.jwks_uri, LIMIT_BYTES, DEADLINE).await?;
    let keys = Keys::parse(&answer.body).filter(|_| answer.status == 200).ok_or(OauthError::Incomplete("keys"))?;
    let claims = check(&token, &keys, expected)?;
    match &provider.userinfo_endpoint {
        Some(endpoint) if claims.email.is_none() => more(&client, endpoint, &tokens.access_token, claims).await,
        _ => Ok(claims),
    }
}

/// What the provider says besides (§5.3): many put no address into the token. It must be of the same person (§5.3.2); one
/// that says nothing leaves us with the token.
async fn more(client: &HttpClient, endpoint: &str, access: &Secret, claims: Claims) -> Result<Claims, Failure> {
    let bearer = format!("Bearer {}", String::from_utf8_lossy(access.reveal()));
    let Ok(mut bearer) = header::HeaderValue::from_str(&bearer) else { return Ok(claims) };
    bearer.set_sensitive(true);
    let request = client.request(Method::GET, endpoint)?.header(header::AUTHORIZATION, bearer);
    let answer = client.answer_within(request, LIMIT_BYTES, DEADLINE).await?;
    let Some(said) = serde_json::from_slice::<Said>(&answer.body).ok().filter(|_| answer.status == 200) else {
        return Ok(claims);
    };
    let more = Claims::from(said);
    if more.subject != claims.subject {
        return Err(TokenFault::Subject.into());
    }
    Ok(Claims { name: claims.name.or(more.name), email: more.email, email_verified: more.email_verified, ..claims })
}
