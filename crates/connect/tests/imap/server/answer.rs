//! One connection to the small server.

use super::{Fake, Folder, State};
use std::collections::BTreeSet;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

struct Client {
    qresync: bool,
    selected: Option<String>,
    view: Vec<u32>,
    cut: Option<usize>,
}

pub(super) async fn serve(fake: Fake, stream: TcpStream) {
    // Answers to pipelined commands would else wait for each other's acknowledgement.
    stream.set_nodelay(true).unwrap();
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let cut = fake.state().faults.cuts.pop_front();
    let mut client = Client { qresync: false, selected: None, view: Vec::new(), cut };
    let capabilities = fake.state().capabilities.clone();
    let mut answer = format!("* OK [CAPABILITY {capabilities}] ready\r\n").into_bytes();
    let mut changed = fake.changed.subscribe();
    loop {
        let room = client.cut.unwrap_or(usize::MAX).min(answer.len());
        if write.write_all(&answer[..room]).await.is_err() || room < answer.len() {
            return;
        }
        client.cut = client.cut.map(|left| left - room);
        let mut line = String::new();
        if read.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let mut line = line.trim_end().to_owned();
        let mut literals = Vec::new();
        while let Some((start, length, loose)) = literal(&line) {
            if !loose {
                write.write_all(b"+ go on\r\n").await.unwrap();
            }
            let mut bytes = vec![0; length];
            let mut rest = String::new();
            if read.read_exact(&mut bytes).await.is_err() || read.read_line(&mut rest).await.is_err() {
                return;
            }
            literals.push(bytes);
            line = format!("{start}\"literal\"{}", rest.trim_end());
        }
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        fake.state().heard.push(command.to_owned());
        if command == "AUTHENTICATE PLAIN" {
            write.write_all(b"+ \r\n").await.unwrap();
            let mut secret = String::new();
            if read.read_line(&mut secret).await.is_err() {
                return;
            }
        }
        if command == "IDLE" {
            write.write_all(b"+ idling\r\n").await.unwrap();
            let mut done = String::new();
            loop {
                let news = client.news(&mut fake.state());
                if write.write_all(&news).await.is_err() {
                    return;
                }
                tokio::select! {
                    heard = read.read_line(&mut done) => match heard {
                        Ok(0) | Err(_) => return,
                        Ok(_) => break,
                    },
                    _ = changed.changed() => {}
                }
            }
            fake.state().heard.push("DONE".into());
            answer = format!("{tag} OK idled\r\n").into_bytes();
            continue;
        }
        if command == "LOGOUT" {
            return;
        }
        let mut state = fake.state();
        answer = client.answer(&mut state, tag, command, literals);
    }
}

fn literal(line: &str) -> Option<(&str, usize, bool)> {
    let inner = line.strip_suffix('}')?;
    let open = inner.rfind('{')?;
    let loose = inner.ends_with('+');
    Some((line[..open].trim_end_matches('~'), inner[open + 1..].trim_end_matches('+').parse().ok()?, loose))
}

pub(super) fn set(text: &str) -> impl Fn(u32) -> bool + use<> {
    let ranges: Vec<(u32, u32)> = text
        .split(',')
        .map(|part| {
            let number = |text: &str| text.parse().unwrap_or(u32::MAX);
            part.split_once(':').map_or((number(part), number(part)), |(a, b)| (number(a), number(b)))
        })
        .collect();
    move |uid| ranges.iter().any(|(first, last)| (*first..=*last).contains(&uid))
}

fn ids(uids: impl Iterator<Item = u32>) -> String {
    uids.map(|uid| uid.to_string()).collect::<Vec<_>>().join(",")
}

impl Client {
    /// What changed in the open folder since this connection last heard of it.
    fn news(&mut self, state: &mut State) -> Vec<u8> {
        let Some(name) = &self.selected else { return Vec::new() };
        let now: Vec<u32> = state.folder(name).letters.keys().copied().collect();
        let mut out = String::new();
        while let Some(at) = self.view.iter().position(|uid| !now.contains(uid)) {
            let uid = self.view.remove(at);
            let line = if self.qresync { format!("* VANISHED {uid}\r\n") } else { format!("* {} EXPUNGE\r\n", at + 1) };
            out.push_str(&line);
        }
        if now.len() > self.view.len() {
            out.push_str(&format!("* {} EXISTS\r\n", now.len()));
        }
        self.view = now;
        out.into_bytes()
    }

