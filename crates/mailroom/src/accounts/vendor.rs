//! What is particular to a provider at which mailboxes are opened by a grant. Nothing else above `connect` asks which it is.

use super::{connection, news::Told};
use connect::{
    Bearer, ConnectError, Line, Source, Transport, Vendor, World,
    ews::{self, EwsSettings, SignIn},
    gmail,
    graph::{self, Visitor},
};
use mail::address::fold_address;
use std::{fmt, sync::Arc};
use store::{
    account::{Access, AccountSettings, Authentication, Direction, Exchange, Incoming, Outgoing},
    app_registration::AppProvider,
};

/// The one right at Google.
const GMAIL: &str = "https://mail.google.com/";

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

/// What a grant opens, or a token of the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    /// A mailbox at Microsoft 365, by Graph.
    Microsoft365,
    /// One at Google, by the Gmail API.
    Gmail,
    /// One at an Exchange server in the house that takes Microsoft's tokens, by the server's name.
    Exchange(String),
}

impl Opened {
    /// Who gives the tokens.
    fn provider(&self) -> AppProvider {
        match self {
            Opened::Microsoft365 | Opened::Exchange(_) => AppProvider::Microsoft,
            Opened::Gmail => AppProvider::Google,
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opened::Microsoft365 => f.write_str("microsoft365"),
            Opened::Gmail => f.write_str("gmail"),
            Opened::Exchange(host) => write!(f, "ews at {host}"),
        }
    }
}

/// What a grant or a token is for: what it opens, by whom, and whose mailbox that is. It goes nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    opened: Opened,
    access: Access,
    mailbox: String,
}

impl Opening {
    fn of(opened: Opened, settings: &AccountSettings) -> Opening {
        Opening { opened, access: settings.access, mailbox: fold_address(&settings.address) }
    }
}

/// As it is kept beside what was begun with it, to be compared.
impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.opened, self.access.as_str(), self.mailbox)
    }
}

/// What a grant for this half is for.
pub(super) fn opening_half(settings: &AccountSettings, half: Direction) -> Option<Opening> {
    opened_half(settings, half).map(|opened| Opening::of(opened, settings))
}

/// What the grant of the account is for; both halves go through one.
pub(super) fn opening(settings: &AccountSettings) -> Option<Opening> {
    opened(settings).map(|opened| Opening::of(opened, settings))
}

/// What opens this half by a grant.
pub(super) fn opened_half(settings: &AccountSettings, half: Direction) -> Option<Opened> {
    let by_token = |exchange: &Exchange| {
        let host = exchange.server().host.to_ascii_lowercase();
        (exchange.authentication == Authentication::Oauth).then_some(Opened::Exchange(host))
    };
    match (half, &settings.incoming, &settings.outgoing) {
        (Direction::Incoming, Incoming::Microsoft365, _) | (Direction::Outgoing, _, Outgoing::Microsoft365) => {
            Some(Opened::Microsoft365)
        }
        (Direction::Incoming, Incoming::Gmail, _) | (Direction::Outgoing, _, Outgoing::Gmail) => Some(Opened::Gmail),
        (Direction::Incoming, Incoming::Ews(exchange), _) | (Direction::Outgoing, _, Outgoing::Ews(exchange)) => {
            by_token(exchange)
        }
        _ => None,
    }
}

/// What opens the account by a grant; both halves go through one.
pub(super) fn opened(settings: &AccountSettings) -> Option<Opened> {
    opened_half(settings, Direction::Incoming).or_else(|| opened_half(settings, Direction::Outgoing))
}

/// The provider that opens this half by a grant.
pub(super) fn of_half(settings: &AccountSettings, half: Direction) -> Option<AppProvider> {
    opened_half(settings, half).map(|opened| opened.provider())
}

/// The provider that opens the account by a grant; both halves go through one.
pub fn of(settings: &AccountSettings) -> Option<AppProvider> {
    opened(settings).map(|opened| opened.provider())
}

/// Whether the grant is for a server of the organisation's own, with settings that a person fills in.
pub fn is_own_server(settings: &AccountSettings) -> bool {
    matches!(opened(settings), Some(Opened::Exchange(_)))
}

/// Whether a provider opens by name whatever the mailbox does: there is no server that a person fills in.
pub fn opens_all(settings: &AccountSettings) -> bool {
    let is_named = |half| matches!(opened_half(settings, half), Some(Opened::Microsoft365 | Opened::Gmail));
    let receives = is_named(Direction::Incoming) || settings.incoming == Incoming::None;
    let sends = is_named(Direction::Outgoing) || settings.outgoing == Outgoing::None;
    of(settings).is_some() && receives && sends
}

