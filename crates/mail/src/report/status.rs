//! The machine-readable parts of reports: groups of fields (RFC 3464 §2, RFC 5965 §3, RFC 8098 §3).

use super::{Action, Kind, Recipient, Report};
use crate::{address::fold_address, parse};

/// Recipients that are read of one report.
const RECIPIENT_LIMIT: usize = 1000;

/// One group: names in lower case, values unfolded.
struct Group(Vec<(String, String)>);

impl Group {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// An address, without the type in front.
    fn address(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let bare = value.split_once(';').map_or(value, |(_, address)| address).trim();
        let bare = bare.trim_start_matches('<').trim_end_matches('>');
        // RFC 3461 §4 writes odd characters of an ORCPT as `+40`; some servers leave that in place.
        let plain = if bare.contains('@') { bare.to_owned() } else { bare.replace("+40", "@").replace("+2B", "+") };
        plain.contains('@').then(|| fold_address(&plain))
    }

    fn typed(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        Some(value.split_once(';').map_or(value, |(_, rest)| rest).trim().to_owned())
    }
}

fn groups(text: &str) -> Vec<Group> {
    let text = text.replace("\r\n", "\n");
    let mut found = Vec::new();
    for block in text.trim_start().split("\n\n") {
        let fields = parse::header_fields(block.trim_start_matches('\n').as_bytes());
        let group: Vec<_> = fields.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        if !group.is_empty() {
            found.push(Group(group));
        }
        if found.len() > RECIPIENT_LIMIT {
            break;
        }
    }
    found
}

/// A delivery report (RFC 3464).
pub(super) fn delivery(text: &str) -> Report {
    let groups = groups(text);
    let whole = |name: &str| groups.iter().find_map(|group| group.typed(name));
    Report {
        kind: Kind::Delivery,
        original_message_id: None,
        original_return_path: None,
        envelope_id: groups.iter().find_map(|group| group.get("original-envelope-id")).map(str::to_owned),
        reporter: whole("reporting-mta"),
        recipients: groups.iter().filter_map(recipient).collect(),
    }
}

fn recipient(group: &Group) -> Option<Recipient> {
    let last = group.address("final-recipient");
    let first = group.address("original-recipient");
    let address = first.or_else(|| last.clone())?;
    let status = group.get("status").and_then(|text| text.split([' ', '(']).next()).map(str::to_owned);
    let action = match group.get("action").unwrap_or_default().to_ascii_lowercase().as_str() {
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        "failed" => Action::Failed,
        // No action, or one that the standard doesn't know: the status tells (RFC 3463 §2).
        _ => match status.as_deref().and_then(|status| status.chars().next()) {
            Some('2') => Action::Delivered,
            Some('4') => Action::Delayed,
            _ => Action::Failed,
        },
    };
    Some(Recipient {
        final_address: last.filter(|last| *last != address),
        address,
        action,
        status,
        diagnostic: group.typed("diagnostic-code"),
        server: group.typed("remote-mta"),
    })
}

/// A complaint (RFC 5965).
pub(super) fn complaint(text: &str) -> Report {
    let groups = groups(text);
    let address = groups
        .iter()
        .find_map(|group| group.address("original-rcpt-to").or_else(|| group.address("removal-recipient")));
    let kind = groups.iter().find_map(|group| group.get("feedback-type")).map(str::to_owned);
    Report {
        kind: Kind::Complaint,
        original_message_id: None,
        original_return_path: groups.iter().find_map(|group| group.address("original-mail-from")),
        envelope_id: groups.iter().find_map(|group| group.get("original-envelope-id")).map(str::to_owned),
        reporter: groups.iter().find_map(|group| group.typed("reporting-mta").or_else(|| group.typed("user-agent"))),
        recipients: address.into_iter().map(|address| told(address, kind.clone())).collect(),
    }
}

/// A note that mail was shown, deleted, ... (RFC 8098).
pub(super) fn disposition(text: &str) -> Report {
    let groups = groups(text);
    let address = |name: &str| groups.iter().find_map(|group| group.address(name));
    let address = address("original-recipient").or_else(|| address("final-recipient"));
    let what = groups.iter().find_map(|group| group.typed("disposition"));
    let id = groups.iter().find_map(|group| group.get("original-message-id"));
    Report {
        kind: Kind::Disposition,
        original_message_id: id.and_then(|id| parse::ids(id).into_iter().next()),
        original_return_path: None,
        envelope_id: None,
        reporter: groups.iter().find_map(|group| group.get("reporting-ua")).map(str::to_owned),
        recipients: address.into_iter().map(|address| told(address, what.clone())).collect(),
    }
}

fn told(address: String, diagnostic: Option<String>) -> Recipient {
    Recipient { address, final_address: None, action: Action::Delivered, status: None, diagnostic, server: None }
}
