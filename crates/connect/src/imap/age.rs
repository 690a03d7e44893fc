//! Which messages of a folder are older than a moment, asked of the server, so that none of them has to be fetched to be
//! left out.

use super::{
    command::{Command, uid_set},
    fetch::date_text,
    folder,
    response::{Condition, Response, Status},
    session::Session,
    wire::Broken,
};
use mail::{RemoteId, RemoteSet};

const DAY_MS: i64 = 24 * 3_600_000;

/// The UIDs in the open folder that the server received before this moment (milliseconds since 1970).
///
/// SEARCH knows whole days only, each in the time zone that the message's INTERNALDATE was written in (RFC 9051 §6.4.4),
/// so the days around the moment are asked for exactly.
pub async fn older(session: &mut Session, moment: i64) -> Result<Result<RemoteSet, Status>, Broken> {
    let (from, to) = (day(moment - DAY_MS), day(moment + 2 * DAY_MS));
    let mut older = match folder::search(session, Command::new(&format!("BEFORE {from}"))).await? {
        Ok(found) => found,
        Err(status) => return Ok(Err(status)),
    };
    let near = match folder::search(session, Command::new(&format!("SINCE {from} BEFORE {to}"))).await? {
        Ok(found) => found,
        Err(status) => return Ok(Err(status)),
    };
    if near.is_empty() {
        return Ok(Ok(older));
    }
    let command = Command::new(&format!("UID FETCH {} (UID INTERNALDATE)", uid_set(near.ranges())));
    let (status, responses) = session.run(command).await?;
    if status.condition != Condition::Ok {
        return Ok(Err(status));
    }
    for response in responses {
        let Response::Fetch(fetched) = response else { continue };
        if let (Some(uid), Some(at)) = (fetched.uid, fetched.internal_at)
            && at < moment
            && near.contains(&RemoteId::Uid(uid))
        {
            older.insert_range(uid, uid);
        }
    }
    Ok(Ok(older))
}

/// The day of a moment in UTC, as SEARCH wants it. IMAP has no year before 1 and nobody has mail from before 1970.
fn day(moment: i64) -> String {
    date_text(moment.max(0)).split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_search_reads_it() {
        assert_eq!(day(1_709_208_000_000), "29-Feb-2024");
        assert_eq!(day(-5), "01-Jan-1970");
    }
}
