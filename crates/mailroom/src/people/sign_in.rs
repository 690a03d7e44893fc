//! Signing in with an address and a password, and with a code after it (features U2, U4; reliability.md §3).

use super::{door, totp};
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::{OrganisationKey, SessionKey, UserKey};
use std::net::IpAddr;
use store::{
    StoreError, Tx, UserRole, Viewer, audit, device,
    guard::{self, Admission},
    identity_provider, second_factor as factor,
    secret::{Pepper, hash_password, new_token, token_digest, verify_password},
    session::{self, NewSession, Session},
    user::{self, User},
};
use zeroize::Zeroizing;

/// Longer passwords are wrong without being hashed.
const LONGEST: usize = 1024;

/// Somebody at the door.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The address they sign in by.
    pub email: &'a str,
    /// The password as typed.
    pub password: &'a str,
    /// Where they come from.
    pub source: IpAddr,
    /// What the browser calls itself.
    pub agent: &'a str,
    /// What the browser was given when it last signed in ([`Signed::device`]).
    pub device: Option<&'a str>,
}

/// What a right password opens.
#[derive(Debug)]
pub enum SignIn {
    /// The house.
    In(Signed),
    /// Only the next door: ask for the code and call [`second_factor`] with this.
    SecondFactor {
        /// Proves that the password was right; ten minutes.
        challenge: Zeroizing<String>,
    },
}

/// Somebody who is in.
#[derive(Debug)]
pub struct Signed {
    /// What the browser shows from now on; only its digest is kept.
    pub token: Zeroizing<String>,
    /// What the browser keeps for its next sign-in, so that an attack on the person does not keep it out.
    pub device: Zeroizing<String>,
    /// The session.
    pub session: Session,
}

/// Signs somebody in, or says what else is asked.
///
/// A wrong password is `Invalid`, with the same words and the same time for an address that nobody has; too many wrong
/// ones are [`Refusal::Blocked`].
pub async fn sign_in(room: &MailRoom, attempt: Attempt<'_>) -> Result<SignIn, Refusal> {
    let now = room.clock.now();
    let (email, shown) = (attempt.email.trim().to_owned(), attempt.device.map(token_digest));
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            let found = user::by_email(tx, &email).await?.filter(|(user, _)| user.active);
            let is_known = match (&found, shown) {
                (Some((user, _)), Some(shown)) => device::is_known(tx, user.organisation, user.id, &shown, now).await?,
                _ => false,
            };
            Ok((found, shown.filter(|_| is_known)))
        })
    });
    let (found, known_device) = read.await?;
    let (user, kept) = found.map_or((None, None), |(user, kept)| (Some(user), kept));
    let has_second_factor = user.as_ref().is_some_and(|user| user.has_second_factor);
    let subject = known_device.map_or_else(|| door::who(attempt.email.trim()), |digest| door::device(&digest));
    let mut guards = vec![door::person_guard(subject.clone(), has_second_factor)];
    if known_device.is_none() {
        guards.push(door::network_guard(attempt.source));
    }
    let counts = !room.wrongs.has(attempt.email.trim(), attempt.password, now);
    let organisation = user.as_ref().map(|user| user.organisation);
    door::admit(room, guards.clone(), organisation, counts).await?;

    let pepper = room.store.keys.pepper();
    let is_far_too_long = attempt.password.len() > LONGEST;
    let typed = if is_far_too_long { "" } else { attempt.password };
    let verdict = verify_password(&pepper, typed, kept.as_deref()).await?;
    let (Some(user), true) = (&user, verdict.is_right && !is_far_too_long) else {
        room.wrongs.add(attempt.email.trim(), attempt.password, now);
        if let Some(user) = &user {
            note(room, user.organisation, user.id, "user.refused", &door::network(attempt.source)).await?;
        }
        return Err(Refusal::field("password", field::SIGN_IN_REFUSED));
    };
    if user.role != UserRole::Administrator && !passwords_allowed(room, user.organisation).await? {
        return Err(Refusal::field("password", field::PASSWORDS_OFF));
    }
    if verdict.is_outdated {
        rehash(room, &pepper, user, attempt.password, kept.unwrap_or_default()).await?;
    }
    let subjects: Vec<String> = guards.into_iter().map(|guard| guard.subject).filter(|_| counts).collect();
    let visitor = Visitor { source: attempt.source, agent: attempt.agent, device: known_device.and(attempt.device) };
    if has_second_factor {
        let (challenge, new) = visitor.session(room, user.id, true);
        let organisation = user.organisation;
        let write = room.store.db.write(move |tx| {
            Box::pin(async move {
                for subject in &subjects {
                    guard::give_back(tx, subject).await?;
                }
                session::create(tx, organisation, &new, now).await
            })
        });
        write.await?;
        return Ok(SignIn::SecondFactor { challenge });
    }
    let lifted = vec![subject.clone()];
    let given_back = subjects.into_iter().filter(|other| *other != subject).collect();
    enter(room, user.organisation, user.id, visitor, Passed { lifted, given_back, ..Passed::default() })
        .await
        .map(SignIn::In)
}

