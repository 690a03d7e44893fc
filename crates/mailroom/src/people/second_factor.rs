//! Taking a second factor, and laying it down (features U2; reliability.md §3).

use super::{
    door,
    session::{be_sure, is_own_password, is_sure},
    sign_in::recovery_digest,
    totp,
};
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{SessionKey, UserKey};
use store::{
    UserRole, Viewer, audit, organisation, second_factor as factor,
    secret::{PasswordProblem, password_problems},
    session::{self, Session},
    user,
};
use zeroize::Zeroizing;

const CODES: usize = 10;
/// Nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

/// What a person's authenticator needs.
#[derive(Debug)]
pub struct Enrolment {
    /// To type.
    pub secret: Zeroizing<String>,
    /// To scan (`otpauth://`).
    pub uri: Zeroizing<String>,
}

/// Begins a second factor; it counts once [`confirm_second_factor`] was given a code. Asks the password.
pub async fn begin_second_factor(room: &MailRoom, viewer: &Viewer, password: &str) -> Result<Enrolment, Refusal> {
    is_own_password(room, viewer, "password", password).await?;
    begin(room, viewer).await
}

/// The same for somebody at a browser, who may have given their password just now.
pub async fn enrol(room: &MailRoom, session: &Session, password: &str) -> Result<Enrolment, Refusal> {
    be_sure(room, session, password).await?;
    begin(room, &session.viewer).await
}

/// What was begun and waits for its first code. It is shown again only to who gave their password just now.
pub async fn pending_second_factor(room: &MailRoom, session: &Session) -> Result<Option<Enrolment>, Refusal> {
    if !is_sure(room, session) {
        return Ok(None);
    }
    let (Viewer { organisation, user: id, .. }, keys) = (session.viewer, room.store.keys.clone());
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let begun = factor::totp(tx, &keys, organisation, id).await?.filter(|totp| !totp.is_confirmed);
            let email = user::get(tx, organisation, id).await?.email;
            Ok(begun.map(|begun| (begun.secret, email)).zip(Some(organisation::get(tx, organisation).await?.name)))
        })
    });
    let begun = read.await?;
    Ok(begun.map(|((secret, email), name)| enrolment(&name, &email, &secret)))
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(room: &MailRoom, viewer: &Viewer) -> Result<i64, Refusal> {
    let Viewer { organisation, user, .. } = *viewer;
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { factor::recovery_codes_left(tx, organisation, user).await }));
    Ok(read.await?)
}

fn enrolment(organisation: &str, email: &str, secret: &[u8]) -> Enrolment {
    Enrolment { secret: totp::base32(secret), uri: totp::uri(organisation, email, secret) }
}

async fn begin(room: &MailRoom, viewer: &Viewer) -> Result<Enrolment, Refusal> {
    let secret = totp::new_secret();
    let (organisation, id, keys, kept) = (viewer.organisation, viewer.user, room.store.keys.clone(), secret.clone());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            factor::begin(tx, &keys, organisation, id, &kept).await?;
            Ok((user::get(tx, organisation, id).await?.email, organisation::get(tx, organisation).await?.name))
        })
    });
    let (email, name) = write.await?;
    Ok(enrolment(&name, &email, &secret))
}

/// The second factor counts from now on: the person's other sessions end. Gives recovery codes, to be shown once.
pub async fn confirm_second_factor(
    room: &MailRoom,
    viewer: &Viewer,
    code: &str,
    keep: Option<SessionKey>,
) -> Result<Vec<Zeroizing<String>>, Refusal> {
    let (organisation, id, now) = (viewer.organisation, viewer.user, room.clock.now());
    let (codes, digests) = new_codes(room);
    let guards = vec![door::person_guard(door::code(id), true)];
    door::admit(room, guards, Some(organisation), true).await?;
    let (keys, typed) = (room.store.keys.clone(), code.to_owned());
    let entry = door::entry(room, Some(id), "user.second_factor_taken", &id.to_string());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let Some(kept) = factor::totp(tx, &keys, organisation, id).await? else {
                return Ok(Err(("second_factor", field::SECOND_FACTOR_ABSENT)));
            };
            if kept.is_confirmed {
                return Ok(Err(("second_factor", field::SECOND_FACTOR_PRESENT)));
            }
            let step = totp::step_of(&kept.secret, &typed, now);
            let is_right = match step {
                Some(step) => factor::use_step(tx, organisation, id, step).await?,
                None => false,
            };
            if !is_right {
                return Ok(Err(("code", field::CODE_WRONG)));
            }
            factor::confirm(tx, organisation, id, &digests, now).await?;
            session::end_others(tx, organisation, id, keep).await?;
            store::guard::lift(tx, &door::code(id)).await?;
            audit::append(tx, organisation, &entry).await?;
            Ok(Ok(()))
        })
    });
    write.await?.map_err(|(name, why)| Refusal::field(name, why))?;
    Ok(codes)
}

