//! By whom a mailbox at a provider is opened: its owner, somebody it is shared with, or the organisation's app by itself.

use super::{app_token, diagnosis, settle::Settled, vendor};
use crate::{
    MailRoom,
    words::{
        FieldError, Phrase, Refusal,
        field::{self, Why},
    },
};
use mail::{OrganisationKey, address::fold_address};
use std::time::Duration;
use store::{
    StoreError,
    account::{Access, Account, AccountSettings},
    app_registration::{self, AppProvider, AppRegistration, Proof},
};

/// How long a person who saves waits for the provider.
const WAIT: Duration = Duration::from_secs(30);

/// Puts into the settings by whom the mailbox is opened: as was typed, as it was, or as the organisation's app allows.
pub(super) async fn choose(
    room: &MailRoom,
    organisation: OrganisationKey,
    typed: Option<&str>,
    settled: &mut Settled,
    before: Option<&AccountSettings>,
) -> Result<(), Refusal> {
    let mut wrong = |why| settled.errors.push(FieldError::new("access", why));
    let wanted = typed.map(|name| Access::from_name(name.trim()));
    if wanted == Some(None) {
        wrong(field::UNKNOWN_KIND);
        return Ok(());
    }
    let wanted = wanted.flatten();
    let Some(provider) = vendor::of(&settled.settings) else {
        settled.settings.access = Access::Own;
        if wanted.is_some_and(|wanted| wanted != Access::Own) {
            wrong(field::NOT_BY_GRANT);
        }
        return Ok(());
    };
    let app =
        room.store.db.read(move |tx| Box::pin(async move { app_registration::get(tx, organisation, provider).await }));
    let app = app.await?;
    let acts_alone = app.as_ref().is_some_and(|app| app.acts_alone);
    let kept =
        before.filter(|before| vendor::opened(before) == vendor::opened(&settled.settings)).map(|before| before.access);
    let has_grant = settled.incoming_secret.is_some() || settled.outgoing_secret.is_some();
    let is_own_server = vendor::is_own_server(&settled.settings);
    let usual = if acts_alone && !has_grant && !is_own_server { Access::App } else { Access::Own };
    let access = wanted.or(kept).unwrap_or(usual);
    settled.settings.access = access;
    // What it had stays, also where the app changed since: otherwise nothing of the mailbox could be saved.
    if kept != Some(access)
        && let Some(why) = closed(access, provider, is_own_server, app.as_ref())
    {
        wrong(why);
    }
    Ok(())
}

/// By whom a mailbox at a provider can be opened, as the organisation's app there is now; nobody for every other mailbox. What
/// it has itself is not among them when the app changed since.
pub async fn ways(room: &MailRoom, account: &Account) -> Result<Vec<Access>, StoreError> {
    let Some(provider) = vendor::of(&account.settings) else { return Ok(Vec::new()) };
    let organisation = account.organisation;
    let app =
        room.store.db.read(move |tx| Box::pin(async move { app_registration::get(tx, organisation, provider).await }));
    let (app, is_own_server) = (app.await?, vendor::is_own_server(&account.settings));
    let is_open = |access: &Access| closed(*access, provider, is_own_server, app.as_ref()).is_none();
    Ok([Access::Own, Access::App, Access::Shared].into_iter().filter(is_open).collect())
}

/// Why nobody is let in this way, as the organisation's app is.
fn closed(access: Access, provider: AppProvider, is_own_server: bool, app: Option<&AppRegistration>) -> Option<Why> {
    match access {
        Access::App | Access::Shared if is_own_server => Some(field::OWN_SERVER_BY_OWNER),
        Access::App if !app.is_some_and(|app| app.acts_alone) => Some(field::APP_NOT_ALONE),
        Access::Own if app.is_some_and(|app| app.proof == Proof::ServiceAccount) => Some(field::APP_ONLY_ALONE),
        Access::Shared if !vendor::can_be_shared(provider) => Some(field::NOT_SHARED_THERE),
        _ => None,
    }
}

/// Tries the mailbox when the app is to open it by itself and did not before (pains P8): what a tenant or a domain allows is
/// told now, not when the first mail is late.
pub(super) async fn tried(
    room: &MailRoom,
    organisation: OrganisationKey,
    settings: &AccountSettings,
    before: Option<&AccountSettings>,
) -> Result<(), Refusal> {
    let Some(provider) = by_app(settings) else { return Ok(()) };
    let same = |before: &AccountSettings| fold_address(&before.address) == fold_address(&settings.address);
    if before.is_some_and(|before| by_app(before) == Some(provider) && same(before)) {
        return Ok(());
    }
    let opens = app_token::opens(&room.store, &room.world, organisation, provider, settings);
    let error = match tokio::time::timeout(WAIT, opens).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error,
        Err(_) => return Err(Refusal::field("address", field::NO_ANSWER_YET)),
    };
    let found = diagnosis::diagnose(&error, diagnosis::Circumstances::default());
    let said = if found.server_said.is_empty() { String::new() } else { format!(" ({})", found.server_said) };
    let (cause, fix) = (found.explained.cause, found.explained.fix);
    let message = Phrase { nl: format!("{} {}{said}", cause.nl, fix.nl), en: format!("{} {}{said}", cause.en, fix.en) };
    let error = FieldError { field: "address".to_owned(), code: found.explained.code, message };
    Err(Refusal::Invalid { errors: vec![error] })
}

fn by_app(settings: &AccountSettings) -> Option<AppProvider> {
    vendor::of(settings).filter(|_| settings.access == Access::App)
}
