//! How an account is doing, and when it is tried again: a state machine without a clock of its own (features M11, M12).
//!
//! Errors have classes (pains P9). Only a refused sign-in or a missing right counts towards switching off: a nightly
//! backup of the server must not switch anything off, and a wrong password must never be tried until the provider locks
//! the organisation out.

use super::diagnosis;
use crate::words::cause::{self, SENDING};
use connect::{
    ConnectError,
    error::{Cause, Step},
};
use store::account::{Colour, Health, Trouble};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// After so many refused sign-ins nothing is tried any more until a person saves the account.
pub const REFUSED_SIGN_INS_MAX: i64 = 3;
/// Without a connection for this long the account is red.
pub const RED_AFTER: i64 = 24 * HOUR;
/// A connection that lasted this long ends the series of errors (reliability case 21).
pub const STABLE_AFTER: i64 = 5 * MINUTE;
/// About so many tries fit in a day of errors.
const TRIES_OF_A_DAY: i64 = 40;
const FIRST_PAUSE: i64 = 30_000;
const LONGEST_PAUSE: i64 = HOUR;
/// The pause after the first refused sign-in; the next is twice as long.
const SIGN_IN_PAUSE: i64 = 5 * MINUTE;
/// An account that was switched off for want of rights is still tried this often, so that it comes back by itself.
const NOW_AND_THEN: i64 = 6 * HOUR;

/// What kind of trouble an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The line, the name, the server's machine: passes by itself.
    Network,
    /// We asked too much.
    Throttled,
    /// The sign-in was refused: every further try brings a lock-out nearer.
    Credential,
    /// Signed in, but not allowed to do this.
    Permission,
    /// The settings can't work as they are.
    Configuration,
    /// One message or folder, not the account.
    Message,
}

/// Which half of an account had trouble. One half that works says nothing of the other, so the sending half's trouble
/// has a name of its own in the account's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Fetching.
    Receiving,
    /// Sending.
    Sending,
}

impl Half {
    /// The code of a diagnosis as kept with the health.
    pub fn code(self, diagnosis: &str) -> String {
        match self {
            Half::Receiving => diagnosis.to_owned(),
            Half::Sending => format!("{SENDING}{diagnosis}"),
        }
    }

    /// The half and the diagnosis of a kept code.
    pub fn of(code: &str) -> (Half, &str) {
        match code.strip_prefix(SENDING) {
            // A diagnosis may begin with that word by itself.
            Some(rest) if cause::by_code(rest).is_some() => (Half::Sending, rest),
            _ => (Half::Receiving, code),
        }
    }
}

/// What kind of trouble the error is.
pub fn class(error: &ConnectError) -> Class {
    match error {
        ConnectError::Credentials { .. } => Class::Credential,
        ConnectError::Settings { step: Step::Resolve | Step::Connect, cause, .. } => match cause {
            Cause::AddressNotAllowed | Cause::CertificateChanged | Cause::WrongEncryption => Class::Configuration,
            _ => Class::Network,
        },
        ConnectError::Settings { .. } => Class::Configuration,
        ConnectError::Later { cause: Cause::Throttled, .. } => Class::Throttled,
        ConnectError::Later { .. } => Class::Network,
        ConnectError::Refused { cause: Cause::AccountDisabled | Cause::SenderNotAllowed, .. } => Class::Permission,
        ConnectError::Refused { .. } | ConnectError::CursorLost | ConnectError::Uncertain(_) => Class::Message,
    }
}

/// Whether something that went well ends the trouble of the account. `stable` says that the connection lasted
/// [`STABLE_AFTER`], or that everything asked of it was done and we ended it ourselves (reliability case 21).
pub fn ends_trouble(health: &Health, half: Half, stable: bool) -> bool {
    let same_half = health.code.as_deref().is_none_or(|code| code == "not_tried" || Half::of(code).0 == half);
    same_half && !health.parked && (stable || health.errors_in_row == 0)
}

