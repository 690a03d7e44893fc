//! Letters with their bytes: many in one request as long as they are short, and each by itself, with memory of its own, when
//! they are long.

use super::letter::{self, Depth, Had};
use crate::{ConnectError, Line, Outlet, room};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::OwnedSemaphorePermit;

/// Letters in one request with their bytes.
const WITH_BYTES: usize = 10;
/// So much memory such a request is given before anybody knows how long its letters are, in KiB.
const FIRST_KIB: u32 = 160;
/// Such requests at once.
const IN_FLIGHT: usize = 3;

/// A letter that is to come, with the folders in which it is new.
pub struct Wish {
    /// Its identifier.
    pub id: String,
    /// Where it is new, by number in the pull.
    pub folders: Vec<usize>,
    /// About how long it is, in bytes, when that was said.
    pub size: Option<u64>,
}

/// Some letters, and the memory they take.
pub type Brought = (Option<OwnedSemaphorePermit>, Vec<(Wish, Had)>);

/// How far a piece is.
enum Piece {
    /// All of it is asked for in one request.
    Together(Vec<Wish>),
    /// These are asked for one by one.
    Apart(std::vec::IntoIter<(Wish, Option<Had>)>),
}

#[derive(Clone, Copy)]
struct Fetch<'a> {
    line: &'a Line,
    out: &'a Outlet,
    /// In bytes.
    limit: u64,
}

/// These letters, some at a time. Of those that are long the next one is asked for when the last was taken.
pub fn all<'a>(
    line: &'a Line,
    out: &'a Outlet,
    limit: u64,
    wishes: Vec<Wish>,
) -> BoxStream<'a, Result<Brought, ConnectError>> {
    let fetch = Fetch { line, out, limit };
    let pieces = pieces(wishes).into_iter().map(move |piece| {
        let next = move |piece| async move {
            match piece {
                Piece::Together(wishes) => together(fetch, wishes).await.map(Some),
                Piece::Apart(rest) => apart(fetch, rest).await,
            }
        };
        stream::try_unfold(Piece::Together(piece), next).boxed()
    });
    stream::iter(pieces).flatten_unordered(IN_FLIGHT).boxed()
}

fn pieces(wishes: Vec<Wish>) -> Vec<Vec<Wish>> {
    let mut pieces: Vec<Vec<Wish>> = Vec::new();
    for wish in wishes {
        match pieces.last_mut() {
            Some(last) if last.len() < WITH_BYTES => last.push(wish),
            _ => pieces.push(vec![wish]),
        }
    }
    pieces
}

async fn together(fetch: Fetch<'_>, wishes: Vec<Wish>) -> Result<(Brought, Piece), ConnectError> {
    let Fetch { line, out, limit } = fetch;
    let (mut room, mut good, mut rest) = (None, Vec::new(), Vec::new());
    if wishes.len() > 1 {
        room = room::first(out, FIRST_KIB).await;
    }
    let ids: Vec<String> = wishes.iter().map(|wish| wish.id.clone()).collect();
    for (wish, had) in wishes.into_iter().zip(letter::at_once(line, &ids, Depth::Raw, limit).await?) {
        match had {
            Some(had) => good.push((wish, had)),
            None => rest.push(wish),
        }
    }
    match good.is_empty() {
        true => drop(room.take()),
        false => room::grow(&mut room, out, good.iter().map(|(_, had)| bytes(had)).sum()).await,
    }
    // How long the others are is asked before their bytes, so that they wait for memory before they take it.
    let unknown: Vec<String> = rest.iter().filter(|wish| wish.size.is_none()).map(|wish| wish.id.clone()).collect();
    let mut sizes = letter::several(line, &unknown, limit).await?.into_iter();
    let of = |mut wish: Wish| {
        let had = wish.size.is_none().then(|| sizes.next()).flatten();
        match had {
            Some(Had::Letter(letter)) => wish.size = letter.size,
            Some(gone @ Had::Gone) => return (wish, Some(gone)),
            Some(Had::Unreadable(..)) | None => {}
        }
        (wish, None)
    };
    let rest: Vec<_> = rest.into_iter().map(of).collect();
    Ok(((room, good), Piece::Apart(rest.into_iter())))
}

async fn apart(
    fetch: Fetch<'_>,
    mut rest: std::vec::IntoIter<(Wish, Option<Had>)>,
) -> Result<Option<(Brought, Piece)>, ConnectError> {
    let Fetch { line, out, limit } = fetch;
    let Some((wish, known)) = rest.next() else { return Ok(None) };
    if let Some(had) = known {
        return Ok(Some(((None, vec![(wish, had)]), Piece::Apart(rest))));
    }
    let kib = wish.size.map_or(FIRST_KIB, |size| room::kib(usize::try_from(size.min(limit)).unwrap_or(usize::MAX)) + 1);
    let mut room = room::first(out, kib).await;
    let had = letter::one(line, &wish.id, Depth::Raw, limit).await?;
    room::grow(&mut room, out, bytes(&had)).await;
    Ok(Some(((room, vec![(wish, had)]), Piece::Apart(rest))))
}

/// What it takes, in bytes: each is rounded up to whole KiB when it goes on.
fn bytes(had: &Had) -> usize {
    match had {
        Had::Letter(letter) => letter.raw.as_ref().map_or(0, Bytes::len) + 1024,
        _ => 1024,
    }
}
