//! Grants: what the owner of a mailbox gave at the provider in place of a password (features M8).
//!
//! A grant is kept sealed like a password; the tokens that it gives are in memory only. They are renewed by one at a time,
//! and a grant that comes back with a token takes the place of the old one only when nobody gave another meanwhile. A mailbox
//! that the organisation's app opens by itself needs none: its tokens come from [`super::app_token`].

use super::{
    app_token::{self, App, registration},
    vendor::{self, Opened},
};
use crate::{Clock, MailRoom};
use async_trait::async_trait;
use connect::{
    Bearer, ConnectError, Line, Secret, ServerWords, World,
    error::{Cause, Step},
    http::straight_client,
    oauth::{OauthError, TokenEndpoint, Tokens},
};
use mail::{AccountKey, OrganisationKey};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::{
    Store, StoreError,
    account::{self, Access, Account, AccountSettings, Direction, Incoming, Outgoing, Server},
    app_registration::AppProvider,
};
use tokio::sync::Mutex as Lock;
use zeroize::Zeroizing;

/// A token that ends sooner than this is renewed already, in milliseconds.
const MARGIN: i64 = 120_000;
/// How long a token lasts of which nobody says so, in seconds.
const USUAL_SECONDS: u64 = 3600;

/// Lines to mailboxes, one an account, so that all who ask for it together are no more than the provider allows.
#[derive(Clone, Default)]
pub struct Grants(Arc<Mutex<HashMap<AccountKey, Held>>>);

/// What is held of one account.
struct Held {
    /// What its tokens are for: no token goes elsewhere.
    opened: Option<Opened>,
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
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held(&mut all, room, account, provider);
        if let Some(line) = &held.line {
            return Ok(line.clone());
        }
        let line = vendor::line(&room.world, provider, &account.settings, Box::new(held.keeper.clone()))?;
        Ok(held.line.insert(Arc::new(line)).clone())
    }

    /// Where the account's tokens come from, for a server that is spoken to over more than one line.
    pub(super) fn bearer(&self, room: &MailRoom, account: &Account, provider: AppProvider) -> Arc<dyn Bearer> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held(&mut all, room, account, provider).keeper.clone()
    }

    /// Forgets the account's line and its tokens: it was saved, authorised anew, or removed.
    pub(crate) fn forget(&self, account: AccountKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
    }
}

fn held<'a>(
    all: &'a mut HashMap<AccountKey, Held>,
    room: &MailRoom,
    account: &Account,
    provider: AppProvider,
) -> &'a mut Held {
    let opened = vendor::opened(&account.settings);
    if all.get(&account.id).is_some_and(|held| held.opened != opened) {
        all.remove(&account.id);
    }
    all.entry(account.id).or_insert_with(|| {
        let keeper = Keeper {
            store: room.store.clone(),
            world: room.world.clone(),
            clock: room.clock.clone(),
            provider,
            organisation: account.organisation,
            account: account.id,
            direction: direction(&account.settings),
            acts_for: (account.settings.access == Access::App).then(|| account.settings.address.clone()),
            scope: vendor::scope_again(&account.settings),
            held: Lock::default(),
        };
        Held { opened, keeper: Arc::new(keeper), line: None }
    })
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

