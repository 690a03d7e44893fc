//! Accounts (*mailboxen*): making, changing, testing, and how they are doing.

mod access;
mod after_fetch;
pub mod app;
mod app_proof;
#[cfg(test)]
mod app_test;
mod app_token;
pub mod authorise;
mod autodiscovery;
#[cfg(test)]
mod binding_test;
mod by_domain;
pub(crate) mod connection;
pub mod device_code;
#[cfg(test)]
mod device_code_test;
pub mod diagnosis;
mod discovery;
mod exchange;
#[cfg(test)]
mod exchange_test;
mod fetching;
#[cfg(test)]
mod google_test;
mod grant;
#[cfg(test)]
mod grant_test;
pub mod health;
mod help;
mod input;
mod keeper;
pub mod kept_news;
mod kept_secret;
pub mod news;
mod owners;
pub mod relay;
mod round_trip;
#[cfg(test)]
mod round_trip_test;
mod same_mailbox;
pub mod secret;
pub mod sender;
mod settle;
#[cfg(test)]
mod settle_test;
mod test_letter;
pub mod topic;
pub mod vendor;
#[cfg(test)]
mod verb_test;
mod watch;
mod watched;

pub use access::ways;
pub use autodiscovery::{ExchangeFound, ExchangeSearch, find_exchange};
pub use connection::smtp_transport;
pub use discovery::{discover, discover_in};
pub use fetching::{fetch_soon, in_the_background, when_begun};
pub use grant::{Grants, has_grant};
pub use help::is_host;
pub use input::{AccountInput, AfterFetchInput, OwnerInput, ServerInput};
pub use owners::set_owners;
pub use round_trip::{TestReport, TestStep, test};
pub use watch::{failed, worked};
pub(crate) use watch::{forget_refusals, may_sign_in, unreadable};
pub use watched::{TestEnd, TestRun, Tests, begin_test, test_run};

use crate::{
    MailRoom,
    doer::Doer,
    words::{FieldError, Refusal, field},
};
use connect::{ConnectError, Secret};
use health::Half;
use mail::{AccountKey, FolderKey, Role, address::fold_address};
pub use settle::POINTS;
use settle::Settled;
use store::{
    StoreError, Tx, UserRole, Viewer,
    account::{self, Account, AccountSettings, Direction, Encryption, Incoming, NewAccount},
    folder::{self, Folder},
    outbox, owner,
};

/// An account as it was saved, and what should be looked at though nothing was refused.
#[derive(Debug)]
pub struct Saved {
    /// The account.
    pub account: Account,
    /// Warnings by field: characters in a secret, plain text.
    pub warnings: Vec<FieldError>,
}

/// Makes an account. Who makes it owns it with every right, unless owners are named (features M16).
pub async fn create(room: &MailRoom, viewer: &Viewer, mut input: AccountInput) -> Result<Saved, Refusal> {
    if viewer.role == UserRole::Member {
        return Err(Refusal::forbidden("account", field::NO_RIGHT_TO_MANAGE));
    }
    let doer = Doer::new(room, viewer);
    let primary = input.primary.take().unwrap_or(false);
    let (typed_owners, access) = (input.owners.take(), input.access.take());
    let mut settled = settle::settle(input, None);
    access::choose(room, viewer.organisation, access.as_deref(), &mut settled, None).await?;
    let owners = match typed_owners {
        Some(owners) => owners::read(&owners, viewer, &[], &mut settled.errors),
        None => vec![owner::Owner { party: owner::Party::User(viewer.user), rights: owner::Rights::ALL }],
    };
    let mut settled = checked(room, viewer, settled, None).await?;
    settled.warnings.extend(relay::warning(room, &settled.settings).await?);
    let domain = room.config.base_domain.clone();
    let (viewer, now) = (*viewer, room.clock.now());
    let mut new = NewAccount { id: AccountKey(room.store.make.key(now)), settings: settled.settings, primary };
    let (incoming, outgoing) = (settled.incoming_secret, settled.outgoing_secret);
    let keys = room.store.keys.clone();
    let account = room
        .store
        .db
        .write(move |tx| {
            Box::pin(async move {
                relay::give_address(tx, &domain, None, &mut new.settings).await?;
                account::create(tx, viewer.organisation, &new, now).await?;
                for (direction, secret) in [(Direction::Incoming, incoming), (Direction::Outgoing, outgoing)] {
                    if let Some(secret) = secret {
                        let plain = Some(secret.reveal());
                        account::set_secret(tx, &keys, viewer.organisation, new.id, direction, plain, now).await?;
                    }
                }
                owner::set(tx, viewer.organisation, new.id, &owners).await?;
                account::take_over(tx, viewer.organisation, new.id, &new.settings).await?;
                doer.did(tx, "account.created", new.id, "").await?;
                account::load(tx, viewer.organisation, new.id).await
            })
        })
        .await?;
    tracing::info!(account = %account.id, "an account was made");
    sender::prepare(room, &account).await;
    Ok(Saved { account, warnings: settled.warnings })
}

