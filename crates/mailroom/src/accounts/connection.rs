//! From a saved account to what can connect: servers, opened secrets, sources and transports.

use super::{health::Half, secret_of, vendor};
use crate::{
    MailRoom,
    incoming::{CollectingSource, OwnSource, PassError},
    mailgun::{DomainSource, DomainTransport},
    words::field,
};
use connect::{
    ConnectError, Credentials, Secret, Source, Transcript, Transport, World, egress,
    error::{Cause, Step},
    ews::{EwsSettings, EwsSource, EwsTransport, SignIn},
    imap::{ImapOptions, ImapSource},
    pop3::Pop3Source,
    smtp::{SmtpOptions, SmtpTransport},
};
use std::time::Duration;
use store::{
    StoreError,
    account::{Account, AccountSettings, Authentication, Direction, Encryption, Exchange, Incoming, Outgoing, Server},
};

pub(crate) use super::watch::note;

/// Messages over one connection when neither the account nor its provider says otherwise.
const PER_CONNECTION: u32 = 100;
/// Connections at a time when neither says otherwise.
pub(crate) const CONNECTIONS: u32 = 4;

/// What fetches the account's mail; connects when it is first asked for something. After too many refused sign-ins
/// at its server it is refused here already (features M11).
pub(crate) async fn source_for(room: &MailRoom, account: &Account) -> Result<Box<dyn Source>, PassError> {
    let now = room.clock.now();
    if let Some(until) = super::watch::may_sign_in(room, account, Half::Receiving, now).await? {
        let wait = Some(Duration::from_millis((until - now).max(0) as u64));
        let reason = "too many refused sign-ins at this server in the last hour".to_owned();
        return Err(ConnectError::Later { step: Step::SignIn, cause: Cause::Throttled, wait, reason }.into());
    }
    Ok(match account.settings.incoming {
        // What a mailbox that only sends has sent lies with us as well.
        Incoming::None | Incoming::Relay { .. } => Box::new(OwnSource::new(room, account)),
        Incoming::Pop3(_) => Box::new(CollectingSource::new(room, account, server_source(room, account, None).await?)),
        _ => server_source(room, account, None).await?,
    })
}

/// The account's server itself, which takes this secret or the one that is kept.
pub(super) async fn server_source(
    room: &MailRoom,
    account: &Account,
    secret: Option<&Secret>,
) -> Result<Box<dyn Source>, StoreError> {
    if let Incoming::Ews(exchange) = &account.settings.incoming {
        let settings = exchange_settings(room, exchange, account, Direction::Incoming, secret).await?;
        return Ok(Box::new(EwsSource::new(settings.line(&room.world), room.world.message_limit_bytes)));
    }
    if let Some(provider) = vendor::of_half(&account.settings, Direction::Incoming) {
        let line = room.grants.line(room, account, provider).map_err(no_line)?;
        let told = super::news::told(room, account, provider).await?;
        return Ok(vendor::source(provider, line, room.world.message_limit_bytes, told));
    }
    if let Incoming::Mailgun(domain) = &account.settings.incoming {
        return Ok(Box::new(DomainSource::new(room, account, &domain.domain)));
    }
    let secret = match secret {
        Some(secret) => Some(Secret::new(secret.reveal())),
        None => secret_of(room, account, Direction::Incoming).await?,
    };
    let (Incoming::Imap(server) | Incoming::Pop3(server)) = &account.settings.incoming else {
        return Err(no_server("incoming"));
    };
    let credentials = credentials(server, secret).ok_or_else(|| no_secret("incoming.secret"))?;
    let (world, place) = (room.world.clone(), reachable(server, account));
    Ok(match account.settings.incoming {
        Incoming::Pop3(_) => Box::new(Pop3Source::new(world, place, credentials, None)),
        _ => {
            let options = ImapOptions { prefix: server.prefix.clone(), ..ImapOptions::default() };
            Box::new(ImapSource::new(world, place, credentials, options))
        }
    })
}

/// What sends the account's mail, with so many connections where that can be chosen.
pub(crate) async fn transport(
    room: &MailRoom,
    account: &Account,
    connections: u32,
    per_connection: Option<u32>,
) -> Result<Box<dyn Transport>, StoreError> {
    if let Outgoing::Ews(exchange) = &account.settings.outgoing {
        let settings = exchange_settings(room, exchange, account, Direction::Outgoing, None).await?;
        return Ok(Box::new(EwsTransport::new(settings.line(&room.world))));
    }
    if let Some(provider) = vendor::of_half(&account.settings, Direction::Outgoing) {
        return Ok(vendor::transport(provider, room.grants.line(room, account, provider).map_err(no_line)?));
    }
    if let Outgoing::Mailgun(domain) = &account.settings.outgoing {
        return Ok(Box::new(DomainTransport::new(room, account.organisation, &domain.domain)));
    }
    if account.settings.is_delivered_here() {
        return Ok(Box::new(crate::outgoing::by_own_hand(room, account)));
    }
    Ok(Box::new(smtp_transport(room, account, connections, per_connection, None).await?))
}

