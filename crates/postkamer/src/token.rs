//! `postkamer token`: an API token, alone on the last line, once.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    words,
};
use clap::{Args, ValueEnum};
use mail::TokenKey;
use mailroom::MailRoom;
use serde_json::json;
use store::{
    secret::{new_token, token_digest},
    token::{NewToken, Scope},
};

/// What a token may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    Read,
    Write,
    Admin,
}

/// Make an API token; it stands alone on the last line, once.
#[derive(Debug, Args)]
pub struct Token {
    /// Whose rights it has
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// What it is for
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it may do
    #[arg(long, value_enum, default_value = "write")]
    scope: Wanted,
}

impl Token {
    /// Makes it.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let scope = match self.scope {
            Wanted::Read => Scope::Read,
            Wanted::Write => Scope::Write,
            Wanted::Admin => Scope::Admin,
        };
        let token = make(&room, &self.user, &self.name, scope).await?;
        Ok(Some(Answer::new(words::as_it_is(token.clone()), json!({ "token": token }))))
    }
}

/// Makes a token for a user and gives its text, which is kept nowhere.
pub async fn make(room: &MailRoom, email: &str, name: &str, scope: Scope) -> Result<String, Failed> {
    let token = new_token();
    let digest = token_digest(&token);
    let now = room.clock.now();
    let id = TokenKey(room.store.make.key(now));
    let (email, name) = (email.trim().to_owned(), name.trim().to_owned());
    let unknown = Failed::new("unknown_user", words::UNKNOWN_USER.with(&[("address", &email)]));
    let work = store::unit(move |tx| {
        Box::pin(async move {
            let Some((user, _)) = store::user::by_email(tx, &email).await? else { return Ok(false) };
            let new = NewToken { id, user: user.id, name, scope, digest: digest.to_vec() };
            store::token::create(tx, user.organisation, &new, now).await?;
            Ok(true)
        })
    });
    match room.store.db.write(work).await? {
        true => Ok(token.to_string()),
        false => Err(unknown),
    }
}