/// Changes what the input names and leaves the rest. Saving also forgets what stood in the account's way, so that it
/// connects at once (features M12).
pub async fn patch(
    room: &MailRoom,
    viewer: &Viewer,
    account: AccountKey,
    mut input: AccountInput,
) -> Result<Saved, Refusal> {
    let before = managed(room, viewer, account).await?;
    let (doer, named) = (Doer::new(room, viewer), input::named(&input));
    let access = input.access.take();
    let primary = input.primary.take();
    let typed_owners = input.owners.take();
    let mut settled = settle::settle(input, Some(&before.settings));
    access::choose(room, viewer.organisation, access.as_deref(), &mut settled, Some(&before.settings)).await?;
    let owners = match typed_owners {
        None => None,
        Some(owners) => {
            let kept = owners::of(room, viewer, account).await?;
            Some(owners::read(&owners, viewer, &kept, &mut settled.errors))
        }
    };
    let mut settled = checked(room, viewer, settled, Some(&before.settings)).await?;
    settled.warnings.extend(relay::warning(room, &settled.settings).await?);
    let domain = room.config.base_domain.clone();
    if primary == Some(false) && before.primary {
        return Err(Refusal::conflict("primary", field::PRIMARY_NEEDED));
    }
    let (viewer, now, version) = (*viewer, room.clock.now(), before.version);
    let Settled { mut settings, incoming_secret, outgoing_secret, warnings, .. } = settled;
    let unasked = same_mailbox::keeps(room, &before, &settings, incoming_secret.as_ref()).await?;
    let has_new_secret = incoming_secret.is_some() || outgoing_secret.is_some();
    let keys = room.store.keys.clone();
    let saved = room
        .store
        .db
        .write(move |tx| {
            Box::pin(async move {
                keeps_its_mailbox(tx, &before, &settings.incoming, now).await?;
                relay::give_address(tx, &domain, Some(account), &mut settings).await?;
                account::update(tx, viewer.organisation, account, version, &settings, now).await?;
                for direction in kept_secret::spent(&before.settings, &settings) {
                    account::set_secret(tx, &keys, viewer.organisation, account, direction, None, now).await?;
                }
                outbox::wake_account(tx, viewer.organisation, account, now).await?;
                for (direction, secret) in
                    [(Direction::Incoming, incoming_secret), (Direction::Outgoing, outgoing_secret)]
                {
                    if let Some(secret) = secret {
                        let plain = Some(secret.reveal());
                        account::set_secret(tx, &keys, viewer.organisation, account, direction, plain, now).await?;
                    }
                }
                if primary == Some(true) {
                    account::set_primary(tx, viewer.organisation, account).await?;
                }
                if let Some(owners) = owners {
                    owners::replace(tx, &viewer, account, &owners, now).await?;
                }
                account::take_over(tx, viewer.organisation, account, &settings).await?;
                doer.did(tx, "account.changed", account, named).await?;
                account::load(tx, viewer.organisation, account).await
            })
        })
        .await?;
    room.transports.forget(account);
    room.grants.forget(account);
    sender::prepare(room, &saved).await;
    if has_new_secret {
        forget_refusals(room, &saved).await?;
    }
    if let Some(error @ ConnectError::Credentials { .. }) = &unasked {
        // This was one of the few tries that there are (features M11).
        failed(room, &saved, Half::Receiving, error).await?;
    }
    Ok(Saved { account: saved, warnings })
}

