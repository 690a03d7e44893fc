//! The settings found for an address, in the order in which they help: what can be connected today comes first.

use crate::{
    MailRoom,
    words::{Text, text},
};
use connect::{
    World,
    discover::{self, Candidate, Kind, Note},
};

const NOT_YET: Text = text(
    "Deze verbinding kan Postkamer nog niet maken; kies voorlopig een andere, als die er is.",
    "Postkamer can't make this connection yet; choose another one for now, where there is one.",
);

/// The settings that may fit the address, best first.
pub async fn discover(room: &MailRoom, address: &str) -> Vec<Candidate> {
    discover_in(&room.world, address).await
}

/// The same without an installation.
pub async fn discover_in(world: &World, address: &str) -> Vec<Candidate> {
    in_order(discover::discover(world, address).await)
}

/// What works today first, the order otherwise kept; what does not says so.
fn in_order(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by_key(|candidate| !works_today(candidate));
    for candidate in found.iter_mut().filter(|candidate| !works_today(candidate)) {
        let note = candidate.note.take();
        let joined = |own: Option<String>, more: &str| match own {
            Some(own) => format!("{more} {own}"),
            None => more.to_owned(),
        };
        let (nl, en) = note.map_or((None, None), |note| (Some(note.nl), Some(note.en)));
        candidate.note = Some(Note { nl: joined(nl, NOT_YET.nl), en: joined(en, NOT_YET.en) });
    }
    found
}

/// Whether an account can be made of both halves. What settling refuses and this list must say the same: a test asks.
fn works_today(candidate: &Candidate) -> bool {
    let works =
        |kind: Kind| matches!(kind, Kind::Imap | Kind::Pop3 | Kind::Smtp | Kind::Graph | Kind::Gmail | Kind::Ews);
    candidate.incoming.iter().chain(&candidate.outgoing).all(|endpoint| works(endpoint.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{AccountInput, ServerInput, settle};
    use connect::{
        Encryption,
        discover::{Endpoint, Origin},
    };

    fn candidate(source: Origin, kinds: (Kind, Kind), note: Option<&str>) -> Candidate {
        let endpoint = |kind| Endpoint {
            kind,
            host: "mail.voorbeeld.nl".into(),
            port: 993,
            encryption: Encryption::Tls,
            username: "info@voorbeeld.nl".into(),
            prefix: None,
            url: None,
        };
        Candidate {
            source,
            provider: None,
            incoming: Some(endpoint(kinds.0)),
            outgoing: Some(endpoint(kinds.1)),
            messages_at_once: None,
            note: note.map(|words| Note { nl: words.into(), en: words.into() }),
        }
    }

    #[test]
    fn what_can_be_connected_today_comes_first_and_the_rest_says_why_not() {
        let found = in_order(vec![
            candidate(Origin::Preset, (Kind::Ews, Kind::Ews), Some("Eigen woorden.")),
            candidate(Origin::Preset, (Kind::Imap, Kind::Smtp), None),
            candidate(Origin::Mx, (Kind::Imap, Kind::Mailgun), None),
            candidate(Origin::Guess, (Kind::Imap, Kind::Smtp), None),
        ]);
        let sources: Vec<Origin> = found.iter().map(|candidate| candidate.source).collect();
        assert_eq!(sources, [Origin::Preset, Origin::Guess, Origin::Preset, Origin::Mx]);
        assert_eq!(found[0].note, None);
        let note = found[2].note.clone().unwrap();
        assert!(note.nl.starts_with("Deze verbinding") && note.nl.ends_with("Eigen woorden."), "{note:?}");
        assert!(found[3].note.is_some());
    }

    #[test]
    fn what_comes_first_is_what_an_account_can_be_made_of() {
        for (kind, works) in [("imap", true), ("gmail", true), ("microsoft365", true), ("ews", true), ("pop3", true)] {
            let incoming = ServerInput {
                kind: Some(kind.into()),
                host: Some("mail.voorbeeld.nl".into()),
                ..ServerInput::default()
            };
            let input = AccountInput { incoming: Some(incoming), ..AccountInput::default() };
            let settled = settle::settle(input, None);
            let refused = settled.errors.iter().any(|error| error.field == "incoming.kind");
            assert_eq!(refused, !works, "{kind}: {:?}", settled.errors);
        }
    }
}
