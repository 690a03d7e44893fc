//! Serves the API on an empty installation of its own, for trying it by hand and for `scripts/api-check.sh`.
//!
//! Prints the address and an administrator's token on one line; ends when its standard input does. Whatever a request
//! names, nothing outside is reached: no network is allowed and no account task runs.

use connect::{World, WorldOptions};
use mail::TokenKey;
use mailroom::{Clock, Config, MailRoom, founding};
use std::{error::Error, sync::Arc};
use store::{
    Places, Store,
    secret::{new_token, token_digest},
    token::{self, NewToken, Scope},
};
use tokio::io::AsyncReadExt;
use web::AppState;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(&Places { data: folder.path().to_owned(), database: None, blobs: None }).await?;
    let room = MailRoom::new(store, World::new(WorldOptions::default())?, Clock::default(), Config::default());
    let (organisation, user) =
        founding::found(&room, "Voorbeeld", "beheer@voorbeeld.nl", "Sanne de Wit", "vier paarse olifanten lopen")
            .await?;
    let (proof, now) = (new_token(), room.clock.now());
    let new = NewToken {
        id: TokenKey(room.store.make.key(now)),
        user,
        name: "try".to_owned(),
        scope: Scope::Admin,
        digest: token_digest(&proof).to_vec(),
    };
    room.store.db.write(move |tx| Box::pin(async move { token::create(tx, organisation, &new, now).await })).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{} {}", listener.local_addr()?, &**proof);
    let state = AppState::new(Arc::new(room));
    let ended = async {
        let mut rest = Vec::new();
        let _ = tokio::io::stdin().read_to_end(&mut rest).await;
    };
    tokio::select! {
        served = axum::serve(listener, web::router(state)).into_future() => served?,
        () = ended => {}
    }
    Ok(())
}
