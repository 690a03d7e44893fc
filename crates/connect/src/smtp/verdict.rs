//! What a reply means for what we do next.

use super::reply::Reply;
use crate::{
    ConnectError, ServerWords,
    error::{Cause, Step},
};
use std::time::Duration;

/// A refusal of the greeting or of our name: it concerns the connection, not a message.
pub(crate) fn of_session(step: Step, reply: &Reply) -> ConnectError {
    if reply.is_transient() {
        return later(step, Cause::Throttled, reply);
    }
    let text = reply.words().0.to_ascii_lowercase();
    let listed = ["block", "blacklist", "listed", "reputation", "banned"].iter().any(|word| text.contains(word));
    let cause = if listed { Cause::Blacklisted } else { Cause::Refused };
    ConnectError::Settings { step, cause, words: reply.words() }
}

/// A refusal of our credentials (RFC 4954 §6).
pub(crate) fn of_sign_in(reply: &Reply) -> ConnectError {
    let words = reply.words();
    let text = words.0.to_ascii_lowercase();
    let detail = reply.enhanced.map(|(_, subject, detail)| (subject, detail));
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    if reply.is_transient() && !matches!(reply.code, 432) {
        return later(Step::SignIn, Cause::Throttled, reply);
    }
    if says(&["must issue a starttls", "encryption required"]) || matches!(reply.code, 538 | 523) {
        return ConnectError::Settings { step: Step::Tls, cause: Cause::EncryptionNeeded, words };
    }
    if matches!(reply.code, 500..=504) {
        return ConnectError::Settings { step: Step::SignIn, cause: Cause::NoCommonMechanism, words };
    }
    let cause = if says(&["application-specific", "app password", "app-specific", "invalidsecondfactor"]) {
        Cause::AppPasswordNeeded
    } else if detail == Some((7, 139)) || says(&["basic authentication is disabled", "smtpclientauthentication is dis"])
    {
        Cause::BasicAuthOff
    } else if says(&["disabled", "suspended", "locked"]) {
        Cause::AccountDisabled
    } else if says(&["too many", "blacklist", "blocked"]) {
        Cause::Blacklisted
    } else {
        Cause::WrongPassword
    };
    ConnectError::Credentials { cause, words }
}

/// A refusal of the sender; `signed_in` tells whether we have shown who we are.
pub(crate) fn of_sender(reply: &Reply, signed_in: bool) -> ConnectError {
    match reply.code {
        530 | 535 if reply.words().0.to_ascii_lowercase().contains("starttls") => {
            ConnectError::Settings { step: Step::Tls, cause: Cause::EncryptionNeeded, words: reply.words() }
        }
        530 | 534 | 535 if signed_in => of_sign_in(reply),
        530 | 534 | 535 => {
            let words = reply.words();
            ConnectError::Settings { step: Step::SignIn, cause: Cause::WrongPassword, words }
        }
        _ => of_message(reply, Cause::SenderNotAllowed),
    }
}

/// A refusal of one recipient or of the message: 4yz again later, 5yz never.
pub(crate) fn of_message(reply: &Reply, otherwise: Cause) -> ConnectError {
    let detail = reply.enhanced.map(|(_, subject, detail)| (subject, detail));
    let text = reply.words().0.to_ascii_lowercase();
    let cause = match (detail, reply.code) {
        (Some((2, 2)), _) => Cause::QuotaFull,
        (Some((2, 3) | (3, 4)), _) => Cause::TooLarge,
        (None, 552) => Cause::TooLarge,
        (Some((7, 60)), _) => Cause::SenderNotAllowed,
        _ if reply.is_transient() => Cause::Throttled,
        _ if text.contains("sender") && text.contains("not allowed") => Cause::SenderNotAllowed,
        _ => otherwise,
    };
    if reply.is_transient() {
        return later(Step::Work, cause, reply);
    }
    if reply.code / 100 != 5 {
        // 2yz or 3yz where it can't be: the server and we no longer talk about the same thing.
        return ConnectError::Later {
            step: Step::Work,
            cause: Cause::Protocol,
            wait: None,
            reason: format!("an answer out of turn: {}", reply.words()),
        };
    }
    ConnectError::Refused { cause, words: reply.words() }
}

fn later(step: Step, cause: Cause, reply: &Reply) -> ConnectError {
    let ServerWords(reason) = reply.words();
    ConnectError::Later { step, cause, wait: named_wait(&reason), reason }
}

/// The time a server names: "try again in 60 seconds", "retry after 5 minutes". At most a day.
fn named_wait(text: &str) -> Option<Duration> {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(3).find_map(|three| {
        let [before, number, unit] = three else { return None };
        let number: u64 = number.parse().ok()?;
        if !["in", "after", "for", "another", "within"].contains(&before.to_ascii_lowercase().as_str()) {
            return None;
        }
        let unit = match unit.to_ascii_lowercase() {
            unit if unit.starts_with("sec") => 1,
            unit if unit.starts_with("min") => 60,
            unit if unit.starts_with("hour") => 3600,
            _ => return None,
        };
        Some(Duration::from_secs(number.checked_mul(unit)?.min(86_400)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::reply::take_reply;
    use bytes::BytesMut;

    fn reply(line: &str) -> Reply {
        take_reply(&mut BytesMut::from(format!("{line}\r\n").as_str())).unwrap().unwrap()
    }

    #[test]
    fn refused_sign_ins_are_told_apart() {
        let cases = [
            ("535 5.7.8 Authentication failed", Cause::WrongPassword),
            ("534 5.7.9 Application-specific password required", Cause::AppPasswordNeeded),
            ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", Cause::BasicAuthOff),
            ("535 5.7.8 account is locked", Cause::AccountDisabled),
        ];
        for (line, expected) in cases {
            let ConnectError::Credentials { cause, .. } = of_sign_in(&reply(line)) else { panic!("{line}") };
            assert_eq!(cause, expected, "{line}");
        }
        assert!(matches!(of_sign_in(&reply("454 4.7.0 Temporary failure")), ConnectError::Later { .. }));
    }

    #[test]
    fn a_full_mailbox_may_have_room_later_and_a_missing_one_never() {
        let full = of_message(&reply("452 4.2.2 Mailbox full"), Cause::Refused);
        assert!(matches!(full, ConnectError::Later { cause: Cause::QuotaFull, .. }));
        let gone = of_message(&reply("550 5.1.1 No such user"), Cause::Refused);
        assert!(matches!(gone, ConnectError::Refused { cause: Cause::Refused, .. }));
    }

    #[test]
    fn the_time_a_server_names_is_kept() {
        let listed = of_message(&reply("450 4.2.0 Greylisted, please try again in 60 seconds"), Cause::Refused);
        assert!(matches!(listed, ConnectError::Later { wait: Some(wait), .. } if wait == Duration::from_secs(60)));
        assert_eq!(named_wait("wait for 5 minutes"), Some(Duration::from_secs(300)));
        assert_eq!(named_wait("error 451 in line 3"), None);
    }
}
