//! Who asks, and what that person may read. Rights are part of the query, not of the page (architecture, invariant 10).
//!
//! Access comes from one place only: the owners of an account, directly or through a workgroup. Being an administrator,
//! being named in a mail, or a link to a dossier opens nothing. What may not be seen is not found.

use crate::{StoreError, Tx, vals};
use mail::{AccountKey, MessageKey, OrganisationKey, UserKey};
use serde::{Deserialize, Serialize};

/// What a person may do with the installation itself; says nothing about anybody's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Users, settings, every account's settings.
    Administrator,
    /// Accounts' settings.
    MailboxManager,
    /// Works with the mail of the accounts they own.
    Member,
}

impl UserRole {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            UserRole::Administrator => "administrator",
            UserRole::MailboxManager => "mailbox_manager",
            UserRole::Member => "member",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<UserRole> {
        [UserRole::Administrator, UserRole::MailboxManager, UserRole::Member]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Where they work.
    pub organisation: OrganisationKey,
    /// Who they are.
    pub user: UserKey,
    /// What they may do with the installation.
    pub role: UserRole,
}

/// The accounts that a viewer may read, as a sub-select for `account IN`. `$1` is the organisation, `$2` the user.
pub const READABLE: &str = "(SELECT readable.account FROM owners readable WHERE readable.organisation = $1 \
     AND readable.can_read AND ((NOT readable.is_group AND readable.person = $2) OR (readable.is_group \
     AND readable.person IN (SELECT workgroup FROM members WHERE organisation = $1 AND person = $2))))";

/// The same for the accounts in whose name the viewer may send.
pub const SENDABLE: &str = "(SELECT sendable.account FROM owners sendable WHERE sendable.organisation = $1 \
     AND sendable.can_send AND ((NOT sendable.is_group AND sendable.person = $2) OR (sendable.is_group \
     AND sendable.person IN (SELECT workgroup FROM members WHERE organisation = $1 AND person = $2))))";

/// The same for the accounts that the viewer manages.
pub const MANAGEABLE: &str = "(SELECT managed.account FROM owners managed WHERE managed.organisation = $1 \
     AND managed.can_manage AND ((NOT managed.is_group AND managed.person = $2) OR (managed.is_group \
     AND managed.person IN (SELECT workgroup FROM members WHERE organisation = $1 AND person = $2))))";

/// What the viewer may do with which accounts, looked up once for a question that names many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Accounts whose mail they may read, in order.
    pub read: Vec<AccountKey>,
    /// Accounts that they manage; these show private messages too when they may also be read.
    pub manage: Vec<AccountKey>,
    /// Accounts in whose name they may send.
    pub send: Vec<AccountKey>,
}

impl Viewer {
    /// Everything the viewer may do with accounts.
    pub async fn rights(&self, tx: &mut Tx) -> Result<Rights, StoreError> {
        // By the people's index: an organisation may have thousands of accounts, of which the viewer owns a few.
        let sql = "SELECT account, can_read, can_manage, can_send FROM owners WHERE organisation = $1 \
             AND person IN (SELECT CAST($2 AS BIGINT) UNION ALL \
             SELECT workgroup FROM members WHERE organisation = $1 AND person = $2) \
             AND is_group = (person <> $2)";
        let mut rights = Rights::default();
        let mut owned = tx.rows(sql, &vals![self.organisation, self.user]).await?;
        owned.sort_by_key(|row| row.int(0));
        for row in owned {
            let account = AccountKey(row.int(0));
            let granted =
                [(row.bool(1), &mut rights.read), (row.bool(2), &mut rights.manage), (row.bool(3), &mut rights.send)];
            for (granted, accounts) in granted {
                if granted && accounts.last() != Some(&account) {
                    accounts.push(account);
                }
            }
        }
        Ok(rights)
    }

    /// `NotFound` unless the viewer may read the account.
    pub async fn may_read(&self, tx: &mut Tx, account: AccountKey) -> Result<(), StoreError> {
        self.is_among(tx, account, READABLE).await
    }

    /// `NotFound` unless the viewer may send in the account's name.
    pub async fn may_send(&self, tx: &mut Tx, account: AccountKey) -> Result<(), StoreError> {
        self.is_among(tx, account, SENDABLE).await
    }

    /// `NotFound` unless the viewer manages the account.
    pub async fn may_manage(&self, tx: &mut Tx, account: AccountKey) -> Result<(), StoreError> {
        self.is_among(tx, account, MANAGEABLE).await
    }

    async fn is_among(&self, tx: &mut Tx, account: AccountKey, accounts: &str) -> Result<(), StoreError> {
        let sql = format!("SELECT id FROM accounts WHERE organisation = $1 AND id = $3 AND id IN {accounts}");
        let found = tx.row(&sql, &vals![self.organisation, self.user, account]).await?;
        found.map(|_| ()).ok_or(StoreError::NotFound)
    }

    /// The message's account when the viewer may see the message, else `NotFound`.
    pub async fn may_see(&self, tx: &mut Tx, message: MessageKey) -> Result<AccountKey, StoreError> {
        let sql =
            format!("SELECT m.account FROM messages m WHERE m.organisation = $1 AND m.id = $3 AND {}", visible("m"));
        let found = tx.row(&sql, &vals![self.organisation, self.user, message]).await?;
        found.map(|row| AccountKey(row.int(0))).ok_or(StoreError::NotFound)
    }
}

/// The condition that the viewer may see the message of table `messages` under this alias: the mailbox is theirs to
/// read and, when the message is private, theirs to manage or made private by them. `$1` organisation, `$2` user.
pub fn visible(alias: &str) -> String {
    format!(
        "{alias}.account IN {READABLE} AND (NOT {alias}.private OR {alias}.private_by = $2 OR {alias}.account IN {MANAGEABLE})"
    )
}

impl Rights {
    /// Whether these rights show a message of this account.
    pub fn show(&self, viewer: &Viewer, account: AccountKey, private: bool, private_by: Option<UserKey>) -> bool {
        let read = self.read.binary_search(&account).is_ok();
        read && (!private || private_by == Some(viewer.user) || self.manage.binary_search(&account).is_ok())
    }
}