/// What follows from an error, or `None` when it says nothing of the account. `disable_after` is the account's own limit
/// for errors that count; `dice` (0 to 1) spreads the tries of many accounts at one server.
pub fn after_error(
    health: &Health,
    now: i64,
    disable_after: i64,
    half: Half,
    error: &ConnectError,
    dice: f64,
) -> Option<Trouble> {
    let class = match class(error) {
        // A pass that ends so got nothing: it is no letter that the server refuses, and must not be asked for without a pause.
        Class::Message if half == Half::Receiving => Class::Network,
        Class::Message => return None,
        class => class,
    };
    let diagnosis = diagnosis::diagnose(error, diagnosis::Circumstances::default());
    let errors_in_row = health.errors_in_row + 1;
    let refused = health.refused_sign_ins + i64::from(class == Class::Credential);
    let mut pause = back_off(errors_in_row, dice);
    if let ConnectError::Later { wait: Some(wait), .. } = error {
        pause = pause.max(wait.as_millis().min(24 * HOUR as u128) as i64);
    }
    let (colour, parked) = match class {
        Class::Credential => {
            pause = SIGN_IN_PAUSE << (refused - 1).clamp(0, 8);
            // A grant that is gone comes back by nobody but its owner, and a key by nobody but an administrator.
            let is_gone =
                matches!(error, ConnectError::Credentials { cause: Cause::GrantGone | Cause::KeyRefused, .. });
            let parked = is_gone || refused >= REFUSED_SIGN_INS_MAX.min(disable_after.max(1));
            (if parked { Colour::Red } else { Colour::Amber }, parked)
        }
        Class::Permission if errors_in_row >= disable_after.max(1) => {
            pause = NOW_AND_THEN;
            (Colour::Red, false)
        }
        Class::Permission => (Colour::Amber, false),
        // Another certificate than the pinned one may be somebody in between: nothing more is sent there. Another mailbox
        // than before is not to be mixed with this one.
        Class::Configuration => {
            (Colour::Red, matches!(diagnosis.explained.code, "certificate_changed" | "other_account"))
        }
        // What is wrong since a day is red, and stays so until it goes well.
        _ if health.colour == Colour::Red || is_wrong_since_a_day(health, now) => (Colour::Red, false),
        _ => (Colour::Amber, false),
    };
    let parked = parked || health.parked;
    // What keeps us out on the way in keeps us out on the way out: that is one trouble, told as the mailbox's.
    let code = diagnosis.explained.code;
    let is_known = health.code.as_deref() == Some(code);
    Some(Trouble {
        colour: if parked { Colour::Red } else { colour },
        code: if is_known { code.to_owned() } else { half.code(code) },
        words: Some(diagnosis.server_said).filter(|said| !said.is_empty()),
        errors_in_row,
        refused_sign_in: class == Class::Credential,
        next_try_at: (!parked).then_some(now + pause),
        parked,
    })
}

/// Whether the owners are to be told by mail: it turned red, or it stopped.
pub fn concerns_owners(before: &Health, trouble: &Trouble) -> bool {
    let turned_red = trouble.colour == Colour::Red && before.colour != Colour::Red;
    turned_red || trouble.parked && !before.parked
}

/// The start of the trouble is forgotten when its cause changes, the number of tries is not.
fn is_wrong_since_a_day(health: &Health, now: i64) -> bool {
    health.colour == Colour::Amber && now - health.since_at >= RED_AFTER || health.errors_in_row >= TRIES_OF_A_DAY
}

