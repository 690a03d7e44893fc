//! What a refusal means for the caller (developers.google.com/workspace/gmail/api/guides/handle-errors).

use crate::{
    ConnectError, ServerWords,
    error::{Cause, Step},
    http::Answer,
};
use serde_json::Value;
use std::time::Duration;

/// The reason and the words of a refusal.
pub(super) fn said(answer: &Answer) -> (String, ServerWords) {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = &body["error"];
    let reason = error["errors"][0]["reason"].as_str().or(error["status"].as_str()).unwrap_or_default().to_owned();
    let message = error["message"].as_str().unwrap_or_default();
    let words = format!("HTTP {} {reason}: {message}", answer.status);
    (reason, ServerWords::new(words.trim_end_matches([':', ' ']), &[]))
}

/// The error for an answer that is no success.
pub(super) fn meaning(answer: &Answer) -> ConnectError {
    let (reason, words) = said(answer);
    let refused = |cause| ConnectError::Refused { cause, words: words.clone() };
    let later = |cause| {
        let wait = answer.retry_after.or_else(|| named(&words.0));
        ConnectError::Later { step: Step::Work, cause, wait, reason: words.0.clone() }
    };
    match (answer.status, reason.as_str()) {
        (401, _) => ConnectError::Credentials { cause: Cause::TokenRefused, words },
        (403, "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            ConnectError::Credentials { cause: Cause::GrantGone, words }
        }
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => {
            ConnectError::Settings { step: Step::Work, cause: Cause::AppRefused, words }
        }
        (429, _)
        | (
            _,
            "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded" | "dailyLimitExceeded" | "limitExceeded",
        ) => later(Cause::Throttled),
        (403, _) | (400, "failedPrecondition") => refused(Cause::AccountDisabled),
        (404, _) => refused(Cause::NoSuchFolder),
        (413, _) | (_, "uploadTooLarge") => refused(Cause::TooLarge),
        (503, _) => later(Cause::Throttled),
        (408 | 500..600, _) => later(Cause::Dropped),
        _ => refused(Cause::Refused),
    }
}

/// Google may say in words until when it wants to be left alone: `Retry after 2026-11-22T10:00:00.000Z`.
fn named(words: &str) -> Option<Duration> {
    let moment = words.split("Retry after ").nth(1)?.split_whitespace().next()?;
    let at: jiff::Timestamp = moment.trim_end_matches(['.', ')']).parse().ok()?;
    let left = at.as_millisecond() - jiff::Timestamp::now().as_millisecond();
    u64::try_from(left).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, reason: &str, message: &str) -> ConnectError {
        let error = serde_json::json!({ "code": status, "message": message, "errors": [{ "reason": reason }] });
        let body = serde_json::json!({ "error": error }).to_string().into_bytes();
        meaning(&Answer { status, url: String::new(), body, retry_after: None })
    }

    #[test]
    fn refusals_are_sorted_by_what_is_to_be_done_next() {
        assert!(matches!(of(401, "authError", ""), ConnectError::Credentials { cause: Cause::TokenRefused, .. }));
        assert!(matches!(of(403, "insufficientPermissions", ""), ConnectError::Credentials { .. }));
        assert!(matches!(of(403, "accessNotConfigured", ""), ConnectError::Settings { .. }));
        for (status, reason) in [(429, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (503, "backendError")] {
            let found = of(status, reason, "");
            assert!(matches!(&found, ConnectError::Later { cause: Cause::Throttled, .. }), "{found:?}");
        }
        for (status, reason, wanted) in [
            (403, "domainPolicy", Cause::AccountDisabled),
            (400, "failedPrecondition", Cause::AccountDisabled),
            (404, "notFound", Cause::NoSuchFolder),
            (413, "", Cause::TooLarge),
            (400, "invalidArgument", Cause::Refused),
        ] {
            let found = of(status, reason, "");
            assert!(matches!(&found, ConnectError::Refused { cause, .. } if *cause == wanted), "{found:?}");
        }
        assert!(matches!(of(500, "backendError", ""), ConnectError::Later { cause: Cause::Dropped, .. }));
    }

    #[test]
    fn a_moment_in_the_words_is_kept_to() {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(90);
        let words = format!("User-rate limit exceeded.  Retry after {at}");
        let ConnectError::Later { wait: Some(wait), .. } = of(429, "rateLimitExceeded", &words) else { panic!() };
        assert!((80..=90).contains(&wait.as_secs()), "{wait:?}");
    }
}
