//! The apps under Connections: those that the organisation registered at providers of mailboxes (features M8).

use super::bar;
use crate::{
    AppState,
    here::Here,
    page::{
        frame::{Errors, Frame, Place, Shown, shown, shown_as},
        habit::Moment,
        route::{Pages, Who},
        tabs::{After, Tab},
        visitor::{Person, Visitor},
        words::words,
    },
};
use askama::Template;
use axum::{
    Form,
    extract::{FromRequestParts, Query, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect},
};
use mailroom::{
    accounts::{
        app::{self, AppInput},
        authorise::ANSWER,
        vendor,
    },
    people,
    words::{Checks, Refusal, field},
};
use serde::Deserialize;
use std::convert::Infallible;
use store::app_registration::{AppProvider, Proof};
use zeroize::Zeroizing;

const MICROSOFT: &str = "/settings/microsoft";
const GOOGLE: &str = "/settings/google";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(MICROSOFT, Who::Administrators, show)
        .post(MICROSOFT, Who::Administrators, save)
        .post("/settings/microsoft/remove", Who::Administrators, remove)
        .get(GOOGLE, Who::Administrators, show)
        .post(GOOGLE, Who::Administrators, save)
        .post("/settings/google/remove", Who::Administrators, remove)
}

words! {
    Say {
        app(provider) "App bij {provider}" "App at {provider}";
        microsoft_why "Registreer Postkamer eenmalig als app in Microsoft Entra. Daarna hoeft de eigenaar van een mailbox alleen nog op Autoriseren te drukken; wachtwoorden zijn niet nodig." "Register Postkamer once as an app in Microsoft Entra. After that the owner of a mailbox only has to press Authorise; no passwords are needed.";
        microsoft_one "In Microsoft Entra: App-registraties, Nieuwe registratie, alleen accounts in deze organisatie." "In Microsoft Entra: App registrations, New registration, accounts in this organisation only.";
        microsoft_two "Kies als omleidings-URI het type Web en plak het adres hieronder." "As redirect URI choose the type Web and paste the address below.";
        microsoft_three "API-machtigingen, Microsoft Graph, gedelegeerd: User.Read, Mail.ReadWrite, Mail.Send en offline_access." "API permissions, Microsoft Graph, delegated: User.Read, Mail.ReadWrite, Mail.Send and offline_access.";
        microsoft_four "Certificaten en geheimen, Nieuw clientgeheim: neem de waarde en de einddatum hier over." "Certificates and secrets, New client secret: copy its value and the date on which it ends to here.";
        google_why "Registreer Postkamer eenmalig als app in Google Cloud. Daarna hoeft de eigenaar van een mailbox alleen nog op Autoriseren te drukken; wachtwoorden zijn niet nodig." "Register Postkamer once as an app in Google Cloud. After that the owner of a mailbox only has to press Authorise; no passwords are needed.";
        google_one "In Google Cloud: maak een project en zet daarin de Gmail API aan." "In Google Cloud: make a project and switch the Gmail API on in it.";
        google_two "Google Auth Platform, Doelgroep: kies Intern (Google Workspace). Bij Extern verloopt elke toestemming na zeven dagen zolang de app op Testen staat." "Google Auth Platform, Audience: choose Internal (Google Workspace). With External each consent ends after seven days as long as the app is in testing.";
        google_three "Gegevenstoegang: voeg het bereik https://mail.google.com/ toe." "Data access: add the scope https://mail.google.com/.";
        google_four "Clients, Client maken, type Webtoepassing: plak het adres hieronder bij Geautoriseerde omleidings-URI's, en neem client-ID en clientgeheim hier over." "Clients, Create client, type Web application: paste the address below at Authorised redirect URIs, and copy client ID and client secret to here.";
        access "Wie opent de mailboxen" "Who opens the mailboxes";
        by_owners "Elke eigenaar geeft zelf toestemming (Autoriseren)" "Each owner gives consent (Authorise)";
        by_app "De app opent ze zelf, zonder dat iemand hoeft in te loggen" "The app opens them by itself, without anybody signing in";
        microsoft_by_app "Daarvoor heeft de app toepassingsmachtigingen nodig: Mail.ReadWrite en Mail.Send, met beheerderstoestemming. Beperk ze in Exchange tot de mailboxen die Postkamer mag openen (RBAC voor toepassingen). Elke mailbox wordt geprobeerd voordat hij wordt bewaard." "For that the app needs application permissions: Mail.ReadWrite and Mail.Send, with admin consent. Limit them in Exchange to the mailboxes that Postkamer may open (RBAC for applications). Each mailbox is tried before it is saved.";
        google_by_app "Een serviceaccount opent de mailboxen van uw Google Workspace zelf. Maak in Google Cloud een serviceaccount met een sleutel (JSON) en voeg in de beheerdersconsole bij Domeinbrede machtiging zijn client-ID toe met het bereik https://mail.google.com/. Elke mailbox wordt geprobeerd voordat hij wordt bewaard." "A service account opens the mailboxes of your Google Workspace by itself. Make a service account with a key (JSON) in Google Cloud, and in the Admin console at Domain-wide delegation add its client ID with the scope https://mail.google.com/. Each mailbox is tried before it is saved.";
        certificate "Certificaat met sleutel (PEM)" "Certificate with its key (PEM)";
        certificate_hint "In plaats van een clientgeheim: plak het certificaat en de RSA-sleutel samen, en upload het certificaat zonder de sleutel in Microsoft Entra. Wanneer het eindigt, staat erin." "In place of a client secret: paste the certificate and its RSA key together, and upload the certificate without the key in Microsoft Entra. When it ends stands in it.";
        key_file "Sleutelbestand van een serviceaccount (JSON)" "Key file of a service account (JSON)";
        key_file_hint "In plaats van client-ID en clientgeheim: plak het hele bestand." "In place of client ID and client secret: paste the whole file.";
        certificate_kept(fingerprint) "Er is een certificaat ingesteld met vingerafdruk {fingerprint}." "A certificate is set, with the fingerprint {fingerprint}.";
        account_kept(address) "Het serviceaccount {address} is ingesteld." "The service account {address} is set.";
        redirect_uri "Omleidings-URI, om bij de app te registreren" "Redirect URI, to register with the app";
        no_address "Deze server weet niet op welk adres u hem bereikt. Stel base_url in; dan staat hier wat u bij de app registreert." "This server does not know the address at which you reach it. Set base_url; then what you register with the app stands here.";
        tenant "Tenant" "Tenant";
        tenant_hint "Het tenant-ID (Directory-ID) of een domein van uw organisatie, bijvoorbeeld voorbeeld.nl." "The tenant ID (directory ID) or a domain of your organisation, for example example.com.";
        microsoft_id "Client-ID (toepassings-ID)" "Client ID (application ID)";
        google_id "Client-ID" "Client ID";
        microsoft_secret "Clientgeheim (de waarde)" "Client secret (the value)";
        google_secret "Clientgeheim" "Client secret";
        secret_since(when) "Ingesteld op {when}. Laat leeg om het te houden." "Set on {when}. Leave empty to keep it.";
        expires "Clientgeheim eindigt op" "Client secret ends on";
        microsoft_expires "Beheerders krijgen 30, 7 en 1 dag van tevoren bericht." "Administrators are told 30, 7 and 1 day before.";
        google_expires "Alleen als u het geheim zelf een einddatum geeft: bij Google verloopt het niet vanzelf. Beheerders krijgen 30, 7 en 1 dag van tevoren bericht." "Only when you give the secret a last day of your own: at Google it does not end by itself. Administrators are told 30, 7 and 1 day before.";
        certificate_ends_in(days) "Het certificaat eindigt over {days} dagen. Maak op tijd een nieuw." "The certificate ends in {days} days. Make a new one in time.";
        certificate_ends_soon "Het certificaat eindigt binnen een dag. Maak nu een nieuw." "The certificate ends within a day. Make a new one now.";
        certificate_has_ended(provider) "Het certificaat is verlopen. Mailboxen van {provider} werken pas weer met een nieuw; er gaat niets verloren." "The certificate has ended. Mailboxes of {provider} work again once there is a new one; nothing gets lost.";
        ends_in(days) "Het clientgeheim eindigt over {days} dagen. Maak op tijd een nieuw." "The client secret ends in {days} days. Make a new one in time.";
        ends_soon "Het clientgeheim eindigt binnen een dag. Maak nu een nieuw." "The client secret ends within a day. Make a new one now.";
        has_ended(provider) "Het clientgeheim is verlopen. Mailboxen van {provider} werken pas weer met een nieuw geheim; er gaat niets verloren." "The client secret has ended. Mailboxes of {provider} work again once there is a new secret; nothing gets lost.";
        save "Bewaren" "Save";
        saved(provider) "Bewaard. Verbind nu een mailbox: die biedt {provider} aan." "Saved. Now connect a mailbox: {provider} is offered there.";
        removed(provider) "De registratie is verwijderd. Mailboxen van {provider} werken niet meer tot er een nieuwe is." "The registration was removed. Mailboxes of {provider} don't work until there is a new one.";
        remove "Registratie verwijderen" "Remove the registration";
        remove_why(provider) "Mailboxen van {provider} worden daarna niet meer opgehaald. De mail die hier staat, blijft." "After that mailboxes of {provider} are no longer fetched. The mail that is here stays.";
        notifications "Nieuwe mail meteen zien, met meldingen van Gmail" "See new mail at once, by notifications of Gmail";
    }
}

