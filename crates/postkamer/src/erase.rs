//! `postkamer erase`: one person, for good (features U5), without a running server.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    personal_data::{administrator, one_person},
    words,
};
use clap::Args;
use mailroom::{MailRoom, people::erasure, words::Refusal};
use serde_json::json;
use store::Viewer;

/// Erase one person, for good: a contact, or a user who left.
#[derive(Debug, Args)]
pub struct Erase {
    /// Whom: an e-mail address, or the id of a contact or user
    person: String,
    /// What they are called, exactly, to confirm that they are meant
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// The mail that is theirs alone goes too, here and on its server
    #[arg(long)]
    mail: bool,
    /// Let somebody with this address come again who was erased, and erase nobody
    #[arg(long, conflicts_with_all = ["mail", "name"])]
    again: bool,
    /// Address of the administrator who does it
    #[arg(long = "as", value_name = "EMAIL")]
    administrator: String,
}

impl Erase {
    /// Erases them, and everything that is freed by it at once.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let viewer = administrator(&room, &self.administrator).await?;
        if self.again {
            return self.let_again(&room, &viewer).await;
        }
        let refused = |refusal: Refusal| Failed::refused("erase", &refusal);
        let subject = one_person(&room, &viewer, &self.person).await?;
        let name = erasure::called(&room, &viewer, subject).await.map_err(refused)?;
        if self.name.trim() != name.trim() {
            return Err(Failed::new("name_differs", words::NAME_TO_CONFIRM.with(&[("name", &name)])));
        }
        erasure::erase(&room, &viewer, subject, &self.name, self.mail, options.language).await.map_err(refused)?;
        erasure::go_on(&room.store, room.clock.now(), true).await?;
        let state = erasure::state(&room, &viewer, subject).await.map_err(refused)?;
        let facts = [("id", &*subject.to_string()), ("count", &*state.messages.to_string())];
        let text = if state.cleaned_at.is_some() { words::ERASED } else { words::ERASED_BUT_FOR_PAGES };
        let answer = json!({
            "about": subject.to_string(), "messages": state.messages, "left": state.left,
            "finished": state.cleaned_at.is_some(),
        });
        Ok(Some(Answer::new(text.with(&facts), answer)))
    }

    async fn let_again(&self, room: &MailRoom, viewer: &Viewer) -> Outcome {
        let address = Some(self.person.trim().to_owned());
        let again = erasure::let_come_again(room, viewer, address, None).await;
        again.map_err(|refusal| Failed::refused("erase", &refusal))?;
        let text = words::MAY_COME_AGAIN.with(&[("person", &self.person)]);
        Ok(Some(Answer::new(text, json!({ "again": true }))))
    }
}
