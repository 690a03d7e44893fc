//! What a refusal means for the caller (RFC 2449 §8.1, RFC 3206, and the words of servers that send no code).

use super::{
    reply::{Capabilities, Reply},
    wire::Broken,
};
use crate::{
    ConnectError, ServerWords,
    error::{Cause, Step},
    patience::Lost,
    phrase::phrase,
};
use std::time::Duration;

/// Another program is fetching: so long nobody looks again.
const IN_USE_PAUSE: Duration = Duration::from_secs(60);
/// A fault that a person there has to mend.
const LASTING_PAUSE: Duration = Duration::from_secs(3600);
/// When the server says that we come too soon, but not when to come back.
const TOO_SOON_PAUSE: Duration = Duration::from_secs(300);

/// How servers without codes say that another program has the mailbox open.
const IN_USE: &[&str] = &[
    "maildrop already locked",
    "mailbox already locked",
    "maildrop is locked",
    "mailbox is locked",
    "maildrop lock",
    "mailbox lock",
    "lock busy",
    "another pop",
    "mailbox in use",
    "maildrop in use",
    "mailbox is in use",
    "maildrop is in use",
    "unable to lock",
    "can't get lock",
    "cannot lock",
];

/// The error for a refused sign-in. `token` when an OAuth token was shown.
pub fn sign_in(reply: &Reply, words: ServerWords, token: bool, can: &Capabilities) -> ConnectError {
    let wrong = if token { Cause::TokenRefused } else { Cause::WrongPassword };
    let step = Step::SignIn;
    if let Some(passing) = passing(step, reply, can) {
        return with_words(passing, words);
    }
    let cause = match phrase(&reply.text) {
        Some(cause) => cause,
        // Who tells refused credentials by code means something else without it (RFC 3206 §6).
        None if can.has("AUTH-RESP-CODE") && !reply.is("AUTH") => Cause::Throttled,
        None => wrong,
    };
    match cause {
        Cause::Throttled => ConnectError::Later { step, cause, wait: None, reason: words.0 },
        Cause::EncryptionNeeded => ConnectError::Settings { step, cause, words },
        _ => ConnectError::Credentials { cause, words },
    }
}

/// The error for a refused command after the sign-in.
pub fn work(reply: &Reply) -> ConnectError {
    let words = ServerWords::new(&reply.text, &[]);
    match passing(Step::Work, reply, &Capabilities::default()) {
        Some(passing) => with_words(passing, words),
        None => ConnectError::Refused { cause: Cause::Refused, words },
    }
}

/// What passes by itself.
fn passing(step: Step, reply: &Reply, can: &Capabilities) -> Option<ConnectError> {
    let text = reply.text.to_lowercase();
    let (cause, wait) = match () {
        () if reply.is("IN-USE") || IN_USE.iter().any(|words| text.contains(words)) => (Cause::InUse, IN_USE_PAUSE),
        () if reply.is("LOGIN-DELAY") => {
            let told = can.login_delay();
            (Cause::Throttled, if told.is_zero() { TOO_SOON_PAUSE } else { told })
        }
        () if reply.is("SYS/PERM") && phrase(&reply.text).is_none() => (Cause::Refused, LASTING_PAUSE),
        () if reply.is("SYS") && !reply.is("SYS/PERM") => (Cause::Throttled, Duration::ZERO),
        () => return None,
    };
    let wait = Some(wait).filter(|wait| !wait.is_zero());
    Some(ConnectError::Later { step, cause, wait, reason: String::new() })
}

fn with_words(error: ConnectError, words: ServerWords) -> ConnectError {
    match error {
        ConnectError::Later { step, cause, wait, .. } => ConnectError::Later { step, cause, wait, reason: words.0 },
        other => other,
    }
}

/// An error that passes by itself.
pub fn later(step: Step, cause: Cause, reason: impl Into<String>) -> ConnectError {
    ConnectError::Later { step, cause, wait: None, reason: reason.into() }
}

/// What a broken connection means at this step.
pub fn broken(step: Step, broken: Broken) -> ConnectError {
    match broken {
        Broken::Lost(Lost::Closed) => later(step, Cause::Dropped, "the server closed the connection"),
        Broken::Lost(Lost::Io(error)) => later(step, Cause::Dropped, error.to_string()),
        Broken::Lost(Lost::TimedOut) => later(step, Cause::TimedOut, "the server did not answer in time"),
        Broken::TooLarge => later(step, Cause::TooLarge, "the server sent more than our limit"),
        Broken::Malformed(what) => later(step, Cause::Protocol, format!("the server sent {what}")),
    }
}

impl From<Broken> for ConnectError {
    fn from(error: Broken) -> ConnectError {
        broken(Step::Work, error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::{Said, read};
    use super::*;

    fn refused(line: &str, capabilities: &[&str]) -> ConnectError {
        let Some(Said::Reply(reply)) = read(line.as_bytes()) else { panic!("{line}") };
        let can = Capabilities::new(capabilities.iter().map(|line| (*line).to_owned()).collect());
        sign_in(&reply, ServerWords::new(&reply.text, &[]), false, &can)
    }

    #[test]
    fn a_wrong_password_is_told_from_what_passes() {
        for (line, wanted) in [
            ("-ERR [AUTH] Authentication failed.", Cause::WrongPassword),
            ("-ERR authorization failed", Cause::WrongPassword),
            ("-ERR [SYS/PERM] Your account is not enabled for POP access.", Cause::AccountDisabled),
            ("-ERR [AUTH] Application-specific password required", Cause::AppPasswordNeeded),
        ] {
            let found = refused(line, &[]);
            assert!(matches!(&found, ConnectError::Credentials { cause, .. } if *cause == wanted), "{line}: {found:?}");
        }
        for (line, wanted) in [
            ("-ERR [IN-USE] Couldn't open INBOX", Cause::InUse),
            ("-ERR maildrop already locked by another POP3 session", Cause::InUse),
            ("-ERR [SYS/TEMP] Temporary internal failure", Cause::Throttled),
            ("-ERR [LOGIN-DELAY] minimum time between logins", Cause::Throttled),
        ] {
            let found = refused(line, &[]);
            let reason = line.trim_start_matches("-ERR ");
            assert!(
                matches!(&found, ConnectError::Later { cause, reason: said, .. } if *cause == wanted && said == reason),
                "{line}: {found:?}"
            );
        }
    }

    #[test]
    fn a_server_that_codes_refused_credentials_means_something_else_without_the_code() {
        let found = refused("-ERR backend is not there", &["AUTH-RESP-CODE"]);
        assert!(matches!(found, ConnectError::Later { cause: Cause::Throttled, .. }), "{found:?}");
    }

    #[test]
    fn the_servers_own_delay_is_kept() {
        let found = refused("-ERR [LOGIN-DELAY] too soon", &["LOGIN-DELAY 900"]);
        assert!(matches!(found, ConnectError::Later { wait: Some(wait), .. } if wait.as_secs() == 900), "{found:?}");
    }
}
