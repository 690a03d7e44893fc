//! A message as the interface shows it: a line of a list, or whole.

use crate::api::{account::RoleName, id, instant::Instant};
use mail::{
    AccountKey, Address, ContactKey, ConversationKey, DossierKey, FolderKey, Message, MessageKey, Role, UserKey,
    display,
};
use mailroom::words::{Language, doubt::Warning};
use serde::{Deserialize, Serialize};
use store::{
    link::{Link, Reason, Target},
    message::{Stored, Summary},
};
use utoipa::ToSchema;

/// An address with its display name. What is given has at most 1,000 characters in each; what came by mail is as it came.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Address, example = json!({"name": "Jan Jansen", "address": "jan@voorbeeld.nl"}))]
pub(crate) struct AddressShown {
    /// The display name, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// `local@domain`.
    pub(crate) address: String,
}

/// One line of a list of messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageLine {
    #[schema(value_type = id::MessageId)]
    id: MessageKey,
    #[schema(value_type = id::AccountId)]
    account: AccountKey,
    /// The folder to show it in; null when no folder holds it any more.
    #[schema(value_type = Option<id::FolderId>, required)]
    folder: Option<FolderKey>,
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = id::ConversationId)]
    conversation: ConversationKey,
    subject: String,
    #[schema(required)]
    from: Option<AddressShown>,
    to: Vec<AddressShown>,
    cc: Vec<AddressShown>,
    /// The first words.
    preview: String,
    /// What its `Date` says.
    #[schema(required)]
    sent_at: Option<Instant>,
    /// When it was received: when the server received it or, for mail that restoring brought, when we fetched it.
    received_at: Instant,
    /// From the account's own address.
    outgoing: bool,
    seen: bool,
    flagged: bool,
    answered: bool,
    private: bool,
    /// Size of the raw message in bytes.
    size: i64,
    /// How many attachments it has, inline pictures not counted.
    attachment_count: i64,
}

/// A whole message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct MessageShown {
    #[schema(value_type = id::MessageId)]
    id: MessageKey,
    #[schema(value_type = id::AccountId)]
    account: AccountKey,
    /// The folder to show it in; null when no folder holds it any more.
    #[schema(value_type = Option<id::FolderId>, required)]
    folder: Option<FolderKey>,
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = id::ConversationId)]
    conversation: ConversationKey,
    /// The content of `Message-ID`, without brackets.
    #[schema(required)]
    message_id: Option<String>,
    subject: String,
    #[schema(required)]
    from: Option<AddressShown>,
    to: Vec<AddressShown>,
    cc: Vec<AddressShown>,
    /// Only of mail that was sent from here.
    bcc: Vec<AddressShown>,
    reply_to: Vec<AddressShown>,
    /// Who wrote what it passes on, when a person forwarded it by hand; `from` is that person.
    #[schema(required)]
    original: Option<AddressShown>,
    /// What its `Date` says.
    #[schema(required)]
    sent_at: Option<Instant>,
    /// When it was received: when the server received it or, for mail that restoring brought, when we fetched it.
    received_at: Instant,
    /// What the server's own date says (for IMAP: INTERNALDATE); lists are sorted by it.
    server_received_at: Instant,
    /// When we fetched it.
    fetched_at: Instant,
    /// From the account's own address.
    outgoing: bool,
    seen: bool,
    flagged: bool,
    answered: bool,
    private: bool,
    /// Why it is private.
    #[schema(required)]
    private_reason: Option<String>,
    /// Size of the raw message in bytes.
    size: i64,
    /// The text to read.
    #[schema(required)]
    text: Option<String>,
    /// The HTML, already made safe: nothing in it runs or fetches. Pictures of the message itself are `cid:`.
    #[schema(required)]
    html: Option<String>,
    attachments: Vec<AttachmentShown>,
    #[schema(value_type = Vec<id::ContactId>)]
    contacts: Vec<ContactKey>,
    #[schema(value_type = Vec<id::DossierId>)]
    dossiers: Vec<DossierKey>,
    /// The same contacts and dossiers, each with why it is linked and who decided.
    links: Vec<LinkShown>,
    authentication: Authentication,
    /// Reasons to be careful with it, the gravest first: it may not be from who it says. They warn and no more.
    warnings: Vec<WarningShown>,
    /// What breaks the standards in it, or was too much to read.
    #[schema(value_type = Vec<String>)]
    defects: Vec<mail::Defect>,
}

/// A reason to be careful with a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Warning)]
struct WarningShown {
    /// For programs.
    #[schema(value_type = WarningName)]
    code: &'static str,
    /// For people, in the language of `Accept-Language` (nl or en).
    message: String,
}

/// several_senders: it names more than one. name_of_another: the sender's name is an address, but not theirs.
/// name_of_colleague: they are called like a colleague and write from elsewhere. looks_like: the domain looks like one that
/// is known. mixed_scripts: it has letters of another script. own_domain: it says it comes from a domain of ours, which the
/// server that received it could not confirm. unproven: the same of a domain that asks not to be believed then.
/// reply_elsewhere: an answer goes to another domain. too_complex: it was too much to read whole.
#[derive(ToSchema)]
#[schema(as = WarningCode, rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the names; the words make them")]
enum WarningName {
    SeveralSenders,
    NameOfAnother,
    NameOfColleague,
    LooksLike,
    MixedScripts,
    OwnDomain,
    Unproven,
    ReplyElsewhere,
    TooComplex,
}

