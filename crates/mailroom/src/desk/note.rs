//! Internal notes on a conversation; `@name` calls a colleague who sees it.

use super::tell;
use crate::{
    MailRoom,
    doer::Doer,
    words::{Checks, Refusal},
};
use mail::{ConversationKey, NoteKey, UserKey};
use store::{
    Viewer, conversation,
    note::{self, NewNote, Note},
    notification::{self, Why},
    user,
};

/// Organisations have fewer colleagues than this; those past it are called by their key.
const COLLEAGUES: usize = 2000;

/// Writes a note. Called are those named in `mentions`, who must see the conversation, and those whom the text calls by
/// `@` and their name, first name or address, as far as they see it. Who is not looking gets a letter.
pub async fn add(
    room: &MailRoom,
    viewer: &Viewer,
    key: ConversationKey,
    text: &str,
    mentions: Vec<UserKey>,
) -> Result<Note, Refusal> {
    let text = text.trim().to_owned();
    let mut checks = Checks::default();
    checks.text("text", &text, 20_000);
    checks.list("mentions", &mentions);
    checks.done()?;
    let doer = Doer::new(room, viewer);
    let write = room.store.db.write(move |tx| {
        Box::pin(async move {
            let mut mentions = mentions;
            if text.contains('@') {
                let users = user::list(tx, doer.organisation(), None, COLLEAGUES).await?.0;
                let active = users.into_iter().filter(|user| user.active);
                let colleagues: Vec<Colleague> =
                    active.map(|user| Colleague { id: user.id, name: user.name, email: user.email }).collect();
                for called in called(&text, &colleagues) {
                    if !mentions.contains(&called) && conversation::sees(tx, &doer.viewer, called, key).await? {
                        mentions.push(called);
                    }
                }
            }
            let new = NewNote { id: NoteKey(doer.key()), text, mentions };
            let written = note::add(tx, &doer.viewer, key, new, doer.now).await?;
            let mut due = Vec::new();
            for called in &written.mentions {
                due.extend(notification::letter_due(tx, &doer.viewer, *called, key, Why::Called, doer.now).await?);
            }
            Ok((written, due))
        })
    });
    let (written, due) = write.await?;
    tell::colleagues(room, viewer, due).await;
    Ok(written)
}

/// Somebody who can be called.
struct Colleague {
    id: UserKey,
    name: String,
    email: String,
}

/// Whom a text calls: after an `@` that begins a word comes a name that is one colleague's only, in full.
fn called(text: &str, colleagues: &[Colleague]) -> Vec<UserKey> {
    let mut names: Vec<(String, UserKey)> = Vec::new();
    for user in colleagues {
        let first = user.name.split_whitespace().next().unwrap_or_default();
        let local = user.email.split('@').next().unwrap_or_default();
        let mut own = [&user.name, first, local, &user.email].map(str::to_lowercase).to_vec();
        own.retain(|name| !name.is_empty());
        own.sort_unstable();
        own.dedup();
        names.extend(own.into_iter().map(|name| (name, user.id)));
    }
    // The longest name first, so that "@Jan de Wit" does not call Jan.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let text = text.to_lowercase();
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        if text[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        let after = &text[at + 1..];
        let fits = |name: &str| {
            after.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
        };
        let Some((longest, _)) = names.iter().find(|(name, _)| fits(name)) else { continue };
        let mut bearers = names.iter().filter(|(name, _)| name == longest).map(|(_, user)| *user);
        if let (Some(user), None) = (bearers.next(), bearers.next())
            && !found.contains(&user)
        {
            found.push(user);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64, name: &str, email: &str) -> Colleague {
        Colleague { id: UserKey(id), name: name.to_owned(), email: email.to_owned() }
    }

    #[test]
    fn a_name_after_an_at_sign_calls_one_colleague() {
        let house = [user(1, "Jan", "jan@x.nl"), user(2, "Jan de Wit", "wit@x.nl"), user(3, "Élise Bos", "bos@x.nl")];
        let called = |text: &str| called(text, &house).iter().map(|user| user.0).collect::<Vec<_>>();
        assert_eq!(called("@Jan de Wit: bel jij?"), [2]);
        assert_eq!(called("@élise en @bos, @wit@x.nl"), [3, 2]);
        assert_eq!(called("vraag het @jan"), Vec::<i64>::new(), "there are two of that name");
        assert_eq!(called("mail naar info@bos.nl of @Bosman"), Vec::<i64>::new());
    }
}
