//! What stands below a letter, and the letters it is written in: both are the sender's (features M24).

use crate::{MailRoom, words::Refusal};
use mail::{AccountKey, compose::signature};
use store::{
    StoreError, Viewer,
    account::{self, Style},
    draft::Letter,
    owner,
};

/// How a letter begins that nobody wrote at yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Where it is written in plain text.
    pub text: String,
    /// Where it is formatted.
    pub html: String,
}

/// How a letter from this account begins; an answer or something passed on has what it quotes below that.
pub async fn opening(
    room: &MailRoom,
    viewer: &Viewer,
    account: Option<AccountKey>,
    answers: bool,
) -> Result<Opening, Refusal> {
    let style = style(room, viewer, account).await?;
    let kept = style.signature.as_deref();
    Ok(Opening { text: signature::opening_text(kept, answers), html: signature::opening_html(kept) })
}

/// The letter with its sender's signature in place of the one that `signed` put there, when nobody touched that.
pub async fn signed_anew(
    room: &MailRoom,
    viewer: &Viewer,
    mut letter: Letter,
    signed: Option<AccountKey>,
) -> Result<Letter, Refusal> {
    if signed.is_none() || letter.account.is_none() || signed == letter.account {
        return Ok(letter);
    }
    let (before, after) = (style(room, viewer, signed).await?, style(room, viewer, letter.account).await?);
    let (from, to) = (before.signature.as_deref(), after.signature.as_deref());
    let answers = letter.source.is_some();
    // The original stands in the text already: the end of it is not the place for a signature.
    if from.is_none() && answers && !letter.quotes {
        return Ok(letter);
    }
    match (&mut letter.html, &mut letter.text) {
        (Some(html), _) => *html = signature::swapped_html(html, from, to).unwrap_or_else(|| std::mem::take(html)),
        (None, Some(text)) => {
            *text = signature::swapped_text(text, from, to, answers).unwrap_or_else(|| std::mem::take(text));
        }
        (None, None) => {}
    }
    Ok(letter)
}

/// What the viewer wrote without the signature below it, as text.
pub async fn own_words(room: &MailRoom, viewer: &Viewer, letter: &Letter) -> Result<String, Refusal> {
    let style = style(room, viewer, letter.account).await?;
    Ok(signature::own_words(letter.html.as_deref(), letter.text.as_deref(), style.signature.as_deref()))
}

/// How mail from this account looks, for who may send by it.
pub(super) async fn style(room: &MailRoom, viewer: &Viewer, account: Option<AccountKey>) -> Result<Style, Refusal> {
    let Some(key) = account else { return Ok(Style::default()) };
    let viewer = *viewer;
    let read = room.store.db.read(move |tx| {
        Box::pin(async move {
            match owner::rights(tx, &viewer, key).await {
                Ok(rights) if rights.send => Ok(account::load(tx, viewer.organisation, key).await?.settings.style),
                Ok(_) | Err(StoreError::NotFound) => Ok(Style::default()),
                Err(error) => Err(error),
            }
        })
    });
    Ok(read.await?)
}

/// The HTML in the account's font and size. What it quotes keeps its own.
pub(super) fn dressed(html: String, style: &Style) -> String {
    let font = style.font.map(|font| format!("font-family: {}", font.family()));
    let size = style.font_size.map(|points| format!("font-size: {points}pt"));
    let css: Vec<String> = font.into_iter().chain(size).collect();
    let open = format!("<div style=\"{}\">", css.join("; "));
    // What came back from the outbox has it on already.
    if css.is_empty() || html.starts_with(&open) { html } else { format!("{open}{html}</div>") }
}
