//! Whatever goes wrong at a provider, nothing is lost and nothing is doubled, and the state is told in words.

use super::{
    Mailbox, Way,
    exchange::Exchange,
    granted::Granted,
    held,
    incoming::{is_as_there, line_of, nothing_is_missing, one},
    outgoing::{arrivals, letter},
    with_each,
};
use crate::fetch::text;
use crate::post_office::{send, when};
use crate::program::{Program, wait_until};
use serde_json::json;
use simulator::{Fault, Kind, Simulator};
use testkit::digest;

macro_rules! every_simulated_provider {
    ($story:ident) => {
        with_each! {
            $story:
            microsoft = super::Played::microsoft(),
            google = super::Played::google(),
            ews = super::Played::ews(),
        }
    };
}

every_simulated_provider!(whatever_goes_wrong_while_fetching_nothing_is_lost_or_doubled);
every_simulated_provider!(whatever_goes_wrong_while_sending_every_letter_leaves_once);
every_simulated_provider!(whatever_goes_wrong_while_a_deed_is_done_it_shows_there_once);
every_simulated_provider!(what_does_not_pass_is_told_in_words_and_is_over_when_somebody_saved_the_mailbox_again);

/// A provider that the simulator plays, receiving and sending.
pub(super) trait Simulated: Mailbox + Way {
    /// Where things go wrong when it is asked for.
    fn simulator(&self) -> &Simulator;
}

/// A provider that is played, and where what it is asked can go wrong.
struct Played {
    provider: Box<dyn Simulated>,
    /// Questions of fetching.
    fetching: &'static [&'static str],
    /// Making a draft, and sending it.
    sending: [&'static str; 2],
    /// Marking a letter as read, and moving it.
    deeds: [&'static str; 2],
    /// What else goes wrong there while fetching, and passes.
    besides: Vec<Fault>,
    /// It is opened by tokens, which can end before their time.
    has_tokens: bool,
}

impl Played {
    fn microsoft() -> Played {
        Played {
            provider: Box::new(Granted::at_microsoft()),
            fetching: &["mailFolders", "delta", "$value"],
            sending: ["POST me/messages", "POST /send"],
            deeds: ["PATCH me/messages", "POST /move"],
            besides: vec![Fault::new(Kind::Resync, "delta"), Fault::new(Kind::LostChange, "")],
            has_tokens: true,
        }
    }

    /// A change that the history never tells is not among these: it is found by the comparison of each day, of which the
    /// connector has a test of its own.
    fn google() -> Played {
        Played {
            provider: Box::new(Granted::at_google()),
            fetching: &["GET labels", "GET history", "format=minimal", "format=raw"],
            sending: ["POST upload", "POST drafts/send"],
            deeds: ["POST /modify", "POST /modify"],
            besides: vec![Fault::new(Kind::Resync, "GET history"), Fault::new(Kind::QuotaExceeded, "GET history")],
            has_tokens: true,
        }
    }

    fn ews() -> Played {
        Played {
            provider: Box::new(Exchange::by_ntlm()),
            fetching: &["EWS FindFolder", "EWS SyncFolderItems", "EWS GetItem"],
            sending: ["EWS CreateItem", "EWS SendItem"],
            deeds: ["EWS UpdateItem", "EWS MoveItem"],
            besides: vec![Fault::new(Kind::Resync, "EWS SyncFolderItems"), Fault::new(Kind::LostChange, "")],
            has_tokens: false,
        }
    }

    /// This goes wrong next.
    fn meets(&self, fault: Fault) {
        self.provider.simulator().with(|cloud| cloud.faults.push(fault));
    }

    /// Nothing goes wrong any more.
    fn works_again(&self) {
        self.provider.simulator().with(|cloud| cloud.faults.clear());
    }

    fn token_ends(&self, at: &str) -> Option<Fault> {
        self.has_tokens.then(|| Fault::new(Kind::TokenExpired, at))
    }

    /// What can go wrong while fetching, and passes.
    fn when_fetching(&self) -> Vec<Fault> {
        let each = |at: &&'static str| {
            let now = [Kind::Timeout, Kind::DoneThen504, Kind::DoneThenCut, Kind::Half];
            let slow = [Kind::Throttled, Kind::Unavailable, Kind::Slow].map(|kind| Fault::new(kind, at).seconds(1));
            now.map(|kind| Fault::new(kind, at)).into_iter().chain(slow).chain(self.token_ends(at))
        };
        self.fetching.iter().flat_map(each).chain(self.besides.iter().cloned()).collect()
    }

    /// What can go wrong while something is done to a letter, and passes.
    fn when_doing(&self, at: &str) -> Vec<Fault> {
        let now = [Kind::Timeout, Kind::DoneThen504, Kind::DoneThenCut, Kind::Half].map(|kind| Fault::new(kind, at));
        let slow = [Kind::Throttled, Kind::Unavailable].map(|kind| Fault::new(kind, at).seconds(1));
        now.into_iter().chain(slow).chain(self.token_ends(at)).collect()
    }

    /// What can go wrong while a letter is sent, and passes.
    fn when_sending(&self) -> Vec<Fault> {
        let [draft, send] = self.sending;
        let passing = |at| {
            let slow = [Kind::Throttled, Kind::Slow].map(|kind| Fault::new(kind, at).seconds(1));
            slow.into_iter().chain(self.token_ends(at))
        };
        let settled = [Kind::DoneThen504, Kind::DoneThenCut, Kind::Half].map(|kind| Fault::new(kind, send));
        // These make the letter wait for its next turn.
        let later = [
            Fault::new(Kind::DoneThenCut, draft),
            Fault::new(Kind::Timeout, draft),
            Fault::new(Kind::Unavailable, send),
        ];
        passing(draft).chain(passing(send)).chain(settled).chain(later).collect()
    }
}

