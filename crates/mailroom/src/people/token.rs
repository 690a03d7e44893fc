//! API tokens: everyone makes and revokes their own; an administrator may take back anybody's.

use crate::{
    MailRoom,
    doer::Doer,
    words::{Checks, Refusal, field},
};
use mail::TokenKey;
use store::{
    UserRole, Viewer,
    secret::{new_token, token_digest},
    token::{self, NewToken, Scope, Token},
};

/// Makes a token for the viewer, and gives what proves it: only its digest is kept. `widest` is what who asks may do.
pub async fn create(
    room: &MailRoom,
    viewer: &Viewer,
    widest: Scope,
    name: &str,
    scope: Scope,
) -> Result<(Token, String), Refusal> {
    let name = name.trim().to_owned();
    let mut checks = Checks::default();
    checks.line("name", &name, 200);
    checks.done()?;
    if scope > widest {
        return Err(Refusal::forbidden("scope", field::SCOPE_TOO_WIDE));
    }
    let (doer, proof) = (Doer::new(room, viewer), new_token());
    let id = TokenKey(doer.key());
    let new = NewToken { id, user: viewer.user, name: name.clone(), scope, digest: token_digest(&proof).to_vec() };
    let (user, created_at) = (viewer.user, doer.now);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            token::create(tx, doer.organisation(), &new, doer.now).await?;
            doer.did(tx, "token.made", id, scope.as_str()).await
        })
    });
    write.await?;
    Ok((Token { id, user, name, scope, created_at, last_used_at: None, revoked_at: None }, proof.to_string()))
}

/// Takes a token back, for ever: the viewer's own or, for an administrator who asks for it, anybody's.
pub async fn revoke(room: &MailRoom, viewer: &Viewer, key: TokenKey, anybodys: bool) -> Result<(), Refusal> {
    let doer = Doer::new(room, viewer);
    let whose = (!anybodys || viewer.role != UserRole::Administrator).then_some(viewer.user);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            token::revoke(tx, doer.organisation(), key, whose, doer.now).await?;
            doer.did(tx, "token.revoked", key, "").await
        })
    });
    Ok(write.await?)
}
