//! STORE, COPY, MOVE and EXPUNGE.

use super::session::{Ending, Session};
use super::set::{members, written};
use super::state::{Mail, folder_name};
use super::wire::Arg;
use std::collections::BTreeSet;

impl Session {
    /// STORE set [(UNCHANGEDSINCE n)] +FLAGS[.SILENT] (flags).
    pub(super) fn store(&mut self, by_uid: bool, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        let Some(selected) = self.selected.as_mut().filter(|selected| selected.writable) else {
            return "NO [READ-ONLY] the folder was only examined".to_owned();
        };
        let condition = args.get(1).filter(|arg| matches!(arg, Arg::List(_)));
        let unchanged: Option<u64> = condition.and_then(|words| words.list().get(1)?.text().parse().ok());
        let rest = &args[args.len().min(if condition.is_some() { 2 } else { 1 })..];
        let (Some(set), Some(how), Some(flags)) = (args.first(), rest.first(), rest.get(1)) else {
            return "BAD a set, a verb and flags are needed".to_owned();
        };
        let how = how.upper();
        let silent = how.ends_with(".SILENT");
        let named: BTreeSet<String> = match flags {
            Arg::List(flags) => flags.iter().map(Arg::text).collect(),
            flag => BTreeSet::from([flag.text()]),
        };
        let shared = self.shared.clone();
        let mut mailbox = shared.mailbox();
        let Some(folder) = mailbox.folders.get_mut(&selected.name) else { return "NO the folder is gone".to_owned() };
        let mut changed_before = Vec::new();
        for uid in selected.named(by_uid, &set.text()) {
            let Some(mail) = folder.find(uid) else { continue };
            if unchanged.is_some_and(|limit| mail.modseq > limit) {
                changed_before.push(if by_uid { uid } else { selected.number(uid) as u32 });
                continue;
            }
            let flags = match how.trim_end_matches(".SILENT") {
                "+FLAGS" => mail.flags.union(&named).cloned().collect(),
                "-FLAGS" => mail.flags.difference(&named).cloned().collect(),
                "FLAGS" => named.clone(),
                _ => return "BAD no such verb".to_owned(),
            };
            folder.set_flags(uid, flags);
            let Some(mail) = folder.find(uid) else { continue };
            selected.known.insert(uid, mail.modseq);
            let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
            let flags = if silent { String::new() } else { format!(" FLAGS ({})", flags.join(" ")) };
            let modseq = if self.condstore { format!(" MODSEQ ({})", mail.modseq) } else { String::new() };
            if !silent || self.condstore {
                let number = selected.number(uid);
                out.extend_from_slice(format!("* {number} FETCH (UID {uid}{flags}{modseq})\r\n").as_bytes());
            }
        }
        drop(mailbox);
        shared.changed();
        if changed_before.is_empty() {
            "OK stored".to_owned()
        } else {
            format!("OK [MODIFIED {}] these had changed", written(&changed_before))
        }
    }

    pub(super) fn copy(&mut self, by_uid: bool, args: &[Arg]) -> Ending {
        match self.put_elsewhere(by_uid, args, false) {
            Ok(code) => format!("OK {code}copied"),
            Err(refusal) => refusal,
        }
    }

    /// MOVE (RFC 6851): COPYUID comes untagged, before the messages go.
    pub(super) fn move_to(&mut self, by_uid: bool, args: &[Arg], out: &mut Vec<u8>) -> Ending {
        match self.put_elsewhere(by_uid, args, true) {
            Ok(code) => {
                if !code.is_empty() {
                    out.extend_from_slice(format!("* OK {code}moved\r\n").as_bytes());
                }
                "OK moved".to_owned()
            }
            Err(refusal) => refusal,
        }
    }

    /// EXPUNGE, and UID EXPUNGE for some only (RFC 4315); the news that follows tells the client.
    pub(super) fn expunge(&mut self, only: Option<&Arg>) -> Ending {
        if !self.selected.as_ref().is_some_and(|selected| selected.writable) {
            return "NO [READ-ONLY] the folder was only examined".to_owned();
        }
        self.remove_deleted(only);
        "OK expunged".to_owned()
    }

    pub(super) fn remove_deleted(&mut self, only: Option<&Arg>) {
        let Some(selected) = self.selected.as_ref().filter(|selected| selected.writable) else { return };
        let shared = self.shared.clone();
        let mut mailbox = shared.mailbox();
        let Some(folder) = mailbox.folders.get_mut(&selected.name).filter(|it| it.validity == selected.validity) else {
            return;
        };
        let deleted: Vec<u32> =
            folder.messages.iter().filter(|mail| mail.flags.contains("\\Deleted")).map(|mail| mail.uid).collect();
        let chosen = only.map_or(deleted.clone(), |set| members(&set.text(), &deleted));
        folder.remove(&chosen.into_iter().collect());
        drop(mailbox);
        shared.changed();
    }

    /// Copies, and takes away where it was when `moving`; answers `[COPYUID ...] ` or nothing.
    fn put_elsewhere(&mut self, by_uid: bool, args: &[Arg], moving: bool) -> Result<String, Ending> {
        let (Some(selected), Some(set), Some(to)) = (&self.selected, args.first(), args.get(1)) else {
            return Err("BAD a set and a folder are needed".to_owned());
        };
        let to = folder_name(&to.text());
        let shared = self.shared.clone();
        let mut mailbox = shared.mailbox();
        if !mailbox.folders.contains_key(&to) {
            return Err("NO [TRYCREATE] there is no such folder".to_owned());
        }
        let chosen = selected.named(by_uid, &set.text());
        let Some(from) = mailbox.folders.get_mut(&selected.name) else { return Err("NO it is gone".to_owned()) };
        let mails: Vec<Mail> = if moving {
            from.remove(&chosen.into_iter().collect())
        } else {
            chosen.iter().filter_map(|uid| from.find(*uid)).cloned().collect()
        };
        let Some(target) = mailbox.folders.get_mut(&to) else { return Err("NO it is gone".to_owned()) };
        let old: Vec<u32> = mails.iter().map(|mail| mail.uid).collect();
        let new: Vec<u32> = mails.into_iter().map(|mail| target.add(mail.raw, mail.flags, mail.date)).collect();
        let validity = target.validity;
        drop(mailbox);
        shared.changed();
        if new.is_empty() || !self.shared.options.uidplus {
            return Ok(String::new());
        }
        Ok(format!("[COPYUID {validity} {} {}] ", written(&old), written(&new)))
    }
}
