//! Drafts on their way out and back.

use super::{Manner, UNDO_MS, attach, back, create, discard, get, list, opening, own_words, save, send, signed_anew};
use crate::{
    outgoing::{
        self,
        fixture::{House, NOON, house, house_with},
    },
    people::{self, user::UserInput},
    words::Refusal,
};
use mail::{Address, compose::Attached, display::Language};
use store::{
    UserRole,
    account::{Font, Style},
    draft::Letter,
    outbox::{self, State},
};

const DUTCH: Manner = Manner { language: Language::Dutch, offset_seconds: 3600 };

fn letter(house: &House, words: &str) -> Letter {
    let to = vec![Address::bare("jan@elders.nl")];
    Letter {
        account: Some(house.account),
        to,
        subject: "Offerte".into(),
        text: Some(words.into()),
        ..Letter::default()
    }
}

fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Conflict(error) | Refusal::Forbidden(error) => error.code,
        Refusal::Invalid { errors } => errors[0].code,
        _ => "",
    }
}

#[tokio::test]
async fn a_draft_saved_elsewhere_is_not_overwritten_unseen() {
    let house = house().await;
    let (room, viewer) = (&house.room, &house.viewer);
    let begun = create(room, viewer, None, letter(&house, "een")).await.unwrap();
    let there = save(room, viewer, begun.id, begun.version, letter(&house, "twee")).await.unwrap();
    let refused = save(room, viewer, begun.id, begun.version, letter(&house, "drie")).await.unwrap_err();
    assert_eq!(code(&refused), "draft_changed");
    let again = save(room, viewer, begun.id, begun.version, letter(&house, "twee")).await.unwrap();
    assert_eq!((again.version, again.letter.text.as_deref()), (there.version, Some("twee")));
    discard(room, viewer, begun.id).await.unwrap();
    assert!(matches!(get(room, viewer, begun.id).await, Err(Refusal::NotFound)));
}

#[tokio::test]
async fn a_draft_sent_twice_is_one_mail_that_can_be_taken_back_and_sent_again() {
    let house = house().await;
    let (room, viewer) = (&house.room, &house.viewer);
    let draft = create(room, viewer, None, letter(&house, "Dag")).await.unwrap();
    let file =
        Attached { name: "a.txt".into(), content_type: "text/plain".into(), bytes: b"een".to_vec(), content_id: None };
    attach(room, viewer, draft.id, file, false).await.unwrap();
    let both = [0, 1].map(|_| send(room, viewer, draft.id, draft.version, None, DUTCH));
    let [first, second] = both;
    let (first, second) = tokio::join!(first, second);
    let first = first.unwrap();
    assert_eq!(first, second.unwrap());
    let kept = outgoing::get(room, viewer, first.id).await.unwrap();
    assert_eq!(kept.not_before_at, NOON + UNDO_MS);
    assert!(list(room, viewer, None, 10).await.unwrap().0.is_empty(), "what was handed over is no draft any more");
    let returned = back(room, viewer, first.id).await.unwrap();
    assert_eq!((returned.id, returned.files.len()), (draft.id, 1));
    assert_eq!(outgoing::get(room, viewer, first.id).await.unwrap().state, State::Cancelled);
    let anew = send(room, viewer, draft.id, returned.version, None, DUTCH).await.unwrap();
    assert_ne!(anew.id, first.id);
}