/// Removes an account that holds no mail; one that does can only be set inactive (features M14).
pub async fn delete(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<(), Refusal> {
    managed(room, viewer, account).await?;
    let (organisation, now, doer) = (viewer.organisation, room.clock.now(), Doer::new(room, viewer));
    let removed = room.store.db.write(move |tx| {
        Box::pin(async move {
            account::remove(tx, organisation, account, now).await?;
            doer.did(tx, "account.removed", account, "").await
        })
    });
    removed.await?;
    room.transports.forget(account);
    room.grants.forget(account);
    room.tests.forget(account);
    Ok(())
}

/// The folders of an account, for who reads or manages it.
pub async fn folders(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<Vec<Folder>, Refusal> {
    let viewer = *viewer;
    let found = room.store.db.read(move |tx| {
        Box::pin(async move {
            let rights = owner::rights(tx, &viewer, account).await?;
            if !rights.read && !rights.manage {
                return Err(StoreError::NotFound);
            }
            folder::list(tx, viewer.organisation, account).await
        })
    });
    Ok(found.await?)
}

/// The folder's name as the server shows it, prefix and all; [`Folder::name`] is what people read.
pub fn server_name(folder: &Folder) -> String {
    // A folder of our own has no server to write its name in another way, and some name folders by numbers.
    let numbered = [connect::graph::FOLDER_PREFIX, connect::gmail::FOLDER_PREFIX, connect::ews::FOLDER_PREFIX];
    let is_of_our_naming = folder.remote == folder.name || numbered.iter().any(|mark| folder.remote.starts_with(mark));
    if is_of_our_naming { folder.name.clone() } else { connect::imap::decode_name(&folder.remote) }
}

/// Chooses what folders are for (features M18); `None` goes back to what is declared or guessed.
pub async fn choose_roles(
    room: &MailRoom,
    viewer: &Viewer,
    account: AccountKey,
    roles: Vec<(FolderKey, Option<Role>)>,
) -> Result<Vec<Folder>, Refusal> {
    managed(room, viewer, account).await?;
    let (organisation, doer) = (viewer.organisation, Doer::new(room, viewer));
    let chosen = room.store.db.write(move |tx| {
        Box::pin(async move {
            let known = folder::list(tx, organisation, account).await?;
            for (n, (key, role)) in roles.into_iter().enumerate() {
                if !known.iter().any(|folder| folder.id == key) {
                    return Ok(Err(Refusal::field(format!("folders.{n}"), field::UNKNOWN_FOLDER)));
                }
                folder::choose_role(tx, organisation, key, role).await?;
            }
            doer.did(tx, "account.folders", account, "").await?;
            tx.ring(store::Topic::Accounts);
            Ok(Ok(folder::list(tx, organisation, account).await?))
        })
    });
    chosen.await?
}

/// The account when the viewer may manage it. Who may only see it is told so; to everybody else it is not there.
pub(crate) async fn managed(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<Account, Refusal> {
    let viewer = *viewer;
    let (found, rights) = room
        .store
        .db
        .read(move |tx| {
            Box::pin(async move {
                let rights = owner::rights(tx, &viewer, account).await?;
                Ok((account::load(tx, viewer.organisation, account).await?, rights))
            })
        })
        .await?;
    if rights.manage { Ok(found) } else { Err(Refusal::forbidden("account", field::NO_RIGHT_TO_MANAGE)) }
}

/// What can't be seen from the input alone: leave to work without encryption (features M5). What an administrator allowed
/// before stays allowed when another manager saves something else.
async fn checked(
    room: &MailRoom,
    viewer: &Viewer,
    mut settled: Settled,
    before: Option<&AccountSettings>,
) -> Result<Settled, Refusal> {
    let was_allowed = before.is_some_and(|before| before.allow_plaintext);
    let may_allow = was_allowed || viewer.role == UserRole::Administrator;
    let plain: Vec<_> = settle::servers(&settled.settings)
        .filter(|(_, server)| server.encryption == Encryption::None && !server.host.is_empty())
        .map(|(field, server)| (field, server.host))
        .collect();
    for (field, host) in plain {
        if !settled.settings.allow_plaintext || !connection::is_inside(&room.world, &host).await {
            settled.errors.push(FieldError::new(field, field::PLAINTEXT_REFUSED));
        }
    }
    settled.errors.extend(by_domain::wrong(room, viewer.organisation, &settled.settings, before).await?);
    if settled.settings.allow_plaintext && !may_allow {
        return Err(Refusal::forbidden("allow_plaintext", field::ADMINISTRATOR_ONLY));
    }
    crate::words::all_well(std::mem::take(&mut settled.errors))?;
    access::tried(room, viewer.organisation, &settled.settings, before).await?;
    Ok(settled)
}

/// `Conflict` when an account that holds mail is about to sign in as another mailbox, or to be of another kind (features
/// M14): the mail of a POP3 mailbox lies in folders of ours, which no IMAP server has, and the other way round.
async fn keeps_its_mailbox(tx: &mut Tx, before: &Account, incoming: &Incoming, now: i64) -> Result<(), StoreError> {
    let (organisation, id) = (before.organisation, before.id);
    let was = same_mailbox::kind_of_mail(before);
    let is = same_mailbox::kind(incoming);
    if let (Some(was), Some(is)) = (was, is)
        && was != is
        && account::counts(tx, organisation, id).await?.messages > 0
    {
        let (code, message) = field::KIND_FIXED;
        return Err(StoreError::Conflict { field: "incoming.kind", code, message: message.en.to_owned() });
    }
    if same_mailbox::kind(&before.settings.incoming) != is {
        // Folders of the other kind, without mail, would stand there for nothing.
        if account::counts(tx, organisation, id).await?.messages == 0 {
            folder::sync(tx, organisation, id, &[], now).await?;
        }
        return Ok(());
    }
    let servers = (same_mailbox::server(&before.settings.incoming), same_mailbox::server(incoming));
    let (Some(old), Some(new)) = servers else { return Ok(()) };
    let name = fold_address(&new.username);
    let own = fold_address(&before.settings.address);
    if !name.contains('@') || name == own || name == fold_address(&old.username) {
        return Ok(());
    }
    let others = account::by_address(tx, &new.username).await?;
    let is_another = others.iter().any(|other| other.organisation == organisation && other.id != id);
    if is_another && account::counts(tx, organisation, id).await?.messages > 0 {
        let (code, message) = field::ACCOUNT_FIXED;
        return Err(StoreError::Conflict { field: "incoming.username", code, message: message.en.to_owned() });
    }
    Ok(())
}

/// The secret of one direction, opened; `None` when none is kept.
pub(crate) async fn secret_of(
    room: &MailRoom,
    account: &Account,
    direction: Direction,
) -> Result<Option<Secret>, StoreError> {
    let (keys, organisation, id) = (room.store.keys.clone(), account.organisation, account.id);
    let opened = room
        .store
        .db
        .read(move |tx| Box::pin(async move { account::open_secret(tx, &keys, organisation, id, direction).await }))
        .await?;
    Ok(opened.map(|plain| Secret::new(plain.as_slice())))
}

/// The settings that follow from this text, for tests of what stands on accounts.
#[cfg(test)]
pub(crate) fn settled_for_test(json: &str) -> account::AccountSettings {
    let input = serde_json::from_str(json).expect("reads");
    settle::settle(input, None).settings
}