/// Lets somebody in whose password was right, by a code of their authenticator or a recovery code.
pub async fn second_factor(
    room: &MailRoom,
    challenge: &str,
    code: &str,
    source: IpAddr,
    agent: &str,
) -> Result<Signed, Refusal> {
    let (now, digest, typed) = (room.clock.now(), token_digest(challenge), code.to_owned());
    let keys = room.store.keys.clone();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let Some(half) = session::find(tx, &digest, now).await?.filter(|found| found.half_way) else {
                return Ok(None);
            };
            let Viewer { organisation, user, .. } = half.viewer;
            let guards = [door::person_guard(door::code(user), true), door::network_guard(source)];
            let admission = guard::admit(tx, &guards, Some(organisation), true, now).await?;
            if admission != Admission::Go {
                return Ok(Some((half, Err(admission))));
            }
            let secret = factor::totp(tx, &keys, organisation, user).await?.filter(|totp| totp.is_confirmed);
            let step = secret.and_then(|totp| totp::step_of(&totp.secret, &typed, now));
            let is_right = match step {
                Some(step) => factor::use_step(tx, organisation, user, step).await?,
                None => {
                    let digest = recovery_digest(&keys.pepper(), &typed);
                    factor::use_recovery_code(tx, organisation, user, &digest, now).await?
                }
            };
            Ok(Some((half, Ok(is_right))))
        })
    });
    let expired = || Refusal::field("challenge", field::SIGN_IN_EXPIRED);
    let (half, outcome) = write.await?.ok_or_else(expired)?;
    let Viewer { organisation, user, .. } = half.viewer;
    match outcome {
        Err(admission) => Err(door::refused(admission, now).err().unwrap_or_else(expired)),
        Ok(false) => {
            note(room, organisation, user, "user.code_refused", &door::network(source)).await?;
            Err(Refusal::field("code", field::CODE_WRONG))
        }
        Ok(true) => {
            let read = room.store.db.read(move |tx| Box::pin(async move { user::get(tx, organisation, user).await }));
            let email = read.await?.email;
            let passed = Passed {
                lifted: vec![door::code(user), door::who(&email)],
                given_back: vec![door::network(source)],
                half_way: Some(digest),
                ..Passed::default()
            };
            enter(room, organisation, user, Visitor { source, agent, device: None }, passed).await
        }
    }
}

/// Whether who is no administrator signs in with a password too, or only at the organisation's provider.
pub(super) async fn passwords_allowed(room: &MailRoom, organisation: OrganisationKey) -> Result<bool, StoreError> {
    let read = room.store.db.read(move |tx| Box::pin(async move { identity_provider::get(tx, organisation).await }));
    Ok(read.await?.is_none_or(|provider| provider.passwords_for_members))
}

/// What a recovery code is kept as. How it is typed (blanks, hyphens, capitals) makes no difference.
pub(super) fn recovery_digest(pepper: &Pepper, typed: &str) -> [u8; 32] {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    pepper.digest("recovery code", &plain.to_lowercase())
}

/// Where somebody is.
#[derive(Clone, Copy)]
pub(super) struct Visitor<'a> {
    pub(super) source: IpAddr,
    pub(super) agent: &'a str,
    pub(super) device: Option<&'a str>,
}

impl Visitor<'_> {
    pub(super) fn session(&self, room: &MailRoom, user: UserKey, half_way: bool) -> (Zeroizing<String>, NewSession) {
        let token = new_token();
        let new = NewSession {
            id: SessionKey(room.store.make.key(room.clock.now())),
            user,
            digest: token_digest(&token).to_vec(),
            half_way,
            source: self.source.to_canonical().to_string(),
            agent: self.agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        };
        (token, new)
    }
}

/// What the way in leaves behind it.
#[derive(Default)]
pub(super) struct Passed {
    pub(super) lifted: Vec<String>,
    pub(super) given_back: Vec<String>,
    pub(super) half_way: Option<[u8; 32]>,
    /// By what, when it was no password; for the log.
    pub(super) by: &'static str,
}

/// Every check is passed: a new session, so that a token from before is worth nothing.
pub(super) async fn enter(
    room: &MailRoom,
    organisation: OrganisationKey,
    user: UserKey,
    visitor: Visitor<'_>,
    passed: Passed,
) -> Result<Signed, Refusal> {
    let now = room.clock.now();
    let (token, new) = visitor.session(room, user, false);
    let device = visitor.device.map_or_else(new_token, |known| Zeroizing::new(known.to_owned()));
    let (digest, known) = (new.digest.clone(), token_digest(&device));
    let mut entry = door::entry(room, Some(user), "user.signed_in", &new.id.to_string());
    entry.detail = passed.by.to_owned();
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            for subject in &passed.lifted {
                guard::lift(tx, subject).await?;
            }
            for subject in &passed.given_back {
                guard::give_back(tx, subject).await?;
            }
            if let Some(half_way) = passed.half_way {
                session::end(tx, &half_way).await?;
            }
            session::create(tx, organisation, &new, now).await?;
            device::remember(tx, organisation, user, &known, now).await?;
            audit::append(tx, organisation, &entry).await?;
            found(tx, &digest, now).await
        })
    });
    Ok(Signed { session: write.await?, token, device })
}

async fn found(tx: &mut Tx, digest: &[u8], now: i64) -> Result<Session, StoreError> {
    session::find(tx, digest, now).await?.ok_or(StoreError::NotFound)
}

async fn rehash(room: &MailRoom, pepper: &Pepper, user: &User, password: &str, old: String) -> Result<(), Refusal> {
    let new = hash_password(pepper, password).await?;
    let (organisation, id) = (user.organisation, user.id);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { user::rehash(tx, organisation, id, &old, &new).await }));
    Ok(write.await?)
}

async fn note(
    room: &MailRoom,
    organisation: OrganisationKey,
    user: UserKey,
    action: &str,
    detail: &str,
) -> Result<(), Refusal> {
    let mut entry = door::entry(room, None, action, &user.to_string());
    entry.detail = detail.trim_start_matches("from:").to_owned();
    let write = room.store.db.write(move |tx| Box::pin(async move { audit::append(tx, organisation, &entry).await }));
    Ok(write.await?)
}
