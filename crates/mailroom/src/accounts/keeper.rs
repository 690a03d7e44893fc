//! Who keeps the grant of one account, and the token that it last gave (features M8).
//!
//! A refresh token may be good for one showing only, and shown twice it may cost the whole grant (RFC 9700 §4.14.2). So of all
//! nodes one at a time renews it, in a turn that is kept in the database; whoever waited goes on with what that one left. A
//! renewal that was begun is brought to its end whoever asked for it has gone: what comes with its answer is on disk before
//! anything else is done with it.

use super::{
    app_token::{self, App, registration},
    grant::{meaning, ours, redeem},
};
use crate::{Clock, killpoint};
use async_trait::async_trait;
use connect::{
    Bearer, ConnectError, Secret, ServerWords, World,
    error::{Cause, Step},
    oauth::{OauthError, Tokens},
};
use mail::{AccountKey, OrganisationKey};
use std::{sync::Arc, time::Duration};
use store::{
    Store, StoreError, Topic,
    account::{self, Direction},
    app_registration::AppProvider,
};
use tokio::{
    sync::Mutex as Lock,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

/// A token that ends sooner than this is renewed already, in milliseconds.
const MARGIN: i64 = 120_000;
/// How long a token lasts of which nobody says so, in seconds.
const USUAL_SECONDS: u64 = 3600;
/// How long the provider may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(25);
/// How long a turn is kept of whoever died with it: longer than one takes, in milliseconds.
const TURN_MS: i64 = 45_000;
/// How often to look whether the turn is free, when nobody says so.
const LOOK: Duration = Duration::from_secs(1);

type Grant = Zeroizing<Vec<u8>>;

/// Keeps the grant of one account.
pub(super) struct Keeper {
    of: Arc<Of>,
    /// Whoever renews it holds this.
    held: Arc<Lock<Held>>,
    renewals: TaskTracker,
}

/// Whose grant it is, and where it is renewed.
pub(super) struct Of {
    pub(super) store: Arc<Store>,
    pub(super) world: World,
    pub(super) clock: Clock,
    pub(super) provider: AppProvider,
    pub(super) organisation: OrganisationKey,
    pub(super) account: AccountKey,
    pub(super) direction: Direction,
    /// The mailbox's address, when the app opens it by itself.
    pub(super) acts_for: Option<String>,
    /// What is asked for each time, where that has to be said.
    pub(super) scope: Option<String>,
}

#[derive(Default)]
struct Held {
    /// The token, and when it ends.
    token: Option<(Secret, i64)>,
    /// What came with it and could not be kept yet.
    unkept: Option<Given>,
}

/// What a renewal gave besides a token.
struct Given {
    /// In which turn.
    turn: i64,
    before: Grant,
    /// The grant that takes its place, where that is done.
    next: Option<Secret>,
}

impl Keeper {
    /// Renewals are tasks of `renewals`.
    pub(super) fn new(of: Of, renewals: TaskTracker) -> Keeper {
        Keeper { of: Arc::new(of), held: Arc::default(), renewals }
    }
}

#[async_trait]
impl Bearer for Keeper {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        let mut held = self.held.clone().lock_owned().await;
        if held.unkept.is_none()
            && let Some(token) = held.good(self.of.clock.now(), refused)
        {
            return Ok(token);
        }
        let (of, refused) = (self.of.clone(), refused.cloned());
        // A task of its own: an account's task is ended when the account is saved, at any moment.
        let renewal = self.renewals.spawn(async move { of.renewed(&mut held, refused.as_ref()).await });
        renewal.await.unwrap_or_else(|_| Err(broken("a renewal came to no end")))
    }
}

impl Held {
    /// The token, when it lasts and is not the one that was refused.
    fn good(&self, now: i64, refused: Option<&Secret>) -> Option<Secret> {
        let (token, ends_at) = self.token.as_ref()?;
        let is_refused = refused.is_some_and(|refused| refused.reveal() == token.reveal());
        (*ends_at > now + MARGIN && !is_refused).then(|| token.clone())
    }
}

