//! What a refusal means for the caller (learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode).

use super::xml::Node;
use crate::{
    ConnectError, Secret, ServerWords,
    error::{Cause, Step},
    http::LONGEST_WAIT,
};
use std::time::Duration;

/// An answer over HTTP that is no success.
pub(super) struct Http<'a> {
    pub status: u16,
    /// The ways to sign in that the server offers.
    pub offers: &'a [String],
    pub retry_after: Option<Duration>,
    /// Where it sends us.
    pub location: Option<&'a str>,
    /// Those that we can take.
    pub ways: &'a [&'a str],
}

/// The error for an answer that carries no SOAP.
pub(super) fn of_status(http: &Http<'_>) -> ConnectError {
    let words = ServerWords::new(&format!("HTTP {}", http.status), &[]);
    let settings = |cause, words| ConnectError::Settings { step: Step::SignIn, cause, words };
    match http.status {
        401 => {
            let is_ours = |offer: &String| http.ways.iter().any(|way| offer.eq_ignore_ascii_case(way));
            let has_way = http.offers.iter().any(is_ours);
            if !has_way && !http.offers.is_empty() {
                let said = format!("HTTP 401; the server offers {}", http.offers.join(", "));
                return settings(Cause::OtherSignIn, ServerWords::new(&said, &[]));
            }
            ConnectError::Credentials { cause: Cause::WrongPassword, words }
        }
        403 => settings(Cause::EwsOff, words),
        300..=399 => {
            // What stands behind the question mark says where we came from, and is of no use to a person.
            let to = http.location.and_then(|to| to.split('?').next()).unwrap_or("elsewhere");
            settings(Cause::NotExchange, ServerWords::new(&format!("HTTP {} to {to}", http.status), &[]))
        }
        404 | 405 | 410 => settings(Cause::NotExchange, words),
        413 => ConnectError::Refused { cause: Cause::TooLarge, words },
        // Not carried out, as 429 is; 503 may be the word of a proxy that got no answer in time.
        429 => later(Cause::Throttled, http.retry_after, &words.0),
        408 | 440 | 500..600 => later(Cause::Dropped, http.retry_after, &words.0),
        _ => ConnectError::Refused { cause: Cause::Refused, words },
    }
}

/// The error that a response message or a SOAP fault tells.
pub(super) fn told(code: &str, text: &str, node: &Node, secrets: &[&Secret]) -> ConnectError {
    let words = ServerWords::new(format!("{code}: {text}").trim_end_matches([':', ' ']), secrets);
    let refused = |cause| ConnectError::Refused { cause, words: words.clone() };
    match code {
        "ErrorInvalidSyncStateData" => ConnectError::CursorLost,
        "ErrorServerBusy"
        | "ErrorExceededConnectionCount"
        | "ErrorTooManyObjectsOpened"
        | "ErrorInsufficientResources" => {
            // Only of these two it is said that nothing was begun.
            let is_busy = matches!(code, "ErrorServerBusy" | "ErrorExceededConnectionCount");
            let wait =
                node.all("Value").into_iter().find(|value| value.attribute("Name") == Some("BackOffMilliseconds"));
            let wait = wait
                .and_then(|value| value.text.trim().parse().ok())
                .map(Duration::from_millis)
                .map(|wait| wait.min(LONGEST_WAIT));
            later(if is_busy { Cause::Throttled } else { Cause::Dropped }, wait, &words.0)
        }
        "ErrorInternalServerTransientError"
        | "ErrorInternalServerError"
        | "ErrorTimeoutExpired"
        | "ErrorConnectionFailed"
        | "ErrorConnectionFailedTransientError"
        | "ErrorMailboxStoreUnavailable"
        | "ErrorMailboxMoveInProgress"
        | "ErrorADUnavailable"
        | "ErrorBatchProcessingStopped"
        | "ErrorStaleObject"
        | "ErrorIrresolvableConflict"
        | "ErrorNotEnoughMemory" => later(Cause::Dropped, None, &words.0),
        "ErrorItemNotFound"
        | "ErrorFolderNotFound"
        | "ErrorInvalidIdMalformed"
        | "ErrorInvalidId"
        | "ErrorParentFolderNotFound" => refused(Cause::NoSuchFolder),
        "ErrorSendAsDenied" | "ErrorSendMeetingMessageAsDenied" => refused(Cause::SenderNotAllowed),
        "ErrorQuotaExceeded" | "ErrorOverQuota" => refused(Cause::QuotaFull),
        "ErrorMessageSizeExceeded" | "ErrorAttachmentSizeLimitExceeded" => refused(Cause::TooLarge),
        "ErrorNonExistentMailbox"
        | "ErrorMissingEmailAddress"
        | "ErrorAccountDisabled"
        | "ErrorUserNotAllowedByPolicy" => refused(Cause::AccountDisabled),
        "ErrorSchemaValidation" | "ErrorInvalidRequest" | "ErrorInvalidServerVersion" => refused(Cause::Protocol),
        _ => refused(Cause::Refused),
    }
}

