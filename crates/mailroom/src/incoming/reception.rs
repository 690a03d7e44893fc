//! Mail that others bring to our own addresses by SMTP (features M2 *relay*, M15; reliability cases 24 to 32).
//!
//! Only who lives here is let in, and that is said while the sender's server still listens: a bounce to somebody who never
//! wrote is never made. A letter is kept for each of its recipients before its server is told so; when the answer is lost and
//! the letter comes again, it is known by the bytes that its sender wrote. Return paths of ours live here as well: what comes
//! back to one is noted at the mail that it is about (`returned`).

use super::{own, pass::PassError, returned};
use crate::{MailRoom, killpoint};
use async_trait::async_trait;
use connect::relay::{Door, House, Identity, IpNet, Letter, Relay, RelayOptions, Trouble, Verifier};
use mail::{address::fold_address, return_path::ReturnPath};
use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc, time::Duration};
use store::{
    StoreError,
    account::{self, OwnMailbox},
    listener,
};
use tokio::sync::{Mutex, watch};

/// How often a node says that it listens.
const HEARTBEAT: Duration = Duration::from_secs(45);
/// Letters that are kept beside each other; two of the same digest wait for one another.
const STRIPES: usize = 64;
/// Names that every mail server must know (RFC 5321 §4.5.1, RFC 2142 §4).
const POSTMASTERS: [&str; 2] = ["postmaster", "abuse"];

/// The house behind the door: every organisation's mailboxes with an address of ours.
pub struct Reception {
    room: MailRoom,
    /// As addresses fold it.
    domain: String,
    kept: [Mutex<()>; STRIPES],
}

impl Reception {
    /// Takes in for this room.
    pub fn new(room: &MailRoom) -> Reception {
        let folded = fold_address(&format!("x@{}", room.config.base_domain));
        let domain = folded.trim_start_matches("x@").to_owned();
        Reception { room: room.clone(), domain, kept: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Whether mail for this address is for somebody here, and who that is.
    async fn mailbox(&self, address: &str) -> Result<Result<OwnMailbox, Door>, StoreError> {
        let folded = fold_address(address);
        let local = match folded.rsplit_once('@') {
            // "Postmaster" may come without a domain (RFC 5321 §4.5.1).
            None if folded == POSTMASTERS[0] => folded.as_str(),
            Some((local, domain)) if domain == self.domain => local,
            _ => return Ok(Err(Door::Elsewhere)),
        };
        // Ways over us to somebody else, as servers of long ago knew them.
        if local.contains(['%', '!', '@', '"', ':']) {
            return Ok(Err(Door::Elsewhere));
        }
        Ok(match self.look_up(folded).await? {
            Some(own) if own.takes_mail => Ok(own),
            Some(_) => Err(Door::Closed),
            None => Err(Door::Unknown),
        })
    }

    /// Who is called that; `name+anything` is `name` unless somebody is called just so (RFC 5233 §1).
    async fn look_up(&self, folded: String) -> Result<Option<OwnMailbox>, StoreError> {
        let is_postmaster = folded.split('@').next().is_some_and(|local| POSTMASTERS.contains(&local));
        let plain = folded.rsplit_once('@').and_then(|(local, domain)| {
            let (name, _) = local.split_once('+')?;
            Some(format!("{name}@{domain}"))
        });
        let read = self.room.store.db.read(move |tx| {
            Box::pin(async move {
                if let Some(found) = account::by_own_address(tx, &folded).await? {
                    return Ok(Some(found));
                }
                match plain {
                    Some(plain) => account::by_own_address(tx, &plain).await,
                    None if is_postmaster => account::of_the_postmaster(tx).await,
                    None => Ok(None),
                }
            })
        });
        read.await
    }

    /// What the address is a return path of, when it is one of ours.
    async fn return_path(&self, address: &str) -> Result<Option<ReturnPath>, StoreError> {
        let folded = fold_address(address);
        match folded.rsplit_once('@') {
            Some((local, domain)) if domain == self.domain => returned::path_of(&self.room, local).await,
            _ => Ok(None),
        }
    }

    async fn keep(&self, letter: &Letter) -> Result<(), PassError> {
        let (mut mailboxes, mut returns) = (BTreeSet::new(), Vec::new());
        for recipient in &letter.recipients {
            if let Some(path) = self.return_path(recipient).await? {
                returns.push(path);
                continue;
            }
            // Who was switched off since the recipient was named gets the letter all the same: it was promised. Who is no
            // more is refused when the letter comes again.
            let own = self.look_up(fold_address(recipient)).await?.ok_or(StoreError::NotFound)?;
            mailboxes.insert((own.organisation, own.account));
        }
        let digest = blake3::hash(letter.raw.get(letter.ours..).unwrap_or_default());
        let stripe = digest.as_bytes().first().map_or(0, |byte| usize::from(*byte) % STRIPES);
        let _alone = match self.kept.get(stripe) {
            Some(stripe) => Some(stripe.lock().await),
            None => None,
        };
        killpoint!("reception.before_keep");
        for (organisation, id) in mailboxes {
            let read =
                self.room.store.db.read(move |tx| Box::pin(async move { account::load(tx, organisation, id).await }));
            own::deliver_once(&self.room, &read.await?, letter.raw.clone(), letter.ours).await?;
        }
        for path in returns {
            returned::take(&self.room, &path, letter).await?;
        }
        killpoint!("reception.kept");
        Ok(())
    }
}

#[async_trait]
impl House for Reception {
    async fn recipient(&self, address: &str) -> Door {
        match self.return_path(address).await {
            Ok(Some(_)) => return Door::Open,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "a return path could not be looked up");
                return Door::Later;
            }
        }
        match self.mailbox(address).await {
            Ok(Ok(_)) => Door::Open,
            Ok(Err(door)) => door,
            Err(error) => {
                tracing::warn!(%error, "a recipient could not be looked up");
                Door::Later
            }
        }
    }