impl Of {
    async fn renewed(&self, held: &mut Held, refused: Option<&Secret>) -> Result<Secret, ConnectError> {
        if let Some(given) = held.unkept.take() {
            self.keep_or_hold(held, given).await?;
            if let Some(token) = held.good(self.clock.now(), refused) {
                return Ok(token);
            }
        }
        held.token = None;
        let app = registration(&self.store, &self.world, self.organisation, self.provider).await.map_err(ours)?;
        let app = app.ok_or_else(app_token::no_app)?;
        if let Some(address) = &self.acts_for {
            let tokens = app_token::for_mailbox(&self.world, &app, self.provider, address).await?;
            held.token = Some((tokens.access_token.clone(), self.ends_at(&tokens)));
            return Ok(tokens.access_token);
        }
        loop {
            let (turn, grant) = self.turn().await?;
            killpoint!("grant.before_ask");
            let asked = self.ask(&app, &grant).await;
            killpoint!("grant.after_ask");
            match asked {
                Ok(tokens) => {
                    held.token = Some((tokens.access_token.clone(), self.ends_at(&tokens)));
                    let given = Given { turn, before: grant, next: tokens.refresh_token };
                    self.keep_or_hold(held, given).await?;
                    killpoint!("grant.after_keep");
                    return Ok(tokens.access_token);
                }
                Err(error) => {
                    self.end(turn).await;
                    let is_over = matches!(&error, OauthError::Refused { code, .. } if code == "invalid_grant");
                    // Its owner may have given it anew while we asked.
                    if !is_over || self.grant().await?.as_slice() == grant.as_slice() {
                        return Err(meaning(error));
                    }
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
        let secrets = [&Secret::new(grant)];
        let asked = redeem(&self.world, app, &fields, &secrets);
        let late = || OauthError::Unreachable(broken("the provider did not answer in time"));
        timeout(ANSWERS_WITHIN, asked).await.unwrap_or_else(|_| Err(late()))
    }

    /// Waits for the turn, and reads the grant in it.
    async fn turn(&self) -> Result<(i64, Grant), ConnectError> {
        let mut bell = self.store.db.bell(Topic::Renewals);
        loop {
            if let Some(begun) = self.begin().await? {
                return Ok(begun);
            }
            // Whether it rang or not, it is looked at.
            tokio::select! {
                _ = bell.changed() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    async fn begin(&self) -> Result<Option<(i64, Grant)>, ConnectError> {
        let (keys, organisation) = (self.store.keys.clone(), self.organisation);
        let (account, direction) = (self.account, self.direction);
        let (turn, now) = (rand::random::<i64>(), self.clock.now());
        let write = self.store.db.write(move |tx| {
            Box::pin(async move {
                if !account::begin_renewal(tx, organisation, account, turn, now + TURN_MS, now).await? {
                    return Ok(None);
                }
                let grant = account::open_secret(tx, &keys, organisation, account, direction).await?;
                if grant.is_none() {
                    account::end_renewal(tx, organisation, account, turn).await?;
                }
                Ok(Some(grant))
            })
        });
        match write.await.map_err(ours)? {
            None => Ok(None),
            Some(grant) => grant.map(|grant| Some((turn, grant))).ok_or_else(nobody_agreed),
        }
    }

    async fn grant(&self) -> Result<Grant, ConnectError> {
        let (keys, organisation) = (self.store.keys.clone(), self.organisation);
        let (account, direction) = (self.account, self.direction);
        let read = self.store.db.read(move |tx| {
            Box::pin(async move { account::open_secret(tx, &keys, organisation, account, direction).await })
        });
        read.await.map_err(ours)?.ok_or_else(nobody_agreed)
    }

    /// What could not be kept is held for the next time: the grant before it may be good for nothing by now.
    async fn keep_or_hold(&self, held: &mut Held, given: Given) -> Result<(), ConnectError> {
        let kept = self.keep(&given).await.map_err(ours);
        if kept.is_err() {
            held.unkept = Some(given);
        }
        kept
    }

    /// Puts what came with a token in the place of the grant that gave it, unless its owner gave another meanwhile, and gives
    /// the turn back.
    async fn keep(&self, given: &Given) -> Result<(), StoreError> {
        let (keys, organisation) = (self.store.keys.clone(), self.organisation);
        let (account, direction, turn) = (self.account, self.direction, given.turn);
        let (before, next) = (given.before.clone(), given.next.clone());
        let write = self.store.db.write(move |tx| {
            Box::pin(async move {
                if let Some(next) = next {
                    account::renew_secret(tx, &keys, organisation, account, direction, &before, next.reveal()).await?;
                }
                account::end_renewal(tx, organisation, account, turn).await
            })
        });
        write.await
    }

    /// Gives the turn back. When that fails it ends by itself.
    async fn end(&self, turn: i64) {
        let (organisation, account) = (self.organisation, self.account);
        let write = self
            .store
            .db
            .write(move |tx| Box::pin(async move { account::end_renewal(tx, organisation, account, turn).await }));
        if let Err(error) = write.await {
            tracing::warn!(%account, %error, "the turn to renew a grant could not be given back; it ends by itself");
        }
    }
}

fn nobody_agreed() -> ConnectError {
    let words = ServerWords("nobody has authorised this mailbox yet".to_owned());
    ConnectError::Credentials { cause: Cause::GrantGone, words }
}

fn broken(why: &str) -> ConnectError {
    ConnectError::Later { step: Step::SignIn, cause: Cause::Dropped, wait: None, reason: why.to_owned() }
}
