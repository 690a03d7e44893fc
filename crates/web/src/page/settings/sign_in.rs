//! The tab Sign-in: the provider at which the organisation's people may sign in (OpenID Connect).

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
    people::{
        self,
        provider::{self, ANSWER, ProviderInput},
    },
    words::Refusal,
};
use serde::Deserialize;
use store::identity_provider::IdentityProvider;
use zeroize::Zeroizing;

const HERE: &str = "/settings/sign-in";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(HERE, Who::Administrators, show)
        .post(HERE, Who::Administrators, save)
        .post("/settings/sign-in/test", Who::Administrators, try_out)
        .post("/settings/sign-in/remove", Who::Administrators, remove)
}

words! {
    Say {
        title "Aanmelden" "Sign-in";
        service "Aanmelddienst" "Sign-in service";
        why "Gebruikt uw organisatie Microsoft Entra, Google, Keycloak, Authentik, Zitadel of een andere OpenID Connect-dienst? Dan kan iedereen zich daarmee hier aanmelden." "Does your organisation use Microsoft Entra, Google, Keycloak, Authentik, Zitadel or another OpenID Connect service? Then everybody can sign in here with it.";
        redirect_uri "Terugkeeradres (redirect URI), om bij de dienst te registreren" "Redirect URI, to register at the service";
        no_address "Deze server weet niet op welk adres u hem bereikt. Stel base_url in; dan staat hier wat u bij de dienst registreert." "This server does not know the address at which you reach it. Set base_url; then what you register at the service stands here.";
        name "Naam op de knop" "Name on the button";
        name_hint "Bijvoorbeeld Microsoft, of de naam van uw organisatie." "For example Microsoft, or the name of your organisation.";
        issuer "Adres van de dienst (issuer)" "Address of the service (issuer)";
        issuer_hint "Precies zoals de dienst zichzelf noemt, bijvoorbeeld https://login.microsoftonline.com/UW-TENANT/v2.0 of https://accounts.google.com." "Exactly as the service calls itself, for example https://login.microsoftonline.com/YOUR-TENANT/v2.0 or https://accounts.google.com.";
        client_id "Client-ID" "Client ID";
        secret "Clientgeheim" "Client secret";
        secret_since(when) "Ingesteld op {when}. Laat leeg om het te houden." "Set on {when}. Leave empty to keep it.";
        passwords "Wachtwoorden" "Passwords";
        passwords_on "Wie geen beheerder is, mag zich ook met een wachtwoord aanmelden" "Who is no administrator may sign in with a password too";
        passwords_hint "Beheerders houden altijd hun wachtwoord en tweede factor, voor als de dienst niet werkt." "Administrators always keep their password and second factor, for when the service does not work.";
        newcomers "Wie hier nieuw is" "Who is new here";
        domains "Domeinen, een per regel" "Domains, one a line";
        domains_hint "De dienst mag voor adressen van deze domeinen instaan, ook als hij ze niet als bevestigd doorgeeft (zoals Microsoft). Adressen van andere domeinen moet hij bevestigen." "The service may vouch for addresses of these domains, also when it does not pass them on as verified (as Microsoft does). Addresses of other domains it must verify.";
        admit "Een onbekend adres van deze domeinen wordt vanzelf medewerker" "An unknown address of these domains becomes a member by itself";
        save "Bewaren" "Save";
        saved "Bewaard." "Saved.";
        removed "De aanmelddienst is verwijderd. Iedereen meldt zich nu aan met een wachtwoord." "The sign-in service was removed. Everybody signs in with a password now.";
        try_title "Proberen" "Try";
        try_why "We lezen wat de dienst over zichzelf zegt. Er wordt niets bewaard." "We read what the service says of itself. Nothing is saved.";
        try_it "Proberen" "Try";
        works "De dienst antwoordt goed. Bewaar de instellingen en meld u in een ander venster aan om het helemaal te proberen." "The service answers well. Save the settings and sign in from another window to try all of it.";
        remove "Aanmelddienst verwijderen" "Remove the sign-in service";
        remove_why "Wie geen wachtwoord heeft, kan zich daarna niet meer aanmelden tot u een link stuurt, bij Gebruikers." "Who has no password can't sign in after that until you send a link, at Users.";
    }
}