/// 30 s, doubled for every error, up to an hour, each between half and all of it.
fn back_off(errors_in_row: i64, dice: f64) -> i64 {
    let doublings = (errors_in_row - 1).clamp(0, 20);
    let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
    pause / 2 + (pause as f64 / 2.0 * dice.clamp(0.0, 1.0)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect::ServerWords;

    const WELL: Health = Health {
        colour: Colour::Green,
        code: None,
        words: None,
        since_at: 0,
        errors_in_row: 0,
        refused_sign_ins: 0,
        parked: false,
        next_try_at: None,
        last_fetched_at: None,
    };

    fn refused() -> ConnectError {
        ConnectError::Credentials { cause: Cause::WrongPassword, words: ServerWords("535 no".into()) }
    }
    fn dropped() -> ConnectError {
        ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason: "gone".into() }
    }
    /// As the store writes it down.
    fn noted(before: &Health, trouble: &Trouble, now: i64) -> Health {
        let same = before.colour == trouble.colour && before.code.as_ref() == Some(&trouble.code);
        Health {
            colour: trouble.colour,
            code: Some(trouble.code.clone()),
            words: trouble.words.clone(),
            since_at: if same { before.since_at } else { now },
            errors_in_row: trouble.errors_in_row,
            refused_sign_ins: before.refused_sign_ins + i64::from(trouble.refused_sign_in),
            parked: trouble.parked,
            next_try_at: trouble.next_try_at,
            last_fetched_at: None,
        }
    }

    #[test]
    fn a_wrong_password_is_tried_three_times_with_growing_pauses_and_then_never() {
        let (mut health, mut now, mut tries, mut before) = (WELL, 0, 0, 0);
        while !health.parked {
            let trouble = after_error(&health, now, 10, Half::Receiving, &refused(), 0.0).unwrap();
            tries += 1;
            assert_eq!(concerns_owners(&health, &trouble), trouble.parked, "the owners are told when it stops");
            health = noted(&health, &trouble, now);
            if let Some(at) = trouble.next_try_at {
                assert!(at - now > before);
                before = at - now;
                now = at;
            }
        }
        assert_eq!((tries, health.colour, health.next_try_at), (3, Colour::Red, None));
        assert_eq!(health.code.as_deref(), Some("wrong_password"));
    }

    #[test]
    fn an_account_may_ask_to_stop_sooner_but_not_later() {
        assert!(after_error(&WELL, 0, 1, Half::Receiving, &refused(), 0.0).unwrap().parked);
    }

    #[test]
    fn the_network_never_parks_an_account_and_is_red_after_a_day() {
        let (mut health, mut now, mut red_at) = (WELL, 0, None);
        for _ in 0..60 {
            let trouble = after_error(&health, now, 3, Half::Receiving, &dropped(), 1.0).unwrap();
            assert!(!trouble.parked);
            if trouble.colour == Colour::Red && red_at.is_none() {
                red_at = Some(now);
            }
            health = noted(&health, &trouble, now);
            now = health.next_try_at.unwrap();
        }
        assert!((RED_AFTER..RED_AFTER + 2 * HOUR).contains(&red_at.unwrap()));
        assert!(health.next_try_at.unwrap() <= now + HOUR);
    }

    #[test]
    fn a_connection_that_always_breaks_is_tried_less_and_less_though_it_signs_in() {
        let mut health = WELL;
        let mut pauses = Vec::new();
        for _ in 0..4 {
            let trouble = after_error(&health, 0, 10, Half::Receiving, &dropped(), 0.0).unwrap();
            pauses.push(trouble.next_try_at.unwrap());
            health = noted(&health, &trouble, 0);
            assert!(!ends_trouble(&health, Half::Receiving, false));
        }
        assert!(pauses.windows(2).all(|pair| pair[1] == 2 * pair[0]), "{pauses:?}");
        assert!(ends_trouble(&health, Half::Receiving, true));
    }

    #[test]
    fn receiving_well_does_not_hide_that_sending_fails() {
        let trouble = after_error(&WELL, 0, 10, Half::Sending, &refused(), 0.0).unwrap();
        assert_eq!(Half::of(&trouble.code), (Half::Sending, "wrong_password"));
        let health = noted(&WELL, &trouble, 0);
        assert!(!ends_trouble(&health, Half::Receiving, true));
        assert!(ends_trouble(&health, Half::Sending, true));
    }

    #[test]
    fn the_same_trouble_of_both_halves_is_told_as_one() {
        let receiving = noted(&WELL, &after_error(&WELL, 0, 10, Half::Receiving, &refused(), 0.0).unwrap(), 0);
        let both = after_error(&receiving, 0, 10, Half::Sending, &refused(), 0.0).unwrap();
        assert_eq!(both.code, "wrong_password");
    }

    #[test]
    fn one_bad_message_says_nothing_of_the_account() {
        let error = ConnectError::Refused { cause: Cause::TooLarge, words: ServerWords::default() };
        assert!(after_error(&WELL, 5, 3, Half::Sending, &error, 0.0).is_none());
    }

    #[test]
    fn a_pass_that_the_server_refuses_is_told_and_tried_less_and_less() {
        let words = ServerWords("NO internal error".into());
        for error in [ConnectError::Refused { cause: Cause::Refused, words }, ConnectError::CursorLost] {
            let first = after_error(&WELL, 0, 3, Half::Receiving, &error, 0.0).unwrap();
            assert_eq!((first.colour, first.parked), (Colour::Amber, false));
            let health = noted(&WELL, &first, 0);
            let second = after_error(&health, 0, 3, Half::Receiving, &error, 0.0).unwrap();
            assert!(first.next_try_at.unwrap() >= 15_000 && second.next_try_at > first.next_try_at);
        }
    }

    #[test]
    fn a_changed_certificate_stops_everything_at_once() {
        let words = ServerWords::default();
        let error = ConnectError::Settings { step: Step::Tls, cause: Cause::CertificateChanged, words };
        let trouble = after_error(&WELL, 0, 3, Half::Receiving, &error, 0.0).unwrap();
        assert!(trouble.parked && concerns_owners(&WELL, &trouble));
    }
}
