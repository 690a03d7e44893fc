//! An app that the organisation registered at a provider of mailboxes, so that its people can let Postkamer in without
//! giving a password (features M8): one for each provider.

use crate::{
    Row, StoreError, Tx,
    secret::{APP_SECRET, Keyring},
    vals,
};
use mail::{AppRegistrationKey, OrganisationKey};
use zeroize::Zeroizing;

/// The provider at which an app is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppProvider {
    /// Microsoft Entra, for Microsoft 365.
    Microsoft,
    /// Google Cloud, for Gmail and Google Workspace.
    Google,
}

impl AppProvider {
    /// The name in the database and the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            AppProvider::Microsoft => "microsoft",
            AppProvider::Google => "google",
        }
    }

    /// The provider of that name.
    pub fn from_name(name: &str) -> Option<AppProvider> {
        [AppProvider::Microsoft, AppProvider::Google].into_iter().find(|provider| provider.as_str() == name)
    }
}

/// What proves to a provider who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A secret's value.
    Secret,
    /// A certificate with its private key, in PEM.
    Certificate,
    /// The key file of a service account, in JSON.
    ServiceAccount,
}

impl Proof {
    /// The name in the database and the interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Proof::Secret => "secret",
            Proof::Certificate => "certificate",
            Proof::ServiceAccount => "service_account",
        }
    }

    fn from_name(name: &str) -> Option<Proof> {
        [Proof::Secret, Proof::Certificate, Proof::ServiceAccount].into_iter().find(|proof| proof.as_str() == name)
    }
}

/// A registration as it is kept, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRegistration {
    /// Its key.
    pub id: AppRegistrationKey,
    /// Whose it is.
    pub organisation: OrganisationKey,
    /// At which provider.
    pub provider: AppProvider,
    /// The organisation's name or number at the provider; empty where apps belong to nobody by name.
    pub tenant: String,
    /// Who we are there.
    pub client_id: String,
    /// It may open mailboxes by itself.
    pub acts_alone: bool,
    /// What proves it.
    pub proof: Proof,
    /// What may be seen of that: a certificate's fingerprint, a service account's address.
    pub proof_shown: Option<String>,
    /// When the secret was last given.
    pub secret_set_at: i64,
    /// When the secret ends there, milliseconds since 1970; `None`: nobody said.
    pub expires_at: Option<i64>,
    /// The fewest days before the end of which administrators were told.
    pub warned_days: Option<i64>,
}

/// What an administrator says of it.
#[derive(Debug, Clone)]
pub struct AppSettings {
    /// The organisation's name or number at the provider; empty where apps belong to nobody by name.
    pub tenant: String,
    /// Who we are there.
    pub client_id: String,
    /// It may open mailboxes by itself.
    pub acts_alone: bool,
    /// What proves it, and what may be seen of that; `None`: what is kept.
    pub secret: Option<NewProof>,
    /// When the secret ends there.
    pub expires_at: Option<i64>,
}

/// What proves it, as it was given.
#[derive(Debug, Clone)]
pub struct NewProof {
    /// Of which kind.
    pub proof: Proof,
    /// Itself.
    pub secret: Zeroizing<Vec<u8>>,
    /// What may be seen of it.
    pub shown: Option<String>,
}

const COLUMNS: &str = "id, organisation, provider, tenant, client_id, secret_set_at, expires_at, warned_days,
    acts_alone, proof, proof_shown";

/// The organisation's registration at a provider, when it has one.
pub async fn get(
    tx: &mut Tx,
    organisation: OrganisationKey,
    provider: AppProvider,
) -> Result<Option<AppRegistration>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM app_registrations WHERE organisation = $1 AND provider = $2");
    tx.row(&sql, &vals![organisation, provider.as_str()]).await?.map(read).transpose()
}