#[derive(Template)]
#[template(path = "settings/sign_in.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<&'static str>,
    errors: Errors,
    wrong_domains: Vec<String>,
    typed: Typed,
    /// When the secret was set; none: there is no provider yet.
    secret_since: Option<Moment>,
    redirect_uri: Option<String>,
    tried: String,
    /// Whether it works, and what is to be said of it.
    trial: Option<(bool, String)>,
    asks: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    issuer: String,
    client_id: String,
    client_secret: String,
    passwords: Option<String>,
    admit_unknown: Option<String>,
    domains: String,
    password: String,
}

/// What a form asks that only tries, or only removes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    tried: String,
    password: String,
}

impl Typed {
    fn of(kept: Option<&IdentityProvider>) -> Typed {
        let ticked = |is: bool| is.then(|| "1".to_owned());
        let Some(kept) = kept else { return Typed { passwords: ticked(true), ..Typed::default() } };
        Typed {
            name: kept.name.clone(),
            issuer: kept.issuer.clone(),
            client_id: kept.client_id.clone(),
            passwords: ticked(kept.passwords_for_members),
            admit_unknown: ticked(kept.admit_unknown),
            domains: kept.domains.join("\n"),
            ..Typed::default()
        }
    }

    fn lines(&self) -> Vec<String> {
        self.domains.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
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
        let kept = provider::of_organisation(&self.state.room, &self.person.viewer).await?;
        let typed = Typed::of(kept.as_ref());
        Ok(Page {
            frame: Frame::new(self.visitor, Place::Settings),
            say: Say(self.visitor.language),
            tabs: bar(self.visitor, self.person, HERE),
            told,
            errors: Errors::default(),
            wrong_domains: Vec::new(),
            tried: typed.issuer.clone(),
            typed,
            secret_since: kept.map(|kept| self.visitor.habit().moment(kept.secret_set_at)),
            redirect_uri: self.here.0.map(|here| format!("{here}{ANSWER}")),
            trial: None,
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
    match keep(&state, &person, &typed).await {
        Ok(()) => Ok(Redirect::to("/settings/sign-in?saved=1").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = Desk { state: &state, visitor: &visitor, person: &person, here }.page(None).await?;
            let wrong_domains = errors.of_lines("domains", &typed.lines());
            // What was typed as a secret is not shown again, not even to who typed it.
            let typed = Typed { client_secret: String::new(), password: String::new(), ..typed };
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, wrong_domains, typed, ..page })
        }
    }
}

async fn keep(state: &AppState, person: &Person, typed: &Typed) -> Result<(), Refusal> {
    people::be_sure(&state.room, &person.session, &typed.password).await?;
    let secret = typed.client_secret.trim();
    let input = ProviderInput {
        name: typed.name.clone(),
        issuer: typed.issuer.clone(),
        client_id: typed.client_id.clone(),
        secret: (!secret.is_empty()).then(|| Zeroizing::new(secret.to_owned())),
        passwords_for_members: typed.passwords.is_some(),
        admit_unknown: typed.admit_unknown.is_some(),
        domains: typed.lines(),
    };
    provider::set(&state.room, &person.viewer, input).await.map(|_| ())
}

async fn try_out(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Form(asked): Form<Asked>,
) -> Shown {
    let trial = match provider::try_out(&state.room, &person.viewer, &asked.tried).await? {
        Ok(_) => (true, Say(visitor.language).works().to_owned()),
        Err(why) => (false, why.message.say(visitor.language).to_owned()),
    };
    let mut page = Desk { state: &state, visitor: &visitor, person: &person, here }.page(None).await?;
    if page.typed.issuer.is_empty() && trial.0 {
        page.typed.issuer = asked.tried.trim().to_owned();
    }
    shown(&Page { tried: asked.tried, trial: Some(trial), ..page })
}

async fn remove(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Form(asked): Form<Asked>,
) -> Shown {
    let removed = match people::be_sure(&state.room, &person.session, &asked.password).await {
        Ok(()) => provider::remove(&state.room, &person.viewer).await,
        Err(refusal) => Err(refusal),
    };
    match removed {
        Ok(()) => Ok(Redirect::to("/settings/sign-in?saved=removed").into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = Desk { state: &state, visitor: &visitor, person: &person, here }.page(None).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, ..page })
        }
    }
}