/// Fetches, and sees that a failure says why and what to do.
fn fetched(program: &Program, account: &str) -> bool {
    let answer = program.api.call("POST", &format!("/accounts/{account}/fetch?wait=true"), Some(&json!({})), &[]);
    if answer.status == 200 {
        return true;
    }
    let said = answer.json();
    assert!([409, 424].contains(&answer.status), "{said}");
    assert!(said["detail"].as_str().is_some_and(|words| words.len() > 10), "{said}");
    false
}

mod stories {
    use super::*;

    pub(super) fn whatever_goes_wrong_while_fetching_nothing_is_lost_or_doubled(played: &Played) {
        let provider = played.provider.as_ref();
        provider.put("inbox", &[one("eerste")]);
        let program = Mailbox::program(provider);
        let id = Mailbox::connect(provider, &program);
        program.fetch(&id);
        for (n, fault) in played.when_fetching().into_iter().enumerate() {
            let what = format!("{:?} at {:?}", fault.kind, fault.at);
            played.meets(fault);
            provider.put("inbox", &[one(&format!("brief-{n}"))]);
            wait_until(&format!("it came in spite of {what}"), || {
                fetched(&program, &id);
                (held(&program, &id, "inbox", provider).len() == provider.lying("inbox").len()).then_some(())
            });
            played.works_again();
        }
        program.fetch(&id);
        is_as_there(&program, &id, provider);
        nothing_is_missing(&program, &id, provider);
        assert_eq!(program.api.get(&format!("/accounts/{id}"))["health"]["colour"], json!("green"));
    }

    pub(super) fn whatever_goes_wrong_while_sending_every_letter_leaves_once(played: &Played) {
        let provider = played.provider.as_ref();
        let program = Way::program(provider);
        let id = Way::connect(provider, &program);
        let people = provider.people();
        let (mut sent, mut subjects) = (Vec::new(), Vec::new());
        for (n, fault) in played.when_sending().into_iter().enumerate() {
            let what = format!("{:?} at {:?}", fault.kind, fault.at);
            played.meets(fault);
            subjects.push(format!("Zending {n}"));
            let out = send(&program.api, &letter(&id, &people, &subjects[n]));
            wait_until(&format!("it was tried with {what}"), || {
                let shown = program.api.get(&format!("/outbox/{out}"));
                let is_told = shown["recipients"][0]["server_said"].is_string();
                (shown["state"] == json!("accepted") || is_told).then_some(())
            });
            played.works_again();
            sent.push(out);
        }
        for out in &sent {
            when(&program.api, out, "accepted");
        }
        for subject in &subjects {
            for address in &people {
                assert_eq!(arrivals(provider, address, subject).len(), 1, "{subject} for {address}");
            }
        }
        if let Some(copies) = provider.copies() {
            assert_eq!(copies.len(), subjects.len(), "there is one copy of each");
        }
        wait_until("each is here", || {
            program.fetch(&id);
            (program.api.list(&format!("/messages?account={id}&role=sent")).len() == subjects.len()).then_some(())
        });
    }

