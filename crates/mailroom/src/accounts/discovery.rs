//! The settings found for an address, in the order in which they help: what needs nothing of an administrator comes first.

use crate::{
    MailRoom,
    words::{Text, text},
};
use connect::{
    World,
    discover::{self, Candidate, Kind, Note},
};

const DOMAIN_FIRST: Text = text(
    "Dit loopt via Mailgun: een beheerder voegt het domein eerst toe bij Instellingen, Aansluitingen, Mailgun.",
    "This goes through Mailgun: an administrator adds the domain first at Settings, Connections, Mailgun.",
);

/// The settings that may fit the address, best first.
pub async fn discover(room: &MailRoom, address: &str) -> Vec<Candidate> {
    discover_in(&room.world, address).await
}

/// The same without an installation.
pub async fn discover_in(world: &World, address: &str) -> Vec<Candidate> {
    in_order(discover::discover(world, address).await)
}

/// What needs nothing else first, the order otherwise kept; what needs a domain of the organisation says so.
fn in_order(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_by_key(needs_domain);
    for candidate in found.iter_mut().filter(|candidate| needs_domain(candidate)) {
        let note = candidate.note.take();
        let joined = |own: Option<String>, more: &str| match own {
            Some(own) => format!("{more} {own}"),
            None => more.to_owned(),
        };
        let (nl, en) = note.map_or((None, None), |note| (Some(note.nl), Some(note.en)));
        candidate.note = Some(Note { nl: joined(nl, DOMAIN_FIRST.nl), en: joined(en, DOMAIN_FIRST.en) });
    }
    found
}

/// Whether a half goes by a domain that administrators keep.
fn needs_domain(candidate: &Candidate) -> bool {
    candidate.incoming.iter().chain(&candidate.outgoing).any(|endpoint| endpoint.kind == Kind::Mailgun)
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
    fn what_needs_a_domain_comes_last_and_says_so() {
        let found = in_order(vec![
            candidate(Origin::Preset, (Kind::Imap, Kind::Mailgun), Some("Eigen woorden.")),
            candidate(Origin::Preset, (Kind::Imap, Kind::Smtp), None),
            candidate(Origin::Mx, (Kind::Ews, Kind::Ews), None),
            candidate(Origin::Guess, (Kind::Imap, Kind::Smtp), None),
        ]);
        let sources: Vec<Origin> = found.iter().map(|candidate| candidate.source).collect();
        assert_eq!(sources, [Origin::Preset, Origin::Mx, Origin::Guess, Origin::Preset]);
        assert_eq!(found[0].note, None);
        let note = found[3].note.clone().unwrap();
        assert!(note.nl.contains("Mailgun") && note.nl.ends_with("Eigen woorden."), "{note:?}");
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
