//! What a refusal means for the caller (documentation.mailgun.com, Errors).

use crate::{
    ConnectError, Secret, ServerWords,
    error::{Cause, Step},
    http::Answer,
};
use serde_json::Value;

/// The words of an answer, for a person.
pub(super) fn said(answer: &Answer, key: &Secret) -> ServerWords {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let plain = || std::str::from_utf8(&answer.body).ok().filter(|text| !text.trim_start().starts_with('<'));
    let message = body["message"].as_str().or(body["error"].as_str()).or_else(plain).unwrap_or_default();
    ServerWords::new(format!("HTTP {}: {message}", answer.status).trim_end_matches([':', ' ']), &[key])
}

/// The error for an answer that is no success.
pub(super) fn meaning(answer: &Answer, key: &Secret) -> ConnectError {
    let words = said(answer, key);
    let lower = words.0.to_lowercase();
    let refused = |cause| ConnectError::Refused { cause, words: words.clone() };
    let settings = |cause| ConnectError::Settings { step: Step::Work, cause, words: words.clone() };
    let later = |cause| {
        let (wait, reason) = (answer.retry_after, words.0.clone());
        ConnectError::Later { step: Step::Work, cause, wait, reason }
    };
    match answer.status {
        401 => ConnectError::Credentials { cause: Cause::KeyRefused, words },
        403 if lower.contains("unverified") || lower.contains("dns") => settings(Cause::DomainUnverified),
        403 if lower.contains("authorized recipients") || lower.contains("free accounts") => {
            refused(Cause::RecipientNotAuthorised)
        }
        403 if lower.contains("disabled") => settings(Cause::AccountDisabled),
        // A key that may only send is answered so for everything else.
        403 => refused(Cause::KeyRefused),
        404 if lower.contains("domain") => settings(Cause::DomainUnknown),
        413 => refused(Cause::TooLarge),
        429 | 503 => later(Cause::Throttled),
        408 | 500..600 => later(Cause::Dropped),
        _ => refused(Cause::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn of(status: u16, message: &str) -> ConnectError {
        let body = serde_json::json!({ "message": message }).to_string().into_bytes();
        let answer = Answer { status, url: String::new(), body, retry_after: Some(Duration::from_secs(7)) };
        meaning(&answer, &Secret::new("kanarie-sleutel"))
    }

    #[test]
    fn refusals_are_sorted_by_what_is_to_be_done_next() {
        assert!(matches!(of(401, "Invalid private key"), ConnectError::Credentials { cause: Cause::KeyRefused, .. }));
        let unverified = of(403, "The domain x is unverified and requires DNS configuration.");
        assert!(matches!(unverified, ConnectError::Settings { cause: Cause::DomainUnverified, .. }));
        let sandbox = of(403, "Domain x is not allowed to send: Free accounts are for test purposes only.");
        assert!(matches!(sandbox, ConnectError::Refused { cause: Cause::RecipientNotAuthorised, .. }));
        assert!(matches!(of(404, "Domain not found"), ConnectError::Settings { cause: Cause::DomainUnknown, .. }));
        assert!(matches!(of(413, ""), ConnectError::Refused { cause: Cause::TooLarge, .. }));
        for status in [429, 503] {
            let error = of(status, "slow down");
            let ConnectError::Later { cause: Cause::Throttled, wait, .. } = error else { panic!("{error:?}") };
            assert_eq!(wait, Some(Duration::from_secs(7)));
        }
        assert!(matches!(of(502, ""), ConnectError::Later { cause: Cause::Dropped, .. }));
    }

    #[test]
    fn a_key_is_never_repeated() {
        assert!(!format!("{:?}", of(401, "no such key: kanarie-sleutel")).contains("kanarie"));
    }
}
