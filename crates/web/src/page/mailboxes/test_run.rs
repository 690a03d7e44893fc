//! A test as a person sees it: every step, and beside each that failed the server's words, the likely cause and the fix.

use super::words::Say;
use crate::page::visitor::Visitor;
use mail::AccountKey;
use mailroom::accounts::{TestEnd, TestRun, TestStep};
use store::account::{Account, Incoming, Outgoing};

/// How a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// None was done, or the settings are newer.
    None,
    Running,
    Well,
    Failed,
    /// Trouble of our own.
    Broken,
}

/// A test as a person sees it.
pub(super) struct TestView {
    pub(super) id: AccountKey,
    pub(super) outcome: Outcome,
    pub(super) groups: Vec<Group>,
    /// The mailbox can be read, or never will be: what to fetch can be chosen.
    pub(super) can_go_on: bool,
    /// Its mail is forwarded to us.
    pub(super) is_forwarded: bool,
}

/// The steps of one direction.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) steps: Vec<StepLine>,
}

/// One step.
pub(super) struct StepLine {
    /// `done`, `bad`, `busy` or `later`: the class of the line.
    pub(super) state: &'static str,
    /// The same in a word, for who does not see it.
    pub(super) state_label: &'static str,
    pub(super) label: &'static str,
    /// How long it took.
    pub(super) took: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) fix: Option<String>,
    pub(super) server_said: Option<String>,
    /// The fingerprint of a certificate that can be pinned.
    pub(super) pin: Option<String>,
}

impl TestView {
    pub(super) fn new(account: &Account, run: Option<TestRun>, visitor: &Visitor) -> TestView {
        let is_forwarded = matches!(account.settings.incoming, Incoming::Relay { .. });
        let nothing =
            TestView { id: account.id, outcome: Outcome::None, groups: Vec::new(), can_go_on: false, is_forwarded };
        // A running test is shown to its end, an old one says nothing of newer settings.
        let Some(run) = run.filter(|run| run.ended.is_none() || run.version == account.version) else {
            return nothing;
        };
        let outcome = match run.ended {
            None => Outcome::Running,
            Some(TestEnd::Well) => Outcome::Well,
            Some(TestEnd::Failed) => Outcome::Failed,
            Some(TestEnd::Broken) => Outcome::Broken,
        };
        let read = run.steps.iter().any(|step| step.name == "folders" && step.ok);
        let sends_only = matches!(account.settings.incoming, Incoming::None);
        let can_go_on = run.ended.is_some() && (read || sends_only && outcome == Outcome::Well);
        TestView { groups: groups(account, &run, visitor), outcome, can_go_on, ..nothing }
    }

    pub(super) fn is_running(&self) -> bool {
        self.outcome == Outcome::Running
    }

    pub(super) fn is_well(&self) -> bool {
        self.outcome == Outcome::Well
    }

    pub(super) fn has_failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }

    pub(super) fn is_broken(&self) -> bool {
        self.outcome == Outcome::Broken
    }
}

fn groups(account: &Account, run: &TestRun, visitor: &Visitor) -> Vec<Group> {
    let say = Say(visitor.language);
    let (mut receiving, mut sending, mut round) = (Vec::new(), Vec::new(), Vec::new());
    let mut busy = run.ended.is_none();
    for (name, direction) in &run.planned {
        let taken = run.steps.iter().find(|step| step.name == *name && step.direction == *direction);
        let stopped = run.steps.iter().any(|step| step.direction == *direction && !step.ok);
        let is_round = *name == "receive";
        // The mail goes round only when both halves work.
        let stopped = stopped || is_round && run.steps.iter().any(|step| !step.ok);
        let state = match taken {
            Some(step) if step.ok => "done",
            Some(_) => "bad",
            None if busy && !stopped => {
                busy = false;
                "busy"
            }
            None => "later",
        };
        let is_ours = *direction == "incoming" && matches!(account.settings.incoming, Incoming::Relay { .. });
        let line = line(name, state, taken, is_ours, visitor);
        match *direction {
            _ if is_round => round.push(line),
            "incoming" => receiving.push(line),
            _ => sending.push(line),
        }
    }
    let mut groups = Vec::new();
    let from = match &account.settings.incoming {
        Incoming::Imap(server) | Incoming::Pop3(server) => Some(say.receiving_from(&server.host)),
        Incoming::Ews(exchange) => Some(say.receiving_from(&exchange.server().host)),
        Incoming::Mailgun(_) => Some(say.receiving_from("Mailgun")),
        Incoming::Microsoft365 => Some(say.receiving_from("Microsoft 365")),
        Incoming::Gmail => Some(say.receiving_from("Gmail")),
        Incoming::Relay { .. } => Some(say.by_forwarding().to_owned()),
        Incoming::None => None,
    };
    let by = match &account.settings.outgoing {
        Outgoing::Smtp(server) => Some(say.sending_by(&server.host)),
        Outgoing::Ews(exchange) => Some(say.sending_by(&exchange.server().host)),
        Outgoing::Mailgun(_) => Some(say.sending_by("Mailgun")),
        Outgoing::Microsoft365 => Some(say.sending_by("Microsoft 365")),
        Outgoing::Gmail => Some(say.sending_by("Gmail")),
        Outgoing::Builtin => Some(say.sending_by("Postkamer")),
        Outgoing::None => None,
    };
    groups.extend(from.map(|title| Group { title, steps: receiving }));
    groups.extend(by.map(|title| Group { title, steps: sending }));
    if !round.is_empty() {
        groups.push(Group { title: say.round_trip().to_owned(), steps: round });
    }
    groups
}

fn line(name: &str, state: &'static str, taken: Option<&TestStep>, is_ours: bool, visitor: &Visitor) -> StepLine {
    let (say, language) = (Say(visitor.language), visitor.language);
    let said = taken.filter(|step| !step.ok).and_then(|step| step.server_said.clone());
    let can_pin = taken.and_then(|step| step.code).is_some_and(|code| code.starts_with("certificate_"));
    StepLine {
        state,
        state_label: match state {
            "done" => say.step_done(),
            "bad" => say.step_bad(),
            "busy" => say.step_busy(),
            _ => say.step_later(),
        },
        label: match name {
            "resolve" => say.step_resolve(),
            "connect" if is_ours => say.step_door(),
            "connect" => say.step_connect(),
            "tls" => say.step_tls(),
            "sign_in" => say.step_sign_in(),
            "folders" => say.step_folders(),
            "send" => say.step_send(),
            _ => say.step_receive(),
        },
        took: taken.map(|step| visitor.habit().seconds(step.millis)),
        cause: taken.and_then(|step| step.cause.as_ref()).map(|words| words.say(language).to_owned()),
        fix: taken.and_then(|step| step.fix.as_ref()).map(|words| words.say(language).to_owned()),
        pin: said.as_deref().filter(|_| can_pin).and_then(fingerprint),
        server_said: said,
    }
}

/// The fingerprint that a certificate's description ends with.
fn fingerprint(said: &str) -> Option<String> {
    let word = said.split_whitespace().last()?.trim_end_matches('.');
    (word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn only_a_whole_fingerprint_can_be_pinned() {
        let print = "a".repeat(64);
        assert_eq!(fingerprint(&format!("SHA-256 fingerprint of its key: {print}")), Some(print));
        assert_eq!(fingerprint("SHA-256 fingerprint of its key: "), None);
        assert_eq!(fingerprint("NO [AUTHENTICATIONFAILED]"), None);
    }
}