/// Trouble that may pass.
pub(super) fn later(cause: Cause, wait: Option<Duration>, reason: &str) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause, wait, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(status: u16, offers: &[&str], is_basic: bool) -> ConnectError {
        let offers: Vec<String> = offers.iter().map(|offer| (*offer).to_owned()).collect();
        let location = Some("https://mail.voorbeeld.test/owa/auth/logon.aspx?url=x&reason=0");
        let ways: &[&str] = if is_basic { &["Basic"] } else { &["NTLM", "Negotiate"] };
        of_status(&Http { status, offers: &offers, retry_after: Some(Duration::from_secs(7)), location, ways })
    }

    #[test]
    fn a_refused_sign_in_is_told_from_a_way_that_is_not_offered() {
        assert!(matches!(http(401, &["Basic"], true), ConnectError::Credentials { cause: Cause::WrongPassword, .. }));
        assert!(matches!(http(401, &["Negotiate"], false), ConnectError::Credentials { .. }));
        let other = http(401, &["Negotiate", "NTLM"], true);
        assert!(
            matches!(&other, ConnectError::Settings { cause: Cause::OtherSignIn, words, .. } if words.0.contains("NTLM"))
        );
        assert!(matches!(http(401, &["Basic"], false), ConnectError::Settings { cause: Cause::OtherSignIn, .. }));
    }

    #[test]
    fn the_webmail_in_place_of_the_service_is_named() {
        let led = http(302, &[], true);
        assert!(
            matches!(&led, ConnectError::Settings { cause: Cause::NotExchange, words, .. } if words.0.ends_with("logon.aspx")),
            "{led:?}"
        );
        assert!(matches!(http(403, &[], true), ConnectError::Settings { cause: Cause::EwsOff, .. }));
        assert!(matches!(http(429, &[], true), ConnectError::Later { wait: Some(_), cause: Cause::Throttled, .. }));
        assert!(matches!(http(503, &[], true), ConnectError::Later { wait: Some(_), cause: Cause::Dropped, .. }));
        assert!(matches!(http(504, &[], true), ConnectError::Later { cause: Cause::Dropped, .. }));
    }

    #[test]
    fn a_busy_server_says_how_long() {
        let node =
            Node::read(b"<d><MessageXml><Value Name=\"BackOffMilliseconds\">2500</Value></MessageXml></d>").unwrap();
        let busy = told("ErrorServerBusy", "Try again later.", &node, &[]);
        assert!(matches!(busy, ConnectError::Later { wait: Some(wait), .. } if wait == Duration::from_millis(2500)));
        assert!(matches!(told("ErrorInvalidSyncStateData", "", &node, &[]), ConnectError::CursorLost));
        let kept = told("ErrorX", "said geheim-1", &node, &[&Secret::new("geheim-1")]);
        assert!(!kept.to_string().contains("geheim-1"));
    }
}