    fn answer(&mut self, state: &mut State, tag: &str, command: &str, literals: Vec<Vec<u8>>) -> Vec<u8> {
        let words: Vec<&str> = command.split(' ').collect();
        let mut out = Vec::new();
        let mut end = "OK done".to_owned();
        match words[0] {
            "ENABLE" if state.capabilities.contains("QRESYNC") => {
                self.qresync = true;
                out.extend_from_slice(b"* ENABLED QRESYNC\r\n");
            }
            "CAPABILITY" => out.extend(format!("* CAPABILITY {}\r\n", state.capabilities).into_bytes()),
            "LIST" => list(state, command, &mut out),
            "EXAMINE" | "SELECT" => end = self.select(state, command, &mut out),
            "APPEND" | "CREATE" => {
                let name = quoted(command);
                let uid = if words[0] == "APPEND" { state.add(&name, literals[0].clone()) } else { 0 };
                let validity = state.folder(&name).validity;
                end = format!("OK [APPENDUID {validity} {uid}] done");
            }
            "EXPUNGE" => self.expunge(state, |_| true),
            "UID" => match words[1] {
                "FETCH" => end = self.fetch(state, &words[2..], command, &mut out),
                "SEARCH" => self.search(state, command, tag, &mut out),
                "STORE" => {
                    let name = self.selected.clone().unwrap_or_default();
                    let flag = words[4].trim_matches(['(', ')']);
                    for uid in self.view.iter().copied().filter(|uid| set(words[2])(*uid)) {
                        state.flag(&name, uid, flag, words[3].starts_with('+'));
                    }
                }
                "EXPUNGE" => self.expunge(state, set(words[2])),
                "COPY" | "MOVE" => {
                    let (name, to) = (self.selected.clone().unwrap_or_default(), quoted(command));
                    let uid = words[2].parse().unwrap();
                    let body = state.folder(&name).letters[&uid].body.clone();
                    let new = state.add(&to, body);
                    if words[1] == "MOVE" {
                        state.remove(&name, uid);
                    }
                    end = format!("OK [COPYUID {} {uid} {new}] done", state.folder(&to).validity);
                }
                _ => end = "BAD what".into(),
            },
            _ => {}
        }
        if !matches!(words[0], "EXAMINE" | "SELECT") {
            out.extend(self.news(state));
        }
        out.extend(format!("{tag} {end}\r\n").into_bytes());
        out
    }

    fn expunge(&mut self, state: &mut State, chosen: impl Fn(u32) -> bool) {
        let name = self.selected.clone().unwrap_or_default();
        let letters = &state.folder(&name).letters;
        let marked = letters.iter().filter(|(uid, letter)| chosen(**uid) && letter.flags.contains("\\Deleted"));
        for uid in marked.map(|(uid, _)| *uid).collect::<Vec<_>>() {
            state.remove(&name, uid);
        }
    }

    fn select(&mut self, state: &mut State, command: &str, out: &mut Vec<u8>) -> String {
        let name = quoted(command);
        self.selected = None;
        let condstore = state.capabilities.contains("CONDSTORE");
        let no_validity = state.faults.no_validity;
        let Some(folder) = state.folders.get(&name).filter(|folder| !folder.refuses) else {
            return "NO [NOPERM] not this one".into();
        };
        self.view = folder.letters.keys().copied().collect();
        out.extend(format!("* {} EXISTS\r\n* OK [UIDNEXT {}] next\r\n", self.view.len(), folder.next).into_bytes());
        if !no_validity {
            out.extend(format!("* OK [UIDVALIDITY {}] valid\r\n", folder.validity).into_bytes());
        }
        if condstore {
            out.extend(format!("* OK [HIGHESTMODSEQ {}] highest\r\n", folder.modseq).into_bytes());
        }
        if let Some(since) = command.split_once("QRESYNC (") {
            let mut numbers = since.1.trim_end_matches(')').split(' ').map(|word| word.parse::<u64>().unwrap());
            if numbers.next() == Some(u64::from(folder.validity)) {
                changes(folder, &self.view, numbers.next().unwrap(), true, out);
            }
        }
        self.selected = Some(name);
        "OK [READ-ONLY] open".into()
    }

