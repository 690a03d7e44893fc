//! What comes back to a return path of ours: the path says which mail it is about and for whom that was, so that the
//! report need not quote anything (features S9).

use super::bounce::{self, COMPLAINED};
use crate::MailRoom;
use connect::direct::domain_of;
use mail::{
    address::fold_address,
    report::{self, Action, Kind},
    return_path::ReturnPath,
};
use std::time::Duration;
use store::{
    StoreError, Topic,
    outbox::{self, Report, Reported, State, Submission},
};
use tokio::time::Instant;

/// How long what comes back waits for the answer of the server that took the mail: some report faster than they reply.
const PATIENCE: Duration = Duration::from_secs(10);
/// When the bell stays silent it is looked at so often.
const LOOK: Duration = Duration::from_millis(500);
/// What stands with each of several when a report does not tell for whom it is.
const UNCLEAR: &str = "Something came back for one of several recipients, and does not say for which:";

/// Notes what came back: `report`, or, when nothing could be read, what it means that a mail system wrote.
/// `Busy` while the mail is still being handed over: then it has to come again.
pub(crate) async fn note(
    room: &MailRoom,
    path: &ReturnPath,
    report: Option<&report::Report>,
    unread: Option<(Action, String)>,
) -> Result<(), StoreError> {
    let submission = settled(room, path).await?;
    let reports = match (report, unread) {
        (Some(report), _) if report.kind == Kind::Complaint => complaints(path, &submission, report),
        (Some(report), _) if report.kind == Kind::Delivery => deliveries(path, &submission, bounce::told(report)),
        (None, Some((action, words))) => {
            let what = bounce::what(action);
            let server_said = Some(words).filter(|words| !words.is_empty());
            let one = what.map(|what| Report { address: String::new(), what, server_said });
            deliveries(path, &submission, one.into_iter().collect())
        }
        _ => Vec::new(),
    };
    if reports.is_empty() {
        return Ok(());
    }
    bounce::record(room, path.organisation, path.submission, reports, None).await?;
    tracing::debug!(outbox = %path.submission, "what came back was tied to its mail");
    Ok(())
}

/// The submission, once the answer to this handing over is written down.
async fn settled(room: &MailRoom, path: &ReturnPath) -> Result<Submission, StoreError> {
    let until = Instant::now() + PATIENCE;
    let mut bell = room.store.db.bell(Topic::Outbox);
    loop {
        bell.mark_unchanged();
        let (organisation, id) = (path.organisation, path.submission);
        let read = room.store.db.read(move |tx| Box::pin(async move { outbox::load(tx, organisation, id).await }));
        let submission = read.await?;
        let of = submission.recipients.iter().find(|one| one.n == i64::from(path.recipient));
        if of.is_none_or(|one| one.state != State::Sending) {
            return Ok(submission);
        }
        if Instant::now() >= until {
            return Err(StoreError::Busy("the mail is still being handed over".to_owned()));
        }
        // Whether it rang or not, it is looked at.
        drop(tokio::time::timeout(LOOK, bell.changed()).await);
    }
}

/// Whom the handing over was for: the one that it names, or everybody of that domain.
fn group<'a>(path: &ReturnPath, submission: &'a Submission) -> Vec<&'a str> {
    let number = i64::from(path.recipient);
    let Some(first) = submission.recipients.iter().find(|one| one.n == number) else { return Vec::new() };
    let domain = domain_of(&first.address);
    let is_in = |one: &&outbox::Recipient| match path.alone {
        true => one.n == number,
        false => one.n >= number && domain_of(&one.address) == domain,
    };
    submission.recipients.iter().filter(is_in).map(|one| one.address.as_str()).collect()
}

fn is_named(report: &Report, address: &str) -> bool {
    fold_address(&report.address) == fold_address(address)
}

/// What is told of deliveries. Of a path that was for one, whatever address a report names is that one's: mail that was
/// sent on comes back with the last address that it had.
fn deliveries(path: &ReturnPath, submission: &Submission, told: Vec<Report>) -> Vec<Report> {
    let group = group(path, submission);
    if let [only] = group[..] {
        let place = told.iter().position(|one| is_named(one, only));
        let place = place.or_else(|| told.iter().position(|one| one.what == Reported::Bounced)).unwrap_or(0);
        let chosen = told.into_iter().nth(place);
        return chosen.into_iter().map(|one| Report { address: only.to_owned(), ..one }).collect();
    }
    let (named, others): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|one| group.iter().any(|address| is_named(one, address)));
    match (named.is_empty(), others.into_iter().next()) {
        (true, Some(other)) => {
            let words = format!("{UNCLEAR} {}", other.server_said.unwrap_or_default());
            unclear(&group, words.trim_end())
        }
        _ => named,
    }
}

fn complaints(path: &ReturnPath, submission: &Submission, report: &report::Report) -> Vec<Report> {
    let group = group(path, submission);
    if let [only] = group[..] {
        return vec![bounce::complaint(only.to_owned())];
    }
    let named = report.recipients.iter().map(|one| bounce::complaint(one.address.clone()));
    let named: Vec<Report> = named.filter(|one| group.iter().any(|address| is_named(one, address))).collect();
    if named.is_empty() { unclear(&group, &format!("{UNCLEAR} {COMPLAINED}")) } else { named }
}

fn unclear(group: &[&str], words: &str) -> Vec<Report> {
    let one = |address: &&str| Report {
        address: (*address).to_owned(),
        what: Reported::Unclear,
        server_said: Some(words.to_owned()),
    };
    group.iter().map(one).collect()
}
