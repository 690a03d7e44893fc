//! From draft to outbox: once, however often the button was pressed.

use super::{Manner, begin, signature};
use crate::{
    MailRoom,
    outgoing::{self, Accepted, NewMail, Repeat},
    words::{Refusal, field},
};
use mail::{
    Address, DraftKey,
    compose::{Attached, signature::text_of_letter},
    display,
};
use store::{
    Viewer, blob,
    draft::{Draft, File, Letter},
};

/// How long a mail waits in the outbox before it goes, so that it can be taken back (features S1), in milliseconds.
pub const UNDO_MS: i64 = 15_000;

/// Hands a draft over as it is in this version, to go in 15 seconds or at a moment that its author chose.
///
/// Pressed twice it is handed over once: the draft's key and version are the key of the request, and the draft is marked
/// in the unit of work that keeps the submission.
pub async fn send(
    room: &MailRoom,
    viewer: &Viewer,
    id: DraftKey,
    version: i64,
    send_at: Option<i64>,
    manner: Manner,
) -> Result<Accepted, Refusal> {
    let draft = super::get(room, viewer, id).await?;
    if let Some(submission) = draft.submission {
        let state = outgoing::get(room, viewer, submission).await?.state;
        return Ok(Accepted { id: submission, state });
    }
    if draft.version != version {
        return Err(Refusal::conflict("version", field::DRAFT_CHANGED));
    }
    let mut mail = written(room, viewer, &draft, manner).await?;
    mail.draft = Some((id, version));
    let now = room.clock.now();
    mail.send_at = Some(send_at.unwrap_or(now + UNDO_MS).max(now));
    let key = format!("draft/{id}/{version}");
    let repeat = Repeat { body_digest: blob::digest(key.as_bytes()), key };
    outgoing::submit(room, viewer, mail, Some(repeat)).await
}

/// The mail that the draft says.
async fn written(room: &MailRoom, viewer: &Viewer, draft: &Draft, manner: Manner) -> Result<NewMail, Refusal> {
    let Letter { account, to, cc, bcc, subject, text, html, source, forwards, quotes } = draft.letter.clone();
    let mut attachments = Vec::new();
    for kept in &draft.files {
        let bytes = room.store.raw(viewer.organisation, kept.digest).await?;
        let File { name, content_type, content_id, .. } = kept.clone();
        attachments.push(Attached { name, content_type, bytes: bytes.to_vec(), content_id });
    }
    let style = signature::style(room, viewer, account).await?;
    // Made here and not from the final HTML, where a new letter's signature could not be told from the rest.
    let marked = html.as_deref().filter(|_| source.is_none()).and_then(text_of_letter);
    let mut text = text.or(marked);
    let mut html = html.map(|html| signature::dressed(html, &style));
    if let Some(key) = source.filter(|_| quotes) {
        let source = begin::source(room, viewer, key).await?;
        let Manner { language, offset_seconds } = manner;
        match &mut html {
            Some(html) => html.push_str(&match forwards {
                true => display::forwarded_html(&source.read, language, offset_seconds),
                false => display::quote_reply_html(&source.read, language, offset_seconds),
            }),
            None => {
                let below = match forwards {
                    true => display::forwarded(&source.read, language, offset_seconds),
                    false => display::quote_reply(&source.read, language, offset_seconds),
                };
                let own = text.unwrap_or_default();
                text = Some(format!("{}\n\n{below}", own.trim_end()));
            }
        }
    }
    attachments.retain_mut(|file| fits(file, html.as_deref(), forwards));
    Ok(NewMail {
        account,
        to: trimmed(to),
        cc: trimmed(cc),
        bcc: trimmed(bcc),
        subject,
        text,
        html,
        attachments,
        reply_to_message: source.filter(|_| !forwards),
        ..NewMail::default()
    })
}

/// A picture goes where the HTML shows it. One that is shown nowhere (any more) stays behind, unless a mail is passed on
/// whole: then it goes as a file.
fn fits(file: &mut Attached, html: Option<&str>, forwards: bool) -> bool {
    let Some(id) = &file.content_id else { return true };
    let shown = html.is_some_and(|html| html.contains(&format!("cid:{id}")));
    if !shown {
        file.content_id = None;
    }
    shown || forwards
}

fn trimmed(list: Vec<Address>) -> Vec<Address> {
    list.into_iter().filter(|one| !one.address.trim().is_empty()).collect()
}
