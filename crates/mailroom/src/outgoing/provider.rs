//! What is known of the providers people send through: how much they take, and whether they keep the sent copy
//! themselves. Facts about the outside, held as data; above this table nobody asks which provider it is.

use store::account::{Account, Incoming, Limits, Outgoing};

struct Known {
    /// The server's name ends in this.
    host: &'static str,
    /// Puts a copy into the sent folder by itself.
    saves_sent: bool,
    connections: Option<u32>,
    per_connection: Option<u32>,
    per_minute: Option<u32>,
    per_day: Option<u32>,
}

const fn known(host: &'static str) -> Known {
    Known { host, saves_sent: false, connections: None, per_connection: None, per_minute: None, per_day: None }
}

const KNOWN: &[Known] = &[
    Known { saves_sent: true, connections: Some(3), per_day: Some(2000), ..known("gmail.com") },
    Known {
        saves_sent: true,
        connections: Some(3),
        per_minute: Some(30),
        per_day: Some(10_000),
        ..known("office365.com")
    },
    Known { saves_sent: true, connections: Some(3), per_minute: Some(30), ..known("outlook.com") },
    Known { saves_sent: true, connections: Some(2), per_day: Some(1000), ..known("mail.me.com") },
    Known { per_connection: Some(20), ..known("strato.com") },
    Known { per_connection: Some(20), ..known("strato.de") },
    Known { connections: Some(4), ..known("proximus.be") },
    Known { connections: Some(4), ..known("skynet.be") },
];

/// What may leave by the account in a time: its own limits where a person set them, else the provider's.
pub(crate) fn limits(account: &Account) -> Limits {
    let own = account.settings.limits;
    let provider = match account.settings.outgoing {
        Outgoing::Microsoft365 => Some(&MICROSOFT),
        Outgoing::Builtin => Some(&BY_OWN_HAND),
        Outgoing::Gmail => Some(&GOOGLE),
        Outgoing::Ews(_) => Some(&EXCHANGE),
        _ => outgoing_host(account).and_then(find),
    };
    let of = |pick: fn(&Known) -> Option<u32>| provider.and_then(pick);
    Limits {
        connections: own.connections.or(of(|known| known.connections)),
        per_connection: own.per_connection.or(of(|known| known.per_connection)),
        per_minute: own.per_minute.or(of(|known| known.per_minute)),
        per_day: own.per_day.or(of(|known| known.per_day)),
    }
}

/// What Microsoft 365 takes (learn.microsoft.com/office365/servicedescriptions, sending limits).
const MICROSOFT: Known = Known {
    saves_sent: true,
    connections: Some(2),
    per_minute: Some(30),
    per_day: Some(10_000),
    ..known("microsoft365")
};

/// Many domains at a time; each of them gets few connections (`connect::direct`).
const BY_OWN_HAND: Known = Known { connections: Some(20), ..known("builtin") };
/// What Google Workspace takes (support.google.com/a/answer/166852); a private mailbox takes 500 a day.
const GOOGLE: Known =
    Known { saves_sent: true, connections: Some(2), per_minute: Some(60), per_day: Some(2000), ..known("gmail") };
/// An Exchange server in the house, where nobody changed it: one user may ask 27 questions at once and send as much as he
/// likes (learn.microsoft.com/exchange, throttling policies).
const EXCHANGE: Known = Known { saves_sent: true, connections: Some(2), ..known("exchange") };

/// Whether whatever is sent by this way lies among what was sent, and none of it may be put there. Folders of ours see
/// nothing of that.
pub(crate) fn saves_sent_always(account: &Account) -> bool {
    matches!(account.settings.outgoing, Outgoing::Microsoft365 | Outgoing::Gmail | Outgoing::Ews(_))
        && !account.settings.incoming.has_own_folders()
}

/// Whether the provider is known to keep the sent copy itself: then we only look.
pub(crate) fn saves_sent(account: &Account) -> bool {
    if saves_sent_always(account) {
        return matches!(
            (&account.settings.incoming, &account.settings.outgoing),
            (Incoming::Microsoft365, Outgoing::Microsoft365)
                | (Incoming::Gmail, Outgoing::Gmail)
                | (Incoming::Ews(_), Outgoing::Ews(_))
        );
    }
    outgoing_host(account).is_some_and(|outgoing| is_one_house(&account.settings.incoming, outgoing))
}

/// Whether the server that it is sent by puts the copy where the mailbox lies.
fn is_one_house(incoming: &Incoming, outgoing: &str) -> bool {
    let known = match incoming {
        Incoming::Imap(server) => find(&server.host),
        Incoming::Gmail => Some(&GOOGLE),
        _ => None,
    };
    known.zip(find(outgoing)).is_some_and(|(incoming, outgoing)| incoming.saves_sent && outgoing.saves_sent)
}

fn outgoing_host(account: &Account) -> Option<&str> {
    match &account.settings.outgoing {
        Outgoing::Smtp(server) => Some(&server.host),
        _ => None,
    }
}

fn find(host: &str) -> Option<&'static Known> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    KNOWN.iter().find(|known| host.strip_suffix(known.host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_the_end_of_its_name_and_no_other_by_the_same_letters() {
        assert!(find("smtp.gmail.com").is_some_and(|known| known.saves_sent));
        assert!(find("SMTP.Office365.com.").is_some_and(|known| known.per_minute == Some(30)));
        assert!(find("notgmail.com").is_none());
        assert!(find("smtp.strato.de").is_some_and(|known| known.per_connection == Some(20)));
    }

    #[test]
    fn a_mailbox_at_google_has_its_copies_from_google_by_smtp_as_well() {
        assert!(is_one_house(&Incoming::Gmail, "smtp.gmail.com"));
        assert!(!is_one_house(&Incoming::Gmail, "smtp.strato.de") && !is_one_house(&Incoming::None, "smtp.gmail.com"));
    }
}