/// Only what trusts nobody at all ends here: no authority could be read.
fn no_line(error: ConnectError) -> StoreError {
    StoreError::Broken(error.to_string())
}

/// The account's SMTP server with so many connections; without a user name nobody signs in there.
pub async fn smtp_transport(
    room: &MailRoom,
    account: &Account,
    connections: u32,
    per_connection: Option<u32>,
    transcript: Option<Transcript>,
) -> Result<SmtpTransport, StoreError> {
    let Outgoing::Smtp(server) = &account.settings.outgoing else { return Err(no_server("outgoing")) };
    let credentials = match server.username.is_empty() {
        true => None,
        false => {
            let secret = secret_of(room, account, Direction::Outgoing).await?;
            Some(credentials(server, secret).ok_or_else(|| no_secret("outgoing.secret"))?)
        }
    };
    let options = SmtpOptions {
        helo_name: helo_name(room),
        connections_max: connections.max(1) as usize,
        messages_per_connection: per_connection.unwrap_or(PER_CONNECTION).max(1),
        transcript,
        ..SmtpOptions::default()
    };
    Ok(SmtpTransport::new(room.world.clone(), reachable(server, account), credentials, options))
}

/// How the connector names the server.
pub(crate) fn reachable(server: &Server, account: &Account) -> connect::Server {
    named(server, &account.settings)
}

/// The same by the settings alone.
pub(super) fn named(server: &Server, settings: &AccountSettings) -> connect::Server {
    connect::Server {
        host: server.host.clone(),
        port: server.port,
        encryption: match server.encryption {
            Encryption::Tls => connect::Encryption::Tls,
            Encryption::Starttls => connect::Encryption::Starttls,
            Encryption::None => connect::Encryption::None,
        },
        pinned_certificate: settings.pinned_certificate.clone(),
    }
}

/// The steps in which a connection that signs in can fail, up to what is done there.
pub(super) fn steps(server: Option<&Server>, last: &'static str) -> Vec<&'static str> {
    match server.map(|server| server.encryption) {
        Some(Encryption::Starttls) => vec!["tls", "sign_in", last],
        Some(Encryption::Tls | Encryption::None) | None => vec!["sign_in", last],
    }
}

/// Whether every address of the host is inside a network that the installation's owner allowed.
pub(crate) async fn is_inside(world: &World, host: &str) -> bool {
    match egress::resolve(world, host).await {
        Ok(found) => found
            .iter()
            .all(|address| world.allow_networks.iter().any(|network| network.contains(&address.to_canonical()))),
        Err(_) => false,
    }
}

async fn exchange_settings(
    room: &MailRoom,
    exchange: &Exchange,
    account: &Account,
    half: Direction,
    secret: Option<&Secret>,
) -> Result<EwsSettings, StoreError> {
    let field = if half == Direction::Incoming { "incoming.secret" } else { "outgoing.secret" };
    let sign_in = match vendor::of_half(&account.settings, half) {
        Some(provider) => SignIn::Granted(room.grants.bearer(room, account, provider)),
        None => {
            let kept = match secret {
                Some(secret) => Some(Secret::new(secret.reveal())),
                None => secret_of(room, account, half).await?,
            };
            let (username, secret) = (exchange.username.clone(), kept.ok_or_else(|| no_secret(field))?);
            match exchange.authentication {
                Authentication::Ntlm => SignIn::ntlm(&username, secret),
                Authentication::Basic | Authentication::Oauth => SignIn::Basic { username, secret },
            }
        }
    };
    Ok(vendor::exchange_settings(exchange, &account.settings, sign_in))
}

fn credentials(server: &Server, secret: Option<Secret>) -> Option<Credentials> {
    let username = server.username.clone();
    let secret = secret?;
    Some(match server.authentication {
        Authentication::Oauth => Credentials::Token { username, token: secret },
        Authentication::Basic | Authentication::Ntlm => Credentials::Password { username, secret },
    })
}

/// What the test of the account's way out goes through, up to what is done there.
pub(super) fn steps_out(account: &Account, server: Option<&Server>) -> Vec<&'static str> {
    // Nobody signs in anywhere when we deliver ourselves.
    if account.settings.is_delivered_here() { vec!["send"] } else { steps(server, "send") }
}

/// Our name in EHLO: what people reach us by, else the address form that says nothing.
pub(crate) fn helo_name(room: &MailRoom) -> String {
    let host = room.config.base_url.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if host.contains('.') && host.chars().any(char::is_alphabetic) { host.to_owned() } else { "[127.0.0.1]".to_owned() }
}

fn no_server(field: &'static str) -> StoreError {
    let (code, text) = if field == "incoming" { field::CANNOT_RECEIVE } else { field::CANNOT_SEND };
    StoreError::Conflict { field, code, message: text.en.to_owned() }
}

fn no_secret(field: &'static str) -> StoreError {
    let (code, text) = field::REQUIRED;
    StoreError::Conflict { field, code, message: text.en.to_owned() }
}
