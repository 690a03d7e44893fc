//! Delivery by our own hand (features S8): nothing leaves unless the sender's address was shown to be the organisation's,
//! and what leaves is signed with the keys of its domain that the DNS shows.

use crate::{MailRoom, accounts::connection::helo_name};
use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    ConnectError, Marks, Parcel, Receipt, ServerWords, Transport,
    direct::{DirectOptions, DirectTransport, KeptPolicy, PolicyKeeper, domain_of},
    dkim::{self, Algorithm, SigningKey},
    error::{Cause, Step},
};
use mail::{AccountKey, OrganisationKey};
use std::{fmt, sync::Arc};
use store::{
    Store, StoreError,
    account::{self, Account},
    dkim_key, mta_sts,
};

/// The way out of one account.
pub(crate) struct OwnHand {
    room: MailRoom,
    direct: DirectTransport,
    organisation: OrganisationKey,
    account: AccountKey,
}

/// The way out of this account, straight to the servers of the recipients.
pub(crate) fn by_own_hand(room: &MailRoom, account: &Account) -> OwnHand {
    let direct = room.transports.direct(room);
    OwnHand { room: room.clone(), direct, organisation: account.organisation, account: account.id }
}

/// Our own hand, of all accounts together.
pub(super) fn transport(room: &MailRoom) -> DirectTransport {
    let options = DirectOptions { helo_name: helo_name(room), ..DirectOptions::default() };
    DirectTransport::new(room.world.clone(), options, Box::new(Policies(room.store.clone())))
}

/// The letter with a code goes to the very address that is to be shown, also before it is.
pub(crate) async fn hand_over_code(room: &MailRoom, to: &str, message: Bytes) -> Result<(), ConnectError> {
    let parcel = Parcel {
        // What can't be delivered comes back to nobody.
        return_path: String::new(),
        recipients: vec![to.to_owned()],
        message: dkim::signed(&message, &[]).map_err(unsigned)?.into(),
        envelope_id: None,
        notify_success: false,
    };
    let receipt = room.transports.direct(room).submit(parcel, &Nowhere).await?;
    match receipt.recipients.into_iter().find_map(|one| one.outcome.err()) {
        // It is sent anew when somebody asks for another.
        None | Some(ConnectError::Uncertain(_)) => Ok(()),
        Some(error) => Err(error),
    }
}

/// A code that is lost is asked for again.
struct Nowhere;

#[async_trait]
impl Marks for Nowhere {
    async fn on_the_wire(&self) -> Result<(), String> {
        Ok(())
    }
}

impl OwnHand {
    async fn keys(&self) -> Result<Vec<SigningKey>, ConnectError> {
        let (organisation, account, ring) = (self.organisation, self.account, self.room.store.keys.clone());
        let read = self.room.store.db.read(move |tx| {
            let ring = ring.clone();
            Box::pin(async move {
                let account = account::load(tx, organisation, account).await?;
                if !account.settings.is_delivered_here() || !account.sender_proven {
                    return Ok(None);
                }
                let domain = domain_of(&account.settings.address);
                Ok(Some(dkim_key::signing(tx, &ring, organisation, &domain).await?))
            })
        });
        let Some(found) = read.await.map_err(later)? else {
            let words = ServerWords("the address of this mailbox was not shown to be the organisation's".to_owned());
            return Err(ConnectError::Settings { step: Step::Work, cause: Cause::SenderUnproven, words });
        };
        let keys = found.into_iter().filter_map(|(key, private)| {
            let algorithm = Algorithm::from_name(&key.algorithm)?;
            Some(SigningKey { domain: key.domain, selector: key.selector, algorithm, private })
        });
        Ok(keys.collect())
    }
}

#[async_trait]
impl Transport for OwnHand {
    async fn submit(&self, mut parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let keys = self.keys().await?;
        parcel.message = dkim::signed(&parcel.message, &keys).map_err(unsigned)?.into();
        self.direct.submit(parcel, marks).await
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        self.keys().await?;
        self.direct.probe().await
    }

    /// The connections are everybody's, and end by themselves.
    async fn close(&self) {}
}

/// What the store or a key can't do now it may do later; unsigned it does not leave.
fn later(error: StoreError) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason: error.to_string() }
}

fn unsigned(error: dkim::DkimError) -> ConnectError {
    ConnectError::Later { step: Step::Work, cause: Cause::Protocol, wait: None, reason: error.to_string() }
}

/// Where the demands of domains are kept.
struct Policies(Arc<Store>);

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policies")
    }
}

#[async_trait]
impl PolicyKeeper for Policies {
    async fn load(&self, domain: &str) -> Option<KeptPolicy> {
        let domain = domain.to_owned();
        let read = self.0.db.read(move |tx| Box::pin(async move { mta_sts::get(tx, &domain).await }));
        match read.await {
            Ok(found) => {
                found.map(|kept| KeptPolicy { id: kept.version, text: kept.text, fetched_at: kept.fetched_at })
            }
            Err(error) => {
                tracing::error!(%error, "the policy of a domain could not be read");
                None
            }
        }
    }

    async fn keep(&self, domain: &str, policy: &KeptPolicy, ends_at: i64) {
        let (domain, policy) = (domain.to_owned(), policy.clone());
        let write = self.0.db.write(move |tx| {
            Box::pin(async move {
                let KeptPolicy { id, text, fetched_at } = policy;
                mta_sts::set(tx, &domain, &mta_sts::Policy { version: id, text, fetched_at }, ends_at).await
            })
        });
        if let Err(error) = write.await {
            tracing::error!(%error, "the policy of a domain could not be kept");
        }
    }
}
