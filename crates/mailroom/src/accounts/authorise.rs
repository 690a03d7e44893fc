//! *Autoriseren*: the owner of a mailbox goes to its provider, agrees, and comes back with a grant (features M8). Bound to the
//! browser that left, to the mailbox and to the provider, and good once (reliability case 55).

use super::{
    app_token::{self, Once},
    grant, managed, vendor,
};
use crate::{
    MailRoom,
    accounts::diagnosis::{Circumstances, diagnose},
    doer::Doer,
    words::{Refusal, field, grant as words},
};
use connect::{
    ConnectError, Secret,
    oauth::{Answer, OauthError, Request, Tokens, Verifier},
};
use mail::{AccountKey, UserKey, address::fold_address};
use std::sync::Arc;
use store::{
    Viewer,
    account::{self, Access, Account, AccountSettings},
    app_registration::{self, AppProvider, Proof},
    audit::{self, Entry},
    departure::{self, Departure, Purpose},
    secret::{new_token, token_digest},
};

/// The path of ours at which people come back.
pub const ANSWER: &str = "/mailboxes/authorised";

/// The address at the provider to send the browser to.
pub async fn depart(
    room: &MailRoom,
    viewer: &Viewer,
    id: AccountKey,
    proof: &str,
    redirect_uri: &str,
) -> Result<String, Refusal> {
    let account = managed(room, viewer, id).await?;
    let refused = || Refusal::conflict("account", field::NOT_BY_GRANT);
    let provider = vendor::by_grant(&account.settings).ok_or_else(refused)?;
    let organisation = viewer.organisation;
    let read =
        room.store.db.read(move |tx| Box::pin(async move { app_registration::get(tx, organisation, provider).await }));
    let app = read.await?.ok_or_else(|| Refusal::conflict("account", field::APP_NEEDED))?;
    if app.proof == Proof::ServiceAccount {
        return Err(Refusal::conflict("account", field::BY_SERVICE_ACCOUNT));
    }
    let (state, now) = (new_token(), room.clock.now());
    let (_, more) = vendor::lasting(&account.settings);
    let scope = vendor::scope(&account.settings);
    // Whoever a mailbox is shared with signs in by another name.
    let hint = [("login_hint", account.settings.address.as_str())];
    let hint = if account.settings.access == Access::Shared { &[] } else { hint.as_slice() };
    let more = [hint, more].concat();
    let request = Request {
        endpoint: &vendor::place(&room.world, provider).consent(&app.tenant),
        client_id: &app.client_id,
        redirect_uri,
        scope: &scope,
        state: &state,
        verifier: &verifier(room, &state),
        more: &more,
    };
    let url = request.url().ok_or_else(|| Refusal::conflict("account", field::APP_NEEDED))?;
    let (state, visitor) = (token_digest(&state), token_digest(proof));
    let departure = Departure {
        organisation,
        account: Some(id),
        redirect_uri: redirect_uri.to_owned(),
        onward: format!("/mailboxes/{id}/connect"),
        opens: vendor::opening(&account.settings).map(|opening| opening.to_string()),
    };
    let write = room.store.db.write(move |tx| {
        Box::pin(async move { departure::leave(tx, Purpose::Mailbox, &state, &visitor, &departure, now).await })
    });
    write.await?;
    Ok(url)
}

/// Takes the grant that the browser brought back, and gives the mailbox; or why not, with the mailbox as far as it is
/// known. A grant that was there before stays unless a better one came.
pub async fn arrive(
    room: &MailRoom,
    viewer: &Viewer,
    answer: &Answer,
    proof: &str,
) -> Result<AccountKey, (Refusal, Option<AccountKey>)> {
    let again = || (words::told(words::BEGIN_AGAIN, &[]), None);
    let state = answer.state.as_deref().ok_or_else(again)?;
    let (digest, visitor, now) = (token_digest(state), token_digest(proof), room.clock.now());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move { departure::arrive(tx, Purpose::Mailbox, &digest, &visitor, now).await })
    });
    let departed = write.await.map_err(|error| (error.into(), None))?;
    let departed = departed.filter(|departed| departed.organisation == viewer.organisation).ok_or_else(again)?;
    let id = departed.account.ok_or_else(again)?;
    let taken = take(room, viewer, id, answer, &departed, state).await;
    if let Err(Refusal::Forbidden(why)) = &taken {
        let (doer, code) = (Doer::new(room, viewer), why.code);
        let write = room
            .store
            .db
            .write(move |tx| Box::pin(async move { doer.did(tx, "account.authorisation_refused", id, code).await }));
        write.await.map_err(|error| (error.into(), Some(id)))?;
    }
    taken.map(|()| id).map_err(|refusal| (refusal, Some(id)))
}

