//! The app that an organisation registered at a provider, so that mailbox owners only have to agree (features M8).

use super::{app_proof, vendor};
use crate::{
    MailRoom,
    doer::{Doer, given},
    outgoing::system,
    readers_zone,
    words::{Refusal, field, letter},
};
use mail::AppRegistrationKey;
use store::{
    StoreError, UserRole, Viewer,
    app_registration::{self, AppProvider, AppRegistration, Proof},
    user,
};
use zeroize::Zeroizing;

const DAY: i64 = 24 * 3_600_000;
/// So many days before a secret ends administrators are told (pains P7); 0: it has ended.
const WARNINGS: [i64; 4] = [0, 1, 7, 30];
/// More administrators than an organisation has.
const MANY: usize = 2000;

/// What an administrator says of the app.
#[derive(Clone, Default)]
pub struct AppInput {
    /// At Microsoft: the tenant's number, or a domain of the organisation. At Google: empty.
    pub tenant: String,
    /// The app's number; that of a service account stands in its key file.
    pub client_id: String,
    /// Whether it opens mailboxes by itself; `None`: as it was. A service account always does.
    pub acts_alone: Option<bool>,
    /// The value of its secret. Without any of these three: what is kept.
    pub secret: Option<Zeroizing<String>>,
    /// Microsoft: its certificate with the private key, in PEM.
    pub certificate: Option<Zeroizing<String>>,
    /// Google: the key file of a service account, in JSON.
    pub service_account: Option<Zeroizing<String>>,
    /// When the secret ends, milliseconds since 1970. A certificate says so itself.
    pub expires_at: Option<i64>,
}

/// The organisation's app at a provider, when it registered one. Who manages mailboxes may know of it.
pub async fn get(room: &MailRoom, viewer: &Viewer, provider: AppProvider) -> Result<Option<AppRegistration>, Refusal> {
    if viewer.role == UserRole::Member {
        return Err(Refusal::forbidden("", field::NO_RIGHT_TO_MANAGE));
    }
    let organisation = viewer.organisation;
    let read =
        room.store.db.read(move |tx| Box::pin(async move { app_registration::get(tx, organisation, provider).await }));
    Ok(read.await?)
}

/// Keeps what an administrator says of the app. The secret is kept sealed and never shown again.
pub async fn set(
    room: &MailRoom,
    viewer: &Viewer,
    provider: AppProvider,
    input: AppInput,
) -> Result<AppRegistration, Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let known = get(room, viewer, provider).await?;
    let settings = app_proof::checked(provider, known.as_ref(), &input, room.clock.now())?;
    let (new, keys) = (AppRegistrationKey(doer.key()), room.store.keys.clone());
    let fields = given(&[
        ("tenant", known.as_ref().is_none_or(|known| known.tenant != settings.tenant)),
        ("client_id", known.as_ref().is_none_or(|known| known.client_id != settings.client_id)),
        ("acts_alone", known.as_ref().is_none_or(|known| known.acts_alone != settings.acts_alone)),
        (
            settings.secret.as_ref().map_or("client_secret", |new| app_proof::field_of(new.proof)),
            settings.secret.is_some(),
        ),
        ("expires_at", known.as_ref().is_none_or(|known| known.expires_at != settings.expires_at)),
    ]);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let organisation = doer.organisation();
            let saved = app_registration::set(tx, &keys, organisation, provider, new, &settings, doer.now).await?;
            doer.did(tx, set_at(provider), organisation, fields).await?;
            // Accounts that wait for it try again at once.
            tx.ring(store::Topic::Accounts);
            Ok(saved)
        })
    });
    Ok(write.await?)
}

/// Forgets the app and its secret.
pub async fn remove(room: &MailRoom, viewer: &Viewer, provider: AppProvider) -> Result<(), Refusal> {
    let doer = Doer::administrator(room, viewer)?;
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            app_registration::remove(tx, doer.organisation(), provider).await?;
            doer.did(tx, removed_at(provider), doer.organisation(), "").await
        })
    });
    Ok(write.await?)
}