/// Keeps what was said of it; `new` is its key when there was none. Whoever gives another secret or date is warned anew.
pub async fn set(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    provider: AppProvider,
    new: AppRegistrationKey,
    settings: &AppSettings,
    now: i64,
) -> Result<AppRegistration, StoreError> {
    let known = get(tx, organisation, provider).await?;
    let id = known.as_ref().map_or(new, |known| known.id);
    let sealed = match &settings.secret {
        Some(new) => Some((keys.seal(tx, organisation, APP_SECRET, id.0, &new.secret).await?, new)),
        None => None,
    };
    let AppSettings { tenant, client_id, expires_at, acts_alone, .. } = settings;
    match (known, sealed) {
        (Some(known), sealed) => {
            let told = known.warned_days.filter(|_| sealed.is_none() && known.expires_at == *expires_at);
            let sql = "UPDATE app_registrations SET tenant = $3, client_id = $4, expires_at = $5, warned_days = $6,
                           acts_alone = $7
                       WHERE organisation = $1 AND id = $2";
            tx.execute(sql, &vals![organisation, id, tenant, client_id, *expires_at, told, *acts_alone]).await?;
            if let Some((sealed, new)) = sealed {
                let sql = "UPDATE app_registrations SET client_secret = $3, secret_set_at = $4, proof = $5,
                               proof_shown = $6
                           WHERE organisation = $1 AND id = $2";
                let values = vals![organisation, id, sealed, now, new.proof.as_str(), new.shown.as_ref()];
                tx.execute(sql, &values).await?;
            }
        }
        (None, Some((sealed, new))) => {
            let sql = "INSERT INTO app_registrations (organisation, id, provider, tenant, client_id, client_secret,
                           secret_set_at, expires_at, acts_alone, proof, proof_shown)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
            let (provider, proof) = (provider.as_str(), new.proof.as_str());
            let (alone, shown) = (*acts_alone, new.shown.as_ref());
            let values =
                vals![organisation, id, provider, tenant, client_id, sealed, now, *expires_at, alone, proof, shown];
            tx.execute(sql, &values).await?;
        }
        (None, None) => return Err(StoreError::Broken("a registration without its secret".to_owned())),
    }
    get(tx, organisation, provider).await?.ok_or(StoreError::NotFound)
}

/// Forgets the registration and its secret. What was granted through it stays with the mailboxes.
pub async fn remove(tx: &mut Tx, organisation: OrganisationKey, provider: AppProvider) -> Result<(), StoreError> {
    let sql = "DELETE FROM app_registrations WHERE organisation = $1 AND provider = $2";
    match tx.execute(sql, &vals![organisation, provider.as_str()]).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// What proves to the provider who we are.
pub async fn open_secret(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    provider: AppProvider,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let sql = "SELECT id, client_secret FROM app_registrations WHERE organisation = $1 AND provider = $2";
    let mut row = tx.row(sql, &vals![organisation, provider.as_str()]).await?.ok_or(StoreError::NotFound)?;
    let id = row.int(0);
    keys.open(tx, organisation, APP_SECRET, id, &row.bytes(1)).await
}

/// Registrations of the whole installation whose secret ends before a moment.
pub async fn ending(tx: &mut Tx, before: i64) -> Result<Vec<AppRegistration>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM app_registrations WHERE expires_at < $1 ORDER BY organisation, id");
    tx.rows(&sql, &vals![before]).await?.into_iter().map(read).collect()
}

/// Notes that administrators were told that it ends in so many days; `false` when somebody else did so before.
pub async fn warned(tx: &mut Tx, registration: &AppRegistration, days: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE app_registrations SET warned_days = $3
               WHERE organisation = $1 AND id = $2 AND (warned_days IS NULL OR warned_days > $3)";
    Ok(tx.execute(sql, &vals![registration.organisation, registration.id, days]).await? > 0)
}

fn read(mut row: Row) -> Result<AppRegistration, StoreError> {
    let (name, proof) = (row.text(2), row.text(9));
    let unknown = || StoreError::Broken(format!("an app at an unknown provider {name:?}"));
    Ok(AppRegistration {
        id: AppRegistrationKey(row.int(0)),
        organisation: OrganisationKey(row.int(1)),
        provider: AppProvider::from_name(&name).ok_or_else(unknown)?,
        tenant: row.text(3),
        client_id: row.text(4),
        secret_set_at: row.int(5),
        expires_at: row.opt_int(6),
        warned_days: row.opt_int(7),
        acts_alone: row.bool(8),
        proof: Proof::from_name(&proof).ok_or_else(|| StoreError::Broken(format!("an unknown proof {proof:?}")))?,
        proof_shown: row.opt_text(10),
    })
}
