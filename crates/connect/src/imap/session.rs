//! One connection, signed in: commands out, responses in, and what they say about the state of things.

use super::{
    capability::Capabilities,
    command::Command,
    response::{Code, Condition, Response, Status},
    wire::{Broken, Patience, Wire},
};
use std::{collections::VecDeque, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// How long a command may take that downloads nothing.
pub const COMMAND_TIME: Duration = Duration::from_secs(60);
/// The window in which a download must make progress.
pub const FETCH_TIME: Duration = Duration::from_secs(300);

/// A response, and the memory on loan for the message in it.
#[derive(Debug)]
pub struct Arrived {
    /// What the server said.
    pub response: Response,
    /// Set when it holds a message body.
    pub room: Option<OwnedSemaphorePermit>,
}

/// The open folder.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// Its name.
    pub remote: String,
    /// Opened by SELECT, so that edits work.
    pub writable: bool,
    /// UIDVALIDITY, when the server gave one; 0 counts as none.
    pub uidvalidity: Option<u32>,
    /// UIDNEXT, when the server gave it.
    pub uidnext: Option<u32>,
    /// How many messages there are.
    pub exists: u32,
    /// HIGHESTMODSEQ, when the folder has it.
    pub highestmodseq: Option<u64>,
    /// The server told of a change since the folder was last looked at.
    pub changed: bool,
}

/// A connection, signed in.
#[derive(Debug)]
pub struct Session {
    pub(super) wire: Wire,
    /// What the server can do.
    pub capabilities: Capabilities,
    /// The server told its capabilities since this was last cleared.
    pub capabilities_told: bool,
    /// ENABLE QRESYNC worked.
    pub qresync: bool,
    /// ENABLE UTF8=ACCEPT worked.
    pub utf8: bool,
    /// NOTIFY is set for all folders.
    pub notifies: bool,
    /// Folders that NOTIFY told of and nobody has heard yet.
    pub noted: Vec<String>,
    /// How many changes the server told of, until somebody counts them.
    pub events: u32,
    /// When we last said something on a connection that only listens.
    pub quiet_since: Option<Instant>,
    /// The open folder.
    pub selected: Option<Selected>,
    last_tag: u32,
    /// Commands whose end nobody waits for.
    quiet: Vec<u32>,
    /// What came while we waited for a `+`.
    ahead: VecDeque<Arrived>,
    /// Ends that came before they were asked for.
    ended: Vec<(u32, Status)>,
    /// The IDLE under way, when it began, and whether the server agreed.
    idle: Option<(u32, Instant, bool)>,
}

impl Session {
    /// A session over a wire; nothing is known yet.
    pub fn new(wire: Wire) -> Session {
        Session {
            wire,
            capabilities: Capabilities::default(),
            capabilities_told: false,
            qresync: false,
            utf8: false,
            notifies: false,
            noted: Vec::new(),
            events: 0,
            quiet_since: None,
            selected: None,
            last_tag: 0,
            quiet: Vec::new(),
            ahead: VecDeque::new(),
            ended: Vec::new(),
            idle: None,
        }
    }

    /// Puts a command in line and gives its number. Waits only for the server's `+`, before a literal and before the
    /// end of an IDLE that it has not agreed to yet.
    pub async fn put(&mut self, command: Command) -> Result<u32, Broken> {
        self.end_idle().await?;
        self.last_tag += 1;
        let tag = self.last_tag;
        self.wire.patience = Patience::within(COMMAND_TIME);
        self.write_down(&command, tag);
        self.wire.push(format!("k{tag} ").as_bytes());
        for (text, literal) in command.parts {
            self.wire.push(&text);
            let Some(literal) = literal else { continue };
            let loose = literal.len() <= self.capabilities.loose_literal_bytes();
            self.wire.push(format!("{{{}{}}}\r\n", literal.len(), if loose { "+" } else { "" }).as_bytes());
            if !loose && !self.may_go_on(tag).await? {
                return Ok(tag);
            }
            self.wire.push(&literal);
        }
        self.wire.push(&command.last);
        self.wire.push(b"\r\n");
        Ok(tag)
    }