/// Lays the second factor down. Asks the password, which must be long enough to stand alone.
pub async fn drop_second_factor(room: &MailRoom, viewer: &Viewer, password: &str) -> Result<(), Refusal> {
    is_own_password(room, viewer, "password", password).await?;
    if password_problems(password, false, &[]).contains(&PasswordProblem::TooShort) {
        return Err(Refusal::conflict("password", field::SECOND_FACTOR_CARRIES));
    }
    let organisation = viewer.organisation;
    let read = room.store.db.read(move |tx| Box::pin(async move { organisation::get(tx, organisation).await }));
    if viewer.role == UserRole::Administrator && read.await?.second_factor_for_administrators {
        return Err(Refusal::conflict("second_factor", field::SECOND_FACTOR_DEMANDED));
    }
    drop_of(room, viewer, viewer.user).await
}

/// Takes away the second factor of somebody who has lost it and their recovery codes. Only an administrator does, and not
/// for themselves.
pub async fn reset_second_factor(room: &MailRoom, viewer: &Viewer, of: UserKey) -> Result<(), Refusal> {
    door::administrator(viewer)?;
    if of == viewer.user {
        return Err(Refusal::forbidden("user", field::ADMINISTRATOR_ONLY));
    }
    drop_of(room, viewer, of).await
}

async fn drop_of(room: &MailRoom, viewer: &Viewer, of: UserKey) -> Result<(), Refusal> {
    let organisation = viewer.organisation;
    let entry = door::entry(room, Some(viewer.user), "user.second_factor_dropped", &of.to_string());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            factor::drop(tx, organisation, of).await?;
            audit::append(tx, organisation, &entry).await
        })
    });
    Ok(write.await?)
}

/// New recovery codes in the place of all earlier ones, to be shown once. Asks the password.
pub async fn new_recovery_codes(
    room: &MailRoom,
    viewer: &Viewer,
    password: &str,
) -> Result<Vec<Zeroizing<String>>, Refusal> {
    is_own_password(room, viewer, "password", password).await?;
    let (organisation, id) = (viewer.organisation, viewer.user);
    let (codes, digests) = new_codes(room);
    let entry = door::entry(room, Some(id), "user.recovery_codes_made", &id.to_string());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            if !user::get(tx, organisation, id).await?.has_second_factor {
                return Ok(false);
            }
            factor::set_recovery_codes(tx, organisation, id, &digests).await?;
            audit::append(tx, organisation, &entry).await?;
            Ok(true)
        })
    });
    match write.await? {
        true => Ok(codes),
        false => Err(Refusal::conflict("second_factor", field::SECOND_FACTOR_ABSENT)),
    }
}

/// Ten codes of sixty bits, and what is kept of them.
fn new_codes(room: &MailRoom) -> (Vec<Zeroizing<String>>, Vec<[u8; 32]>) {
    let pepper = room.store.keys.pepper();
    let codes: Vec<_> = (0..CODES).map(|_| new_code()).collect();
    let digests = codes.iter().map(|code| recovery_digest(&pepper, code)).collect();
    (codes, digests)
}

fn new_code() -> Zeroizing<String> {
    let bytes: [u8; 12] = rand::random();
    let mut code = Zeroizing::new(String::with_capacity(14));
    for (n, byte) in bytes.iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            code.push('-');
        }
        code.push(ALPHABET[usize::from(byte & 31)] as char);
    }
    code
}