    async fn take(&self, letter: Letter) -> Result<(), Trouble> {
        let kept = self.keep(&letter).await;
        kept.map_err(|error| match error {
            PassError::Store(StoreError::Full) => Trouble::Full,
            other => Trouble::Later(other.to_string()),
        })
    }
}

/// How the door is opened.
pub struct DoorOptions {
    /// Where to listen.
    pub address: SocketAddr,
    /// The certificate that is shown.
    pub identity: Identity,
    /// Networks whose connections begin with a PROXY header.
    pub proxies: Vec<IpNet>,
}

/// Takes mail in until told to stop. `ready` hears where it listens.
///
/// # Errors
/// When nobody can listen there.
pub async fn open(room: &MailRoom, options: DoorOptions) -> io::Result<OpenDoor> {
    let house = Arc::new(Reception::new(room));
    let limit = usize::try_from(room.world.message_limit_bytes).unwrap_or(usize::MAX);
    let certified = options.identity.is_from_files();
    let how = RelayOptions { proxies: options.proxies, ..RelayOptions::named(&room.config.base_domain, limit) };
    let relay = Relay::bind(options.address, house, how, options.identity, Verifier::of_the_system()).await?;
    room.tally.watch_door(relay.traffic());
    Ok(OpenDoor { room: room.clone(), certified, address: relay.address()?, relay })
}

/// A door at which mail is taken in.
pub struct OpenDoor {
    room: MailRoom,
    relay: Relay,
    certified: bool,
    /// Where it listens.
    pub address: SocketAddr,
}

impl OpenDoor {
    /// Takes mail in until told to stop, and says every now and then that it does.
    pub async fn serve(self, stop: watch::Receiver<bool>) {
        let OpenDoor { room, relay, certified, address } = self;
        let serving = relay.serve(stop);
        let telling = async {
            loop {
                if let Err(error) = tell(&room, address, certified).await {
                    tracing::warn!(%error, "that mail is taken in here could not be written down");
                }
                tokio::time::sleep(HEARTBEAT).await;
            }
        };
        tokio::select! {
            () = serving => {}
            () = telling => {}
        }
        let node = room.config.node.clone();
        let ended = room.store.db.write(move |tx| Box::pin(async move { listener::end(tx, &node).await }));
        if let Err(error) = ended.await {
            tracing::warn!(%error, "that no mail is taken in here any more could not be written down");
        }
    }
}

async fn tell(room: &MailRoom, address: SocketAddr, certified: bool) -> Result<(), StoreError> {
    let (node, address, now) = (room.config.node.clone(), address.to_string(), room.clock.now());
    let write = room
        .store
        .db
        .write(move |tx| Box::pin(async move { listener::tell(tx, &node, &address, certified, now).await }));
    write.await
}
