//! Passwords of those who sign in: the rules, a forgotten one, the first one (features U2, U3).

use super::{door, session::is_own_password, sign_in::passwords_allowed};
use crate::{
    MailRoom,
    outgoing::system::{self, plain},
    words::{
        FieldError, Refusal,
        field::{self, Why},
        letter::{self, Letter},
    },
};
use mail::{SessionKey, UserKey};
use store::{
    StoreError, UserRole, Viewer, audit, one_time_link, organisation,
    secret::{PasswordProblem, hash_password, new_token, password_problems, token_digest},
    user::{self, User},
};

const MINUTES: i64 = one_time_link::LIFE / 60_000;
const DAYS: i64 = one_time_link::INVITATION_LIFE / (24 * 3_600_000);

/// Sends the person a link for a new password, through the primary mailbox.
///
/// Answers the same at once for every address, known or not: what is to be done is done afterwards, so that neither the
/// answer nor the clock tells who has an account here.
pub fn forgotten_password(room: &MailRoom, email: &str) {
    let (room, email) = (room.clone(), email.trim().to_owned());
    tokio::spawn(async move {
        let found = room.store.db.read(move |tx| Box::pin(async move { user::by_email(tx, &email).await })).await;
        let sent = match found {
            Ok(Some((user, _))) if user.active => {
                if !matches!(may_have(&room, &user).await, Ok(true)) {
                    return;
                }
                send_link(&room, &user, &letter::PASSWORD_LINK, one_time_link::LIFE).await
            }
            Ok(_) => return,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = sent {
            tracing::warn!(%error, "a link for a new password could not be sent");
        }
    });
}

/// Sends a new user the link for their first password. Only an administrator invites.
pub async fn invite(room: &MailRoom, viewer: &Viewer, user: UserKey) -> Result<(), Refusal> {
    if viewer.role != UserRole::Administrator {
        return Err(Refusal::forbidden("user", field::ADMINISTRATOR_ONLY));
    }
    let organisation = viewer.organisation;
    let read = room.store.db.read(move |tx| Box::pin(async move { user::get(tx, organisation, user).await }));
    let user = read.await?;
    if !may_have(room, &user).await? {
        return Err(Refusal::conflict("account", field::NO_INVITATION_NEEDED));
    }
    send_link(room, &user, &letter::INVITATION, one_time_link::INVITATION_LIFE).await
}

/// Whether the user may sign in with a password at all.
async fn may_have(room: &MailRoom, user: &User) -> Result<bool, StoreError> {
    Ok(user.role == UserRole::Administrator || passwords_allowed(room, user.organisation).await?)
}

async fn send_link(room: &MailRoom, user: &User, letter: &Letter, life: i64) -> Result<(), Refusal> {
    let token = new_token();
    let (organisation, id, now) = (user.organisation, user.id, room.clock.now());
    let digest = token_digest(&token);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            one_time_link::create(tx, organisation, id, &digest, life, now).await?;
            organisation::get(tx, organisation).await
        })
    });
    let organisation = write.await?;
    let link = room.link(&format!("/password?token={}", token.as_str()));
    let facts = [
        ("link", plain(&link)),
        ("minutes", plain(&MINUTES.to_string())),
        ("days", plain(&DAYS.to_string())),
        ("organisation", plain(&organisation.name)),
    ];
    system::send(room, user, letter, &facts).await?;
    Ok(())
}

/// For whom a link sets a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Their name.
    pub name: String,
    /// The address by which they sign in.
    pub email: String,
    /// Where they work.
    pub organisation: String,
    /// They had no password before: this is their first visit.
    pub is_new: bool,
}

/// For whom this link sets a password; none when it was used or is too old.
pub async fn invited(room: &MailRoom, token: &str) -> Result<Option<Invited>, Refusal> {
    let (digest, now) = (token_digest(token), room.clock.now());
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let Some((organisation, user)) = one_time_link::whose(tx, &digest, now).await? else { return Ok(None) };
            let person = user::get(tx, organisation, user).await?;
            let organisation = organisation::get(tx, organisation).await?.name;
            let (name, email, is_new) = (person.name, person.email, !person.has_password);
            Ok(Some(Invited { name, email, organisation, is_new }))
        })
    });
    Ok(read.await?)
}

