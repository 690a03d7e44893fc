//! What a refusal means for the caller (learn.microsoft.com/graph/errors).

use crate::{
    ConnectError, ServerWords,
    error::{Cause, Step},
    http::Answer,
};
use serde_json::Value;

/// The code and the words of a refusal.
pub(super) fn said(answer: &Answer) -> (String, ServerWords) {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body["error"]["code"].as_str().unwrap_or_default().to_owned();
    let message = body["error"]["message"].as_str().unwrap_or_default();
    let words = format!("HTTP {} {code}: {message}", answer.status);
    (code, ServerWords::new(words.trim_end_matches([':', ' ']), &[]))
}

/// The error for an answer that is no success.
pub(super) fn meaning(answer: &Answer) -> ConnectError {
    let (code, words) = said(answer);
    let refused = |cause| ConnectError::Refused { cause, words: words.clone() };
    let later = |cause| {
        let (wait, reason) = (answer.retry_after, words.0.clone());
        ConnectError::Later { step: Step::Work, cause, wait, reason }
    };
    match (answer.status, code.as_str()) {
        (401, _) => ConnectError::Credentials { cause: Cause::TokenRefused, words },
        (410, _) => ConnectError::CursorLost,
        (_, code) if code.eq_ignore_ascii_case("syncStateNotFound") => ConnectError::CursorLost,
        (429, _) => later(Cause::Throttled),
        (_, "ErrorSendAsDenied" | "ErrorMessageSubmissionBlocked") => refused(Cause::SenderNotAllowed),
        (507, _) | (_, "ErrorQuotaExceeded") => refused(Cause::QuotaFull),
        (_, "ErrorExceededMessageLimit" | "ErrorServerBusy" | "ErrorTooManyObjectsOpened") => later(Cause::Throttled),
        (403, _) | (_, "MailboxNotEnabledForRESTAPI" | "MailboxNotSupportedForRESTAPI" | "ErrorInvalidUser") => {
            refused(Cause::AccountDisabled)
        }
        // The letter changed meanwhile.
        (_, "ErrorIrresolvableConflict" | "ErrorStaleObject") => later(Cause::Dropped),
        (404, _) => refused(Cause::NoSuchFolder),
        (413, _) | (_, "ErrorMessageSizeExceeded" | "ErrorAttachmentSizeLimitExceeded") => refused(Cause::TooLarge),
        (503, _) => later(Cause::Throttled),
        (408 | 500..600, _) => later(Cause::Dropped),
        _ => refused(Cause::Refused),
    }
}

/// The number in `AADSTS50173: ...`, with which Microsoft's sign-in says what was wrong. Its codes change; what follows
/// from a refusal is never decided by them, only how it is told.
pub fn aadsts(words: &str) -> Option<u32> {
    let digits = words.split("AADSTS").nth(1)?;
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(status: u16, code: &str) -> Answer {
        let body = serde_json::json!({ "error": { "code": code, "message": "words" } }).to_string().into_bytes();
        Answer { status, url: String::new(), body, retry_after: Some(Duration::from_secs(7)) }
    }

    #[test]
    fn refusals_are_sorted_by_what_is_to_be_done_next() {
        let of = |status, code| meaning(&answer(status, code));
        assert!(matches!(of(401, "InvalidAuthenticationToken"), ConnectError::Credentials { .. }));
        for (status, code) in
            [(410, "SyncStateNotFound"), (410, ""), (400, "SyncStateNotFound"), (400, "syncStateNotFound")]
        {
            assert!(matches!(of(status, code), ConnectError::CursorLost), "{status} {code}");
        }
        let ConnectError::Later { cause: Cause::Throttled, wait, reason, .. } = of(429, "ApplicationThrottled") else {
            panic!("too many requests")
        };
        assert_eq!((wait, reason.as_str()), (Some(Duration::from_secs(7)), "HTTP 429 ApplicationThrottled: words"));
        for (status, code, wanted) in [
            (403, "ErrorSendAsDenied", Cause::SenderNotAllowed),
            (403, "ErrorAccessDenied", Cause::AccountDisabled),
            (404, "MailboxNotEnabledForRESTAPI", Cause::AccountDisabled),
            (404, "ErrorItemNotFound", Cause::NoSuchFolder),
            (413, "", Cause::TooLarge),
        ] {
            let found = of(status, code);
            assert!(matches!(&found, ConnectError::Refused { cause, .. } if *cause == wanted), "{found:?}");
        }
        for (status, code) in [(504, ""), (409, "ErrorIrresolvableConflict"), (412, "ErrorIrresolvableConflict")] {
            assert!(matches!(of(status, code), ConnectError::Later { cause: Cause::Dropped, .. }), "{status} {code}");
        }
    }

    #[test]
    fn the_number_of_a_sign_ins_refusal_is_found_among_its_words() {
        assert_eq!(aadsts("AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"), Some(7_000_215));
        assert_eq!(aadsts("no such thing"), None);
        assert_eq!(aadsts("AADSTSx"), None);
    }
}
