//! Sending: first a draft, then one request that sends it, so that a lost answer can be settled by looking at the draft
//! (reliability, section on sending, rule 18). Exchange puts the copy among what was sent by itself.

use super::{
    fault::later,
    folder, item,
    line::{Line, Question},
    xml::written,
};
use crate::{
    ConnectError, Marks, Parcel, Receipt, ServerWords, Transport,
    drafts::{hidden, taken},
    error::{Cause, Step},
    follow::Item,
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::time::Duration;

/// How often a draft is looked at whose sending was not answered, and how long apart.
const LOOKS: u32 = 4;
const LOOK: Duration = Duration::from_secs(1);
/// Where a letter lies while it is written, while it leaves, and when it has left.
const DRAFTS: &str = "drafts";
const LEAVING: [&str; 2] = ["sentitems", "outbox"];

/// What HTTP says of a request that was done.
const ACCEPTED: u16 = 200;

/// A mailbox at an Exchange server, sending half.
#[derive(Debug)]
pub struct EwsTransport {
    line: Line,
}

/// What an earlier try left.
enum Earlier {
    Nothing,
    Draft(Item),
    /// The letter has left, or is leaving.
    Left,
}

impl EwsTransport {
    /// Sends from the mailbox at the end of this line.
    pub fn new(line: Line) -> EwsTransport {
        EwsTransport { line }
    }

    async fn earlier(&self, message_id: Option<&str>) -> Result<Earlier, ConnectError> {
        let Some(message_id) = message_id else { return Ok(Earlier::Nothing) };
        if self.has_left(message_id).await? {
            return Ok(Earlier::Left);
        }
        let drafts = item::by_message_id(&self.line, DRAFTS, message_id).await?;
        Ok(drafts.into_iter().next().map_or(Earlier::Nothing, Earlier::Draft))
    }

    async fn has_left(&self, message_id: &str) -> Result<bool, ConnectError> {
        for folder in LEAVING {
            if !item::by_message_id(&self.line, folder, message_id).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn draft(&self, parcel: &Parcel, hidden: &[&str]) -> Result<Item, ConnectError> {
        let one =
            |address: &&str| format!("<t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox>", written(address));
        let hidden = match hidden {
            [] => String::new(),
            hidden => format!("<t:BccRecipients>{}</t:BccRecipients>", hidden.iter().map(one).collect::<String>()),
        };
        let question = format!(
            "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:SavedItemFolderId>{}</m:SavedItemFolderId><m:Items><t:Message><t:MimeContent CharacterSet=\"UTF-8\">{}</t:MimeContent>{hidden}<t:IsRead>true</t:IsRead></t:Message></m:Items></m:CreateItem>",
            folder::named(DRAFTS),
            STANDARD.encode(&parcel.message)
        );
        let made = self.line.one(Question::once(&question).letters(0)).await?;
        let item = made.inside(&["Items"]).first().and_then(item::read);
        item.ok_or_else(|| later(Cause::Protocol, None, "a draft without an identifier"))
    }

    /// What became of a sending that was not answered: the draft lies there, or the letter lies among what was sent.
    async fn settle(&self, draft: &Item, message_id: Option<&str>, why: &str) -> Result<(), ConnectError> {
        let uncertain = || ConnectError::Uncertain(why.to_owned());
        for look in 0..LOOKS {
            tokio::time::sleep(LOOK * look).await;
            let found = item::look(&self.line, &[&draft.id]).await.map_err(|_| uncertain())?;
            match found.into_iter().next() {
                Some(Ok(item)) if item.is_draft() => {}
                Some(Ok(_)) => return Ok(()),
                Some(Err(ConnectError::Refused { .. })) | None => {
                    let Some(message_id) = message_id else { return Err(uncertain()) };
                    if self.has_left(message_id).await.map_err(|_| uncertain())? {
                        return Ok(());
                    }
                }
                Some(Err(_)) => return Err(uncertain()),
            }
        }
        match item::look(&self.line, &[&draft.id]).await {
            // It lies there unsent. Should it leave after all, the next try finds it by its Message-ID before it sends.
            Ok(found) if matches!(found.first(), Some(Ok(item)) if item.is_draft()) => {
                Err(later(Cause::Dropped, None, &format!("the draft was not sent: {why}")))
            }
            _ => Err(uncertain()),
        }
    }

    async fn forget(&self, draft: &Item) {
        let question = format!(
            "<m:DeleteItem DeleteType=\"HardDelete\"><m:ItemIds>{}</m:ItemIds></m:DeleteItem>",
            item::named(&draft.id)
        );
        if let Err(error) = self.line.one(Question::new(&question)).await {
            tracing::info!(%error, "a draft that could not be sent stays in the mailbox");
        }
    }
}

#[async_trait]
impl Transport for EwsTransport {
    async fn submit(&self, parcel: Parcel, marks: &dyn Marks) -> Result<Receipt, ConnectError> {
        let (hidden, message_id) = hidden(&parcel, "Exchange")?;
        let message_id = message_id.as_deref();
        let draft = match self.earlier(message_id).await? {
            Earlier::Left => return Ok(taken(&parcel, "it had left already", ACCEPTED)),
            Earlier::Draft(draft) => draft,
            Earlier::Nothing => self.draft(&parcel, &hidden).await?,
        };
        if let Err(reason) = marks.on_the_wire().await {
            return Err(ConnectError::Later { step: Step::Work, cause: Cause::Dropped, wait: None, reason });
        }
        let question = format!(
            "<m:SendItem SaveItemToFolder=\"true\"><m:ItemIds><t:ItemId Id=\"{}\" ChangeKey=\"{}\"/></m:ItemIds><m:SavedItemFolderId>{}</m:SavedItemFolderId></m:SendItem>",
            written(&draft.id),
            written(&draft.key),
            folder::named("sentitems")
        );
        match self.line.one(Question::once(&question)).await {
            Ok(_) => Ok(taken(&parcel, "accepted by Exchange", ACCEPTED)),
            // A draft that is not where it was may have left, as an earlier try asked.
            Err(error @ ConnectError::Refused { .. }) if error.cause() != Some(Cause::NoSuchFolder) => {
                self.forget(&draft).await;
                Err(error)
            }
            // A busy server did nothing, and neither did one that let nobody in.
            Err(
                error @ (ConnectError::Later { cause: Cause::Throttled, .. }
                | ConnectError::Credentials { .. }
                | ConnectError::Settings { .. }),
            ) => Err(error),
            Err(error) => {
                self.settle(&draft, message_id, &error.to_string()).await?;
                Ok(taken(&parcel, "accepted by Exchange", ACCEPTED))
            }
        }
    }

    async fn probe(&self) -> Result<ServerWords, ConnectError> {
        folder::roles(&self.line).await.map(|_| ServerWords::default())
    }

    async fn close(&self) {}
}