/// One attachment or inline part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attachment)]
struct AttachmentShown {
    /// Its number, for `GET /messages/{id}/attachments/{n}`.
    n: usize,
    /// Safe as a file name.
    name: String,
    content_type: String,
    /// Decoded, in bytes.
    size: u64,
    /// Shown inside the HTML.
    inline: bool,
    /// How the HTML names it, after `cid:`.
    #[schema(required)]
    content_id: Option<String>,
}

/// Why a message is linked to a contact or a dossier.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
struct LinkShown {
    /// The contact, when it is one.
    #[schema(value_type = Option<id::ContactId>, required)]
    contact: Option<ContactKey>,
    /// The dossier, when it is one.
    #[schema(value_type = Option<id::DossierId>, required)]
    dossier: Option<DossierKey>,
    /// address: an address of the contact is in the message. contact: a contact of the dossier is. conversation: the
    /// conversation is linked. person: a user decided. api: a program did.
    #[schema(value_type = ReasonName)]
    reason: &'static str,
    /// Who decided, when it was a user or their program.
    #[schema(value_type = Option<id::UserId>, required)]
    decided_by: Option<UserKey>,
    linked_at: Instant,
}

/// Why a message is linked.
#[derive(ToSchema)]
#[schema(as = LinkReason, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the names; the store makes them")]
enum ReasonName {
    Address,
    Contact,
    Conversation,
    Person,
    Api,
}

/// What is known of whether the sender is who it says.
#[derive(Debug, Serialize, ToSchema)]
struct Authentication {
    /// The `Authentication-Results` fields as they stand in the message, newest first. Only the newest can be the
    /// receiving server's own.
    results: Vec<String>,
}

impl From<Summary> for MessageLine {
    fn from(line: Summary) -> MessageLine {
        MessageLine {
            id: line.id,
            account: line.account,
            folder: line.folder,
            role: line.role,
            conversation: line.conversation,
            subject: line.subject,
            from: line.people.from.into_iter().next().map(AddressShown::from),
            to: shown(line.people.to),
            cc: shown(line.people.cc),
            preview: line.preview,
            sent_at: line.sent_at.map(Instant),
            received_at: Instant(line.received_at),
            outgoing: line.outgoing,
            seen: line.seen,
            flagged: line.flagged,
            answered: line.answered,
            private: line.private,
            size: line.size,
            attachment_count: line.attachments,
        }
    }
}

impl MessageShown {
    /// What is kept of the message together with what was read again from its bytes.
    pub(super) fn of(stored: Stored, read: Message, warnings: Vec<Warning>, language: Language) -> MessageShown {
        let told = |it: Warning| WarningShown { code: it.code, message: it.message.say(language).to_owned() };
        MessageShown {
            id: stored.id,
            account: stored.account,
            folder: stored.folder,
            role: stored.role,
            conversation: stored.conversation,
            message_id: stored.message_id,
            subject: stored.subject,
            from: stored.people.from.into_iter().next().map(AddressShown::from),
            to: shown(stored.people.to),
            cc: shown(stored.people.cc),
            bcc: if stored.outgoing { shown(stored.people.bcc) } else { Vec::new() },
            reply_to: shown(stored.people.reply_to),
            original: read.original.map(AddressShown::from),
            sent_at: stored.sent_at.map(Instant),
            received_at: Instant(stored.received_at),
            server_received_at: Instant(stored.server_received_at),
            fetched_at: Instant(stored.fetched_at),
            outgoing: stored.outgoing,
            seen: stored.seen,
            flagged: stored.flagged,
            answered: stored.answered,
            private: stored.private,
            private_reason: stored.private_reason,
            size: stored.size,
            text: read.text,
            html: read.html.as_deref().map(display::safe_html),
            attachments: read.attachments.into_iter().map(AttachmentShown::from).collect(),
            contacts: stored.contacts,
            dossiers: stored.dossiers,
            links: stored.links.into_iter().map(LinkShown::from).collect(),
            authentication: Authentication { results: read.authentication_results },
            warnings: warnings.into_iter().map(told).collect(),
            defects: stored.defects,
        }
    }
}

impl From<Link> for LinkShown {
    fn from(Link { target, reason, decided_by, linked_at }: Link) -> LinkShown {
        let (contact, dossier) = match target {
            Target::Contact(contact) => (Some(contact), None),
            Target::Dossier(dossier) => (None, Some(dossier)),
        };
        LinkShown { contact, dossier, reason: Reason::as_str(reason), decided_by, linked_at: Instant(linked_at) }
    }
}

impl From<mail::Attachment> for AttachmentShown {
    fn from(attachment: mail::Attachment) -> AttachmentShown {
        let mail::Attachment { n, name, content_type, size, inline, content_id } = attachment;
        AttachmentShown { n, name, content_type, size, inline, content_id }
    }
}

impl From<Address> for AddressShown {
    fn from(Address { name, address }: Address) -> AddressShown {
        AddressShown { name, address }
    }
}

impl From<AddressShown> for Address {
    fn from(AddressShown { name, address }: AddressShown) -> Address {
        Address { name, address }
    }
}

pub(crate) fn shown(addresses: Vec<Address>) -> Vec<AddressShown> {
    addresses.into_iter().map(AddressShown::from).collect()
}
