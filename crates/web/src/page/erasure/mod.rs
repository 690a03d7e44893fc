//! Erasing a person (GDPR, article 17): what goes and what stays, the name typed to confirm, and how far it is.

use super::{
    frame::{Errors, Frame, Place, Shown, shown, shown_as},
    route::{Pages, Who},
    visitor::{Person, Visitor},
    words::words,
};
use crate::{AppState, given::Named, problem::Problem};
use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use mail::{ContactKey, UserKey};
use mailroom::{
    people::{
        self,
        erasure::{self, called, erase},
        personal::Subject,
    },
    words::Refusal,
};
use serde::Deserialize;
use store::erasure::Erasure;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/contacts/{id}/erasure", Who::Administrators, ask_of_contact)
        .post("/contacts/{id}/erasure", Who::Administrators, erase_contact)
        .get("/settings/users/{id}/erasure", Who::Administrators, ask_of_user)
        .post("/settings/users/{id}/erasure", Who::Administrators, erase_user)
}

words! {
    Say {
        title(name) "{name} wissen?" "Erase {name}?";
        contact_goes "Dit gaat voorgoed weg: de naam, de adressen, het id in uw eigen software, de koppelingen aan mail en dossiers, en het adres in concepten en in het logboek." "This goes for good: the name, the addresses, the id in your own software, the links to mail and dossiers, and the address in drafts and in the log.";
        contact_stays "De mail met deze persoon en de notities erbij blijven: dat is het archief van de organisatie. Vertrouwelijke mail blijft vertrouwelijk." "The mail with this person and the notes beside it stay: that is the organisation's record. Confidential mail stays confidential.";
        user_goes "Dit gaat voorgoed weg: de naam, het adres, het wachtwoord, aanmeldingen, tokens, groepen, rechten en concepten van deze persoon." "This goes for good: the name, the address, the password, sessions, tokens, groups, rights and drafts of this person.";
        user_stays "Wat deze persoon schreef en deed blijft staan als dat van een oud-collega. De mail blijft: die is van de organisatie." "What this person wrote and did stays as that of a former colleague. The mail stays: it is the organisation's.";
        with_mail "Ook de mail wissen die alleen van deze persoon is" "Erase the mail too that is this person's alone";
        with_mail_hint "Mail die deze persoon schreef, en mail waarin verder alleen wij staan, in alle mailboxen. Die wordt ook op de mailserver verwijderd en komt niet terug." "Mail that this person wrote, and mail in which besides them there are only we, in all mailboxes. It is deleted on the mail server too and does not come back.";
        backups "In reservekopieën van voor vandaag staat deze persoon nog. Wis opnieuw als u zo'n kopie terugzet." "Backups from before today still hold this person. Erase again when you bring one back.";
        copy_first "Maak eerst een kopie" "Make a copy first";
        typed(name) "Typ ter bevestiging: {name}" "To confirm, type: {name}";
        yes "Voorgoed wissen" "Erase for good";
        cancel "Toch niet" "Not after all";
        done_title "Gewist" "Erased";
        messages(n) "Met deze persoon gaat {n} bericht weg.|Met deze persoon gaan {n} berichten weg." "{n} message goes with this person.|{n} messages go with this person.";
        left(n) "Nog {n} bericht te gaan.|Nog {n} berichten te gaan." "{n} message still to go.|{n} messages still to go.";
        tonight "Komende nacht wordt ook opgeruimd wat in de database is vrijgekomen. Daarna is er niets meer van over." "In the coming night what became free in the database is cleared too. After that nothing of it is left.";
        finished(when) "Er is niets meer van over sinds {when}." "Nothing of it is left since {when}.";
        back "Terug" "Back";
    }
}

#[derive(Template)]
#[template(path = "erasure/ask.html")]
struct Ask {
    frame: Frame,
    say: Say,
    errors: Errors,
    title: String,
    /// What asks for the name.
    prompt: String,
    goes: &'static str,
    stays: &'static str,
    typed: Typed,
    /// Of a contact the mail may go too.
    may_take_mail: bool,
    asks: bool,
    /// What stands in the way and is no field.
    in_the_way: Option<String>,
    here: String,
    back: String,
}

