//! Handing a message over for sending.

use super::shown::StateName;
use crate::{
    AppState,
    api::{id, instant::Instant, message::AddressShown},
    caller::Caller,
    given::Given,
    once::{KeyParam, OnceKey},
    problem::{Problem, ProblemBody},
};
use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use mail::{AccountKey, Address, DossierKey, MessageKey, OutboxKey, TemplateKey, compose::Attached};
use mailroom::{
    outgoing::{self, NewMail, Repeat},
    words::{FieldError, Refusal, field, text},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A message to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendForm, example = json!({
    "account": "acc_01k8w2m4q7r9t", "to": [{"name": "Jan Jansen", "address": "jan@voorbeeld.nl"}],
    "subject": "Uw offerte", "text": "Beste Jan,\n\nHierbij de offerte."
}))]
pub(super) struct SendForm {
    /// By which account it leaves.
    #[schema(value_type = id::AccountId)]
    account: AccountKey,
    /// The sender; the account's own address unless said.
    from: Option<AddressShown>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    to: Vec<AddressShown>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    cc: Vec<AddressShown>,
    /// Recipients that the others do not see.
    #[serde(default)]
    #[schema(max_items = 1000)]
    bcc: Vec<AddressShown>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    subject: String,
    /// The text; made from `html` when left out.
    text: Option<String>,
    html: Option<String>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    attachments: Vec<AttachmentForm>,
    /// The message that it answers.
    #[schema(value_type = Option<id::MessageId>)]
    reply_to_message: Option<MessageKey>,
    /// The template that subject and texts come from, where the mail has none of its own: its id or its name.
    #[schema(max_length = 200)]
    template: Option<String>,
    /// What the template's holes are filled with.
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// Not before this moment.
    send_at: Option<Instant>,
    /// The dossier that it belongs to.
    #[schema(value_type = Option<id::DossierId>)]
    dossier: Option<DossierKey>,
}

/// A file that goes with the message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AttachmentForm)]
struct AttachmentForm {
    #[schema(max_length = 255)]
    name: String,
    /// `type/subtype`.
    #[serde(default)]
    #[schema(max_length = 255, example = "application/pdf")]
    content_type: String,
    /// Its bytes in base64.
    #[schema(content_encoding = "base64")]
    content_base64: String,
    /// The part is shown inside the HTML, which names it `cid:` and this.
    #[schema(max_length = 255)]
    content_id: Option<String>,
}

impl std::fmt::Debug for AttachmentForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentForm").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A message that was taken over: from here on it is kept until it has an end.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Taken {
    #[schema(value_type = id::OutboxId)]
    id: OutboxKey,
    #[schema(value_type = StateName)]
    state: store::outbox::State,
}

/// Hands a message over for sending.
///
/// When this answers, the message is on disk: it is sent once, whatever crashes when. The body may be 70 MiB.
#[utoipa::path(post, path = "/outbox", tag = "outbox", params(KeyParam), request_body = SendForm,
    responses(
        (status = 202, description = "It is taken over.", body = Taken),
        (status = 404, description = "There is no such account, or not for this token.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The account is inactive or does not send, or the first request with this key is still running.", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn send(
    State(state): State<AppState>,
    caller: Caller,
    OnceKey(key): OnceKey,
    Given { value, digest }: Given<SendForm>,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let repeat = key.map(|key| Repeat { key, body_digest: digest });
    let template = template(&state, &caller, value.template.as_deref()).await?;
    let taken = outgoing::submit(&state.room, &caller.viewer, mail(value, template)?, repeat).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken { id: taken.id, state: taken.state })))
}

/// The template by its id, or else by its name.
async fn template(state: &AppState, caller: &Caller, named: Option<&str>) -> Result<Option<TemplateKey>, Problem> {
    let Some(named) = named else { return Ok(None) };
    if let Ok(key) = named.parse() {
        return Ok(Some(key));
    }
    let (organisation, name) = (caller.viewer.organisation, named.to_owned());
    let found =
        state.read(move |tx| Box::pin(async move { store::template::by_name(tx, organisation, &name).await })).await?;
    match found {
        Some(template) => Ok(Some(template.id)),
        None => Err(Refusal::field("template", field::UNKNOWN).into()),
    }
}

fn mail(form: SendForm, template: Option<TemplateKey>) -> Result<NewMail, Refusal> {
    let addresses = |list: Vec<AddressShown>| list.into_iter().map(Address::from).collect();
    let mut errors = Vec::new();
    let mut attachments = Vec::with_capacity(form.attachments.len());
    for (n, attachment) in form.attachments.into_iter().enumerate() {
        let AttachmentForm { name, content_type, content_base64, content_id } = attachment;
        match STANDARD.decode(content_base64.as_bytes()) {
            Ok(bytes) => attachments.push(Attached { name, content_type, bytes, content_id }),
            Err(_) => {
                let words = text("Dit is geen base64.", "This is no base64.");
                errors.push(FieldError::new(format!("attachments[{n}].content_base64"), ("not_base64", words)));
            }
        }
    }
    if !errors.is_empty() {
        return Err(Refusal::Invalid { errors });
    }
    Ok(NewMail {
        account: Some(form.account),
        from: form.from.map(Address::from),
        to: addresses(form.to),
        cc: addresses(form.cc),
        bcc: addresses(form.bcc),
        subject: form.subject,
        text: form.text,
        html: form.html,
        attachments,
        reply_to_message: form.reply_to_message,
        template,
        values: form.values,
        send_at: form.send_at.map(|at| at.0),
        dossier: form.dossier,
        draft: None,
    })
}
