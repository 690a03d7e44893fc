//! Being signed in: who a browser is, for how long, and where else one is signed in.

use super::door;
use crate::{
    MailRoom,
    words::{Refusal, field},
};
use mail::SessionKey;
use store::{
    StoreError, Viewer, guard,
    secret::{new_token, token_digest, verify_password},
    session::{self, Session},
    user,
};
use zeroize::Zeroizing;

/// The session that a request came with.
#[derive(Debug)]
pub struct Current {
    /// The session.
    pub session: Session,
    /// Its new token, when the rights have changed: put it in the place of the one that came.
    pub renewed: Option<Zeroizing<String>>,
}

/// The session of this token; none when it has ended, or waits for its second factor.
pub async fn session(room: &MailRoom, token: &str) -> Result<Option<Current>, Refusal> {
    let (digest, now) = (token_digest(token), room.clock.now());
    let read = room.store.db.read(move |tx| Box::pin(async move { session::find(tx, &digest, now).await }));
    let Some(found) = read.await?.filter(|found| !found.half_way) else { return Ok(None) };
    if !found.renew && !found.is_touch_due(now) {
        return Ok(Some(Current { session: found, renewed: None }));
    }
    let (token, session) = (found.renew.then(new_token), found.clone());
    let renewed = token.as_ref().map(|token| token_digest(token));
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            session::touch(tx, &found, now).await?;
            match renewed {
                Some(renewed) => session::renew(tx, &found, &digest, &renewed).await,
                None => Ok(false),
            }
        })
    });
    let was_renewed = match write.await {
        // Who reads must not be kept out because nothing can be kept. The next request tries again.
        Err(StoreError::Full) => false,
        written => written?,
    };
    Ok(Some(Current { session, renewed: token.filter(|_| was_renewed) }))
}

/// Who listens with this token, on a page that is open; none when the session has ended. It is not used by that: nobody need
/// be looking at the page.
pub async fn listener(room: &MailRoom, token: &str) -> Result<Option<Viewer>, Refusal> {
    let (digest, now) = (token_digest(token), room.clock.now());
    let read = room.store.db.read(move |tx| Box::pin(async move { session::find(tx, &digest, now).await }));
    let found = read.await?.filter(|found| !found.half_way && !found.owes_second_factor);
    Ok(found.map(|found| found.viewer))
}

/// Ends the session of this token.
pub async fn sign_out(room: &MailRoom, token: &str) -> Result<(), Refusal> {
    let digest = token_digest(token);
    Ok(room.store.db.write(move |tx| Box::pin(async move { session::end(tx, &digest).await })).await?)
}

/// Where the person is signed in now, newest first.
pub async fn sessions(room: &MailRoom, viewer: &Viewer) -> Result<Vec<Session>, Refusal> {
    let (organisation, user, now) = (viewer.organisation, viewer.user, room.clock.now());
    let read = room.store.db.read(move |tx| Box::pin(async move { session::list(tx, organisation, user, now).await }));
    Ok(read.await?)
}

/// Signs the person out somewhere else.
pub async fn end_session(room: &MailRoom, viewer: &Viewer, key: SessionKey) -> Result<(), Refusal> {
    let (organisation, user) = (viewer.organisation, viewer.user);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { session::end_one(tx, organisation, user, key).await }));
    Ok(write.await?)
}

/// Signs the person out everywhere but here.
pub async fn end_other_sessions(room: &MailRoom, viewer: &Viewer, keep: Option<SessionKey>) -> Result<(), Refusal> {
    let (organisation, user) = (viewer.organisation, viewer.user);
    let write =
        room.store.db.write(move |tx| Box::pin(async move { session::end_others(tx, organisation, user, keep).await }));
    Ok(write.await?)
}

/// Asks the password again before something that matters (rights, keys, secrets, exports); wrong ones count as at the
/// door. What follows may look at [`Session::confirmed_at`].
pub async fn confirm_password(room: &MailRoom, session: &Session, password: &str) -> Result<(), Refusal> {
    is_own_password(room, &session.viewer, "password", password).await?;
    let (session, now) = (session.clone(), room.clock.now());
    Ok(room.store.db.write(move |tx| Box::pin(async move { session::confirm(tx, &session, now).await })).await?)
}

/// So long a password that was given counts for what matters, in milliseconds.
const SURE: i64 = 15 * 60_000;

/// Whether the password was given so lately that it need not be asked again.
pub fn is_sure(room: &MailRoom, session: &Session) -> bool {
    session.confirmed_at + SURE > room.clock.now()
}

/// Before something that matters: asks the password again, unless it was given just now.
pub async fn be_sure(room: &MailRoom, session: &Session, password: &str) -> Result<(), Refusal> {
    if is_sure(room, session) { Ok(()) } else { confirm_password(room, session, password).await }
}

/// Whether this is the person's own password; a wrong one is a wrong one, here as at the door.
pub(super) async fn is_own_password(
    room: &MailRoom,
    viewer: &Viewer,
    name: &str,
    password: &str,
) -> Result<(), Refusal> {
    let (organisation, id, now) = (viewer.organisation, viewer.user, room.clock.now());
    let read = room.store.db.read(move |tx| {
        Box::pin(
            async move { Ok((user::get(tx, organisation, id).await?, user::password(tx, organisation, id).await?)) },
        )
    });
    let (user, kept) = read.await?;
    if kept.is_none() {
        // Signed in at a provider: nothing that could be typed is right.
        return Err(Refusal::field(name, field::NO_PASSWORD_HERE));
    }
    let guards = vec![door::person_guard(door::who(&user.email), user.has_second_factor)];
    let counts = !room.wrongs.has(&user.email, password, now);
    door::admit(room, guards, Some(organisation), counts).await?;
    if !verify_password(&room.store.keys.pepper(), password, kept.as_deref()).await?.is_right {
        room.wrongs.add(&user.email, password, now);
        return Err(Refusal::field(name, field::PASSWORD_WRONG));
    }
    let subject = door::who(&user.email);
    Ok(room.store.db.write(move |tx| Box::pin(async move { guard::lift(tx, &subject).await })).await?)
}
