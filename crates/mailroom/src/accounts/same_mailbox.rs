//! Whether other settings still lead to the mailbox whose mail we hold (features M14).
//!
//! It is asked when a person tests the settings, and before other ones are saved. A server that can't be asked now stops
//! nobody from saving: fetching looks again before it touches anything.

use super::{connection, health::Half, vendor, watch};
use crate::{
    MailRoom,
    incoming::{self, PassError},
    words::{Refusal, field},
};
use connect::{ConnectError, RemoteFolder, Secret, Source, error::Cause};
use std::time::Duration;
use store::{
    StoreError,
    account::{Account, AccountSettings, Direction, Incoming, Outgoing, Server},
};

/// How long a person who saves waits for the server.
const WAIT: Duration = Duration::from_secs(15);

/// The server that mail comes from, of what kind it may be.
pub(super) fn server(incoming: &Incoming) -> Option<Server> {
    match incoming {
        Incoming::Imap(server) | Incoming::Pop3(server) => Some(server.clone()),
        Incoming::Ews(exchange) => Some(exchange.server()),
        Incoming::Microsoft365 | Incoming::Gmail | Incoming::Mailgun(_) | Incoming::Relay { .. } | Incoming::None => {
            None
        }
    }
}

/// The server that mail goes out through, of what kind it may be.
pub(super) fn server_of_way_out(outgoing: &Outgoing) -> Option<Server> {
    match outgoing {
        Outgoing::Smtp(server) => Some(server.clone()),
        Outgoing::Ews(exchange) => Some(exchange.server()),
        Outgoing::Microsoft365 | Outgoing::Gmail | Outgoing::Mailgun(_) | Outgoing::Builtin | Outgoing::None => None,
    }
}

/// The kind of such a server.
pub(super) fn kind(incoming: &Incoming) -> Option<&'static str> {
    match incoming {
        Incoming::Imap(_) => Some("imap"),
        Incoming::Pop3(_) => Some("pop3"),
        Incoming::Microsoft365 => Some("microsoft365"),
        Incoming::Relay { .. } => Some("relay"),
        Incoming::Mailgun(_) => Some("mailgun"),
        Incoming::Gmail => Some("gmail"),
        Incoming::Ews(_) => Some("ews"),
        Incoming::None => None,
    }
}

/// The kind of what holds the account's mail: the door behind which it was seen, or folders of ours.
pub(super) fn kind_of_mail(account: &Account) -> Option<&'static str> {
    match account.settings.incoming {
        Incoming::Relay { .. } => Some("relay"),
        _ => account.identity.as_deref().map(kind_of_door),
    }
}

/// The kind of the way out.
pub(super) fn kind_of_way_out(outgoing: &Outgoing) -> &'static str {
    match outgoing {
        Outgoing::Smtp(_) => "smtp",
        Outgoing::Microsoft365 => "microsoft365",
        Outgoing::Mailgun(_) => "mailgun",
        Outgoing::Gmail => "gmail",
        Outgoing::Ews(_) => "ews",
        Outgoing::Builtin => "builtin",
        Outgoing::None => "none",
    }
}

/// The kind of the server behind a door that was written down.
fn kind_of_door(door: &str) -> &'static str {
    let is_of = |beginning: &str| door.starts_with(beginning);
    match () {
        () if is_of(incoming::POP3_DOOR) => "pop3",
        () if is_of(incoming::GRAPH_DOOR) => "microsoft365",
        () if is_of(incoming::MAILGUN_DOOR) => "mailgun",
        () if is_of(incoming::GMAIL_DOOR) => "gmail",
        () if is_of(incoming::EWS_DOOR) => "ews",
        () => "imap",
    }
}

/// The folders that the server shows, once it is sure that the mailbox is still the one whose mail we hold.
pub(super) async fn folders(
    room: &MailRoom,
    account: &Account,
    source: &mut dyn Source,
) -> Result<Result<Vec<RemoteFolder>, ConnectError>, StoreError> {
    let looked = async {
        let shown = source.folders().await?;
        incoming::recognise(room, account, &shown, source).await?;
        Ok(shown)
    };
    match looked.await {
        Ok(shown) => Ok(Ok(shown)),
        Err(PassError::Connect(error)) => Ok(Err(error)),
        Err(PassError::Store(error)) => Err(error),
    }
}

/// Refuses settings with which another mailbox answers. Gives why the server could not be asked, if so.
pub(super) async fn keeps(
    room: &MailRoom,
    before: &Account,
    settings: &AccountSettings,
    secret: Option<&Secret>,
) -> Result<Option<ConnectError>, Refusal> {
    let (Some(old), Some(new)) = (server(&before.settings.incoming), server(&settings.incoming)) else {
        return Ok(None);
    };
    // What another server is opened with has to be granted first; then it is looked whose mailbox that is.
    let by_grant = vendor::of_half(settings, Direction::Incoming).is_some();
    if kind(&before.settings.incoming) != kind(&settings.incoming) || by_grant {
        return Ok(None);
    }
    let is_same_server = old.host.eq_ignore_ascii_case(&new.host) && old.port == new.port;
    if before.identity.is_none() || !settings.active || (is_same_server && old.username == new.username) {
        return Ok(None);
    }
    let after = Account { settings: settings.clone(), ..before.clone() };
    if watch::may_sign_in(room, &after, Half::Receiving, room.clock.now()).await?.is_some() {
        return Ok(None);
    }
    // Without a secret nobody can ask, and nobody can fetch.
    let Ok(mut source) = connection::server_source(room, &after, secret).await else {
        return Ok(None);
    };
    let found = tokio::time::timeout(WAIT, folders(room, &after, &mut *source)).await;
    source.close().await;
    match found {
        Err(_) | Ok(Ok(Ok(_))) => Ok(None),
        Ok(Ok(Err(ConnectError::Settings { cause: Cause::OtherAccount, .. }))) => {
            let field = match (is_same_server, &settings.incoming) {
                (true, _) => "incoming.username",
                (false, Incoming::Ews(_)) => "incoming.url",
                (false, _) => "incoming.host",
            };
            Err(Refusal::conflict(field, field::OTHER_MAILBOX))
        }
        Ok(Ok(Err(error))) => Ok(Some(error)),
        Ok(Err(error)) => Err(error.into()),
    }
}
