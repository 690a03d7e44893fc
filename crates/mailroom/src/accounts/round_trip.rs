//! The test of an account (*Test mailbox*, features M9): every step to both servers, and a real mail that goes round.
//!
//! First without credentials; then one sign-in for each direction and no more: each refused one brings a lock-out nearer.

use super::{
    by_domain, connection,
    diagnosis::{self, Circumstances},
    grant,
    health::Half,
    managed, relay, same_mailbox, secret, secret_of, test_letter,
    watched::Seen,
};
use crate::{
    MailRoom,
    incoming::OwnSource,
    words::{
        Phrase, Refusal,
        cause::{self, Explained},
    },
};
use connect::{
    ConnectError, Edit, Source, egress,
    error::{Cause, Step},
};
use mail::{AccountKey, MessageId, Role};
use std::time::{Duration, Instant};
use store::{
    StoreError, Viewer,
    account::{Account, Direction, Incoming, Server},
};

/// How long the mail may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);
/// Between two looks where the server tells nothing by itself.
const LOOK: Duration = Duration::from_secs(2);

/// One step of a test.
#[derive(Debug, Clone)]
pub struct TestStep {
    /// `resolve`, `connect`, `tls`, `sign_in`, `folders`, `send`, `receive`.
    pub name: &'static str,
    /// `incoming` or `outgoing`.
    pub direction: &'static str,
    /// It worked.
    pub ok: bool,
    /// Why not, for programs.
    pub code: Option<&'static str>,
    /// What the server said.
    pub server_said: Option<String>,
    /// The likely cause.
    pub cause: Option<Phrase>,
    /// What to do.
    pub fix: Option<Phrase>,
    /// How long it took.
    pub millis: u64,
}

/// What a test showed. It is green when a real mail went round.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Step by step, as far as it came.
    pub steps: Vec<TestStep>,
    /// Every step worked.
    pub ok: bool,
}

/// Tests an account as it is saved.
pub async fn test(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<TestReport, Refusal> {
    let account = managed(room, viewer, account).await?;
    run(room, account, &|_| ()).await
}

/// The test itself; `seen` hears of every step as soon as it was taken.
pub(super) async fn run(room: &MailRoom, account: Account, seen: &Seen<'_>) -> Result<TestReport, Refusal> {
    let mut steps = Steps { taken: Vec::new(), seen };
    let mut source = incoming(room, &account, &mut steps).await?;
    let sent = outgoing(room, &account, &mut steps).await?;
    if let (Some(source), Some(message_id)) = (&mut source, &sent) {
        receive(source.as_mut(), message_id, by_domain::late(&account.settings), &mut steps).await;
        // A pass may have met the message before it was taken away; the next one lets it go.
        crate::incoming::look(room, account.id).await;
    }
    if let Some(mut source) = source {
        source.close().await;
    }
    let ok = !steps.taken.is_empty() && steps.taken.iter().all(|step| step.ok);
    Ok(TestReport { steps: steps.taken, ok })
}

struct Steps<'a> {
    taken: Vec<TestStep>,
    seen: &'a Seen<'a>,
}

