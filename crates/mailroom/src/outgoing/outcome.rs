//! What a try came to: from the transport's answer to a verdict for each recipient.
//!
//! Only a real reply decides (reliability rule 15). What went wrong before the message was on the wire waits for the
//! next try; what was on the wire without an answer is uncertain and is never tried again by itself.

use super::retry::{self, Next};
use connect::{ConnectError, Receipt, error::Step};
use std::time::Duration;
use store::outbox::{Finish, Leased, Verdict};

/// What follows for the whole account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// The next one may go.
    GoOn,
    /// Nothing goes out by this account for a while: it is the connection or the sign-in, not the message.
    Pause,
}

/// The verdicts of a try, and what follows for the account.
pub(crate) fn judge(
    leased: &Leased,
    answer: &Result<Receipt, ConnectError>,
    wants_sent_copy: bool,
    now: i64,
    dice: f64,
) -> (Finish, Follows) {
    let mut retry_at = now;
    let mut verdict = |error: Option<&ConnectError>| match error {
        None => Verdict::Accepted,
        Some(ConnectError::Uncertain(_)) => Verdict::Uncertain,
        Some(ConnectError::Refused { .. }) => Verdict::Failed,
        Some(other) => match retry::next_try(leased.tries, leased.first_try_at, now, wait(other), dice) {
            Next::TryAt(at) => {
                retry_at = retry_at.max(at);
                Verdict::Retry
            }
            Next::GiveUp => Verdict::Failed,
        },
    };
    let (recipients, code, server_said, follows) = match answer {
        Ok(receipt) => {
            let outcomes = leased.recipients.iter().zip(&receipt.recipients);
            let recipients = outcomes.map(|(recipient, said)| {
                let error = said.outcome.as_ref().err();
                let words = match &said.outcome {
                    Ok(words) => words.0.clone(),
                    Err(error) => words(error),
                };
                (recipient.n, verdict(error), Some(words).filter(|words| !words.is_empty()))
            });
            let recipients = recipients.collect();
            let code = (receipt.code > 0).then_some(i64::from(receipt.code));
            (recipients, code, Some(receipt.server_said.0.clone()), Follows::GoOn)
        }
        Err(error) => {
            let all = leased.recipients.iter().map(|recipient| (recipient.n, verdict(Some(error)), None));
            (all.collect(), code_in(&words(error)), Some(words(error)), follows(error))
        }
    };
    let server_said = server_said.filter(|said| !said.is_empty());
    (Finish { recipients, code, server_said, retry_at, wants_sent_copy }, follows)
}

/// How long a domain that put a mail off is left alone at most, in milliseconds.
const LONGEST_REST: i64 = 30_000;

/// The domains whose recipients the next hop put off (421, 450, 451), and until when nothing goes there; whatever goes
/// elsewhere need not wait.
///
/// That rest is over before the mail itself is tried again: whoever waited for it has their turn first, so that one mail
/// that is put off for days holds nobody up.
pub(crate) fn put_off(
    leased: &Leased,
    answer: &Result<Receipt, ConnectError>,
    retry_at: i64,
    now: i64,
) -> Vec<(String, i64)> {
    let Ok(receipt) = answer else { return Vec::new() };
    let outcomes = leased.recipients.iter().zip(&receipt.recipients);
    let mut domains: Vec<String> = outcomes
        .filter(|(_, said)| match &said.outcome {
            Err(ConnectError::Later { step: Step::Work, reason, .. }) => {
                matches!(code_in(reason), Some(421 | 450 | 451))
            }
            // Of one recipient it is said where we deliver ourselves: none of the domain's servers will talk now.
            Err(ConnectError::Later { step: Step::Resolve | Step::Connect | Step::Tls, .. }) => true,
            _ => false,
        })
        .filter_map(|(recipient, _)| domain_of(&recipient.address))
        .collect();
    domains.sort();
    domains.dedup();
    let until = now + ((retry_at - now) / 2).clamp(0, LONGEST_REST);
    domains.into_iter().map(|domain| (domain, until)).collect()
}

/// The part after the last `@`, as domains are compared.
pub(crate) fn domain_of(address: &str) -> Option<String> {
    let folded = mail::address::fold_address(address);
    folded.rsplit_once('@').map(|(_, domain)| domain.to_owned())
}

/// Whether an error concerns the account rather than this message.
fn follows(error: &ConnectError) -> Follows {
    match error {
        ConnectError::Credentials { .. } | ConnectError::Settings { .. } => Follows::Pause,
        ConnectError::Later { step: Step::Resolve | Step::Connect | Step::Tls | Step::SignIn, .. } => Follows::Pause,
        _ => Follows::GoOn,
    }
}

/// What was said, for a person.
fn words(error: &ConnectError) -> String {
    let said = crate::accounts::diagnosis::facts(error).2.0;
    if said.is_empty() { error.to_string() } else { said }
}