/// The provider whose tab was asked for.
struct At(AppProvider);

impl<S: Sync> FromRequestParts<S> for At {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<At, Infallible> {
        Ok(At(if parts.uri.path().starts_with(GOOGLE) { AppProvider::Google } else { AppProvider::Microsoft }))
    }
}

fn path(provider: AppProvider) -> &'static str {
    match provider {
        AppProvider::Microsoft => MICROSOFT,
        AppProvider::Google => GOOGLE,
    }
}

/// What people call what mailboxes there are part of.
fn called(provider: AppProvider) -> &'static str {
    match provider {
        AppProvider::Microsoft => "Microsoft 365",
        AppProvider::Google => "Google",
    }
}

#[derive(Template)]
#[template(path = "settings/app.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    /// Where the forms go.
    path: &'static str,
    provider: &'static str,
    company: &'static str,
    has_tenants: bool,
    why: &'static str,
    steps: [&'static str; 4],
    id_label: &'static str,
    secret_label: &'static str,
    expires_hint: &'static str,
    told: Option<String>,
    errors: Errors,
    typed: Typed,
    /// When the secret was set; none: there is no registration yet.
    secret_since: Option<Moment>,
    /// What proves who we are, when it is no secret.
    proof: Option<String>,
    by_app_hint: &'static str,
    redirect_uri: Option<String>,
    /// That the secret ends soon, or has ended.
    ending: Option<String>,
    asks: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    tenant: String,
    client_id: String,
    client_secret: String,
    /// `owners` or `app`; Google's key file says it by itself.
    access: String,
    certificate: String,
    service_account: String,
    /// `2027-01-31`, or empty.
    expires: String,
    password: String,
}

