//! Authorising on another device (RFC 8628): for servers without a browser, and for programs. Somebody types a code at the
//! provider; until then it is asked, no sooner than it wants, whether that was done. The code is kept sealed, so that a
//! restart goes on asking, and whoever asks finds out what became of it.

use super::{app_token, authorise, managed, vendor};
use crate::{
    MailRoom,
    words::{FieldError, Phrase, Refusal, field, grant as words},
};
use connect::{
    Secret,
    http::straight_client,
    oauth::{ClientAuthentication, DEVICE_GRANT, OauthError, TokenEndpoint, Tokens, device_code},
};
use mail::{AccountKey, OrganisationKey, UserKey};
use std::time::Duration;
use store::{
    StoreError, Topic, Viewer,
    account::{self, Account},
    app_registration::AppProvider,
    audit,
    device_code::{self as codes, DeviceCode, State, Why},
};
use tokio::sync::watch;

/// How often is looked for codes that another program asked for on the same database.
const LOOK: Duration = Duration::from_secs(60);
/// So much longer is waited when the provider says that it is asked too often (RFC 8628 §3.5), in milliseconds.
const SLOWER: i64 = 5_000;
/// Longer is not waited between two questions, in milliseconds.
const SLOWEST: i64 = 60_000;

/// Asks the provider for a code that opens this mailbox.
pub async fn begin(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<DeviceCode, Refusal> {
    let account = managed(room, viewer, id).await?;
    begin_for(room, &account, Some(viewer.user)).await
}

/// The same for whoever may do everything: at the command line.
pub async fn begin_for(room: &MailRoom, account: &Account, by: Option<UserKey>) -> Result<DeviceCode, Refusal> {
    let provider =
        vendor::by_grant(&account.settings).ok_or_else(|| Refusal::conflict("account", field::NOT_BY_GRANT))?;
    let organisation = account.organisation;
    let read = room
        .store
        .db
        .read(move |tx| Box::pin(async move { store::app_registration::get(tx, organisation, provider).await }));
    if !vendor::gives_codes(&room.world, provider) {
        return Err(Refusal::conflict("account", field::BROWSER_ONLY));
    }
    let app = read.await?.ok_or_else(|| Refusal::conflict("account", field::APP_NEEDED))?;
    let url = vendor::place(&room.world, provider).devices(&app.tenant);
    let url = url.ok_or_else(|| Refusal::conflict("account", field::BROWSER_ONLY))?;
    let refused = |error| authorise::refused(provider, error);
    let client = straight_client(&room.world).map_err(|error| refused(error.into()))?;
    let asked = device_code(&client, &url, &app.client_id, &vendor::scope(&account.settings)).await;
    let given = asked.map_err(refused)?;
    let (now, keys, id) = (room.clock.now(), room.store.keys.clone(), account.id);
    let (interval, lasts) = (given.interval.as_millis() as i64, given.lasts.as_millis() as i64);
    let code = DeviceCode {
        state: State::Waiting,
        user: by,
        opens: vendor::opening(&account.settings).map(|opening| opening.to_string()).unwrap_or_default(),
        user_code: given.user_code,
        verification_uri: given.verification_uri,
        interval,
        next_at: now + interval,
        expires_at: now + lasts,
    };
    let (kept, secret) = (code.clone(), given.device_code);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move { codes::begin(tx, &keys, organisation, id, secret.reveal(), &kept).await })
    });
    write.await?;
    Ok(code)
}

/// What became of the last code of this mailbox; `None` when there never was one.
pub async fn seen(room: &MailRoom, viewer: &Viewer, id: AccountKey) -> Result<Option<DeviceCode>, Refusal> {
    managed(room, viewer, id).await?;
    Ok(last(room, viewer.organisation, id).await?)
}

/// The same for whoever may do everything.
pub async fn last(
    room: &MailRoom,
    organisation: OrganisationKey,
    id: AccountKey,
) -> Result<Option<DeviceCode>, StoreError> {
    room.store.db.read(move |tx| Box::pin(async move { codes::get(tx, organisation, id).await })).await
}

/// Why a code opened nothing, as every other refusal is told.
pub fn told(why: &Why) -> FieldError {
    let message = Phrase { nl: why.nl.clone(), en: why.en.clone() };
    // The codes of refusals are fixed; one that an earlier version kept is told by its words.
    let known = [
        words::CANCELLED,
        words::OTHER_MAILBOX,
        words::CODE_EXPIRED,
        words::TOO_LITTLE,
        words::CHANGED,
        words::REFUSED,
    ];
    let code = known.iter().map(|(code, _)| *code).find(|code| *code == why.code).unwrap_or(words::REFUSED.0);
    FieldError { field: "grant".to_owned(), code, message }
}