#[derive(Template)]
#[template(path = "erasure/done.html")]
struct Done {
    frame: Frame,
    say: Say,
    erasure: Erasure,
    /// When nothing was left.
    finished: Option<String>,
    back: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    mail: Option<String>,
    password: String,
}

async fn ask_of_contact(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<ContactKey>,
) -> Shown {
    ask(&state, &visitor, &person, Subject::Contact(key)).await
}

async fn erase_contact(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<ContactKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    take_away(&state, &visitor, &person, Subject::Contact(key), typed).await
}

async fn ask_of_user(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
) -> Shown {
    ask(&state, &visitor, &person, Subject::User(key)).await
}

async fn erase_user(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<UserKey>,
    Form(typed): Form<Typed>,
) -> Shown {
    take_away(&state, &visitor, &person, Subject::User(key), typed).await
}

/// How far it is, when it was asked for already, and else the question.
async fn ask(state: &AppState, visitor: &Visitor, person: &Person, subject: Subject) -> Shown {
    match erasure::state(&state.room, &person.viewer, subject).await {
        Ok(erasure) => {
            let (place, back) = match subject {
                Subject::Contact(_) => (Place::Contacts, "/contacts"),
                Subject::User(_) => (Place::Settings, "/settings/users"),
            };
            let finished = erasure.cleaned_at.map(|at| visitor.habit().moment(at).full);
            let (frame, say) = (Frame::new(visitor, place), Say(visitor.language));
            shown(&Done { frame, say, erasure, finished, back })
        }
        Err(Refusal::NotFound) => {
            shown(&question(state, visitor, person, subject, Errors::default(), Typed::default()).await?)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn take_away(state: &AppState, visitor: &Visitor, person: &Person, subject: Subject, typed: Typed) -> Shown {
    let mut erased = people::be_sure(&state.room, &person.session, &typed.password).await;
    if erased.is_ok() {
        let with_mail = typed.mail.is_some();
        let begun = erase(&state.room, &person.viewer, subject, &typed.name, with_mail, visitor.language).await;
        erased = begun.map(|_| ());
    }
    match erased {
        Ok(()) => {
            // A user's tokens stop working at once.
            state.tokens.forget();
            Ok(Redirect::to(&address(subject)).into_response())
        }
        Err(refusal) => {
            let errors = Errors::told(refusal, visitor.language)?;
            let page = question(state, visitor, person, subject, errors, typed).await?;
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Where it is asked.
fn address(subject: Subject) -> String {
    format!("{}/erasure", of(subject))
}

/// Where the person stands.
fn of(subject: Subject) -> String {
    match subject {
        Subject::Contact(key) => format!("/contacts/{key}"),
        Subject::User(key) => format!("/settings/users/{key}"),
    }
}

async fn question(
    state: &AppState,
    visitor: &Visitor,
    person: &Person,
    subject: Subject,
    errors: Errors,
    typed: Typed,
) -> Result<Ask, Problem> {
    let say = Say(visitor.language);
    let name = called(&state.room, &person.viewer, subject).await?;
    let (place, goes, stays) = match subject {
        Subject::Contact(_) => (Place::Contacts, say.contact_goes(), say.contact_stays()),
        Subject::User(_) => (Place::Settings, say.user_goes(), say.user_stays()),
    };
    let in_the_way = ["outbox", "accounts", "role", "user"].into_iter().find_map(|field| errors.of(field));
    Ok(Ask {
        frame: Frame::new(visitor, place),
        say,
        title: say.title(&name),
        in_the_way: in_the_way.map(str::to_owned),
        errors,
        prompt: say.typed(&name),
        goes,
        stays,
        typed,
        may_take_mail: matches!(subject, Subject::Contact(_)),
        asks: !people::is_sure(&state.room, &person.session),
        here: address(subject),
        back: of(subject),
    })
}
