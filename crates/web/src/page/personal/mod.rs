//! What is known about one person, to take away (features U5): a contact, a colleague, oneself.

use super::{
    frame::{Frame, Place, Shown, shown},
    route::{Pages, Who},
    visitor::{Person, Visitor},
    words::words,
};
use crate::{AppState, api, given::Named};
use askama::Template;
use axum::extract::State;
use mail::{ContactKey, UserKey};
use mailroom::people::{
    erasure::called,
    personal::{Subject, gather, take},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/contacts/{id}/personal-data", Who::Administrators, ask_of_contact)
        .post("/contacts/{id}/personal-data", Who::Administrators, take_of_contact)
        .get("/settings/users/{id}/personal-data", Who::Administrators, ask_of_user)
        .post("/settings/users/{id}/personal-data", Who::Administrators, take_of_user)
        .get("/me/personal-data", Who::Everybody, ask_of_oneself)
        .post("/me/personal-data", Who::Everybody, take_of_oneself)
}

words! {
    Say {
        title(name) "Wat we weten van {name}" "What we know of {name}";
        own_title "Wat we van u weten" "What we know of you";
        why_contact "Vraagt iemand welke gegevens u van hem of haar bewaart, dan geeft u deze kopie: de gegevens, dossiers en notities van dit contact, en alle mail met een van de adressen die u mag zien." "When somebody asks which data you keep of them, you hand over this copy: the details, dossiers and notes of this contact, and all mail with one of the addresses that you may see.";
        why_user "Deze kopie bevat de gegevens van deze gebruiker, wat die deed en schreef, waar die is aangemeld, en alle mail met het adres die u mag zien. Concepten en wachtwoord zitten er niet in." "This copy holds the details of this user, what they did and wrote, where they are signed in, and all mail with their address that you may see. Drafts and the password are not in it.";
        why_own "Deze kopie bevat uw gegevens, wat u deed en schreef, waar u bent aangemeld, uw concepten, en alle mail met uw adres die u mag zien. Uw wachtwoord zit er niet in." "This copy holds your details, what you did and wrote, where you are signed in, your drafts, and all mail with your address that you may see. Your password is not in it.";
        others "In berichten en notities kunnen ook gegevens van anderen staan. Haal die weg voordat u de kopie doorgeeft." "Messages and notes may hold data of others too. Take those out before you pass the copy on.";
        messages(n) "{n} bericht|{n} berichten" "{n} message|{n} messages";
        size(size) "een zipbestand van {size}" "a zip file of {size}";
        logged "In het logboek komt te staan dat u deze kopie nam." "The log will say that you took this copy.";
        download "Kopie ophalen" "Get the copy";
        back "Terug" "Back";
    }
}

#[derive(Template)]
#[template(path = "personal/personal.html")]
struct Page {
    frame: Frame,
    say: Say,
    title: String,
    why: &'static str,
    /// Where the form goes.
    here: String,
    back: String,
    messages: usize,
    size: String,
    /// It is about somebody else.
    of_another: bool,
}

async fn ask_of_contact(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<ContactKey>,
) -> Shown {
    ask(&state, &visitor, &person, Subject::Contact(key), format!("/contacts/{key}")).await
}

async fn take_of_contact(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<ContactKey>,
) -> Shown {
    give(&state, &visitor, &person, Subject::Contact(key)).await
}

async fn ask_of_user(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
) -> Shown {
    ask(&state, &visitor, &person, Subject::User(key), format!("/settings/users/{key}")).await
}

async fn take_of_user(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
) -> Shown {
    give(&state, &visitor, &person, Subject::User(key)).await
}

async fn ask_of_oneself(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    ask(&state, &visitor, &person, Subject::User(person.viewer.user), "/me".to_owned()).await
}

async fn take_of_oneself(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    give(&state, &visitor, &person, Subject::User(person.viewer.user)).await
}

async fn ask(state: &AppState, visitor: &Visitor, person: &Person, subject: Subject, back: String) -> Shown {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let found = gather(&state.room, &person.viewer, subject, visitor.language).await?;
    let is_own = back == "/me";
    let (place, why) = match subject {
        Subject::Contact(_) => (Place::Contacts, say.why_contact()),
        Subject::User(_) if is_own => (Place::Me, say.why_own()),
        Subject::User(_) => (Place::Settings, say.why_user()),
    };
    shown(&Page {
        frame: Frame::new(visitor, place),
        say,
        title: match is_own {
            true => say.own_title().to_owned(),
            false => say.title(called(&state.room, &person.viewer, subject).await?),
        },
        why,
        here: format!("{back}/personal-data"),
        back,
        messages: found.messages,
        size: say.size(habit.size(found.bytes as i64)),
        of_another: !is_own,
    })
}

async fn give(state: &AppState, visitor: &Visitor, person: &Person, subject: Subject) -> Shown {
    Ok(api::archive(state, take(&state.room, &person.viewer, subject, visitor.language).await?))
}