impl Steps<'_> {
    fn push(&mut self, step: TestStep) {
        (self.seen)(&step);
        self.taken.push(step);
    }

    fn well(&mut self, name: &'static str, direction: &'static str, took: Duration, said: Option<String>) {
        let millis = took.as_millis() as u64;
        let (code, cause, fix) = (None, None, None);
        self.push(TestStep { name, direction, ok: true, code, server_said: said, cause, fix, millis });
    }

    fn wrong(
        &mut self,
        name: &'static str,
        direction: &'static str,
        took: Duration,
        explained: Explained,
        said: String,
    ) {
        self.push(TestStep {
            name,
            direction,
            ok: false,
            code: Some(explained.code),
            server_said: Some(said).filter(|said| !said.is_empty()),
            cause: Some(explained.cause.into()),
            fix: Some(explained.fix.into()),
            millis: took.as_millis() as u64,
        });
    }

    /// What a call that is several steps at once came to: those before the one that failed went well.
    fn several(
        &mut self,
        names: &[&'static str],
        direction: &'static str,
        took: Duration,
        error: Option<(&ConnectError, Circumstances<'_>)>,
    ) {
        let failed = error.map(|(error, known)| (error, diagnosis::diagnose(error, known)));
        let at = failed.as_ref().map(|(_, diagnosis)| match diagnosis.step {
            Step::Tls => "tls",
            Step::SignIn => "sign_in",
            Step::Resolve | Step::Connect | Step::Work => names.last().copied().unwrap_or("sign_in"),
        });
        for name in names {
            if at == Some(name) {
                break;
            }
            self.well(name, direction, took / names.len() as u32, None);
        }
        if let (Some((_, diagnosis)), Some(at)) = (failed, at) {
            self.wrong(at, direction, took, diagnosis.explained, diagnosis.server_said);
        }
    }
}

/// Name, connection and, where it comes first, encryption: without credentials. `false`: it goes no further.
async fn reach(
    room: &MailRoom,
    account: &Account,
    server: &Server,
    direction: &'static str,
    steps: &mut Steps<'_>,
) -> bool {
    let server = connection::reachable(server, account);
    let mut told: Vec<(Step, Duration, Option<diagnosis::Diagnosis>)> = Vec::new();
    let mut observe = |step: Step, took: Duration, result: Result<(), &ConnectError>| {
        let diagnosis = result.err().map(|error| diagnosis::diagnose(error, Circumstances::default()));
        told.push((step, took, diagnosis));
    };
    // The connection itself is dropped: the connectors make their own.
    let reached = egress::dial_observed(&room.world, &server, &mut observe).await.is_ok();
    for (step, took, diagnosis) in told {
        let name = match step {
            Step::Resolve => "resolve",
            Step::Connect => "connect",
            Step::Tls => "tls",
            Step::SignIn | Step::Work => continue,
        };
        match diagnosis {
            None => steps.well(name, direction, took, None),
            Some(found) => steps.wrong(name, direction, took, found.explained, found.server_said),
        }
    }
    reached
}

async fn incoming(
    room: &MailRoom,
    account: &Account,
    steps: &mut Steps<'_>,
) -> Result<Option<Box<dyn Source>>, Refusal> {
    let direction = "incoming";
    let Some(server) = grant::way(&account.settings, Direction::Incoming) else { return Ok(None) };
    let server = server.as_ref();
    if let Incoming::Relay { .. } = account.settings.incoming {
        return own_door(room, account, steps).await;
    }
    if let Some(server) = server
        && !reach(room, account, server, direction, steps).await
    {
        return Ok(None);
    }
    let begun = Instant::now();
    if is_blocked(room, account, Half::Receiving, direction, steps).await? {
        return Ok(None);
    }
    let mut source = match connection::server_source(room, account, None).await {
        Ok(source) => source,
        Err(error) => return unreadable(error, direction, steps).map(|()| None),
    };
    let result = same_mailbox::folders(room, account, &mut *source).await?;
    let warnings = warnings(room, account, Direction::Incoming).await;
    let known = Circumstances { username: server.map_or("", |server| &server.username), secret_warnings: &warnings };
    let names = connection::steps(server, "folders");
    steps.several(&names, direction, begun.elapsed(), result.as_ref().err().map(|error| (error, known)));
    match result {
        Ok(shown) => {
            // What the folders are for can be chosen before anything is fetched; those of ours need no choosing.
            let on_server = !matches!(account.settings.incoming, Incoming::Pop3(_) | Incoming::Relay { .. });
            if on_server && account.health.last_fetched_at.is_none() {
                crate::incoming::take_folders(room, account, Vec::new(), &shown).await?;
            }
            Ok(Some(source))
        }
        Err(error) => {
            note_refusal(room, account, Half::Receiving, &error).await?;
            Ok(None)
        }
    }
}

/// Whether mail is taken in at all for an address of ours, and the folders that it comes to.
async fn own_door(
    room: &MailRoom,
    account: &Account,
    steps: &mut Steps<'_>,
) -> Result<Option<Box<dyn Source>>, Refusal> {
    let begun = Instant::now();
    let door = relay::own_addresses(room).await?;
    let Some(listener) = door.listeners.into_iter().next() else {
        let explained = cause::by_code("no_listener").unwrap_or_else(|| cause::of(Cause::Refused));
        steps.wrong("connect", "incoming", begun.elapsed(), explained, String::new());
        return Ok(None);
    };
    steps.well("connect", "incoming", begun.elapsed(), Some(listener.address));
    // It works beside whoever may have the lease.
    let account = &Account { fence: 0, ..account.clone() };
    let mut source = OwnSource::new(room, account);
    if account.health.last_fetched_at.is_none() {
        let shown = source.folders().await.map_err(|error| StoreError::Broken(error.to_string()))?;
        crate::incoming::take_folders(room, account, Vec::new(), &shown).await?;
    }
    Ok(Some(Box::new(source)))
}

/// Signs in and sends the test message over one connection. Gives its Message-ID when it went.
async fn outgoing(room: &MailRoom, account: &Account, steps: &mut Steps<'_>) -> Result<Option<MessageId>, Refusal> {
    let direction = "outgoing";
    let Some(server) = grant::way(&account.settings, Direction::Outgoing) else { return Ok(None) };
    let server = server.as_ref();
    if let Some(server) = server
        && !reach(room, account, server, direction, steps).await
    {
        return Ok(None);
    }
    if is_blocked(room, account, Half::Sending, direction, steps).await? {
        return Ok(None);
    }
    let transport = match connection::transport(room, account, 1, None).await {
        Ok(transport) => transport,
        Err(error) => return unreadable(error, direction, steps).map(|()| None),
    };
    let (message_id, parcel) = test_letter::written(room, account).await?;
    let begun = Instant::now();
    let result = match transport.submit(parcel, &test_letter::NoMarks).await {
        Ok(receipt) => match receipt.recipients.into_iter().find_map(|recipient| recipient.outcome.err()) {
            Some(error) => Err(error),
            None => Ok(receipt.server_said),
        },
        Err(error) => Err(error),
    };
    transport.close().await;
    let warnings = warnings(room, account, Direction::Outgoing).await;
    let known = Circumstances { username: server.map_or("", |server| &server.username), secret_warnings: &warnings };
    let names = connection::steps_out(account, server);
    steps.several(&names, direction, begun.elapsed(), result.as_ref().err().map(|error| (error, known)));
    match result {
        Ok(said) => {
            if let Some(step) = steps.taken.last_mut() {
                step.server_said = Some(said.0).filter(|said| !said.is_empty());
            }
            super::worked(room, account, Half::Sending).await?;
            Ok(Some(message_id))
        }
        Err(error) => {
            note_refusal(room, account, Half::Sending, &error).await?;
            Ok(None)
        }
    }
}

/// Waits for the message, and takes it away again: from where it arrived, and from the sent folder of a provider that
/// keeps a copy.
async fn receive(source: &mut dyn Source, message_id: &MessageId, late: &str, steps: &mut Steps<'_>) {
    let begun = Instant::now();
    let found = loop {
        match source.find("INBOX", message_id.as_str()).await {
            Ok(found) if !found.is_empty() => break Ok(Some(found)),
            Ok(_) if begun.elapsed() >= ARRIVAL => break Ok(None),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
        if let Err(error) = source.wait(LOOK).await {
            break Err(error);
        }
    };
    match found {
        Ok(Some(_)) => steps.well("receive", "incoming", begun.elapsed(), None),
        Ok(None) => {
            let explained = cause::by_code(late).unwrap_or_else(|| cause::of(Cause::TimedOut));
            return steps.wrong("receive", "incoming", begun.elapsed(), explained, String::new());
        }
        Err(error) => {
            let found = diagnosis::diagnose(&error, Circumstances::default());
            return steps.wrong("receive", "incoming", begun.elapsed(), found.explained, found.server_said);
        }
    }
    if let Err(error) = take_away(source, message_id).await {
        tracing::info!(%error, "a test message could not be taken away; it stays in the mailbox");
    }
}

async fn take_away(source: &mut dyn Source, message_id: &MessageId) -> Result<(), ConnectError> {
    let shown = source.folders().await?;
    let sent = shown.iter().filter(|folder| folder.selectable && folder.declared == Role::Sent);
    let mut edits = Vec::new();
    for folder in ["INBOX"].into_iter().chain(sent.map(|folder| folder.remote.as_str())) {
        for (epoch, remote) in source.find(folder, message_id.as_str()).await? {
            edits.push(Edit::Delete { folder: folder.to_owned(), epoch, remote });
        }
    }
    for result in source.edit(edits).await? {
        result?;
    }
    Ok(())
}

/// After too many refused sign-ins even a person's test waits.
async fn is_blocked(
    room: &MailRoom,
    account: &Account,
    half: Half,
    direction: &'static str,
    steps: &mut Steps<'_>,
) -> Result<bool, Refusal> {
    let wait = super::may_sign_in(room, account, half, room.clock.now()).await?;
    if wait.is_some() {
        steps.wrong("sign_in", direction, Duration::ZERO, cause::of(Cause::Blacklisted), String::new());
    }
    Ok(wait.is_some())
}

async fn note_refusal(room: &MailRoom, account: &Account, half: Half, error: &ConnectError) -> Result<(), Refusal> {
    if matches!(error, ConnectError::Credentials { .. }) {
        super::failed(room, account, half, error).await?;
    }
    Ok(())
}

fn unreadable(error: StoreError, direction: &'static str, steps: &mut Steps<'_>) -> Result<(), Refusal> {
    match error {
        StoreError::Damaged(_) | StoreError::Conflict { .. } => {
            let explained = cause::by_code("unreadable_secret").unwrap_or_else(|| cause::of(Cause::Refused));
            steps.wrong("sign_in", direction, Duration::ZERO, explained, String::new());
            Ok(())
        }
        other => Err(other.into()),
    }
}

async fn warnings(room: &MailRoom, account: &Account, direction: Direction) -> Vec<crate::words::field::Why> {
    match secret_of(room, account, direction).await {
        Ok(Some(secret)) => secret::warnings(&String::from_utf8_lossy(secret.reveal())),
        _ => Vec::new(),
    }
}
