//! The mail: mailboxes and folders, conversations, and the one that is read.

mod list;
mod mailbox;

use super::{
    frame::{Frame, Place, Shown, shown},
    route::{Pages, Who},
    visitor::{Person, Visitor},
    words::words,
};
use crate::{AppState, problem::Problem};
use askama::Template;
use axum::extract::{Query, State};
use list::{Line, Wanted};
use mailbox::Mailbox;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mail", Who::Everybody, show)
}

words! {
    Say {
        all_mail "Alle mail" "All mail";
        mailboxes "Mailboxen" "Mailboxes";
        health_green "werkt" "works";
        health_amber "probeert het opnieuw" "is trying again";
        health_red "werkt niet" "does not work";
        unread_of(count) "{count} ongelezen" "{count} unread";
        inbox "Postvak in" "Inbox";
        sent "Verzonden" "Sent";
        drafts "Concepten" "Drafts";
        junk "Ongewenst" "Junk";
        trash "Prullenbak" "Trash";
        archive "Archief" "Archive";
        conversations "Gesprekken" "Conversations";
        nobody "Onbekende afzender" "Unknown sender";
        no_subject "(geen onderwerp)" "(no subject)";
        to(name) "Aan {name}" "To {name}";
        attachments(count) "{count} bijlage|{count} bijlagen" "{count} attachment|{count} attachments";
        private "Privé" "Private";
        flagged "Gemarkeerd" "Flagged";
        unread "Ongelezen" "Unread";
        older "Oudere gesprekken" "Older conversations";
        nothing_here "Hier is nog niets" "Nothing here yet";
        nothing_here_why "Nieuwe mail verschijnt hier vanzelf zodra hij binnenkomt." "New mail appears here by itself as soon as it comes in.";
        no_mailbox "Nog geen mailbox" "No mailbox yet";
        no_mailbox_why "Zodra er een mailbox met u is gedeeld, staat de mail hier. Een beheerder regelt dat onder Mailboxen." "As soon as a mailbox is shared with you, its mail is here. An administrator arranges that under Mailboxes.";
        connect_mailbox "Mailbox verbinden" "Connect a mailbox";
    }
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Page {
    frame: Frame,
    say: Say,
    mailboxes: Vec<Mailbox>,
    wanted: Wanted,
    title: String,
    lines: Vec<Line>,
    older: Option<String>,
    may_connect: bool,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Query(wanted): Query<Wanted>) -> Shown {
    let say = Say(visitor.language);
    let mailboxes = mailbox::all(&state, &person.viewer, say, &visitor.habit()).await?;
    let (lines, older) = list::lines(&state, &visitor, &person.viewer, &wanted).await?;
    let title = wanted.title(&mailboxes).ok_or_else(Problem::not_found)?.unwrap_or_else(|| say.all_mail().to_owned());
    let frame = Frame::new(&visitor, Place::Mail);
    shown(&Page { frame, say, mailboxes, wanted, title, lines, older, may_connect: person.manages_mailboxes() })
}
