//! What is known about a person besides their mail, as it stands in `data.json`.

use mail::{ContactKey, ConversationKey, UserKey};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use store::{
    StoreError, Tx, Viewer, account,
    audit::{self, Entry, Wanted},
    contact::{self, Order},
    dossier::{self, Filter},
    draft, group, identity,
    link::Target,
    notification,
    owner::{self, Party},
    personal::{self, Act, Letter, Remark, Sending},
    session, token, user,
};

/// Of one kind of thing there are never so many around one person.
const MANY: usize = 100_000;

/// A moment as the API writes it.
pub(super) fn instant(at: i64) -> Value {
    jiff::Timestamp::from_millisecond(at).map_or(Value::Null, |at| at.to_string().into())
}

/// The name of a message's file.
pub(super) fn file_of(letter: &Letter) -> String {
    let day = jiff::Timestamp::from_millisecond(letter.received_at).unwrap_or_default();
    format!("mail/{}-{}.eml", day.strftime("%Y-%m-%d"), letter.id)
}

/// What people and mailboxes are called.
struct Names {
    users: HashMap<UserKey, String>,
    accounts: HashMap<mail::AccountKey, String>,
}

impl Names {
    async fn of(tx: &mut Tx, viewer: &Viewer) -> Result<Names, StoreError> {
        let users = user::list(tx, viewer.organisation, None, MANY).await?.0.into_iter();
        let accounts = account::list(tx, viewer, None, MANY).await?.0.into_iter();
        Ok(Names {
            users: users.map(|user| (user.id, user.called().to_owned())).collect(),
            accounts: accounts.map(|account| (account.id, account.settings.address)).collect(),
        })
    }

    fn letters(&self, letters: &[Letter]) -> Value {
        let line = |letter: &Letter| {
            json!({
                "file": file_of(letter), "id": letter.id, "mailbox": self.accounts.get(&letter.account),
                "conversation": letter.conversation, "received_at": instant(letter.received_at),
                "has_address": letter.names, "linked_by": letter.linked,
            })
        };
        letters.iter().map(line).collect()
    }

    fn remarks(&self, remarks: &[Remark]) -> Value {
        let line = |remark: &Remark| {
            json!({
                "conversation": remark.conversation, "author": self.users.get(&remark.author),
                "written_at": instant(remark.written_at), "text": remark.text,
            })
        };
        remarks.iter().map(line).collect()
    }

    fn sendings(&self, sendings: &[Sending]) -> Value {
        let line = |sending: &Sending| {
            json!({
                "id": sending.id, "mailbox": self.accounts.get(&sending.account), "subject": sending.subject,
                "address": sending.address, "state": sending.state.as_str(), "server_said": sending.server_said,
                "created_at": instant(sending.created_at),
            })
        };
        sendings.iter().map(line).collect()
    }

    fn entries(&self, entries: &[Entry]) -> Value {
        let line = |entry: &Entry| {
            let by = entry.user.and_then(|user| self.users.get(&user));
            json!({
                "at": instant(entry.done_at), "by": by, "action": entry.action, "subject": entry.subject,
                "detail": entry.detail,
            })
        };
        entries.iter().map(line).collect()
    }
}

/// About a contact: what it is, its dossiers, its mail, and what colleagues wrote beside it.
pub(super) async fn of_contact(
    tx: &mut Tx,
    viewer: &Viewer,
    key: ContactKey,
) -> Result<(Value, Vec<Letter>), StoreError> {
    let organisation = viewer.organisation;
    let contact = contact::get(tx, organisation, key).await?;
    let letters = personal::letters(tx, viewer, &contact.addresses, Some(Target::Contact(key))).await?;
    let beside: BTreeSet<ConversationKey> = letters.iter().map(|letter| letter.conversation).collect();
    let beside: Vec<_> = beside.into_iter().collect();
    let remarks = personal::remarks_beside(tx, viewer, &beside).await?;
    let sendings = personal::sendings_to(tx, viewer, &contact.addresses).await?;
    let filter = Filter { contact: Some(key), ..Filter::default() };
    let dossiers = dossier::list(tx, organisation, filter, Order::Name, None, MANY).await?.0;
    let entries = audit::list(tx, organisation, Some(&key.to_string()), None, MANY).await?.0;
    let names = Names::of(tx, viewer).await?;
    let dossiers: Value = dossiers.iter().map(|it| json!({ "id": it.id, "name": it.name, "kind": it.kind })).collect();
    let facts = json!({
        "contact": {
            "name": contact.name, "addresses": contact.addresses, "kind": contact.kind, "hidden": contact.hidden,
            "external": contact.external, "created_at": instant(contact.created_at),
            "updated_at": instant(contact.updated_at),
        },
        "dossiers": dossiers,
        "notes": names.remarks(&remarks),
        "outbox": names.sendings(&sendings),
        "log": names.entries(&entries),
        "messages": names.letters(&letters),
    });
    Ok((facts, letters))
}

