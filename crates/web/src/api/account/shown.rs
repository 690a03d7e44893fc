//! An account as the interface shows it: everything that was filled in except the secrets.

use super::font::FontName;
use super::sender::VerificationShown;
use crate::{
    api::{id, instant::Instant},
    problem::FieldProblem,
};
use mail::{AccountKey, GroupKey, OrganisationKey, UserKey};
use mailroom::{
    accounts::health::Half,
    words::{FieldError, Language, cause},
};
use serde::{Deserialize, Serialize};
use store::{
    StoreError, Tx,
    account::{self, Account, Counts},
    owner::{self, Owner, Party},
};
use utoipa::ToSchema;

/// A connected e-mail account. Secrets are never shown, only when they were set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountShown {
    #[schema(value_type = id::AccountId)]
    pub(crate) id: AccountKey,
    /// The name before the address.
    display_name: String,
    /// The address.
    address: String,
    /// Whether it is used at all.
    active: bool,
    /// Sends the organisation's own mail.
    primary: bool,
    incoming: DirectionShown,
    outgoing: DirectionShown,
    /// By whom it is opened at Microsoft 365 or Google: own, app or shared.
    #[schema(pattern = "^(own|app|shared)$")]
    access: &'static str,
    /// The server tells us of new mail.
    push: bool,
    /// How often we look besides; null: only when asked.
    #[schema(required)]
    interval_seconds: Option<i64>,
    /// After so many errors in a row the interval goes to none.
    disable_after_errors: i64,
    /// Mail that the server received before this moment is left there.
    #[schema(required)]
    sync_since: Option<Instant>,
    /// An address that gets a copy of everything that is sent.
    #[schema(required)]
    bcc: Option<String>,
    /// Addresses and domains that are never linked to contacts.
    never_link: Vec<String>,
    /// An administrator allows a line without encryption.
    allow_plaintext: bool,
    /// The one certificate that is accepted instead of a chain.
    #[schema(required)]
    pinned_certificate: Option<String>,
    limits: LimitsShown,
    /// The font of mail that is written on the page from this account.
    #[schema(required)]
    font: Option<FontName>,
    /// The size of its letters, in points.
    #[schema(required)]
    font_size: Option<i64>,
    /// The signature below mail that is written on the page, made safe.
    #[schema(required)]
    signature_html: Option<String>,
    owners: Vec<OwnerShown>,
    health: HealthShown,
    counts: CountsShown,
    /// When a secret was last set: all that is ever shown of it.
    #[schema(required)]
    secrets_set_at: Option<Instant>,
    created_at: Instant,
    /// After saving: what refuses nothing but should be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<FieldProblem>,
}

/// One direction of an account. Which fields there are depends on `kind`.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Direction)]
pub(crate) struct DirectionShown {
    /// How mail comes in or goes out.
    #[schema(example = "imap")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption: Option<EncryptionName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authentication: Option<AuthenticationName>,
    /// IMAP: the folder under which the others lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<String>,
    /// POP3: what happens on the server after a message was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after_fetch: Option<AfterFetchForm>,
    /// EWS: the address of `exchange.asmx`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// Mailgun: the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<String>,
    /// Relay: the address to forward to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relay_address: Option<String>,
    /// Builtin: whether its address was shown to be the organisation's; nothing leaves before. Absent for a mailbox that
    /// only reaches this Postkamer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) verification: Option<VerificationShown>,
    /// A secret is kept.
    pub(super) secret_set: bool,
}

/// How a line is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Encryption)]
pub(crate) enum EncryptionName {
    Tls,
    Starttls,
    None,
}

/// How we sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Authentication)]
pub(crate) enum AuthenticationName {
    Basic,
    Ntlm,
    Oauth,
}

/// What happens on a POP3 server after a message was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AfterFetch)]
pub(crate) struct AfterFetchForm {
    pub(crate) kind: AfterFetchKind,
    /// For `delete_after`, and for it alone: how many days it stays. It has to be said, unless the account has it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub(crate) days: Option<u32>,
}

/// Whether a message stays on a POP3 server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AfterFetchKind {
    Leave,
    Delete,
    DeleteAfter,
}

/// What may leave by the account in a time; null: as much as the provider allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Limits)]
pub(crate) struct LimitsShown {
    /// Connections at a time.
    #[schema(minimum = 1, maximum = 1000)]
    pub(crate) connections: Option<u32>,
    /// Messages over one connection.
    #[schema(minimum = 1, maximum = 1000000)]
    pub(crate) per_connection: Option<u32>,
    /// Messages a minute.
    #[schema(minimum = 1, maximum = 1000000)]
    pub(crate) per_minute: Option<u32>,
    /// Messages a day.
    #[schema(minimum = 1, maximum = 100000000)]
    pub(crate) per_day: Option<u32>,
}