fn wait(error: &ConnectError) -> Option<i64> {
    match error {
        ConnectError::Later { wait, .. } => wait.map(|wait: Duration| wait.as_millis().min(i64::MAX as u128) as i64),
        _ => None,
    }
}

/// The reply code at the start of the server's words.
fn code_in(words: &str) -> Option<i64> {
    let digits = words.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|code| (200..600).contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect::{RecipientReceipt, ServerWords, error::Cause};
    use mail::{AccountKey, OrganisationKey, OutboxKey};
    use store::outbox::{Attempted, Kind};

    fn leased(recipients: usize) -> Leased {
        Leased {
            organisation: OrganisationKey(1),
            id: OutboxKey(2),
            account: AccountKey(3),
            fence: 1,
            kind: Kind::Person,
            message_id: "pk.1@voorbeeld.nl".into(),
            digest: vec![0; 32],
            place: None,
            size: 1,
            return_path: "info@voorbeeld.nl".into(),
            tries: 1,
            first_try_at: 0,
            recipients: (0..recipients as i64).map(|n| Attempted { n, address: format!("{n}@x.nl") }).collect(),
        }
    }
    fn later(step: Step) -> ConnectError {
        ConnectError::Later { step, cause: Cause::Throttled, wait: None, reason: "451 later".into() }
    }
    fn refused() -> ConnectError {
        ConnectError::Refused { cause: Cause::Refused, words: ServerWords("550 5.1.1 unknown".into()) }
    }
    fn receipt(outcomes: Vec<Result<ServerWords, ConnectError>>) -> Receipt {
        let recipients = outcomes.into_iter().map(|outcome| RecipientReceipt { address: String::new(), outcome });
        Receipt { recipients: recipients.collect(), server_said: ServerWords("250 queued".into()), code: 250 }
    }
    fn verdicts(finish: &Finish) -> Vec<Verdict> {
        finish.recipients.iter().map(|(_, verdict, _)| verdict.clone()).collect()
    }

    #[test]
    fn one_refused_recipient_of_three_leaves_the_others_accepted() {
        let said = || Ok(ServerWords("250 ok".into()));
        let (finish, follows) = judge(&leased(3), &Ok(receipt(vec![said(), Err(refused()), said()])), true, 9, 0.0);
        assert_eq!(verdicts(&finish), [Verdict::Accepted, Verdict::Failed, Verdict::Accepted]);
        assert_eq!(finish.recipients[1].2.as_deref(), Some("550 5.1.1 unknown"));
        assert_eq!((finish.code, follows), (Some(250), Follows::GoOn));
    }

    #[test]
    fn only_the_domain_that_was_put_off_waits() {
        let mut leased = leased(3);
        leased.recipients[1].address = "els@Traag.nl".into();
        let said = || Ok(ServerWords("250 ok".into()));
        let answer = Ok(receipt(vec![said(), Err(later(Step::Work)), Err(refused())]));
        let rests = |retry_at| put_off(&leased, &answer, retry_at, 1_000);
        assert_eq!(rests(11_000), [("traag.nl".into(), 6_000)], "others go before the mail itself is tried again");
        assert_eq!(rests(3_601_000), [("traag.nl".into(), 31_000)], "and need not wait for hours");
        assert_eq!(put_off(&leased, &Err(later(Step::Connect)), 11_000, 1_000), [], "that is the account's trouble");
    }

    #[test]
    fn a_lost_answer_is_never_tried_again() {
        let (finish, _) = judge(&leased(2), &Err(ConnectError::Uncertain("gone".into())), true, 9, 0.0);
        assert_eq!(verdicts(&finish), [Verdict::Uncertain, Verdict::Uncertain]);
    }

    #[test]
    fn a_temporary_refusal_is_tried_again_and_after_five_days_given_up() {
        let (finish, follows) = judge(&leased(1), &Err(later(Step::Work)), true, 1000, 0.0);
        assert_eq!((verdicts(&finish), follows), (vec![Verdict::Retry], Follows::GoOn));
        assert!(finish.retry_at > 1000);
        assert_eq!(finish.code, Some(451));
        let (finish, _) = judge(&leased(1), &Err(later(Step::Work)), true, retry::GIVE_UP_AFTER, 0.0);
        assert_eq!(verdicts(&finish), [Verdict::Failed]);
    }

    #[test]
    fn trouble_with_the_sign_in_stops_the_queue_and_fails_no_mail() {
        let words = ServerWords("535 no".into());
        for error in [
            ConnectError::Credentials { cause: Cause::WrongPassword, words: words.clone() },
            ConnectError::Settings { step: Step::Tls, cause: Cause::CertificateExpired, words },
            later(Step::Connect),
        ] {
            let (finish, follows) = judge(&leased(1), &Err(error), true, 0, 0.0);
            assert_eq!((verdicts(&finish), follows), (vec![Verdict::Retry], Follows::Pause));
        }
    }
}
