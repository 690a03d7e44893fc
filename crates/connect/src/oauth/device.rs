//! A code that somebody types on another device, for who has no browser here (RFC 8628). It is redeemed by
//! [`super::TokenEndpoint`] with [`DEVICE_GRANT`], again and again until somebody agreed.

use super::{
    OauthError,
    token::{DEADLINE, LIMIT_BYTES, denied, seconds},
};
use crate::{Secret, http::HttpClient};
use reqwest::{Method, Url, header};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// What redeems such a code (§3.4).
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between two questions when the provider says nothing (§3.2).
const USUAL_INTERVAL: u64 = 5;
/// Longer than a day nobody waits, in seconds; neither between two questions.
const LONGEST: u64 = 86_400;
/// More than people can type.
const CODE_CHARACTERS: usize = 64;

/// What the provider gave (§3.2).
#[derive(Debug, Clone)]
pub struct DeviceAnswer {
    /// What is redeemed.
    pub device_code: Secret,
    /// What is typed.
    pub user_code: String,
    /// Where: an address for a browser.
    pub verification_uri: String,
    /// How long it can be typed.
    pub lasts: Duration,
    /// Between two questions, at least.
    pub interval: Duration,
}

#[derive(Deserialize)]
struct Given {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: Value,
    interval: Option<Value>,
}

/// Asks for a code (§3.1), for what `scope` names.
pub async fn device_code(
    client: &HttpClient,
    url: &str,
    client_id: &str,
    scope: &str,
) -> Result<DeviceAnswer, OauthError> {
    let request = client.request(Method::POST, url)?.header(header::ACCEPT, "application/json");
    let request = request.form(&[("client_id", client_id), ("scope", scope)]);
    let answer = client.answer_within(request, LIMIT_BYTES, DEADLINE).await?;
    if answer.status != 200 {
        return Err(denied(&answer, &[]));
    }
    read(&answer.body)
}

fn read(body: &[u8]) -> Result<DeviceAnswer, OauthError> {
    let given: Given = serde_json::from_slice(body).map_err(|_| OauthError::Incomplete("device_code"))?;
    let is_plain = given.user_code.chars().all(|one| !one.is_control()) && !given.user_code.trim().is_empty();
    if !is_plain || given.user_code.chars().count() > CODE_CHARACTERS {
        return Err(OauthError::Incomplete("user_code"));
    }
    // It becomes a link on our page.
    let address = Url::parse(&given.verification_uri).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let address = address.ok_or(OauthError::Incomplete("verification_uri"))?;
    let lasts = seconds(&given.expires_in).ok_or(OauthError::Incomplete("expires_in"))?;
    let interval = given.interval.as_ref().and_then(seconds).unwrap_or(USUAL_INTERVAL);
    Ok(DeviceAnswer {
        device_code: Secret::new(given.device_code),
        user_code: given.user_code,
        verification_uri: address.into(),
        lasts: Duration::from_secs(lasts.min(LONGEST)),
        interval: Duration::from_secs(interval.clamp(1, LONGEST)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_gives_is_taken_as_the_standard_says_and_nothing_that_is_no_address() {
        // RFC 8628, section 3.2, with the interval left out and the numbers as some write them.
        let given = |uri: &str, code: &str| {
            let text = serde_json::json!({
                "device_code": "GmRhmhcxhwAzkoEqiMEg", "user_code": code, "verification_uri": uri, "expires_in": "1800",
            });
            read(text.to_string().as_bytes())
        };
        let taken = given("https://example.com/device", "WDJB-MJHT").unwrap();
        assert_eq!((taken.lasts.as_secs(), taken.interval.as_secs()), (1800, 5));
        assert_eq!(
            (taken.user_code.as_str(), taken.verification_uri.as_str()),
            ("WDJB-MJHT", "https://example.com/device")
        );
        assert!(matches!(given("javascript:alert(1)", "A"), Err(OauthError::Incomplete("verification_uri"))));
        assert!(matches!(given("https://example.com", "a\nb"), Err(OauthError::Incomplete("user_code"))));
        assert!(matches!(given("https://example.com", " "), Err(OauthError::Incomplete("user_code"))));
    }
}
