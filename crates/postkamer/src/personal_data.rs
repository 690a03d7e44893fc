//! `postkamer personal-data`: what is known about one person, as an archive (features U5), without a running server.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    progress,
    trouble::of_io,
    words,
};
use clap::Args;
use futures_util::StreamExt;
use mailroom::{
    MailRoom,
    people::personal::{self, Gathered, Subject},
    words::Refusal,
};
use serde_json::json;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    pin::pin,
};
use store::Viewer;

/// Write everything that is known about one person as a zip file.
#[derive(Debug, Args)]
pub struct PersonalData {
    /// About whom: an e-mail address, or the id of a contact or user
    person: String,
    /// The zip file to write
    path: PathBuf,
    /// Address of the administrator whose rights count: what they may not see is not in it
    #[arg(long = "as", value_name = "EMAIL")]
    administrator: String,
}

impl PersonalData {
    /// Writes it.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let viewer = administrator(&room, &self.administrator).await?;
        let refused = |refusal: Refusal| Failed::refused("personal_data", &refusal);
        let subject = one_person(&room, &viewer, &self.person).await?;
        let gathered = personal::take(&room, &viewer, subject, options.language).await.map_err(refused)?;
        let (messages, bytes) = (gathered.messages, gathered.bytes);
        new_file(&self.path)
            .map_err(|error| Failed::new("path", words::about(&self.path.display().to_string(), &of_io(&error))))?;
        if let Err(failed) = self.write(&room, gathered, options).await {
            // Half an archive is no copy.
            let _ = std::fs::remove_file(&self.path);
            return Err(failed);
        }
        let facts = [("count", &*messages.to_string()), ("path", &*self.path.display().to_string())];
        let answer = json!({ "about": subject.to_string(), "messages": messages, "bytes": bytes });
        Ok(Some(Answer::new(words::COPIED.with(&facts), answer)))
    }

    async fn write(&self, room: &MailRoom, gathered: Gathered, options: &Settled) -> Result<(), Failed> {
        let failed =
            |error: io::Error| Failed::new("path", words::about(&self.path.display().to_string(), &of_io(&error)));
        let bar = progress::bar(options, gathered.bytes, words::COPYING.say(options.language));
        let mut pieces = pin!(gathered.stream(room.store.clone()));
        let mut file = BufWriter::new(File::create(&self.path).map_err(failed)?);
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            file.write_all(&piece).map_err(failed)?;
            bar.inc(piece.len() as u64);
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        bar.finish_and_clear();
        Ok(())
    }
}

/// Makes a file that was not there yet and that nobody else reads.
fn new_file(path: &Path) -> io::Result<()> {
    File::options().write(true).create_new(true).mode(0o600).open(path).map(|_| ())
}

/// The one whom the command line names.
pub(crate) async fn one_person(room: &MailRoom, viewer: &Viewer, named: &str) -> Result<Subject, Failed> {
    let found = personal::find(room, viewer, named).await;
    match found.map_err(|refusal| Failed::refused("personal_data", &refusal))?.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failed::new("unknown_person", words::UNKNOWN_PERSON.with(&[("person", named)]))),
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            let several = words::AMBIGUOUS_PERSON.with(&[("person", named), ("ids", &ids.join(", "))]);
            Err(Failed::new("ambiguous_person", several))
        }
    }
}

/// Whose rights count. That they are an administrator is the mail room's to ask.
pub(crate) async fn administrator(room: &MailRoom, email: &str) -> Result<Viewer, Failed> {
    let asked = email.trim().to_owned();
    let read = room.store.db.read(move |tx| Box::pin(async move { store::user::by_email(tx, &asked).await }));
    let found = read.await?.map(|(user, _)| user).filter(|user| user.active);
    let user = found.ok_or_else(|| Failed::new("unknown_user", words::UNKNOWN_USER.with(&[("address", email)])))?;
    Ok(Viewer { organisation: user.organisation, user: user.id, role: user.role })
}