/// The secrets that mean nothing after the settings changed: a password is no grant, and a grant is no password.
pub(super) fn of_another_kind(before: &AccountSettings, after: &AccountSettings) -> Vec<Direction> {
    let is_other = |half: &Direction| {
        let (was, is) = (vendor::opened_half(before, *half), vendor::opened_half(after, *half));
        was != is || (is.is_some() && before.access != after.access)
    };
    [Direction::Incoming, Direction::Outgoing].into_iter().filter(is_other).collect()
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

/// Keeps the grant of one account, and the token that it last gave.
struct Keeper {
    store: Arc<Store>,
    world: World,
    clock: Clock,
    provider: AppProvider,
    organisation: OrganisationKey,
    account: AccountKey,
    direction: Direction,
    /// The mailbox's address, when the app opens it by itself.
    acts_for: Option<String>,
    /// What is asked for each time, where that has to be said.
    scope: Option<String>,
    /// The token, and when it ends. Whoever renews it holds this.
    held: Lock<Option<(Secret, i64)>>,
}

#[async_trait]
impl Bearer for Keeper {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut held = self.held.lock().await;
        let is_refused = |token: &Secret| refused.is_some_and(|refused| refused.reveal() == token.reveal());
        if let Some((token, ends_at)) = &*held
            && *ends_at > self.clock.now() + MARGIN
            && !is_refused(token)
        {
            return Ok(token.clone());
        }
        *held = None;
        let (token, ends_at) = self.renewed().await?;
        *held = Some((token.clone(), ends_at));
        Ok(token)
    }
}

impl Keeper {
    async fn renewed(&self) -> Result<(Secret, i64), ConnectError> {
        let app = registration(&self.store, &self.world, self.organisation, self.provider).await.map_err(ours)?;
        let app = app.ok_or_else(app_token::no_app)?;
        if let Some(address) = &self.acts_for {
            let tokens = app_token::for_mailbox(&self.world, &app, self.provider, address).await?;
            return Ok((tokens.access_token.clone(), self.ends_at(&tokens)));
        }
        let mut grant = self.grant().await?;
        loop {
            match self.ask(&app, &grant).await {
                Err(OauthError::Refused { code, words }) if code == "invalid_grant" => {
                    // Another node may have renewed it, or its owner given it anew, while we asked.
                    let now = self.grant().await?;
                    if now.as_slice() == grant.as_slice() {
                        return Err(meaning(OauthError::Refused { code, words }));
                    }
                    grant = now;
                }
                Err(error) => return Err(meaning(error)),
                Ok(tokens) => {
                    let ends_at = self.ends_at(&tokens);
                    if let Some(next) = &tokens.refresh_token {
                        self.keep(&grant, next).await?;
                    }
                    return Ok((tokens.access_token, ends_at));
                }
            }
        }
    }

    fn ends_at(&self, tokens: &Tokens) -> i64 {
        self.clock.now() + tokens.expires_in.unwrap_or(USUAL_SECONDS) as i64 * 1000
    }

    async fn ask(&self, app: &App, grant: &[u8]) -> Result<Tokens, OauthError> {
        let text = Zeroizing::new(String::from_utf8_lossy(grant).into_owned());
        let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", text.as_str())];
        fields.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        redeem(&self.world, app, &fields, &[&Secret::new(grant)]).await
    }

    async fn grant(&self) -> Result<Zeroizing<Vec<u8>>, ConnectError> {
        let (keys, organisation) = (self.store.keys.clone(), self.organisation);
        let (account, direction) = (self.account, self.direction);
        let read = self.store.db.read(move |tx| {
            Box::pin(async move { account::open_secret(tx, &keys, organisation, account, direction).await })
        });
        read.await.map_err(ours)?.ok_or_else(|| {
            let words = ServerWords("nobody has authorised this mailbox yet".to_owned());
            ConnectError::Credentials { cause: Cause::GrantGone, words }
        })
    }

    /// Puts what came with a token in the place of the grant that gave it. On disk before the token is used: the old one
    /// may be good for nothing by now.
    async fn keep(&self, before: &[u8], next: &Secret) -> Result<(), ConnectError> {
        let (keys, organisation) = (self.store.keys.clone(), self.organisation);
        let (account, direction) = (self.account, self.direction);
        let (before, next) = (Zeroizing::new(before.to_vec()), next.clone());
        let write = self.store.db.write(move |tx| {
            Box::pin(async move {
                account::renew_secret(tx, &keys, organisation, account, direction, &before, next.reveal()).await
            })
        });
        write.await.map(|_| ()).map_err(ours)
    }
}

/// Trouble of our own, which says nothing of the grant.
pub(super) fn ours(error: StoreError) -> ConnectError {
    ConnectError::Later { step: Step::SignIn, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}
