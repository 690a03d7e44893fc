//! What a refusal means for the caller (RFC 5530, and the words of providers that send no code).

use super::{
    response::{Condition, Status},
    wire::Broken,
};
use crate::{
    ConnectError, ServerWords,
    error::{Cause, Step},
    phrase::phrase,
};
use std::time::Duration;

/// The error for a refused sign-in. `token` when an OAuth token was shown.
pub fn sign_in(status: &Status, words: ServerWords, token: bool) -> ConnectError {
    let wrong = if token { Cause::TokenRefused } else { Cause::WrongPassword };
    let phrase = phrase(&status.text);
    for code in ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"] {
        if status.named(code) {
            let cause = if phrase == Some(Cause::Blacklisted) { Cause::Blacklisted } else { Cause::Throttled };
            return later(Step::SignIn, cause, words.0);
        }
    }
    let cause = match () {
        () if status.named("PRIVACYREQUIRED") => Cause::EncryptionNeeded,
        () if status.named("EXPIRED") => wrong,
        () if status.named("ALERT") && phrase.is_none() => Cause::AccountDisabled,
        () => phrase.unwrap_or(match status.condition {
            Condition::No if status.named("AUTHENTICATIONFAILED") || status.named("AUTHORIZATIONFAILED") => wrong,
            Condition::Bad => Cause::Protocol,
            _ => wrong,
        }),
    };
    match cause {
        Cause::Throttled => later(Step::SignIn, cause, words.0),
        Cause::EncryptionNeeded | Cause::Protocol => ConnectError::Settings { step: Step::SignIn, cause, words },
        _ => ConnectError::Credentials { cause, words },
    }
}

/// The error for a refused command after the sign-in.
pub fn work(status: &Status) -> ConnectError {
    let words = ServerWords::new(&status.text, &[]);
    for code in ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "EXPUNGEISSUED"] {
        if status.named(code) {
            return later(Step::Work, Cause::Throttled, words.0);
        }
    }
    let cause = match () {
        () if status.named("NONEXISTENT") || status.named("TRYCREATE") => Cause::NoSuchFolder,
        () if status.named("OVERQUOTA") => Cause::QuotaFull,
        () if status.named("TOOBIG") => Cause::TooLarge,
        () if status.condition == Condition::Bad => Cause::Protocol,
        () if status.text.to_ascii_lowercase().contains("quota") => Cause::QuotaFull,
        () => Cause::Refused,
    };
    ConnectError::Refused { cause, words }
}

/// An error that passes by itself.
pub fn later(step: Step, cause: Cause, reason: String) -> ConnectError {
    ConnectError::Later { step, cause, wait: None, reason }
}

/// What a broken connection means at this step.
pub fn broken(step: Step, broken: Broken) -> ConnectError {
    match broken {
        Broken::Closed => later(step, Cause::Dropped, "the server closed the connection".into()),
        Broken::Io(error) => later(step, Cause::Dropped, error.to_string()),
        Broken::TimedOut => later(step, Cause::TimedOut, "the server did not answer in time".into()),
        Broken::TooLarge { size, .. } => {
            later(step, Cause::TooLarge, format!("the server announced a message of {size} bytes, above our limit"))
        }
        Broken::Malformed(what) => later(step, Cause::Protocol, format!("the server sent {what}")),
        Broken::Bye(status) => {
            let cause = phrase(&status.text).filter(|cause| matches!(cause, Cause::Blacklisted | Cause::Throttled));
            let wait = (cause == Some(Cause::Blacklisted)).then_some(Duration::from_secs(3600));
            let reason = ServerWords::new(&status.text, &[]).0;
            ConnectError::Later { step, cause: cause.unwrap_or(Cause::Dropped), wait, reason }
        }
    }
}

impl From<Broken> for ConnectError {
    fn from(error: Broken) -> ConnectError {
        broken(Step::Work, error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::{self, Response};
    use super::*;

    fn refused(line: &str) -> ConnectError {
        let Response::Tagged(_, status) = response::read(format!("k1 {line}").as_bytes(), &mut []) else { panic!() };
        sign_in(&status, ServerWords::new(&status.text, &[]), false)
    }

    #[test]
    fn providers_words_become_causes() {
        for (line, wanted) in [
            ("NO [AUTHENTICATIONFAILED] Authentication failed.", Cause::WrongPassword),
            ("NO LOGIN failed.", Cause::WrongPassword),
            ("NO [ALERT] Application-specific password required: https://support.example", Cause::AppPasswordNeeded),
            ("NO [AUTHENTICATIONFAILED] LOGIN failed. Basic Authentication is disabled", Cause::BasicAuthOff),
            ("NO Your IP was blacklisted", Cause::Blacklisted),
            ("NO [ALERT] Your account is suspended", Cause::AccountDisabled),
            ("NO MFA in the way", Cause::AppPasswordNeeded),
        ] {
            let found = refused(line);
            assert!(matches!(&found, ConnectError::Credentials { cause, .. } if *cause == wanted), "{line}: {found:?}");
        }
    }

    #[test]
    fn a_passing_trouble_is_no_wrong_password() {
        for line in ["NO [UNAVAILABLE] Temporary authentication failure.", "NO [LIMIT] slow down", "NO [INUSE] locked"]
        {
            assert!(matches!(refused(line), ConnectError::Later { .. }), "{line}");
        }
        assert!(matches!(
            refused("NO [PRIVACYREQUIRED] Plaintext authentication disallowed"),
            ConnectError::Settings { cause: Cause::EncryptionNeeded, .. }
        ));
    }
}