/// The same as [`of`], when somebody has to agree.
pub fn by_grant(settings: &AccountSettings) -> Option<AppProvider> {
    of(settings).filter(|_| settings.access != Access::App)
}

/// Whether no half is opened by another grant than the other half.
pub(super) fn is_one(settings: &AccountSettings) -> bool {
    let [incoming, outgoing] = [Direction::Incoming, Direction::Outgoing].map(|half| opened_half(settings, half));
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
pub(super) fn rights(settings: &AccountSettings) -> Vec<String> {
    let at_graph = |names: [&str; 3]| names.map(|name| format!("https://graph.microsoft.com/{name}")).to_vec();
    match opened(settings) {
        Some(Opened::Microsoft365) if settings.access == Access::Shared => {
            at_graph(["User.Read", "Mail.ReadWrite.Shared", "Mail.Send.Shared"])
        }
        Some(Opened::Microsoft365) => at_graph(["User.Read", "Mail.ReadWrite", "Mail.Send"]),
        // Of what Google has, only this one also deletes (developers.google.com/workspace/gmail/api/auth/scopes).
        Some(Opened::Gmail) => vec![GMAIL.to_owned()],
        // The server is a name of the service Office 365 Exchange Online in Entra, without a port (learn.microsoft.com/
        // exchange/configure-exchange-server-for-hybrid-modern-authentication); the right is the one of EWS
        // (learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth).
        Some(Opened::Exchange(host)) => {
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            vec![format!("https://{host}/EWS.AccessAsUser.All")]
        }
        None => Vec::new(),
    }
}

/// The last part of a right's name, by which Microsoft may call it in an answer; Google says it whole.
pub(super) fn short(right: &str) -> &str {
    match right.rsplit_once('/') {
        Some((_, last)) if !last.is_empty() => last,
        _ => right,
    }
}

/// What is asked besides, so that the grant lasts longer than an hour: a right, or fields of the question.
pub(super) fn lasting(settings: &AccountSettings) -> (&'static str, &'static [(&'static str, &'static str)]) {
    match opened(settings) {
        Some(Opened::Microsoft365) => ("offline_access", &[("prompt", "select_account")]),
        // Exchange does not say who somebody is; the sign-in does, when it is asked.
        Some(Opened::Exchange(_)) => ("openid profile offline_access", &[("prompt", "select_account")]),
        // Without asking anew for consent Google gives no second grant to who gave one before.
        Some(Opened::Gmail) => ("", &[("access_type", "offline"), ("prompt", "consent select_account")]),
        None => ("", &[]),
    }
}

/// All of it in one text.
pub(super) fn scope(settings: &AccountSettings) -> String {
    format!("{} {}", lasting(settings).0, rights(settings).join(" ")).trim_start().to_owned()
}

/// The same where it is said again each time that a grant is renewed: one who signs in at Entra gets a grant for everything
/// that they may open, and has to say which server a token is for.
pub(super) fn scope_again(settings: &AccountSettings) -> Option<String> {
    is_own_server(settings).then(|| scope(settings))
}

/// What an app asks for that opens mailboxes by itself.
pub(super) fn scope_of_app(provider: AppProvider) -> String {
    match provider {
        // Whatever an administrator gave it (learn.microsoft.com/entra/identity-platform/scopes-oidc).
        AppProvider::Microsoft => "https://graph.microsoft.com/.default".to_owned(),
        AppProvider::Google => GMAIL.to_owned(),
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

/// Whose mailbox the token opens, by each of its addresses; none when it is only sure that it opens one.
pub(super) async fn owner(
    world: &World,
    provider: AppProvider,
    settings: &AccountSettings,
    bearer: Arc<dyn Bearer>,
) -> Result<Vec<String>, ConnectError> {
    let exchange = match (&settings.incoming, &settings.outgoing) {
        (Incoming::Ews(exchange), _) | (_, Outgoing::Ews(exchange)) if is_own_server(settings) => exchange,
        _ => {
            let line = line(world, provider, settings, Box::new(bearer))?;
            return match provider {
                AppProvider::Microsoft => graph::owner(&line).await,
                AppProvider::Google => gmail::owner(&line).await,
            };
        }
    };
    let line = exchange_settings(exchange, settings, SignIn::Granted(bearer)).line(world);
    let is_own = ews::is_mailbox_of(&line, &settings.address).await?;
    Ok(is_own.then(|| settings.address.clone()).into_iter().collect())
}

/// How the connector names an Exchange server.
pub(super) fn exchange_settings(exchange: &Exchange, settings: &AccountSettings, sign_in: SignIn) -> EwsSettings {
    EwsSettings { url: exchange.url.clone(), server: connection::named(&exchange.server(), settings), sign_in }
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