/// Asks about every code that waits, until told to stop.
pub async fn run(room: MailRoom, mut stop: watch::Receiver<bool>) {
    let mut bell = room.store.db.bell(Topic::Accounts);
    while !*stop.borrow() {
        let pause = match turn(&room).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "codes for other devices could not be looked at; it is tried again");
                LOOK
            }
        };
        tokio::select! {
            _ = stop.changed() => {}
            _ = bell.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Asks about what is due, and says how long nothing will be.
async fn turn(room: &MailRoom) -> Result<Duration, StoreError> {
    let now = room.clock.now();
    let (due, next) = room.store.db.read(move |tx| Box::pin(async move { codes::due(tx, now).await })).await?;
    for (organisation, id) in &due {
        ask(room, *organisation, *id).await?;
    }
    // What was asked about just now is due again after its interval, which the next look tells.
    let wait = match next {
        _ if !due.is_empty() => 0,
        Some(next) => (next - room.clock.now()).max(1),
        None => return Ok(LOOK),
    };
    Ok(Duration::from_millis(wait as u64).min(LOOK))
}

/// Asks the provider whether somebody agreed, when it is time and nobody else is asking.
pub async fn ask(room: &MailRoom, organisation: OrganisationKey, id: AccountKey) -> Result<(), StoreError> {
    let (keys, now) = (room.store.keys.clone(), room.clock.now());
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let Some(secret) = codes::claim(tx, &keys, organisation, id, now).await? else { return Ok(None) };
            let Some(code) = codes::get(tx, organisation, id).await? else { return Ok(None) };
            Ok(Some((secret, code, account::load(tx, organisation, id).await?)))
        })
    });
    let Some((secret, code, account)) = write.await? else { return Ok(()) };
    let Some(provider) = vendor::by_grant(&account.settings) else {
        return settle(room, &account, &code, Err(Refusal::conflict("account", field::NOT_BY_GRANT))).await;
    };
    if !authorise::is_still_for(Some(&code.opens), &account.settings) {
        return settle(room, &account, &code, Err(words::told(words::CHANGED, &[]))).await;
    }
    let asked = redeem(room, organisation, provider, &Secret::new(secret.as_slice())).await?;
    let said = match &asked {
        Ok(_) => "",
        Err(OauthError::Refused { code, .. }) => code.as_str(),
        Err(_) => "temporarily_unavailable",
    };
    let is_expired = said == "expired_token";
    let slower = match said {
        "authorization_pending" => Some(code.interval),
        "slow_down" => Some((code.interval + SLOWER).min(SLOWEST.max(code.interval))),
        // No answer, or trouble over there: twice the time (RFC 8628 §3.5).
        "temporarily_unavailable" | "server_error" => Some((code.interval * 2).min(SLOWEST.max(code.interval))),
        _ => None,
    };
    let expired = || words::told(words::CODE_EXPIRED, &[("provider", vendor::name(provider))]);
    match (asked, slower) {
        (_, Some(_)) if room.clock.now() >= code.expires_at => settle(room, &account, &code, Err(expired())).await,
        (_, Some(interval)) if interval != code.interval => {
            let now = room.clock.now();
            let write = room
                .store
                .db
                .write(move |tx| Box::pin(async move { codes::slow_down(tx, organisation, id, interval, now).await }));
            write.await
        }
        (_, Some(_)) => Ok(()),
        (Err(_), None) if is_expired => settle(room, &account, &code, Err(expired())).await,
        (Err(error), None) => settle(room, &account, &code, Err(authorise::refused(provider, error))).await,
        (Ok(tokens), None) => {
            let taken = authorise::accept(room, &account, provider, tokens, code.user).await;
            settle(room, &account, &code, taken).await
        }
    }
}

/// Without the app's secret, as the standard has it for devices; with it when the provider wants to know who asks.
async fn redeem(
    room: &MailRoom,
    organisation: OrganisationKey,
    provider: AppProvider,
    secret: &Secret,
) -> Result<Result<Tokens, OauthError>, StoreError> {
    let app = app_token::registration(&room.store, &room.world, organisation, provider).await?;
    let Some(app) = &app else {
        let words = connect::ServerWords("no app is registered at Settings, Connections".to_owned());
        return Ok(Err(OauthError::Refused { code: "invalid_client".to_owned(), words }));
    };
    let client = match straight_client(&room.world) {
        Ok(client) => client,
        Err(error) => return Ok(Err(error.into())),
    };
    let text = String::from_utf8_lossy(secret.reveal()).into_owned();
    let fields = [("grant_type", DEVICE_GRANT), ("device_code", text.as_str())];
    let mut asked = Err(OauthError::Incomplete("access_token"));
    for authentication in [ClientAuthentication::None, app.authentication()] {
        let endpoint = TokenEndpoint { url: &app.url, registration: &app.registration, authentication };
        asked = endpoint.redeem(&client, &fields, &[secret]).await;
        if !matches!(&asked, Err(OauthError::Refused { code, .. }) if code == "invalid_client") {
            break;
        }
    }
    Ok(asked)
}

/// Notes what became of the code. Trouble of our own is no answer of the provider, but the code is spent all the same.
async fn settle(
    room: &MailRoom,
    account: &Account,
    code: &DeviceCode,
    taken: Result<(), Refusal>,
) -> Result<(), StoreError> {
    let why = match taken {
        Ok(()) => None,
        Err(Refusal::Forbidden(why) | Refusal::Conflict(why)) => {
            Some(Why { code: why.code.to_owned(), nl: why.message.nl, en: why.message.en })
        }
        Err(other) => {
            tracing::warn!(account = %account.id, error = ?other, "what was granted on another device could not be kept");
            let (code, text) = words::BEGIN_AGAIN;
            Some(Why { code: code.to_owned(), nl: text.nl.to_owned(), en: text.en.to_owned() })
        }
    };
    let (organisation, id, now) = (account.organisation, account.id, room.clock.now());
    let (user, user_code, make) = (code.user, code.user_code.clone(), room.store.make.clone());
    let write = room.store.db.write(move |tx| {
        let refused = why
            .as_ref()
            .map(|why| authorise::deed(make.key(now), user, "account.authorisation_refused", id, &why.code, now));
        Box::pin(async move {
            codes::settle(tx, organisation, id, &user_code, why.as_ref()).await?;
            match &refused {
                Some(entry) => audit::append(tx, organisation, entry).await,
                None => Ok(()),
            }
        })
    });
    write.await
}
