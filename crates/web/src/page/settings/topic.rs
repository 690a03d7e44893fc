//! Under the tab Connections, Google: being told of new mail over Pub/Sub.

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
    accounts::topic::{self, HOOK, TopicInput},
    words::Refusal,
};
use serde::Deserialize;
use zeroize::Zeroizing;

const PATH: &str = "/settings/google/notifications";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, Who::Administrators, show).post(PATH, Who::Administrators, save).post(
        "/settings/google/notifications/remove",
        Who::Administrators,
        remove,
    )
}

words! {
    Say {
        title "Meldingen van Gmail" "Notifications of Gmail";
        why "Zonder meldingen ziet Postkamer nieuwe mail bij Gmail zodra er weer wordt opgehaald. Met meldingen meldt Google elke verandering meteen, via Pub/Sub. Raakt een melding kwijt, dan komt de mail bij de volgende keer ophalen." "Without notifications Postkamer sees new mail at Gmail when it next fetches. With them Google tells of each change at once, over Pub/Sub. When one gets lost, the mail comes at the next fetch.";
        one "In Google Cloud, in hetzelfde project: zet de Cloud Pub/Sub API aan en maak een onderwerp (topic)." "In Google Cloud, in the same project: switch on the Cloud Pub/Sub API and make a topic.";
        two "Geef gmail-api-push@system.gserviceaccount.com bij dat onderwerp de rol Pub/Sub Publisher." "At that topic give gmail-api-push@system.gserviceaccount.com the role Pub/Sub Publisher.";
        three "Maak een serviceaccount zonder rollen; daaraan herkent Postkamer de meldingen." "Make a service account without roles; by it Postkamer knows the notifications.";
        four "Maak bij het onderwerp een abonnement van het type Push naar het adres hieronder, met verificatie aan, dat serviceaccount, en hetzelfde adres als doelgroep (audience)." "At the topic make a subscription of the type Push to the address below, with authentication on, that service account, and the same address as audience.";
        address "Adres voor het abonnement" "Address for the subscription";
        no_address "Deze server weet niet op welk adres Google hem bereikt. Stel base_url in; dan staat het hier." "This server does not know the address at which Google reaches it. Set base_url; then it stands here.";
        topic "Onderwerp (topic)" "Topic";
        topic_hint "Zoals het bij Google staat: projects/uw-project/topics/postkamer." "As it stands at Google: projects/your-project/topics/postkamer.";
        fetched "Google bereikt deze server niet" "Google does not reach this server";
        fetched_why "Dan haalt Postkamer de meldingen zelf op. Maak in plaats van stap 4 een abonnement van het type Pull, geef het serviceaccount daarbij de rol Pub/Sub Subscriber, en maak bij het serviceaccount een sleutel van het type JSON." "Postkamer then fetches the notifications by itself. In place of step 4 make a subscription of the type Pull, give the service account the role Pub/Sub Subscriber at it, and make a key of type JSON at the service account.";
        subscription "Abonnement (subscription)" "Subscription";
        subscription_hint "De volledige naam: projects/uw-project/subscriptions/postkamer. Laat dit leeg als Google de meldingen stuurt." "Its full name: projects/your-project/subscriptions/postkamer. Leave it empty when Google sends the notifications.";
        key "Sleutelbestand van het serviceaccount (JSON)" "Key file of the service account (JSON)";
        key_hint "Plak het hele bestand. Het wordt versleuteld bewaard en nooit meer getoond." "Paste the whole file. It is kept encrypted and never shown again.";
        key_kept "Er is een sleutel bewaard. Laat dit leeg om hem te houden." "A key is kept. Leave this empty to keep it.";
        trouble(why) "Het ophalen van meldingen lukt niet: {why}" "The notifications can't be fetched: {why}";
        service_account "Serviceaccount" "Service account";
        service_account_hint "Het adres, bijvoorbeeld postkamer@uw-project.iam.gserviceaccount.com." "Its address, for example postkamer@your-project.iam.gserviceaccount.com.";
        save "Bewaren" "Save";
        saved "Bewaard. De mailboxen van Google vragen nu om meldingen." "Saved. The mailboxes of Google now ask for notifications.";
        removed "Google meldt niets meer. Nieuwe mail komt bij de volgende keer ophalen." "Google no longer tells of anything. New mail comes at the next fetch.";
        last_told(when) "De laatste melding kwam op {when}." "The last notification came on {when}.";
        none_yet "Er kwam nog geen melding. Stuur de mailbox een bericht om het te proberen." "No notification came yet. Send the mailbox a message to try it.";
        remove "Zonder meldingen verder" "Go on without notifications";
        back "Terug naar de app bij Google" "Back to the app at Google";
    }
}

#[derive(Template)]
#[template(path = "settings/topic.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    told: Option<String>,
    errors: Errors,
    typed: Typed,
    /// Where Google is to post.
    address: Option<String>,
    is_kept: bool,
    last_told: Option<Moment>,
    /// Why they can't be fetched.
    trouble: Option<String>,
    has_key: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    topic: String,
    service_account: String,
    subscription: String,
    #[serde(rename = "key")]
    key_file: String,
}

async fn page(state: &AppState, visitor: &Visitor, person: &Person, here: Here) -> Result<Page, Refusal> {
    let kept = topic::get(&state.room, &person.viewer).await?;
    Ok(Page {
        frame: Frame::new(visitor, Place::Settings),
        say: Say(visitor.language),
        tabs: bar(visitor, person, "/settings/google"),
        told: None,
        errors: Errors::default(),
        address: here.0.map(|here| format!("{here}{HOOK}")),
        is_kept: kept.is_some(),
        last_told: kept.as_ref().and_then(|kept| kept.told_at).map(|at| visitor.habit().moment(at)),
        trouble: kept.as_ref().and_then(|kept| kept.trouble.clone()),
        has_key: kept.as_ref().is_some_and(|kept| kept.subscription.is_some()),
        typed: kept.map_or_else(Typed::default, |kept| Typed {
            topic: kept.topic,
            service_account: kept.pusher,
            subscription: kept.subscription.unwrap_or_default(),
            key_file: String::new(),
        }),
    })
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
        "removed" => Some(say.removed().to_owned()),
        _ => Some(say.saved().to_owned()),
    };
    shown(&Page { told, ..page(&state, &visitor, &person, here).await? })
}

async fn save(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    here: Here,
    Form(typed): Form<Typed>,
) -> Shown {
    let input = TopicInput {
        topic: typed.topic.clone(),
        service_account: typed.service_account.clone(),
        subscription: typed.subscription.clone(),
        key: Some(Zeroizing::new(typed.key_file.clone())),
    };
    match topic::set(&state.room, &person.viewer, input).await {
        Ok(_) => Ok(Redirect::to(&format!("{PATH}?saved=1")).into_response()),
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = page(&state, &visitor, &person, here).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &Page { errors, typed, ..page })
        }
    }
}

async fn remove(State(state): State<AppState>, person: Person) -> Shown {
    topic::remove(&state.room, &person.viewer).await?;
    Ok(Redirect::to(&format!("{PATH}?saved=removed")).into_response())
}
