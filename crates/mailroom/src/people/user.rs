//! Users: an administrator makes them and says what they may; the rest they choose for themselves.

use crate::{
    MailRoom,
    doer::{Doer, given},
    words::{Checks, Refusal, field},
};
use mail::UserKey;
use store::{
    UserRole, Viewer,
    erasure::{self, Marks},
    user::{self, NewUser, User, UserPatch},
};

/// A user to be made. They set their password by the link of an invitation.
#[derive(Debug, Clone)]
pub struct UserInput {
    /// The address by which they sign in.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do with the installation.
    pub role: UserRole,
    /// `nl` or `en`; `None`: nl.
    pub language: Option<String>,
}

/// Makes a user.
pub async fn create(room: &MailRoom, viewer: &Viewer, input: UserInput) -> Result<User, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let (email, name) = (input.email.trim().to_owned(), input.name.trim().to_owned());
    let mut checks = Checks::default();
    checks.address("email", &email);
    checks.line("name", &name, 200);
    check_language(&mut checks, input.language.as_deref());
    checks.done()?;
    let language = input.language.unwrap_or_else(|| "nl".to_owned());
    let new = NewUser { id: UserKey(doer.key()), email, name, role: input.role, language, password: None };
    let keys = room.store.keys.clone();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let marks = Marks::of(tx, &keys, doer.organisation()).await?;
            erasure::refused(tx, doer.organisation(), &[marks.address(&new.email)], "email").await?;
            let made = user::create(tx, doer.organisation(), &new, doer.now).await?;
            doer.did(tx, "user.made", made.id, made.role.as_str()).await?;
            Ok(made)
        })
    });
    Ok(write.await?)
}

/// Changes a user. Role and leave to sign in are an administrator's to give, and the last administrator stays one; which
/// mailbox somebody writes from and what is private by itself everyone chooses for themselves.
pub async fn change(room: &MailRoom, viewer: &Viewer, key: UserKey, mut patch: UserPatch) -> Result<User, Refusal> {
    let is_own = viewer.user == key;
    let doer = match is_own && patch.role.is_none() && patch.active.is_none() {
        true => Doer::new(room, viewer),
        false => Doer::administrator(room, viewer)?,
    };
    patch.name = patch.name.map(|name| name.trim().to_owned());
    let mut checks = Checks::default();
    if let Some(name) = &patch.name {
        checks.line("name", name, 200);
    }
    check_language(&mut checks, patch.language.as_deref());
    let own = [
        ("default_account", patch.default_account.is_some()),
        ("private_incoming", patch.private_incoming.is_some()),
        ("private_outgoing", patch.private_outgoing.is_some()),
    ];
    for (name, _) in own.iter().filter(|(_, given)| *given && !is_own) {
        checks.wrong(*name, field::OWN_CHOICE);
    }
    checks.done()?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if let Some(Some(account)) = patch.default_account
                && doer.viewer.may_send(tx, account).await.is_err()
            {
                return Ok(Err(Refusal::field("default_account", field::UNKNOWN)));
            }
            let saved = user::update(tx, doer.organisation(), key, &patch).await?;
            let fields = [
                ("name", patch.name.is_some()),
                ("role", patch.role.is_some()),
                ("language", patch.language.is_some()),
                ("active", patch.active.is_some()),
            ];
            doer.did(tx, "user.changed", key, given(&[&fields[..], &own[..]].concat())).await?;
            Ok(Ok(saved))
        })
    });
    write.await?
}

fn check_language(checks: &mut Checks, language: Option<&str>) {
    if language.is_some_and(|language| !["nl", "en"].contains(&language)) {
        checks.wrong("language", field::UNKNOWN_LANGUAGE);
    }
}