fn set_at(provider: AppProvider) -> &'static str {
    match provider {
        AppProvider::Microsoft => "organisation.app_set",
        AppProvider::Google => "organisation.google_app_set",
    }
}

fn removed_at(provider: AppProvider) -> &'static str {
    match provider {
        AppProvider::Microsoft => "organisation.app_removed",
        AppProvider::Google => "organisation.google_app_removed",
    }
}

/// How many days a secret still lasts, a begun one counted whole, when somebody said until when; 0: it has ended.
pub fn days_left(app: &AppRegistration, now: i64) -> Option<i64> {
    app.expires_at.map(|at| days_until(at, now))
}

fn days_until(at: i64, now: i64) -> i64 {
    let left = (at - now).max(0);
    left / DAY + i64::from(left % DAY > 0)
}

/// Whether that is so few that people should see it.
pub fn is_ending(app: &AppRegistration, now: i64) -> bool {
    days_left(app, now).is_some_and(|days| days <= WARNINGS[WARNINGS.len() - 1])
}

/// Tells administrators of secrets that end soon: 30, 7 and 1 days before, and when they have ended.
pub(crate) async fn warn(room: &MailRoom) -> Result<(), StoreError> {
    let now = room.clock.now();
    let soon = now + WARNINGS[WARNINGS.len() - 1] * DAY;
    let ending =
        room.store.db.read(move |tx| Box::pin(async move { app_registration::ending(tx, soon).await })).await?;
    for app in ending {
        let Some(at) = app.expires_at else { continue };
        let left = days_until(at, now);
        let Some(days) = WARNINGS.into_iter().find(|days| left <= *days) else { continue };
        let noted = app.clone();
        let write = room.store.db.write(move |tx| {
            Box::pin(async move {
                if !app_registration::warned(tx, &noted, days).await? {
                    return Ok(Vec::new());
                }
                Ok(user::list(tx, noted.organisation, None, MANY).await?.0)
            })
        });
        let people = write.await?;
        let facts = [
            ("date", system::plain(&day(at))),
            ("link", system::plain(&room.link(&format!("/settings/{}", app.provider.as_str())))),
            ("provider", system::plain(vendor::name(app.provider))),
        ];
        let words = match (app.proof, left) {
            (Proof::Certificate, 0) => &letter::APP_CERTIFICATE_ENDED,
            (Proof::Certificate, _) => &letter::APP_CERTIFICATE_ENDS,
            (Proof::Secret | Proof::ServiceAccount, 0) => &letter::APP_SECRET_ENDED,
            (Proof::Secret | Proof::ServiceAccount, _) => &letter::APP_SECRET_ENDS,
        };
        for person in people.iter().filter(|user| user.active && user.role == UserRole::Administrator) {
            if let Err(error) = system::send(room, person, words, &facts).await {
                tracing::warn!(%error, "an administrator could not be told by mail that a client secret ends");
            }
        }
    }
    Ok(())
}

/// The day of a moment where our readers live, as letters of ours say it in either language and as it was typed on the page.
pub(crate) fn day(at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned(readers_zone()).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_of_a_secret_is_one_on_which_it_works() {
        let at = 1_800_000_000_000;
        for (left, days) in [(-1, 0), (0, 0), (1, 1), (DAY, 1), (DAY + 1, 2), (29 * DAY, 29), (30 * DAY, 30)] {
            assert_eq!(days_until(at, at - left), days, "{left} ms before the end");
        }
    }

    #[test]
    fn a_letter_names_the_day_that_was_typed() {
        // Midnight of 31 January 2027 in Amsterdam, and of 1 July, when the clock is two hours ahead.
        for (typed, moment) in [("2027-01-31", "2027-01-30T23:00:00Z"), ("2027-07-01", "2027-06-30T22:00:00Z")] {
            let moment: jiff::Timestamp = moment.parse().expect("a moment");
            assert_eq!(day(moment.as_millisecond()), typed);
        }
    }
}