/// What every answer of this tab is made of.
struct Desk<'a> {
    state: &'a AppState,
    visitor: &'a Visitor,
    person: &'a Person,
    here: Here,
    at: AppProvider,
}

impl Desk<'_> {
    /// The page as it is without anything typed.
    async fn page(self, told: Option<String>) -> Result<Page, Refusal> {
        let kept = app::get(&self.state.room, &self.person.viewer, self.at).await?;
        let (say, habit) = (Say(self.visitor.language), self.visitor.habit());
        let ending = kept.as_ref().filter(|kept| app::is_ending(kept, self.visitor.now));
        let days = ending.and_then(|kept| app::days_left(kept, self.visitor.now));
        let by_certificate = kept.as_ref().is_some_and(|kept| kept.proof == Proof::Certificate);
        let (here, is_microsoft) = (path(self.at), self.at == AppProvider::Microsoft);
        let either = |microsoft, google| if is_microsoft { microsoft } else { google };
        Ok(Page {
            frame: Frame::new(self.visitor, Place::Settings),
            say,
            tabs: bar(self.visitor, self.person, here),
            path: here,
            provider: called(self.at),
            company: vendor::name(self.at),
            has_tenants: is_microsoft,
            why: either(say.microsoft_why(), say.google_why()),
            steps: match is_microsoft {
                true => [say.microsoft_one(), say.microsoft_two(), say.microsoft_three(), say.microsoft_four()],
                false => [say.google_one(), say.google_two(), say.google_three(), say.google_four()],
            },
            id_label: either(say.microsoft_id(), say.google_id()),
            secret_label: either(say.microsoft_secret(), say.google_secret()),
            expires_hint: either(say.microsoft_expires(), say.google_expires()),
            told,
            errors: Errors::default(),
            typed: kept.as_ref().map_or_else(Typed::default, |kept| Typed {
                tenant: kept.tenant.clone(),
                client_id: kept.client_id.clone(),
                access: if kept.acts_alone { "app".to_owned() } else { String::new() },
                expires: kept.expires_at.map(|at| habit.date(at)).unwrap_or_default(),
                ..Typed::default()
            }),
            proof: kept.as_ref().and_then(|kept| {
                let shown = kept.proof_shown.as_deref()?;
                match kept.proof {
                    Proof::Secret => None,
                    Proof::Certificate => Some(say.certificate_kept(shown)),
                    Proof::ServiceAccount => Some(say.account_kept(shown)),
                }
            }),
            by_app_hint: either(say.microsoft_by_app(), say.google_by_app()),
            secret_since: kept.as_ref().map(|kept| habit.moment(kept.secret_set_at)),
            redirect_uri: self.here.0.map(|here| format!("{here}{ANSWER}")),
            ending: days.map(|days| match days {
                0 if by_certificate => say.certificate_has_ended(called(self.at)),
                1 if by_certificate => say.certificate_ends_soon().to_owned(),
                days if by_certificate => say.certificate_ends_in(days),
                0 => say.has_ended(called(self.at)),
                1 => say.ends_soon().to_owned(),
                days => say.ends_in(days),
            }),
            asks: !people::is_sure(&self.state.room, &self.person.session),
        })
    }
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    At(at): At,
    Query(after): Query<After>,
) -> Shown {
    let say = Say(visitor.language);
    let told = match after.saved.as_str() {
        "" => None,
        "removed" => Some(say.removed(called(at))),
        _ => Some(say.saved(called(at))),
    };
    shown(&Desk { state: &state, visitor: &visitor, person: &person, here, at }.page(told).await?)
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    At(at): At,
    Form(typed): Form<Typed>,
) -> Shown {
    match keep(&state, &visitor, &person, at, &typed).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?saved=1", path(at))).into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = Desk { state: &state, visitor: &visitor, person: &person, here, at }.page(None).await?;
            // What was typed as a secret is not shown again, not even to who typed it.
            let (client_secret, certificate, service_account) = Default::default();
            let typed = Typed { client_secret, certificate, service_account, password: String::new(), ..typed };
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, typed, ..page })
        }
    }
}