#[tokio::test]
async fn what_a_program_handed_over_comes_back_as_a_draft_with_everything_in_it() {
    let house = house().await;
    let (room, viewer) = (&house.room, &house.viewer);
    let mail = outgoing::NewMail {
        account: Some(house.account),
        to: vec![Address::bare("jan@elders.nl")],
        bcc: vec![Address::bare("stil@elders.nl")],
        subject: "Factuur".into(),
        html: Some("<p>Hierbij <b>de factuur</b></p>".into()),
        attachments: vec![Attached {
            name: "f.pdf".into(),
            content_type: "application/pdf".into(),
            bytes: vec![1, 2],
            content_id: None,
        }],
        ..outgoing::NewMail::default()
    };
    let taken = outgoing::submit(room, viewer, mail, None).await.unwrap();
    let draft = back(room, viewer, taken.id).await.unwrap();
    assert_eq!(draft.letter.bcc, [Address::bare("stil@elders.nl")]);
    assert!(draft.letter.html.unwrap().contains("<b>de factuur</b>"));
    assert_eq!((draft.files[0].name.as_str(), draft.files[0].size), ("f.pdf", 2));
    let refused = outgoing::cancel(room, viewer, taken.id).await.unwrap();
    assert_eq!(refused, State::Cancelled);
}

#[tokio::test]
async fn what_the_installation_wrote_to_one_person_nobody_else_reads_from_the_outbox() {
    let house = house().await;
    let (room, viewer) = (&house.room, &house.viewer);
    let input = UserInput { email: "els@elders.nl".into(), name: "Els".into(), role: UserRole::Member, language: None };
    let els = people::user::create(room, viewer, input).await.unwrap();
    people::invite(room, viewer, els.id).await.unwrap();
    let waiting = outgoing::list(room, viewer, outbox::Filter::default(), None, 10).await.unwrap().0.remove(0);
    let refused = back(room, viewer, waiting.id).await.unwrap_err();
    assert_eq!(code(&refused), "nothing_to_correct", "it holds a link by which a password is chosen");
    assert_eq!(outgoing::get(room, viewer, waiting.id).await.unwrap().state, State::Waiting, "and it goes on");
}

#[tokio::test]
async fn nothing_that_runs_leaves_in_a_draft_s_html() {
    let house = house().await;
    let html = Some("<p onclick=\"x()\">Dag<script>alert(1)</script><img src=\"https://x.nl/p.gif\"></p>".to_owned());
    let written = Letter { html, text: None, ..letter(&house, "") };
    let draft = create(&house.room, &house.viewer, None, written).await.unwrap();
    assert_eq!(draft.letter.html.as_deref(), Some("<p>Dag<img></p>"));
}

#[tokio::test]
async fn a_letter_leaves_in_its_mailbox_s_font_with_one_signature() {
    let house = house_with(|settings| {
        let signature = Some("<div>Groet,</div><div>Info</div>".to_owned());
        settings.style = Style { font: Some(Font::Georgia), font_size: Some(11), signature };
    })
    .await;
    let (room, viewer) = (&house.room, &house.viewer);
    let begun = opening(room, viewer, Some(house.account), false).await.unwrap();
    assert_eq!(begun.text, "\n\n-- \nGroet,\nInfo");
    let html = Some(format!("<div>Dag Jan</div>{}", begun.html));
    let written = Letter { html, text: None, ..letter(&house, "") };
    assert_eq!(own_words(room, viewer, &written).await.unwrap().trim(), "Dag Jan");
    let kept = signed_anew(room, viewer, written.clone(), Some(house.account)).await.unwrap();
    assert_eq!(kept, written, "the same sender signs the same");
    let draft = create(room, viewer, None, written).await.unwrap();
    let sent = send(room, viewer, draft.id, draft.version, None, DUTCH).await.unwrap();
    let digest = outgoing::get(room, viewer, sent.id).await.unwrap().digest;
    let raw = room.store.raw(viewer.organisation, digest.try_into().unwrap()).await.unwrap();
    let read = mail::parse::parse(&raw);
    assert_eq!(
        read.text.as_deref().map(|text| text.replace('\r', "")).as_deref(),
        Some("Dag Jan\n\n-- \nGroet,\nInfo\n")
    );
    let html = read.html.unwrap();
    assert!(html.starts_with("<div style=\"font-family: Georgia, serif; font-size: 11pt\"><div>Dag Jan"), "{html}");
    assert_eq!(html.matches("Groet,").count(), 1);
}