    pub(super) fn whatever_goes_wrong_while_a_deed_is_done_it_shows_there_once(played: &Played) {
        let provider = played.provider.as_ref();
        let [mut reads, moves] = played.deeds.map(|at| played.when_doing(at));
        // More often than anybody asks in one go: the deed waits for another turn.
        reads.insert(0, Fault::new(Kind::Unavailable, played.deeds[0]).times(6));
        let subjects = |what: &str, count| (0..count).map(|n| format!("{what}-{n}")).collect::<Vec<_>>();
        let (read, moved) = (subjects("lezen", reads.len()), subjects("opbergen", moves.len()));
        provider.put("inbox", &Vec::from_iter(read.iter().chain(&moved).map(|subject| one(subject))));
        let program = Mailbox::program(provider);
        let id = Mailbox::connect(provider, &program);
        program.fetch(&id);
        let folders = program.api.list(&format!("/accounts/{id}/folders"));
        let archive =
            folders.iter().find(|folder| folder["role"] == json!("archive")).expect("an archive")["id"].clone();
        let deeds =
            read.iter().map(|_| json!({ "seen": true })).chain(moved.iter().map(|_| json!({ "folder": archive })));
        let lies = |role: &str, subject: &str| {
            let wanted = digest(&one(subject).raw);
            provider.lying(role).into_iter().find(|(digest, _, _)| *digest == wanted)
        };
        for ((subject, deed), fault) in read.iter().chain(&moved).zip(deeds).zip(reads.into_iter().chain(moves)) {
            let what = format!("{:?} at {:?}", fault.kind, fault.at);
            played.meets(fault);
            let line = line_of(&program, &id, subject).expect("it is here");
            program.api.patch(&format!("/messages/{}", text(&line["id"])), &deed);
            // Nobody fetches meanwhile: what did not work is tried again by itself.
            wait_until(&format!("{subject} is done in spite of {what}"), || match deed["seen"] == json!(true) {
                true => lies("inbox", subject).filter(|(_, seen, _)| *seen),
                false => lies("archive", subject),
            });
            played.works_again();
        }
        program.fetch(&id);
        is_as_there(&program, &id, provider);
        nothing_is_missing(&program, &id, provider);
        assert_eq!(provider.lying("archive").len(), moved.len(), "each was put away once");
        assert_eq!(provider.lying("inbox").len(), read.len());
        assert_eq!(program.api.list(&format!("/messages?account={id}")).len(), read.len() + moved.len());
        assert_eq!(program.api.get(&format!("/accounts/{id}"))["health"]["colour"], json!("green"));
    }

    pub(super) fn what_does_not_pass_is_told_in_words_and_is_over_when_somebody_saved_the_mailbox_again(
        played: &Played,
    ) {
        let provider = played.provider.as_ref();
        let program = Mailbox::program(provider);
        let id = Mailbox::connect(provider, &program);
        program.fetch(&id);
        played.meets(Fault::new(Kind::Denied, "").times(0));
        provider.put("inbox", &[one("later")]);
        assert!(!fetched(&program, &id));
        let health = program.api.get(&format!("/accounts/{id}"))["health"].clone();
        assert_ne!(health["colour"], json!("green"), "{health}");
        for told in ["cause", "fix"] {
            assert!(health[told].as_str().is_some_and(|words| words.len() > 10), "{told}: {health}");
        }
        played.works_again();
        program.api.patch(&format!("/accounts/{id}"), &json!({}));
        wait_until("it came", || {
            fetched(&program, &id);
            (held(&program, &id, "inbox", provider).len() == 1).then_some(())
        });
        let colour = || program.api.get(&format!("/accounts/{id}"))["health"]["colour"].clone();
        wait_until("the mailbox is green", || (colour() == json!("green")).then_some(()));
    }
}
