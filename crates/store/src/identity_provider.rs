//! Where the people of an organisation may sign in besides here: an OpenID Connect provider, one for an organisation.

use crate::{
    Row, StoreError, Tx,
    secret::{Keyring, PROVIDER_SECRET},
    vals,
};
use mail::{IdentityProviderKey, OrganisationKey};
use zeroize::Zeroizing;

/// More buttons than this are not shown to somebody who signs in.
const SHOWN: usize = 20;

/// A provider as it is kept, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its key.
    pub id: IdentityProviderKey,
    /// Whose people sign in there.
    pub organisation: OrganisationKey,
    /// What it is called on the button.
    pub name: String,
    /// Its issuer, exactly as it writes it itself (OpenID Connect Discovery §3).
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// When the secret was last given.
    pub secret_set_at: i64,
    /// Who is no administrator may sign in with a password too.
    pub passwords_for_members: bool,
    /// Who is new here and has an address of one of the domains becomes a member by signing in.
    pub admit_unknown: bool,
    /// Domains whose addresses the provider may speak for, folded.
    pub domains: Vec<String>,
}

/// What an administrator says of the provider.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// What it is called on the button.
    pub name: String,
    /// Its issuer.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// What proves it; `None`: the one that is kept.
    pub secret: Option<Zeroizing<Vec<u8>>>,
    /// Who is no administrator may sign in with a password too.
    pub passwords_for_members: bool,
    /// Who is new here and has an address of one of the domains becomes a member.
    pub admit_unknown: bool,
    /// Domains whose addresses the provider may speak for, folded.
    pub domains: Vec<String>,
}

const COLUMNS: &str =
    "id, organisation, name, issuer, client_id, secret_set_at, passwords_for_members, admit_unknown, domains";

/// The provider of the organisation, when it has one.
pub async fn get(tx: &mut Tx, organisation: OrganisationKey) -> Result<Option<IdentityProvider>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM identity_providers WHERE organisation = $1");
    tx.row(&sql, &vals![organisation]).await?.map(read).transpose()
}

/// Every provider of the installation, oldest first: who signs in has not said yet where they work.
pub async fn list(tx: &mut Tx) -> Result<Vec<IdentityProvider>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM identity_providers ORDER BY organisation LIMIT $1");
    tx.rows(&sql, &vals![SHOWN]).await?.into_iter().map(read).collect()
}

/// Keeps what was said of the provider; `new` is its key when the organisation had none. What people are at another issuer
/// means nothing at this one, and is forgotten.
pub async fn set(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
    new: IdentityProviderKey,
    settings: &ProviderSettings,
    now: i64,
) -> Result<IdentityProvider, StoreError> {
    let known = get(tx, organisation).await?;
    let id = known.as_ref().map_or(new, |known| known.id);
    let sealed = match &settings.secret {
        Some(secret) => Some(keys.seal(tx, organisation, PROVIDER_SECRET, id.0, secret).await?),
        None => None,
    };
    let domains = serde_json::to_string(&settings.domains).map_err(|error| StoreError::Broken(error.to_string()))?;
    let ProviderSettings { name, issuer, client_id, .. } = settings;
    let (passwords, admit) = (settings.passwords_for_members, settings.admit_unknown);
    match (known, sealed) {
        (Some(_), sealed) => {
            let sql = "UPDATE identity_providers SET name = $3, issuer = $4, client_id = $5,
                       passwords_for_members = $6, admit_unknown = $7, domains = $8 WHERE organisation = $1 AND id = $2";
            tx.execute(sql, &vals![organisation, id, name, issuer, client_id, passwords, admit, domains]).await?;
            if let Some(sealed) = sealed {
                let sql = "UPDATE identity_providers SET client_secret = $3, secret_set_at = $4
                           WHERE organisation = $1 AND id = $2";
                tx.execute(sql, &vals![organisation, id, sealed, now]).await?;
            }
        }
        (None, Some(sealed)) => {
            let sql = "INSERT INTO identity_providers (organisation, id, name, issuer, client_id, client_secret,
                           secret_set_at, passwords_for_members, admit_unknown, domains)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            let values = vals![organisation, id, name, issuer, client_id, sealed, now, passwords, admit, domains];
            tx.execute(sql, &values).await?;
        }
        (None, None) => return Err(StoreError::Broken("a provider without its secret".to_owned())),
    }
    tx.execute("DELETE FROM identities WHERE organisation = $1 AND issuer <> $2", &vals![organisation, issuer]).await?;
    get(tx, organisation).await?.ok_or(StoreError::NotFound)
}

/// Forgets the provider, its secret, and who people are there.
pub async fn remove(tx: &mut Tx, organisation: OrganisationKey) -> Result<(), StoreError> {
    let removed = tx.execute("DELETE FROM identity_providers WHERE organisation = $1", &vals![organisation]).await?;
    if removed == 0 {
        return Err(StoreError::NotFound);
    }
    for table in ["identities", "departures"] {
        tx.execute(&format!("DELETE FROM {table} WHERE organisation = $1"), &vals![organisation]).await?;
    }
    Ok(())
}

/// What proves to the provider who we are.
pub async fn open_secret(
    tx: &mut Tx,
    keys: &Keyring,
    organisation: OrganisationKey,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let sql = "SELECT id, client_secret FROM identity_providers WHERE organisation = $1";
    let mut row = tx.row(sql, &vals![organisation]).await?.ok_or(StoreError::NotFound)?;
    let id = row.int(0);
    keys.open(tx, organisation, PROVIDER_SECRET, id, &row.bytes(1)).await
}

fn read(mut row: Row) -> Result<IdentityProvider, StoreError> {
    Ok(IdentityProvider {
        id: IdentityProviderKey(row.int(0)),
        organisation: OrganisationKey(row.int(1)),
        name: row.text(2),
        issuer: row.text(3),
        client_id: row.text(4),
        secret_set_at: row.int(5),
        passwords_for_members: row.bool(6),
        admit_unknown: row.bool(7),
        domains: serde_json::from_str(&row.text(8)).map_err(|error| StoreError::Damaged(error.to_string()))?,
    })
}