/// Sets a new password by a link, once. A password that breaks the rules leaves the link as it was.
pub async fn reset_password(room: &MailRoom, token: &str, password: &str) -> Result<UserKey, Refusal> {
    let (digest, now) = (token_digest(token), room.clock.now());
    let open = room.store.db.read(move |tx| Box::pin(async move { one_time_link::whose(tx, &digest, now).await }));
    if open.await?.is_none() {
        return Err(Refusal::field("token", field::LINK_EXPIRED));
    }
    // The rules that need no names come before the costly hash.
    check("password", password, &[])?;
    let hash = hash_password(&room.store.keys.pepper(), password).await?;
    let password = password.to_owned();
    let entry = door::entry(room, None, "user.password_reset", "");
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let (organisation, user) = one_time_link::redeem(tx, &digest, now).await?;
            let person = user::get(tx, organisation, user).await?;
            let names = names(tx, &person).await?;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if !password_problems(&password, false, &names).is_empty() {
                // An error, so that the link is not used up.
                let (code, text) = field::PASSWORD_NAMES;
                return Err(StoreError::Conflict { field: "password", code, message: text.en.to_owned() });
            }
            user::set_password(tx, organisation, user, &hash, None).await?;
            door::lift_person(tx, &person.email, user).await?;
            audit::append(tx, organisation, &audit::Entry { user: Some(user), subject: user.to_string(), ..entry })
                .await?;
            Ok(user)
        })
    });
    match write.await {
        Ok(user) => Ok(user),
        Err(StoreError::NotFound) => Err(Refusal::field("token", field::LINK_EXPIRED)),
        Err(StoreError::Conflict { field: "password", .. }) => Err(Refusal::field("password", field::PASSWORD_NAMES)),
        Err(error) => Err(error.into()),
    }
}

/// Changes one's own password; the present one is asked, so that an open screen is not enough. Every session but `keep`
/// ends.
pub async fn change_password(
    room: &MailRoom,
    viewer: &Viewer,
    present: &str,
    new: &str,
    keep: Option<SessionKey>,
) -> Result<(), Refusal> {
    is_own_password(room, viewer, "present", present).await?;
    let (organisation, id) = (viewer.organisation, viewer.user);
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let person = user::get(tx, organisation, id).await?;
            Ok((person.has_second_factor, names(tx, &person).await?))
        })
    });
    let (has_second_factor, names) = read.await?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    check_with("password", new, has_second_factor, &names)?;
    let hash = hash_password(&room.store.keys.pepper(), new).await?;
    let entry = door::entry(room, Some(id), "user.password_changed", &id.to_string());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            user::set_password(tx, organisation, id, &hash, keep).await?;
            audit::append(tx, organisation, &entry).await
        })
    });
    Ok(write.await?)
}

async fn names(tx: &mut store::Tx, user: &User) -> Result<Vec<String>, StoreError> {
    let organisation = organisation::get(tx, user.organisation).await?.name;
    Ok(vec![user.name.clone(), user.email.clone(), organisation])
}

/// Whether the password follows the rules for signing in without a second factor.
pub(crate) fn check(field: &str, password: &str, names: &[&str]) -> Result<(), Refusal> {
    check_with(field, password, false, names)
}

fn check_with(field: &str, password: &str, has_second_factor: bool, names: &[&str]) -> Result<(), Refusal> {
    let errors: Vec<_> = password_problems(password, has_second_factor, names)
        .into_iter()
        .map(|problem| FieldError::new(field, why(problem, has_second_factor)))
        .collect();
    crate::words::all_well(errors)
}

fn why(problem: PasswordProblem, has_second_factor: bool) -> Why {
    match problem {
        PasswordProblem::TooShort if has_second_factor => field::PASSWORD_SHORT_WITH_FACTOR,
        PasswordProblem::TooShort => field::PASSWORD_SHORT,
        PasswordProblem::TooLong => field::PASSWORD_LONG,
        PasswordProblem::Unprintable => field::PASSWORD_UNPRINTABLE,
        PasswordProblem::TooFewDifferent => field::PASSWORD_VARIETY,
        PasswordProblem::ContainsName => field::PASSWORD_NAMES,
        PasswordProblem::KeyboardRun => field::PASSWORD_KEYS,
        PasswordProblem::Common => field::PASSWORD_COMMON,
    }
}