    fn write_down(&self, command: &Command, tag: u32) {
        let Some(transcript) = &self.wire.transcript else { return };
        if command.secret {
            return transcript.sent_secret();
        }
        let mut line = format!("k{tag} ").into_bytes();
        for (text, literal) in &command.parts {
            line.extend_from_slice(text);
            line.extend(literal.iter().flat_map(|literal| format!("{{{}}}", literal.len()).into_bytes()));
        }
        line.extend_from_slice(&command.last);
        transcript.sent(&line);
    }

    /// Waits for `+`; false when the server ended the command instead.
    async fn may_go_on(&mut self, tag: u32) -> Result<bool, Broken> {
        self.wire.flush().await?;
        loop {
            let arrived = self.receive().await?;
            match &arrived.response {
                Response::Continue(_) => return Ok(true),
                Response::Tagged(ended, status) if *ended == tag => {
                    self.ended.push((tag, status.clone()));
                    return Ok(false);
                }
                _ => self.ahead.push_back(arrived),
            }
        }
    }

    /// The next response that is not the end of a quiet command.
    pub async fn next(&mut self) -> Result<Arrived, Broken> {
        match self.ahead.pop_front() {
            Some(arrived) => Ok(arrived),
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Result<Arrived, Broken> {
        loop {
            let mut frame = self.wire.next().await?;
            let response = frame.response();
            match &response {
                Response::Tagged(tag, _) if self.quiet.contains(tag) => {
                    self.quiet.retain(|quiet| quiet != tag);
                    continue;
                }
                Response::Status(status) if status.condition == Condition::Bye => {
                    return Err(Broken::Bye(status.clone()));
                }
                _ => self.note(&response),
            }
            return Ok(Arrived { response, room: frame.room });
        }
    }

    fn note(&mut self, response: &Response) {
        match response {
            Response::Capability(words) => self.learn(words),
            Response::Enabled(words) => {
                self.qresync |= words.iter().any(|word| word == "QRESYNC");
                self.utf8 |= words.iter().any(|word| word == "UTF8=ACCEPT");
            }
            Response::Status(status) | Response::Tagged(_, status) => self.note_code(status),
            Response::Counts(name, _) if self.notifies && self.noted.len() < 1000 && !self.noted.contains(name) => {
                self.noted.push(name.clone());
            }
            Response::Exists(_) | Response::Expunge(_) | Response::Vanished { earlier: false, .. } => {
                self.events = self.events.saturating_add(1);
                let Some(selected) = &mut self.selected else { return };
                match response {
                    Response::Exists(count) => {
                        selected.changed |= *count != selected.exists;
                        selected.exists = *count;
                    }
                    Response::Vanished { uids, .. } => {
                        selected.changed = true;
                        selected.exists = selected.exists.saturating_sub(u32::try_from(uids.len()).unwrap_or(u32::MAX));
                    }
                    _ => {
                        selected.changed = true;
                        selected.exists = selected.exists.saturating_sub(1);
                    }
                }
            }
            _ => {}
        }
    }

    fn note_code(&mut self, status: &Status) {
        if let Some(Code::Capability(words)) = &status.code {
            self.learn(words);
        }
        let Some(selected) = &mut self.selected else { return };
        match &status.code {
            Some(Code::UidValidity(value)) => selected.uidvalidity = Some(*value).filter(|value| *value > 0),
            Some(Code::UidNext(value)) => selected.uidnext = Some(*value).filter(|value| *value > 0),
            Some(Code::HighestModseq(value)) => selected.highestmodseq = Some(*value).filter(|value| *value > 0),
            Some(Code::NoModseq) => selected.highestmodseq = None,
            // What came before was about the folder that was open (RFC 7162 §3.2.11).
            Some(Code::Named(name)) if name == "CLOSED" => {
                let (remote, writable) = (std::mem::take(&mut selected.remote), selected.writable);
                *selected = Selected { remote, writable, ..Selected::default() };
            }
            _ => {}
        }
    }

    fn learn(&mut self, words: &[String]) {
        self.capabilities = Capabilities::new(words.to_vec());
        self.capabilities_told = true;
    }

    /// Waits for the end of a command and shows what comes before it.
    pub async fn finish(&mut self, tag: u32, mut each: impl FnMut(Arrived)) -> Result<Status, Broken> {
        self.wire.flush().await?;
        loop {
            if let Some(at) = self.ended.iter().position(|(ended, _)| *ended == tag) {
                return Ok(self.ended.swap_remove(at).1);
            }
            let arrived = self.next().await?;
            match arrived.response {
                Response::Tagged(ended, status) => self.ended.push((ended, status)),
                _ => each(arrived),
            }
        }
    }

    /// Sends one command and waits for its end.
    pub async fn run(&mut self, command: Command) -> Result<(Status, Vec<Response>), Broken> {
        let tag = self.put(command).await?;
        let mut responses = Vec::new();
        let status = self.finish(tag, |arrived| responses.push(arrived.response)).await?;
        Ok((status, responses))
    }

    /// Puts a command in line whose end nobody waits for: it can only help.
    pub async fn put_quietly(&mut self, command: Command) -> Result<(), Broken> {
        let tag = self.put(command).await?;
        self.quiet.push(tag);
        Ok(())
    }

    /// Waits until the ends of all quiet commands have come, and with them what they changed.
    pub async fn settle(&mut self) -> Result<(), Broken> {
        self.wire.flush().await?;
        while !self.quiet.is_empty() {
            // The end of a quiet command is swallowed by `receive`, which then waits for more: a NOOP gives it that.
            let (_, ahead) = self.run(Command::new("NOOP")).await?;
            self.ahead.extend(ahead.into_iter().map(|response| Arrived { response, room: None }));
        }
        Ok(())
    }

    /// Begins to idle (RFC 2177), unless it does already.
    pub async fn begin_idle(&mut self) -> Result<(), Broken> {
        if self.idle.is_none() {
            let tag = self.put(Command::new("IDLE")).await?;
            self.idle = Some((tag, Instant::now(), false));
        }
        self.wire.flush().await
    }

    /// When the IDLE under way began.
    pub fn idle_since(&self) -> Option<Instant> {
        self.idle.map(|(_, since, _)| since)
    }

    /// The server agreed to idle.
    pub fn idle_agreed(&mut self) {
        if let Some((_, _, agreed)) = &mut self.idle {
            *agreed = true;
        }
    }

    /// The server ended the IDLE by itself.
    pub fn idle_ended(&mut self, tag: u32) -> bool {
        let ours = self.idle.is_some_and(|(idle, _, _)| idle == tag);
        if ours {
            self.idle = None;
        }
        ours
    }

    /// Puts DONE in line, to go with the next command. It waits until the server agreed to idle: Cyrus does not see a DONE
    /// that came together with the IDLE, and goes on idling.
    pub async fn end_idle(&mut self) -> Result<(), Broken> {
        let Some((tag, _, agreed)) = self.idle else { return Ok(()) };
        if !agreed {
            self.wire.patience = Patience::within(COMMAND_TIME);
            if !self.may_go_on(tag).await? {
                // Refused: there is nothing to end.
                self.ended.retain(|(ended, _)| *ended != tag);
                self.idle = None;
                return Ok(());
            }
        }
        self.idle = None;
        self.wire.push(b"DONE\r\n");
        self.quiet.push(tag);
        Ok(())
    }

    /// Signs out, without waiting long.
    pub async fn log_out(mut self) {
        let farewell = async {
            self.put(Command::new("LOGOUT")).await?;
            self.wire.flush().await?;
            while self.next().await.is_ok() {}
            Ok::<(), Broken>(())
        };
        drop(tokio::time::timeout(Duration::from_secs(2), farewell).await);
    }
}
