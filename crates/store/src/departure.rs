//! Visitors who were sent to a provider, to sign in or to give consent, and are awaited back with the state that they were
//! given (RFC 6749 §10.12). Each comes back once, in time, and with the browser that left.

use crate::{StoreError, Tx, vals};
use mail::{AccountKey, OrganisationKey};

/// How long somebody may stay at the provider, in milliseconds: time for a forgotten password there.
pub const LIFE: i64 = 15 * 60_000;

/// What somebody was sent away for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in here.
    SignIn,
    /// To let us into a mailbox.
    Mailbox,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::SignIn => "sign_in",
            Purpose::Mailbox => "mailbox",
        }
    }
}

/// Somebody who was sent away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Whose provider it is.
    pub organisation: OrganisationKey,
    /// The mailbox that they are to open.
    pub account: Option<AccountKey>,
    /// Where they were to come back, as the provider was told.
    pub redirect_uri: String,
    /// The path of ours to go on to.
    pub onward: String,
    /// What the grant is to open, as the mailbox had it when they left.
    pub opens: Option<String>,
}

/// Notes that somebody goes, by the digest of their state and that of what their browser shows us. Forgets whoever stayed
/// away too long.
pub async fn leave(
    tx: &mut Tx,
    purpose: Purpose,
    state: &[u8; 32],
    visitor: &[u8; 32],
    departure: &Departure,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM departures WHERE expires_at <= $1", &vals![now]).await?;
    let sql = "INSERT INTO departures (organisation, digest, purpose, visitor, redirect_uri, onward, expires_at,
                   account, opens) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Departure { organisation, account, redirect_uri, onward, opens } = departure;
    let (purpose, ends, opens) = (purpose.as_str(), now + LIFE, opens.as_deref());
    let values = vals![*organisation, state, purpose, visitor, redirect_uri, onward, ends, *account, opens];
    tx.execute(sql, &values).await?;
    Ok(())
}

/// Whoever comes back with this state, the first time, in time, and in the browser that left.
pub async fn arrive(
    tx: &mut Tx,
    purpose: Purpose,
    state: &[u8; 32],
    visitor: &[u8; 32],
    now: i64,
) -> Result<Option<Departure>, StoreError> {
    let sql = "DELETE FROM departures WHERE digest = $1 AND purpose = $2 AND visitor = $3 AND expires_at > $4
               RETURNING organisation, redirect_uri, onward, account, opens";
    let row = tx.row(sql, &vals![state, purpose.as_str(), visitor, now]).await?;
    Ok(row.map(|mut row| Departure {
        organisation: OrganisationKey(row.int(0)),
        redirect_uri: row.text(1),
        onward: row.text(2),
        account: row.opt_int(3).map(AccountKey),
        opens: row.opt_text(4),
    }))
}