    fn search(&mut self, state: &mut State, command: &str, tag: &str, out: &mut Vec<u8>) {
        let folder = state.folder(&self.selected.clone().unwrap_or_default());
        let wanted = command.split_once("Message-ID \"").map(|(_, id)| id.trim_end_matches('"').to_owned());
        let found = self.view.iter().copied().filter(|uid| {
            let Some(letter) = folder.letters.get(uid) else { return false };
            match &wanted {
                Some(id) => String::from_utf8_lossy(&letter.body).contains(id.as_str()),
                None => !command.contains("DELETED") || letter.flags.contains("\\Deleted"),
            }
        });
        let line = match command.contains("RETURN") {
            true if self.view.is_empty() => format!("* ESEARCH (TAG \"{tag}\") UID\r\n"),
            true => format!("* ESEARCH (TAG \"{tag}\") UID ALL {}\r\n", ids(found)),
            false => format!("* SEARCH {}\r\n", ids(found).replace(',', " ")),
        };
        out.extend(line.into_bytes());
    }

    fn fetch(&mut self, state: &mut State, words: &[&str], command: &str, out: &mut Vec<u8>) -> String {
        let chosen = set(words[0]);
        let State { folders, faults, .. } = state;
        let Some(folder) = self.selected.as_ref().and_then(|name| folders.get(name)) else {
            return "BAD closed".into();
        };
        if let Some((_, since)) = command.split_once("CHANGEDSINCE ") {
            let vanished = since.contains("VANISHED");
            let since = since.split([' ', ')']).next().unwrap().parse().unwrap();
            changes(folder, &self.view, since, vanished, out);
            return "OK fetched".into();
        }
        let body = command.contains("BODY.PEEK[]");
        for (at, uid) in self.view.iter().copied().enumerate().filter(|(_, uid)| chosen(*uid)) {
            let Some(letter) = folder.letters.get(&uid) else { continue };
            if body && faults.refused.contains(&uid) {
                return "NO this message is broken".into();
            }
            if body && faults.silent.contains(&uid) {
                continue;
            }
            let shown = faults.wrong_uid.get(&uid).filter(|_| body).copied().unwrap_or(uid);
            let size = faults.size.get(&uid).copied().unwrap_or(letter.body.len() as u64);
            let flags = letter.flags.iter().cloned().collect::<Vec<_>>().join(" ");
            out.extend(format!("* {} FETCH (UID {shown} FLAGS ({flags})", at + 1).into_bytes());
            if command.contains("RFC822.SIZE") {
                out.extend(format!(" RFC822.SIZE {size}").into_bytes());
            }
            if body {
                let length = faults.announced.get(&uid).copied().unwrap_or(letter.body.len() as u64);
                out.extend(b" INTERNALDATE \"01-Feb-2024 10:00:00 +0100\"");
                if faults.empty.contains(&uid) {
                    out.extend(b" BODY[] NIL");
                } else {
                    out.extend(format!(" BODY[] {{{length}}}\r\n").into_bytes());
                    out.extend(letter.body.iter());
                }
            }
            out.extend(b")\r\n");
        }
        "OK fetched".into()
    }
}

fn changes(folder: &Folder, view: &[u32], since: u64, vanished: bool, out: &mut Vec<u8>) {
    let gone: BTreeSet<u32> = folder.gone.iter().filter(|(at, _)| *at > since).map(|(_, uid)| *uid).collect();
    if vanished && !gone.is_empty() {
        out.extend(format!("* VANISHED (EARLIER) {}\r\n", ids(gone.into_iter())).into_bytes());
    }
    for (at, uid) in view.iter().enumerate() {
        let Some(letter) = folder.letters.get(uid).filter(|letter| letter.modseq > since) else { continue };
        let flags = letter.flags.iter().cloned().collect::<Vec<_>>().join(" ");
        let line = format!("* {} FETCH (UID {uid} FLAGS ({flags}) MODSEQ ({}))\r\n", at + 1, letter.modseq);
        out.extend(line.into_bytes());
    }
}

fn list(state: &State, command: &str, out: &mut Vec<u8>) {
    for (name, folder) in &state.folders {
        out.extend(format!("* LIST () \"/\" \"{name}\"\r\n").into_bytes());
        if command.contains("STATUS") {
            let (count, next, modseq) = (folder.letters.len(), folder.next, folder.modseq);
            let validity = folder.validity;
            let line = format!(
                "* STATUS \"{name}\" (MESSAGES {count} UIDNEXT {next} UIDVALIDITY {validity} HIGHESTMODSEQ {modseq})\r\n"
            );
            out.extend(line.into_bytes());
        }
    }
}

fn quoted(command: &str) -> String {
    command.split('"').nth(1).unwrap_or_default().to_owned()
}