async fn take(
    room: &MailRoom,
    viewer: &Viewer,
    id: AccountKey,
    answer: &Answer,
    departed: &Departure,
    state: &str,
) -> Result<(), Refusal> {
    let found = managed(room, viewer, id).await?;
    let refusal = || Refusal::conflict("account", field::NOT_BY_GRANT);
    let provider = vendor::by_grant(&found.settings).ok_or_else(refusal)?;
    // Else the code of one provider would be shown to another, or a grant for one mailbox kept as that of another.
    if !is_still_for(departed.opens.as_deref(), &found.settings) {
        return Err(words::told(words::CHANGED, &[]));
    }
    let app = app_token::registration(&room.store, &room.world, viewer.organisation, provider).await?;
    let app = app.ok_or_else(|| Refusal::conflict("account", field::APP_NEEDED))?;
    // Not every provider names itself in its answer; another name would be that of somebody else.
    let refused = |error| refused(provider, error);
    let code = answer.code(&vendor::place(&room.world, provider).issuer, false).map_err(refused)?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", departed.redirect_uri.as_str()),
        ("code_verifier", verifier(room, state).reveal()),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let tokens = grant::redeem(&room.world, &app, &fields, &[&Secret::new(code)]).await.map_err(refused)?;
    accept(room, &found, provider, tokens, Some(viewer.user)).await
}

/// Whether what was begun for this opening is still what opens the mailbox.
pub(super) fn is_still_for(opens: Option<&str>, settings: &AccountSettings) -> bool {
    vendor::opening(settings).map(|opening| opening.to_string()).as_deref() == opens
}

/// Keeps what was granted as the account's own, when it opens that very mailbox with every right that is needed. `by` agreed,
/// as far as a user of ours did.
pub(super) async fn accept(
    room: &MailRoom,
    account: &Account,
    provider: AppProvider,
    tokens: Tokens,
    by: Option<UserKey>,
) -> Result<(), Refusal> {
    let access = account.settings.access;
    has_enough(provider, &account.settings, &tokens)?;
    let name = ("provider", vendor::name(provider));
    let lasting = tokens.refresh_token.clone();
    let lasting = lasting.ok_or_else(|| words::told(words::TOO_LITTLE, &[("missing", "offline_access"), name]))?;
    let called = tokens.names();
    let once = Arc::new(Once(tokens.access_token));
    let opened = vendor::owner(&room.world, provider, &account.settings, once).await;
    let names = [opened.map_err(|error| trouble(&error))?, called].concat();
    let own = fold_address(&account.settings.address);
    // Nobody is the owner of what is shared: it was opened, and that is what counts.
    if access == Access::Own && !names.iter().any(|name| fold_address(name) == own) {
        let granted = names.first().map_or("?", String::as_str);
        let facts = [("granted", granted), ("mailbox", account.settings.address.as_str()), name];
        return Err(words::told(words::OTHER_MAILBOX, &facts));
    }
    let (keys, direction, now) = (room.store.keys.clone(), grant::direction(&account.settings), room.clock.now());
    let (organisation, id, make) = (account.organisation, account.id, room.store.make.clone());
    let opening = vendor::opening(&account.settings);
    let write = room.store.db.write(move |tx| {
        let entry = deed(make.key(now), by, "account.authorised", id, "", now);
        Box::pin(async move {
            // Somebody may have saved another address while the provider was asked.
            let now_kept = account::load(tx, organisation, id).await?;
            if vendor::opening(&now_kept.settings) != opening {
                return Ok(false);
            }
            let grant = Some(lasting.reveal());
            account::set_secret(tx, &keys, organisation, id, direction, grant, now).await?;
            audit::append(tx, organisation, &entry).await?;
            Ok(true)
        })
    });
    if !write.await? {
        return Err(words::told(words::CHANGED, &[]));
    }
    room.transports.forget(id);
    room.grants.forget(id);
    Ok(())
}

/// Who did what to a mailbox, for the audit log; nobody when it was done at the command line.
pub(super) fn deed(id: i64, user: Option<UserKey>, action: &str, on: AccountKey, detail: &str, now: i64) -> Entry {
    let (action, subject, detail) = (action.to_owned(), on.to_string(), detail.to_owned());
    Entry { id, user, action, subject, detail, done_at: now }
}

/// What the code is redeemed with: made of the state by a key that only we have, so that nothing of it is kept.
fn verifier(room: &MailRoom, state: &str) -> Verifier {
    Verifier::of(&room.store.keys.pepper().digest("verifier at a provider of mailboxes", state))
}

/// People can untick rights, and administrators can give fewer.
fn has_enough(provider: AppProvider, settings: &AccountSettings, tokens: &Tokens) -> Result<(), Refusal> {
    let Some(given) = &tokens.scope else { return Ok(()) };
    let given: Vec<String> = given.split_whitespace().map(|one| vendor::short(one).to_lowercase()).collect();
    let wanted = vendor::rights(settings);
    let wanted = wanted.iter().map(|right| vendor::short(right));
    let missing: Vec<&str> = wanted.filter(|right| !given.contains(&right.to_lowercase())).collect();
    let facts = [("missing", missing.join(", ")), ("provider", vendor::name(provider).to_owned())];
    match missing.is_empty() {
        true => Ok(()),
        false => Err(words::told(words::TOO_LITTLE, &facts.each_ref().map(|(name, fact)| (*name, fact.as_str())))),
    }
}

pub(super) fn refused(provider: AppProvider, error: OauthError) -> Refusal {
    match &error {
        // The other is what Microsoft says of a device.
        OauthError::Refused { code, .. } if ["access_denied", "authorization_declined"].contains(&code.as_str()) => {
            words::told(words::CANCELLED, &[("provider", vendor::name(provider))])
        }
        _ => trouble(&grant::meaning(error)),
    }
}

fn trouble(error: &ConnectError) -> Refusal {
    let diagnosis = diagnose(error, Circumstances::default());
    words::refused(&diagnosis.explained, &diagnosis.server_said)
}