/// About a user: who they are, what they may do, where they signed in, what they did, and the mail with their address.
pub(super) async fn of_user(
    tx: &mut Tx,
    viewer: &Viewer,
    key: UserKey,
    now: i64,
) -> Result<(Value, Vec<Letter>), StoreError> {
    let organisation = viewer.organisation;
    let found = user::get(tx, organisation, key).await?;
    let addresses = [found.email.clone()];
    let letters = personal::letters(tx, viewer, &addresses, None).await?;
    let remarks = personal::remarks_by(tx, viewer, key).await?;
    let acts = personal::acts_by(tx, viewer, key).await?;
    let sendings = personal::sendings_to(tx, viewer, &addresses).await?;
    let by = Wanted { user: Some(key), ..Wanted::default() };
    let mut entries = audit::search(tx, organisation, &by, MANY).await?.0;
    let to = audit::list(tx, organisation, Some(&key.to_string()), None, MANY).await?.0;
    entries.extend(to.into_iter().filter(|entry| entry.user != Some(key)));
    let told = notification::get(tx, &Viewer { user: key, ..*viewer }).await?;
    let names = Names::of(tx, viewer).await?;
    let noticed = told.notice_accounts.iter().filter_map(|account| names.accounts.get(account)).collect::<Vec<_>>();
    let mut facts = json!({
        "user": {
            "name": found.name, "email": found.email, "role": found.role, "language": found.language,
            "active": found.active, "has_password": found.has_password, "has_second_factor": found.has_second_factor,
            "default_mailbox": found.default_account.and_then(|account| names.accounts.get(&account)),
            "private_incoming": found.private_incoming, "private_outgoing": found.private_outgoing,
            "letter_when_called": told.letter_when_called, "letter_when_assigned": told.letter_when_assigned,
            "notice_when_called": told.notice_when_called, "notice_of": noticed,
            "created_at": instant(found.created_at),
        },
        "groups": groups(tx, viewer, key).await?,
        "mailboxes": mailboxes(tx, viewer, key, &names).await?,
        "notes": names.remarks(&remarks),
        "deeds": acts.iter().map(deed).collect::<Value>(),
        "outbox": names.sendings(&sendings),
        "log": names.entries(&entries),
        "messages": names.letters(&letters),
    });
    signing_in(tx, viewer, key, now, &mut facts).await?;
    if viewer.user == key {
        own(tx, viewer, &mut facts).await?;
    }
    Ok((facts, letters))
}

fn deed(act: &Act) -> Value {
    json!({ "at": instant(act.done_at), "what": act.kind, "conversation": act.conversation })
}

async fn groups(tx: &mut Tx, viewer: &Viewer, key: UserKey) -> Result<Value, StoreError> {
    let groups = group::list(tx, viewer.organisation, None, MANY).await?.0.into_iter();
    Ok(groups.filter(|group| group.members.contains(&key)).map(|group| Value::from(group.name)).collect())
}

/// The mailboxes that they own themselves; those of their groups are the groups'.
async fn mailboxes(tx: &mut Tx, viewer: &Viewer, key: UserKey, names: &Names) -> Result<Value, StoreError> {
    let mut owned = Vec::new();
    for (account, address) in &names.accounts {
        let owners = owner::list(tx, viewer.organisation, *account).await?;
        let rights = owners.iter().find(|owner| owner.party == Party::User(key)).map(|owner| owner.rights.names());
        owned.extend(rights.map(|rights| json!({ "mailbox": address, "rights": rights })));
    }
    owned.sort_by_key(|line| line["mailbox"].to_string());
    Ok(owned.into())
}

async fn signing_in(tx: &mut Tx, viewer: &Viewer, key: UserKey, now: i64, facts: &mut Value) -> Result<(), StoreError> {
    let sessions = session::list(tx, viewer.organisation, key, now).await?;
    let line = |it: &session::Session| {
        json!({
            "source": it.source, "agent": it.agent, "began_at": instant(it.created_at), "seen_at": instant(it.seen_at),
        })
    };
    facts["sessions"] = sessions.iter().map(line).collect();
    let tokens = token::list(tx, viewer.organisation, key).await?;
    let line = |it: &token::Token| {
        json!({
            "name": it.name, "scope": it.scope.as_str(), "made_at": instant(it.created_at),
            "used_at": it.last_used_at.map(instant),
        })
    };
    facts["tokens"] = tokens.iter().map(line).collect();
    let identity = identity::of(tx, viewer.organisation, key).await?;
    facts["sign_in_service"] = identity.map_or(Value::Null, |it| {
        json!({
            "issuer": it.issuer, "subject": it.subject, "bound_at": instant(it.bound_at), "used_at": instant(it.used_at),
        })
    });
    Ok(())
}

/// What nobody but the person sees.
async fn own(tx: &mut Tx, viewer: &Viewer, facts: &mut Value) -> Result<(), StoreError> {
    let drafts = draft::list(tx, viewer, None, MANY).await?.0;
    let line = |draft: &draft::Draft| {
        json!({
            "id": draft.id, "subject": draft.letter.subject, "to": draft.letter.to, "cc": draft.letter.cc,
            "bcc": draft.letter.bcc, "text": draft.letter.text,
            "html": draft.letter.html, "files": draft.files.iter().map(|file| &file.name).collect::<Vec<_>>(),
            "saved_at": instant(draft.updated_at),
        })
    };
    facts["drafts"] = drafts.iter().map(line).collect();
    facts["pictures_shown_of"] = personal::shown_senders(tx, viewer).await?.into();
    Ok(())
}
