//! `postkamer import` and `export`: mbox, Maildir and .eml files (features M22).

mod read;
mod write;

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    progress,
    trouble::{of_io, of_pass},
    words,
};
use clap::{Args, ValueEnum};
use mailroom::incoming;
use serde_json::json;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::{mpsc, watch};

/// Bring mbox, Maildir or .eml files into an account.
#[derive(Debug, Args)]
pub struct Import {
    /// An mbox file, a Maildir, an .eml file, or a folder with any of them
    path: PathBuf,
    /// Address of the mailbox
    #[arg(long, value_name = "ADDRESS")]
    account: String,
    /// Folder of the mailbox for files that name none
    #[arg(long, default_value = "Import")]
    folder: String,
}

/// How mail is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Mbox,
    Maildir,
    Eml,
}

/// Write an account's mail as mbox, Maildir or .eml files.
#[derive(Debug, Args)]
pub struct Export {
    /// Folder to write in; made when it is not there
    path: PathBuf,
    /// Address of the mailbox
    #[arg(long, value_name = "ADDRESS")]
    account: String,
    /// One mbox file a folder (mboxrd), a Maildir with one file a message, or an .eml file a message
    #[arg(long, value_enum, default_value = "mbox")]
    form: Form,
}

impl Import {
    /// Reads the files and takes what is new.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let account = installation::account_by_address(&room, &self.account).await?;
        let files = read::files(&self.path, &self.folder)
            .map_err(|error| Failed::new("path", words::about(&self.path.display().to_string(), &of_io(&error))))?;
        let bar = progress::bar(options, files.bytes, words::IMPORTING.say(options.language));
        let (send, receive) = mpsc::channel(32);
        let reading = tokio::task::spawn_blocking(move || files.read(&send, &bar));
        let (seen, _) = watch::channel(incoming::Progress::default());
        let taken = incoming::import(&room, &account, receive, Arc::new(seen)).await;
        let read = reading.await.map_err(|error| Failed::new("import", words::as_it_is(error.to_string())))?;
        let taken = taken.map_err(|error| Failed::new("import", of_pass(&error)))?;
        let read = read.map_err(|error| Failed::new("import", of_io(&error)))?;
        let text = words::IMPORTED.with(&[
            ("read", &read.to_string()),
            ("new", &taken.fetched.to_string()),
            ("address", &self.account),
        ]);
        Ok(Some(Answer::new(text, json!({ "read": read, "new": taken.fetched }))))
    }
}

impl Export {
    /// Writes every folder.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let account = installation::account_by_address(&room, &self.account).await?;
        let written = write::all(&room, &account, &self.path, self.form, options).await?;
        let facts = [("count", &*written.to_string()), ("path", &*self.path.display().to_string())];
        let text = words::EXPORTED.with(&facts);
        Ok(Some(Answer::new(text, json!({ "written": written }))))
    }
}