/// Who may do what with the account: a user or a group.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Owner)]
pub(crate) struct OwnerShown {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<id::UserId>, nullable = false)]
    pub(crate) user: Option<UserKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<id::GroupId>, nullable = false)]
    pub(crate) group: Option<GroupKey>,
    pub(crate) rights: Vec<RightName>,
}

/// A right of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Right)]
pub(crate) enum RightName {
    Read,
    Send,
    Manage,
}

/// How an account does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthShown {
    /// Green: it works. Amber: it will work again by itself, or was not tried yet. Red: a person must act.
    #[schema(value_type = ColourName)]
    colour: &'static str,
    since: Instant,
    /// What is wrong, for programs.
    #[schema(required)]
    code: Option<String>,
    /// What is wrong, for people.
    #[schema(required)]
    cause: Option<&'static str>,
    /// What to do.
    #[schema(required)]
    fix: Option<&'static str>,
    /// The server's own words.
    #[schema(required)]
    server_said: Option<String>,
    /// When a pass over the account last ended well.
    #[schema(required)]
    last_fetched_at: Option<Instant>,
    /// When it is tried again.
    #[schema(required)]
    next_try_at: Option<Instant>,
}

/// How an account does, in one colour.
#[derive(ToSchema)]
#[schema(as = Colour, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
enum ColourName {
    Green,
    Amber,
    Red,
}

/// How much mail there is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub(crate) struct CountsShown {
    pub(crate) messages: i64,
    pub(crate) unread: i64,
}

/// An account with what is looked up beside it.
pub(crate) struct Around {
    pub(crate) account: Account,
    pub(crate) owners: Vec<Owner>,
    pub(crate) counts: Counts,
}

impl Around {
    pub(crate) async fn of(tx: &mut Tx, organisation: OrganisationKey, account: Account) -> Result<Around, StoreError> {
        let owners = owner::list(tx, organisation, account.id).await?;
        let counts = account::counts(tx, organisation, account.id).await?;
        Ok(Around { account, owners, counts })
    }

    pub(crate) fn shown(self, language: Language) -> AccountShown {
        let verification = VerificationShown::of(&self.account);
        let Account { settings, health, .. } = self.account;
        let explained = health.code.as_deref().and_then(|code| cause::by_code(Half::of(code).1));
        AccountShown {
            id: self.account.id,
            display_name: settings.display_name,
            address: settings.address,
            active: settings.active,
            primary: self.account.primary,
            incoming: DirectionShown { secret_set: self.account.has_incoming_secret, ..settings.incoming.into() },
            outgoing: DirectionShown {
                secret_set: self.account.has_outgoing_secret,
                verification,
                ..settings.outgoing.into()
            },
            access: settings.access.as_str(),
            push: settings.push,
            interval_seconds: settings.interval_seconds,
            disable_after_errors: settings.disable_after_errors,
            sync_since: settings.sync_since.map(Instant),
            bcc: settings.bcc,
            never_link: settings.never_link,
            allow_plaintext: settings.allow_plaintext,
            pinned_certificate: settings.pinned_certificate,
            limits: settings.limits.into(),
            font: settings.style.font.map(FontName::from),
            font_size: settings.style.font_size,
            signature_html: settings.style.signature,
            owners: self.owners.into_iter().map(OwnerShown::from).collect(),
            health: HealthShown {
                colour: health.colour.as_str(),
                since: Instant(health.since_at),
                code: health.code,
                cause: explained.map(|explained| explained.cause.say(language)),
                fix: explained.map(|explained| explained.fix.say(language)),
                server_said: health.words,
                last_fetched_at: health.last_fetched_at.map(Instant),
                next_try_at: health.next_try_at.map(Instant),
            },
            counts: CountsShown { messages: self.counts.messages, unread: self.counts.unread },
            secrets_set_at: self.account.secrets_set_at.map(Instant),
            created_at: Instant(self.account.created_at),
            warnings: Vec::new(),
        }
    }
}

impl AccountShown {
    pub(super) fn warned(mut self, warnings: &[FieldError], language: Language) -> AccountShown {
        self.warnings = warnings.iter().map(|warning| FieldProblem::of(warning, language)).collect();
        self
    }
}

impl From<Owner> for OwnerShown {
    fn from(owner: Owner) -> OwnerShown {
        let (user, group) = match owner.party {
            Party::User(user) => (Some(user), None),
            Party::Group(group) => (None, Some(group)),
        };
        let granted = [
            (owner.rights.read, RightName::Read),
            (owner.rights.send, RightName::Send),
            (owner.rights.manage, RightName::Manage),
        ];
        let rights = granted.into_iter().filter(|(granted, _)| *granted).map(|(_, name)| name).collect();
        OwnerShown { user, group, rights }
    }
}
