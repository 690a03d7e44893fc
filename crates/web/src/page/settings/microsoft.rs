//! The tab Microsoft 365: the app that the organisation registered there (features M8).

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
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mailroom::{
    accounts::{
        app::{self, AppInput},
        authorise::ANSWER,
    },
    people,
    words::{Checks, Refusal, field},
};
use serde::Deserialize;
use zeroize::Zeroizing;

const HERE: &str = "/settings/microsoft";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(HERE, Who::Administrators, show).post(HERE, Who::Administrators, save).post(
        "/settings/microsoft/remove",
        Who::Administrators,
        remove,
    )
}

words! {
    Say {
        title "Microsoft 365" "Microsoft 365";
        app "App bij Microsoft" "App at Microsoft";
        why "Registreer Postkamer eenmalig als app in Microsoft Entra. Daarna hoeft de eigenaar van een mailbox alleen nog op Autoriseren te drukken; wachtwoorden zijn niet nodig." "Register Postkamer once as an app in Microsoft Entra. After that the owner of a mailbox only has to press Authorise; no passwords are needed.";
        step_one "In Microsoft Entra: App-registraties, Nieuwe registratie, alleen accounts in deze organisatie." "In Microsoft Entra: App registrations, New registration, accounts in this organisation only.";
        step_two "Kies als omleidings-URI het type Web en plak het adres hieronder." "As redirect URI choose the type Web and paste the address below.";
        step_three "API-machtigingen, Microsoft Graph, gedelegeerd: User.Read, Mail.ReadWrite, Mail.Send en offline_access." "API permissions, Microsoft Graph, delegated: User.Read, Mail.ReadWrite, Mail.Send and offline_access.";
        step_four "Certificaten en geheimen, Nieuw clientgeheim: neem de waarde en de einddatum hier over." "Certificates and secrets, New client secret: copy its value and the date on which it ends to here.";
        redirect_uri "Omleidings-URI, om bij de app te registreren" "Redirect URI, to register with the app";
        no_address "Deze server weet niet op welk adres u hem bereikt. Stel base_url in; dan staat hier wat u bij de app registreert." "This server does not know the address at which you reach it. Set base_url; then what you register with the app stands here.";
        tenant "Tenant" "Tenant";
        tenant_hint "Het tenant-ID (Directory-ID) of een domein van uw organisatie, bijvoorbeeld voorbeeld.nl." "The tenant ID (directory ID) or a domain of your organisation, for example example.com.";
        client_id "Client-ID (toepassings-ID)" "Client ID (application ID)";
        secret "Clientgeheim (de waarde)" "Client secret (the value)";
        secret_since(when) "Ingesteld op {when}. Laat leeg om het te houden." "Set on {when}. Leave empty to keep it.";
        expires "Clientgeheim eindigt op" "Client secret ends on";
        expires_hint "Beheerders krijgen 30, 7 en 1 dag van tevoren bericht." "Administrators are told 30, 7 and 1 day before.";
        ends_in(days) "Het clientgeheim eindigt over {days} dagen. Maak op tijd een nieuw." "The client secret ends in {days} days. Make a new one in time.";
        has_ended "Het clientgeheim is verlopen. Mailboxen van Microsoft 365 werken pas weer met een nieuw geheim; er gaat niets verloren." "The client secret has ended. Mailboxes of Microsoft 365 work again once there is a new secret; nothing gets lost.";
        save "Bewaren" "Save";
        saved "Bewaard. Verbind nu een mailbox: die biedt Microsoft 365 aan." "Saved. Now connect a mailbox: Microsoft 365 is offered there.";
        removed "De registratie is verwijderd. Mailboxen van Microsoft 365 werken niet meer tot er een nieuwe is." "The registration was removed. Mailboxes of Microsoft 365 don't work until there is a new one.";
        remove "Registratie verwijderen" "Remove the registration";
        remove_why "Mailboxen van Microsoft 365 worden daarna niet meer opgehaald. De mail die hier staat, blijft." "After that mailboxes of Microsoft 365 are no longer fetched. The mail that is here stays.";
    }
}

#[derive(Template)]
#[template(path = "settings/microsoft.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    errors: Errors,
    typed: Typed,
    /// When the secret was set; none: there is no registration yet.
    secret_since: Option<Moment>,
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
}

impl Desk<'_> {
    /// The page as it is without anything typed.
    async fn page(self, told: Option<&'static str>) -> Result<Page, Refusal> {
        let kept = app::microsoft(&self.state.room, &self.person.viewer).await?;
        let (say, habit) = (Say(self.visitor.language), self.visitor.habit());
        let ending = kept.as_ref().filter(|kept| app::is_ending(kept, self.visitor.now));
        let days = ending.and_then(|kept| app::days_left(kept, self.visitor.now));
        Ok(Page {
            frame: Frame::new(self.visitor, Place::Settings),
            say,
            tabs: bar(self.visitor, self.person, HERE),
            told,
            errors: Errors::default(),
            typed: kept.as_ref().map_or_else(Typed::default, |kept| Typed {
                tenant: kept.tenant.clone(),
                client_id: kept.client_id.clone(),
                expires: kept.expires_at.map(|at| habit.date(at)).unwrap_or_default(),
                ..Typed::default()
            }),
            secret_since: kept.as_ref().map(|kept| habit.moment(kept.secret_set_at)),
            redirect_uri: self.here.0.map(|here| format!("{here}{ANSWER}")),
            ending: days.map(|days| match days {
                0 => say.has_ended().to_owned(),
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
    Query(after): Query<After>,
) -> Shown {
    let say = Say(visitor.language);
    let told = match after.saved.as_str() {
        "" => None,
        "removed" => Some(say.removed()),
        _ => Some(say.saved()),
    };
    shown(&Desk { state: &state, visitor: &visitor, person: &person, here }.page(told).await?)
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Form(typed): Form<Typed>,
) -> Shown {
    match keep(&state, &visitor, &person, &typed).await {
        Ok(()) => Ok(Redirect::to("/settings/microsoft?saved=1").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = Desk { state: &state, visitor: &visitor, person: &person, here }.page(None).await?;
            // What was typed as a secret is not shown again, not even to who typed it.
            let typed = Typed { client_secret: String::new(), password: String::new(), ..typed };
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, typed, ..page })
        }
    }
}

async fn keep(state: &AppState, visitor: &Visitor, person: &Person, typed: &Typed) -> Result<(), Refusal> {
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    let expires_at = visitor.habit().midnight(&typed.expires).map(|moment| moment.as_millisecond());
    if expires_at.is_none() && !typed.expires.trim().is_empty() {
        let mut checks = Checks::default();
        checks.wrong("expires", field::NO_DAY);
        checks.done()?;
    }
    let secret = typed.client_secret.trim();
    let input = AppInput {
        tenant: typed.tenant.clone(),
        client_id: typed.client_id.clone(),
        secret: (!secret.is_empty()).then(|| Zeroizing::new(secret.to_owned())),
        expires_at,
    };
    app::set_microsoft(&state.room, &person.viewer, input).await.map(|_| ())
}

async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Form(asked): Form<Typed>,
) -> Shown {
    let removed = match people::be_sure(&state.room, &person.session, &asked.password).await {
        Ok(()) => app::remove_microsoft(&state.room, &person.viewer).await,
        Err(refusal) => Err(refusal),
    };
    match removed {
        Ok(()) => Ok(Redirect::to("/settings/microsoft?saved=removed").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = Desk { state: &state, visitor: &visitor, person: &person, here }.page(None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, ..page })
        }
    }
}
