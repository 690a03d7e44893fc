//! Accounts that go by a domain of the organisation's own list (features M27).

use super::input::ServerInput;
use crate::{
    MailRoom,
    words::{FieldError, field as why},
};
use mail::OrganisationKey;
use store::{
    StoreError,
    account::{AccountSettings, Domain, Incoming, Outgoing},
    mailgun,
};

/// An account of which nothing was said yet.
pub(super) fn blank() -> AccountSettings {
    AccountSettings {
        display_name: String::new(),
        address: String::new(),
        active: true,
        incoming: Incoming::None,
        outgoing: Outgoing::None,
        push: true,
        interval_seconds: Some(300),
        disable_after_errors: 10,
        sync_since: None,
        bcc: None,
        never_link: Vec::new(),
        allow_plaintext: false,
        pinned_certificate: None,
        access: Default::default(),
        limits: Default::default(),
        style: Default::default(),
    }
}

/// The domain that was typed, else the one it was, else that of the other half.
pub(super) fn chosen(
    direction: &'static str,
    typed: &ServerInput,
    settings: &AccountSettings,
    errors: &mut Vec<FieldError>,
) -> Domain {
    let typed = typed.domain.as_deref().map(|domain| domain.trim().to_lowercase()).filter(|domain| !domain.is_empty());
    let kept = || match (direction, of_incoming(settings), of_outgoing(settings)) {
        ("incoming", Some(own), _) | ("outgoing", _, Some(own)) => Some(own.clone()),
        (_, incoming, outgoing) => incoming.or(outgoing).cloned(),
    };
    match typed.map(|domain| Domain { domain }).or_else(kept) {
        Some(domain) => domain,
        None => {
            errors.push(FieldError::new(format!("{direction}.domain"), why::REQUIRED));
            Domain { domain: String::new() }
        }
    }
}

fn of_incoming(settings: &AccountSettings) -> Option<&Domain> {
    match &settings.incoming {
        Incoming::Mailgun(domain) => Some(domain),
        _ => None,
    }
}

fn of_outgoing(settings: &AccountSettings) -> Option<&Domain> {
    match &settings.outgoing {
        Outgoing::Mailgun(domain) => Some(domain),
        _ => None,
    }
}

/// What is wrong with the domains: only one that the organisation has, and that is verified, can be chosen. One that an
/// account has already stays, so that the rest of it can be changed.
pub(super) async fn wrong(
    room: &MailRoom,
    organisation: OrganisationKey,
    settings: &AccountSettings,
    before: Option<&AccountSettings>,
) -> Result<Vec<FieldError>, StoreError> {
    let halves = [
        ("incoming.domain", of_incoming(settings), before.and_then(of_incoming)),
        ("outgoing.domain", of_outgoing(settings), before.and_then(of_outgoing)),
    ];
    let new: Vec<(&str, String)> = halves
        .into_iter()
        .filter(|(_, domain, before)| domain.is_some() && domain != before)
        .filter_map(|(field, domain, _)| Some((field, domain?.domain.clone())))
        .collect();
    let mut errors = Vec::new();
    for (field, name) in new {
        if name.is_empty() {
            continue;
        }
        let read =
            room.store.db.read(move |tx| Box::pin(async move { mailgun::by_name(tx, organisation, &name).await }));
        match read.await? {
            None => errors.push(FieldError::new(field, why::UNKNOWN_DOMAIN)),
            Some(domain) if !domain.is_active() => errors.push(FieldError::new(field, why::DOMAIN_UNVERIFIED)),
            Some(domain) if field.starts_with("incoming") && !domain.has_signing_key => {
                errors.push(FieldError::new(field, why::SIGNING_KEY_NEEDED));
            }
            Some(_) => {}
        }
    }
    Ok(errors)
}

/// What it is called when a test's mail does not come in: some servers are looked at, another has to reach us.
pub(super) fn late(settings: &AccountSettings) -> &'static str {
    if of_incoming(settings).is_some() { "not_posted" } else { "not_received" }
}
