//! What is particular to a provider at which mailboxes are opened by a grant. Nothing else above `connect` asks which it is.

use super::news::Told;
use connect::{
    Bearer, ConnectError, Line, Source, Transport, Vendor, World, gmail,
    graph::{self, Visitor},
};
use std::sync::Arc;
use store::{
    account::{Access, AccountSettings, Direction, Incoming, Outgoing},
    app_registration::AppProvider,
};

/// What people call it.
pub fn name(provider: AppProvider) -> &'static str {
    match provider {
        AppProvider::Microsoft => "Microsoft",
        AppProvider::Google => "Google",
    }
}

/// Whether an app there belongs to one organisation by name.
pub(super) fn has_tenants(provider: AppProvider) -> bool {
    provider == AppProvider::Microsoft
}

/// The provider that opens this half by a grant.
pub(super) fn of_half(settings: &AccountSettings, half: Direction) -> Option<AppProvider> {
    match (half, &settings.incoming, &settings.outgoing) {
        (Direction::Incoming, Incoming::Microsoft365, _) | (Direction::Outgoing, _, Outgoing::Microsoft365) => {
            Some(AppProvider::Microsoft)
        }
        (Direction::Incoming, Incoming::Gmail, _) | (Direction::Outgoing, _, Outgoing::Gmail) => {
            Some(AppProvider::Google)
        }
        _ => None,
    }
}

/// The provider that opens the account by a grant; both halves go through one.
pub fn of(settings: &AccountSettings) -> Option<AppProvider> {
    of_half(settings, Direction::Incoming).or_else(|| of_half(settings, Direction::Outgoing))
}

/// The same, when somebody has to agree.
pub fn by_grant(settings: &AccountSettings) -> Option<AppProvider> {
    of(settings).filter(|_| settings.access != Access::App)
}

/// Whether no half goes through another provider than the other half.
pub(super) fn is_one(settings: &AccountSettings) -> bool {
    let [incoming, outgoing] = [Direction::Incoming, Direction::Outgoing].map(|half| of_half(settings, half));
    incoming.is_none() || outgoing.is_none() || incoming == outgoing
}

/// Where it is.
pub(super) fn place(world: &World, provider: AppProvider) -> &Vendor {
    match provider {
        AppProvider::Microsoft => &world.vendors.microsoft,
        AppProvider::Google => &world.vendors.google,
    }
}

/// What the owner of a mailbox is asked for, or whoever it is shared with.
pub(super) fn rights(provider: AppProvider, access: Access) -> &'static [&'static str] {
    match provider {
        AppProvider::Microsoft if access == Access::Shared => &[
            "https://graph.microsoft.com/User.Read",
            "https://graph.microsoft.com/Mail.ReadWrite.Shared",
            "https://graph.microsoft.com/Mail.Send.Shared",
        ],
        AppProvider::Microsoft => &[
            "https://graph.microsoft.com/User.Read",
            "https://graph.microsoft.com/Mail.ReadWrite",
            "https://graph.microsoft.com/Mail.Send",
        ],
        // Of what Google has, only this one also deletes (developers.google.com/workspace/gmail/api/auth/scopes).
        AppProvider::Google => &["https://mail.google.com/"],
    }
}

/// The last part of a right's name, by which Microsoft may call it in an answer; Google says it whole.
pub(super) fn short(right: &str) -> &str {
    right.strip_prefix("https://graph.microsoft.com/").unwrap_or(right)
}

/// What is asked besides, so that the grant lasts longer than an hour: a right, or fields of the question.
pub(super) fn lasting(provider: AppProvider) -> (&'static str, &'static [(&'static str, &'static str)]) {
    match provider {
        AppProvider::Microsoft => ("offline_access", &[("prompt", "select_account")]),
        // Without asking anew for consent Google gives no second grant to who gave one before.
        AppProvider::Google => ("", &[("access_type", "offline"), ("prompt", "consent select_account")]),
    }
}

/// All of it in one text.
pub(super) fn scope(provider: AppProvider, access: Access) -> String {
    format!("{} {}", lasting(provider).0, rights(provider, access).join(" ")).trim_start().to_owned()
}

/// What an app asks for that opens mailboxes by itself.
pub(super) fn scope_of_app(provider: AppProvider) -> String {
    match provider {
        // Whatever an administrator gave it (learn.microsoft.com/entra/identity-platform/scopes-oidc).
        AppProvider::Microsoft => "https://graph.microsoft.com/.default".to_owned(),
        AppProvider::Google => rights(provider, Access::App).join(" "),
    }
}

/// Whether mailboxes there can be shared with somebody who opens them by their own grant.
pub fn can_be_shared(provider: AppProvider) -> bool {
    provider == AppProvider::Microsoft
}

/// Whether somebody can agree on another device, by a code that they type there (RFC 8628).
pub fn gives_codes(world: &World, provider: AppProvider) -> bool {
    place(world, provider).devices.is_some()
}

/// Whether news of its mailboxes go to a topic that the organisation made there.
pub(super) fn tells_by_topic(provider: AppProvider) -> bool {
    provider == AppProvider::Google
}

/// The line to the mailbox with this address, with a token of whoever opens it.
pub(super) fn line(
    world: &World,
    provider: AppProvider,
    settings: &AccountSettings,
    bearer: Box<dyn Bearer>,
) -> Result<Line, ConnectError> {
    match (provider, settings.access) {
        (AppProvider::Microsoft, Access::Own) => graph::line(world, bearer),
        (AppProvider::Microsoft, Access::App) => graph::line_to(world, &settings.address, Visitor::App, bearer),
        (AppProvider::Microsoft, Access::Shared) => graph::line_to(world, &settings.address, Visitor::Person, bearer),
        // A token of the service account is one of the mailbox itself.
        (AppProvider::Google, _) => gmail::line(world, bearer),
    }
}

/// Whose mailbox the line leads to, by each of its addresses; none when it is only sure that it opens.
pub(super) async fn owner(provider: AppProvider, line: &Line) -> Result<Vec<String>, ConnectError> {
    match provider {
        AppProvider::Microsoft => graph::owner(line).await,
        AppProvider::Google => gmail::owner(line).await,
    }
}

/// What fetches over the line.
///
/// `topic`: where the provider tells of news, where it can.
pub(super) fn source(provider: AppProvider, line: Arc<Line>, limit_bytes: u64, told: Told) -> Box<dyn Source> {
    match provider {
        AppProvider::Microsoft => Box::new(graph::GraphSource::new(line, limit_bytes).telling(told.hook)),
        AppProvider::Google => Box::new(gmail::GmailSource::new(line, limit_bytes).telling(told.topic)),
    }
}

/// What sends over the line.
pub(super) fn transport(provider: AppProvider, line: Arc<Line>) -> Box<dyn Transport> {
    match provider {
        AppProvider::Microsoft => Box::new(graph::GraphTransport::new(line)),
        AppProvider::Google => Box::new(gmail::GmailTransport::new(line)),
    }
}
