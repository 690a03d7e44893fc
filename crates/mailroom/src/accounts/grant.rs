//! Grants: what the owner of a mailbox gave at the provider in place of a password (features M8).
//!
//! A grant is kept sealed like a password; the tokens that it gives are in memory only. How it is renewed: [`super::keeper`]. A
//! mailbox that the organisation's app opens by itself needs none: its tokens come from [`super::app_token`].

use super::{
    app_token::App,
    keeper::{Keeper, Of},
    vendor::{self, Opening},
};
use crate::MailRoom;
use connect::{
    Bearer, ConnectError, Line, Secret, World,
    error::{Cause, Step},
    http::straight_client,
    oauth::{OauthError, TokenEndpoint, Tokens},
};
use mail::AccountKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::{
    StoreError,
    account::{Access, Account, AccountSettings, Direction, Incoming, Outgoing, Server},
    app_registration::AppProvider,
};
use tokio_util::task::TaskTracker;

/// Lines to mailboxes, one an account, so that all who ask for it together are no more than the provider allows.
#[derive(Clone, Default)]
pub struct Grants {
    all: Arc<Mutex<HashMap<AccountKey, Held>>>,
    renewals: TaskTracker,
}

/// What is held of one account.
struct Held {
    /// What its tokens are for: no token goes elsewhere.
    opening: Option<Opening>,
    keeper: Arc<Keeper>,
    line: Option<Arc<Line>>,
}

impl Grants {
    /// The line to the account's mailbox at this provider.
    pub(super) fn line(
        &self,
        room: &MailRoom,
        account: &Account,
        provider: AppProvider,
    ) -> Result<Arc<Line>, ConnectError> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.held(&mut all, room, account, provider);
        if let Some(line) = &held.line {
            return Ok(line.clone());
        }
        let line = vendor::line(&room.world, provider, &account.settings, Box::new(held.keeper.clone()))?;
        Ok(held.line.insert(Arc::new(line)).clone())
    }

    /// Where the account's tokens come from, for a server that is spoken to over more than one line.
    pub(super) fn bearer(&self, room: &MailRoom, account: &Account, provider: AppProvider) -> Arc<dyn Bearer> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        self.held(&mut all, room, account, provider).keeper.clone()
    }

    /// Forgets the account's line and its tokens: it was saved, authorised anew, or removed.
    pub(crate) fn forget(&self, account: AccountKey) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
    }

    /// Waits until no grant is being renewed: what a provider answers may be all that it will ever take again.
    pub async fn finished(&self) {
        self.renewals.close();
        self.renewals.wait().await;
    }

    fn held<'a>(
        &self,
        all: &'a mut HashMap<AccountKey, Held>,
        room: &MailRoom,
        account: &Account,
        provider: AppProvider,
    ) -> &'a mut Held {
        let opening = vendor::opening(&account.settings);
        if all.get(&account.id).is_some_and(|held| held.opening != opening) {
            all.remove(&account.id);
        }
        all.entry(account.id).or_insert_with(|| {
            let of = Of {
                store: room.store.clone(),
                world: room.world.clone(),
                clock: room.clock.clone(),
                provider,
                organisation: account.organisation,
                account: account.id,
                direction: direction(&account.settings),
                acts_for: (account.settings.access == Access::App).then(|| account.settings.address.clone()),
                scope: vendor::scope_again(&account.settings),
            };
            Held { opening, keeper: Arc::new(Keeper::new(of, self.renewals.clone())), line: None }
        })
    }
}

/// Where the grant of an account is kept: one serves both halves.
pub(super) fn direction(settings: &AccountSettings) -> Direction {
    match vendor::of_half(settings, Direction::Incoming) {
        Some(_) => Direction::Incoming,
        None => Direction::Outgoing,
    }
}

/// What one half of an account goes through: a server of its own, or a provider or our own door, which need no settings.
/// `None`: nothing.
pub(super) fn way(settings: &AccountSettings, half: Direction) -> Option<Option<Server>> {
    match (half, &settings.incoming, &settings.outgoing) {
        (Direction::Incoming, Incoming::Ews(exchange), _) | (Direction::Outgoing, _, Outgoing::Ews(exchange)) => {
            Some(Some(exchange.server()))
        }
        _ if vendor::of_half(settings, half).is_some() => Some(None),
        (Direction::Incoming, Incoming::Relay { .. } | Incoming::Mailgun(_), _)
        | (Direction::Outgoing, _, Outgoing::Mailgun(_)) => Some(None),
        (Direction::Outgoing, ..) if settings.is_delivered_here() => Some(None),
        (Direction::Incoming, Incoming::Imap(server) | Incoming::Pop3(server), _)
        | (Direction::Outgoing, _, Outgoing::Smtp(server)) => Some(Some(server.clone())),
        _ => None,
    }
}

/// Whether somebody agreed; `None` for an account that is not opened by a grant.
pub fn has_grant(account: &Account) -> Option<bool> {
    vendor::by_grant(&account.settings)?;
    Some(match direction(&account.settings) {
        Direction::Incoming => account.has_incoming_secret,
        Direction::Outgoing => account.has_outgoing_secret,
    })
}

/// The tokens for what was granted.
pub(super) async fn redeem(
    world: &World,
    app: &App,
    fields: &[(&str, &str)],
    secrets: &[&Secret],
) -> Result<Tokens, OauthError> {
    let App { registration, url, .. } = app;
    let endpoint = TokenEndpoint { url, registration, authentication: app.authentication() };
    endpoint.redeem(&straight_client(world)?, fields, secrets).await
}

/// What a refusal of the sign-in means for the account (RFC 6749 §5.2).
pub(super) fn meaning(error: OauthError) -> ConnectError {
    let step = Step::SignIn;
    match error {
        OauthError::Unreachable(ConnectError::Later { cause, wait, reason, .. }) => {
            ConnectError::Later { step, cause, wait, reason }
        }
        OauthError::Unreachable(error) => error,
        OauthError::Refused { code, words } => match code.as_str() {
            "invalid_client" | "unauthorized_client" => {
                ConnectError::Settings { step, cause: Cause::AppRefused, words }
            }
            "temporarily_unavailable" | "server_error" => {
                ConnectError::Later { step, cause: Cause::Throttled, wait: None, reason: words.0 }
            }
            _ => ConnectError::Credentials { cause: Cause::GrantGone, words },
        },
        OauthError::OtherIssuer | OauthError::Incomplete(_) => {
            ConnectError::Later { step, cause: Cause::Protocol, wait: None, reason: error.to_string() }
        }
    }
}

/// Trouble of our own, which says nothing of the grant.
pub(super) fn ours(error: StoreError) -> ConnectError {
    ConnectError::Later { step: Step::SignIn, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}