async fn keep(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    at: AppProvider,
    typed: &Typed,
) -> Result<(), Refusal> {
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    let expires_at = visitor.habit().midnight(&typed.expires).map(|moment| moment.as_millisecond());
    if expires_at.is_none() && !typed.expires.trim().is_empty() {
        let mut checks = Checks::default();
        checks.wrong("expires", field::NO_DAY);
        checks.done()?;
    }
    let given =
        |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(|text| Zeroizing::new(text.to_owned()));
    let service_account = given(&typed.service_account);
    // The number of the app before it, which the page shows, is not that of the service account.
    let client_id = if service_account.is_some() { String::new() } else { typed.client_id.clone() };
    let input = AppInput {
        tenant: typed.tenant.clone(),
        client_id,
        acts_alone: (at == AppProvider::Microsoft).then(|| typed.access == "app"),
        secret: given(&typed.client_secret),
        certificate: given(&typed.certificate),
        service_account,
        expires_at,
    };
    app::set(&state.room, &person.viewer, at, input).await.map(|_| ())
}

async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    At(at): At,
    Form(asked): Form<Typed>,
) -> Shown {
    let removed = match people::be_sure(&state.room, &person.session, &asked.password).await {
        Ok(()) => app::remove(&state.room, &person.viewer, at).await,
        Err(refusal) => Err(refusal),
    };
    match removed {
        Ok(()) => Ok(Redirect::to(&format!("{}?saved=removed", path(at))).into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = Desk { state: &state, visitor: &visitor, person: &person, here, at }.page(None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, ..page })
        }
    }
}
