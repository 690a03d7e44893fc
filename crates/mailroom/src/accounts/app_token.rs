//! Tokens of the organisation's app: who we are at a provider, and access to a mailbox without anybody's grant (features M8,
//! pains P8).

use super::{grant, vendor};
use connect::{
    Bearer, ConnectError, Secret, ServerWords, World,
    error::{Cause, Step},
    gmail::NEWS_SCOPE,
    oauth::{ClientAuthentication, KeyFault, OauthError, PROOF_GRANT, Registration, ServiceAccount, Tokens},
};
use mail::OrganisationKey;
use std::sync::Arc;
use store::{
    Store, StoreError,
    account::AccountSettings,
    app_registration::{self, AppProvider, Proof},
};

/// Who we are at a provider for an organisation, and where its tokens are given.
pub(super) struct App {
    pub(super) registration: Registration,
    /// Where tokens are given.
    pub(super) url: String,
    pub(super) proof: Proof,
}

impl App {
    /// How we prove it. The key file of a service account never leaves the house: it signs what is redeemed.
    pub(super) fn authentication(&self) -> ClientAuthentication {
        match self.proof {
            Proof::Secret => ClientAuthentication::Post,
            Proof::Certificate => ClientAuthentication::Certificate,
            Proof::ServiceAccount => ClientAuthentication::Inside,
        }
    }
}

/// The organisation's app at a provider, when it registered one.
pub(super) async fn registration(
    store: &Store,
    world: &World,
    organisation: OrganisationKey,
    provider: AppProvider,
) -> Result<Option<App>, StoreError> {
    let keys = store.keys.clone();
    let read = store.db.read(move |tx| {
        Box::pin(async move {
            match app_registration::get(tx, organisation, provider).await? {
                Some(app) => {
                    let secret = app_registration::open_secret(tx, &keys, organisation, provider).await?;
                    Ok(Some((app, secret)))
                }
                None => Ok(None),
            }
        })
    });
    Ok(read.await?.map(|(app, secret)| App {
        registration: Registration { client_id: app.client_id, client_secret: Secret::new(secret.as_slice()) },
        url: vendor::place(world, provider).tokens(&app.tenant),
        proof: app.proof,
    }))
}

/// A token that opens the mailbox with this address, by the app alone.
pub(super) async fn for_mailbox(
    world: &World,
    app: &App,
    provider: AppProvider,
    address: &str,
) -> Result<Tokens, ConnectError> {
    let scope = vendor::scope_of_app(provider);
    let asked = match app.proof {
        Proof::Secret | Proof::Certificate => {
            let fields = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
            grant::redeem(world, app, &fields, &[]).await
        }
        Proof::ServiceAccount => {
            let read = ServiceAccount::read(app.registration.client_secret.reveal());
            let made = read.and_then(|read| read.proof(Some(address), &scope, &app.url, jiff::Timestamp::now()));
            let proof = made.map_err(unusable)?;
            let fields = [("grant_type", PROOF_GRANT), ("assertion", proof.as_str())];
            grant::redeem(world, app, &fields, &[&Secret::new(proof.as_str())]).await
        }
    };
    asked.map_err(|error| meaning(provider, error))
}

/// A token with which the service account of this key file fetches news.
pub(super) async fn for_news(world: &World, key: &[u8]) -> Result<Tokens, ConnectError> {
    let provider = AppProvider::Google;
    let account = ServiceAccount::read(key).map_err(unusable)?;
    let app = App {
        registration: Registration { client_id: account.client_id.clone(), client_secret: Secret::new(key) },
        url: vendor::place(world, provider).tokens(""),
        proof: Proof::ServiceAccount,
    };
    let proof = account.proof(None, NEWS_SCOPE, &app.url, jiff::Timestamp::now()).map_err(unusable)?;
    let fields = [("grant_type", PROOF_GRANT), ("assertion", proof.as_str())];
    let asked = grant::redeem(world, &app, &fields, &[&Secret::new(proof.as_str())]).await;
    asked.map_err(|error| meaning(provider, error))
}

/// Whether the app opens the mailbox by itself: asked before it is saved, since a tenant may let it into some only.
pub(super) async fn opens(
    store: &Store,
    world: &World,
    organisation: OrganisationKey,
    provider: AppProvider,
    settings: &AccountSettings,
) -> Result<(), ConnectError> {
    let app = registration(store, world, organisation, provider).await.map_err(grant::ours)?.ok_or_else(no_app)?;
    let tokens = for_mailbox(world, &app, provider, &settings.address).await?;
    vendor::owner(world, provider, settings, Arc::new(Once(tokens.access_token))).await.map(|_| ())
}

/// A token that is there already.
pub(super) struct Once(pub(super) Secret);

#[async_trait::async_trait]
impl Bearer for Once {
    async fn token(&self, _: Option<&Secret>) -> Result<Secret, ConnectError> {
        Ok(self.0.clone())
    }
}

/// Nobody registered an app there.
pub(super) fn no_app() -> ConnectError {
    refused(Cause::AppRefused, ServerWords("no app is registered at Settings, Connections".to_owned()))
}

fn refused(cause: Cause, words: ServerWords) -> ConnectError {
    ConnectError::Settings { step: Step::SignIn, cause, words }
}

fn unusable(fault: KeyFault) -> ConnectError {
    refused(Cause::AppRefused, ServerWords(format!("our key can't be used: {fault}")))
}

/// What a refusal means, which is never about a grant here.
fn meaning(provider: AppProvider, error: OauthError) -> ConnectError {
    match error {
        OauthError::Refused { code, words } if provider == AppProvider::Google => {
            // It says so of a mailbox that is not there as well (developers.google.com/identity/protocols/oauth2/service-account).
            let is_nobody = words.0.to_lowercase().contains("invalid email or user id");
            let is_kept_out = ["unauthorized_client", "access_denied"].contains(&code.as_str()) || is_nobody;
            match code.as_str() {
                _ if is_kept_out => refused(Cause::NotDelegated, words),
                "temporarily_unavailable" | "server_error" => grant::meaning(OauthError::Refused { code, words }),
                _ => refused(Cause::AppRefused, words),
            }
        }
        other => match grant::meaning(other) {
            ConnectError::Credentials { words, .. } => refused(Cause::AppRefused, words),
            other => other,
        },
    }
}
