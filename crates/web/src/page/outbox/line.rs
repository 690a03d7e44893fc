//! A state in words.

use super::Say;
use crate::page::habit::Habit;
use store::outbox::{State, Submission, WaitsFor};

/// The state's name.
pub(super) fn name(state: State, say: Say) -> &'static str {
    match state {
        State::Waiting => say.state_waiting(),
        State::Sending => say.state_sending(),
        State::Accepted => say.state_accepted(),
        State::Uncertain => say.state_uncertain(),
        State::Delivered => say.state_delivered(),
        State::Bounced => say.state_bounced(),
        State::Failed => say.state_failed(),
        State::Held => say.state_held(),
        State::Cancelled => say.state_cancelled(),
    }
}

/// The class of its label's colour.
pub(super) fn colour(state: State) -> &'static str {
    match state {
        State::Waiting | State::Sending => "amber",
        State::Accepted | State::Delivered => "green",
        State::Uncertain | State::Bounced | State::Failed | State::Held => "red",
        State::Cancelled => "",
    }
}

/// Until when it waits, in few words; nothing for what waits for no time.
pub(super) fn until(submission: &Submission, say: Say, habit: &Habit, now: i64) -> Option<String> {
    if submission.state != State::Waiting {
        return None;
    }
    let soon = submission.not_before_at <= now;
    Some(if soon { say.goes_soon().to_owned() } else { say.goes_at(habit.precise(submission.not_before_at)) })
}

/// Why it stands where it stands, and what will happen by itself.
pub(super) fn why(submission: &Submission, say: Say, habit: &Habit, now: i64) -> String {
    let at = habit.moment(submission.not_before_at).full;
    match (submission.state, submission.waits_for) {
        (State::Waiting, Some(WaitsFor::Limit)) => say.why_limit(at),
        (State::Waiting, Some(WaitsFor::Retry)) => say.why_retry(at),
        (State::Waiting, _) if submission.not_before_at > now => say.why_time(at),
        (State::Waiting, _) => say.why_soon().to_owned(),
        (State::Sending, _) => say.why_sending().to_owned(),
        (State::Accepted, _) => say.why_accepted().to_owned(),
        (State::Uncertain, _) => say.why_uncertain().to_owned(),
        (State::Delivered, _) => say.why_delivered().to_owned(),
        (State::Bounced, _) => say.why_bounced().to_owned(),
        (State::Failed, _) => say.why_failed().to_owned(),
        (State::Held, _) => say.why_held().to_owned(),
        (State::Cancelled, _) => say.why_cancelled().to_owned(),
    }
}
