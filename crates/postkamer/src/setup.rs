//! `postkamer setup`: the first organisation and its administrator, and `rotate-keys`.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    trouble::of_path,
    words,
};
use clap::Args;
use mail::{OrganisationKey, UserKey};
use mailroom::MailRoom;
use serde_json::json;
use std::path::PathBuf;

/// Make the first organisation and its administrator.
#[derive(Debug, Args)]
pub struct Setup {
    /// Name of the organisation
    #[arg(long, value_name = "NAME")]
    organisation: String,
    /// E-mail address of the administrator
    #[arg(long, value_name = "EMAIL")]
    admin: String,
    /// File whose first line is the administrator's password
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// Without the temporary mailbox: the organisation's own is connected at once
    #[arg(long)]
    without_mailbox: bool,
}

impl Setup {
    /// Makes them.
    pub async fn run(self, options: &Settled) -> Outcome {
        let password = first_line(&self.password_file)?;
        let room = installation::open(options).await?;
        let (organisation, user) = found(&room, &self.organisation, &self.admin, "", &password).await?;
        if !self.without_mailbox {
            let made = mailroom::founding::open_mailbox(&room, organisation, user).await;
            made.map_err(|refusal| Failed::refused("setup", &refusal))?;
        }
        let text = words::SET_UP.with(&[("organisation", self.organisation.trim()), ("admin", self.admin.trim())]);
        Ok(Some(Answer::new(text, json!({ "organisation": organisation, "user": user }))))
    }
}

/// The first line of the file, without its end: editors add one that nobody typed.
fn first_line(path: &PathBuf) -> Result<String, Failed> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failed::new("password_file", of_path(words::NOT_READ, path, &error)))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Founds an organisation with its administrator.
pub async fn found(
    room: &MailRoom,
    organisation: &str,
    admin: &str,
    admin_name: &str,
    password: &str,
) -> Result<(OrganisationKey, UserKey), Failed> {
    let founded = mailroom::founding::found(room, organisation, admin, admin_name, password);
    founded.await.map_err(|refusal| Failed::refused("setup", &refusal))
}

/// Renews the master key and every data key.
pub async fn rotate_keys(options: &Settled) -> Outcome {
    let room = installation::open(options).await?;
    let sealed = room.store.rotate_keys().await?;
    let text = words::SEALED.with(&[("count", &sealed.to_string())]);
    Ok(Some(Answer::new(text, json!({ "sealed": sealed }))))
}
