//! What comes back from mail that we deliver ourselves, in an internet of the test's own: each handing over has a return
//! path of its own, so that a report is tied to its mail and recipient whatever it says (features S8, S9).

use crate::fetch::text;
use crate::post_office::{letter, recipient, send, when};
use crate::program::{Backing, Program, account, imap, none, wait_until};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use testkit::{
    Dovecot, DovecotOptions, Exim, EximOptions, ImapClient, Internet, Postfix, PostfixOptions, Zone, inside_internet,
};

const COMES_BACK: &str = "return_path::what_comes_back_is_tied_to_its_mail_and_recipient_whatever_it_says";
/// Where we take mail in. A Postfix carries nothing on to port 25 of an address that it listens at itself.
const DOOR: &str = "127.0.0.1:2525";
const KILLED: &str = "return_path::mail_to_several_domains_arrives_once_at_each_wherever_the_program_is_killed";

/// Two domains of others, and ours with the domain below it at which we take mail in.
struct Neighbours {
    exim: Exim,
    postfix: Postfix,
    _internet: Internet,
    settings: tempfile::NamedTempFile,
}

impl Neighbours {
    fn new() -> Neighbours {
        let internet = Internet::start(&[
            Zone::plain(
                "ons.test",
                "@ IN MX 10 mx\nmx IN A 127.0.0.25\npost IN A 127.0.0.1\npost IN MX 10 post\nnaam IN A 127.0.0.30",
            ),
            Zone::plain("klant.test", "@ IN MX 10 mx.ons.test."),
            Zone::plain("good.test", "@ IN MX 20 mx\nmx IN A 127.0.0.26"),
        ]);
        let exim = Exim::start(EximOptions {
            domain: "ons.test : klant.test".into(),
            address: Some("127.0.0.25".into()),
            onward: Some(("post.ons.test".into(), 2525)),
            ..EximOptions::default()
        });
        // Taken at the door; where it is to go from there somebody says no, with an address that we never heard of.
        let extra =
            "virtual_alias_maps = inline:{ {verhuisd@good.test = weg@elders.test}, {oud@good.test = weg@elders.test} }
transport_maps = inline:{ {elders.test = error:5.1.1 moved without a trace}, {post.ons.test = smtp:[127.0.0.1]:2525} }";
        let recipients = ["anna", "bram", "verhuisd", "oud"].map(str::to_owned).to_vec();
        let postfix = Postfix::start(PostfixOptions {
            domain: "good.test".into(),
            recipients,
            listens_at: Some("127.0.0.26:25".into()),
            extra: extra.into(),
            ..PostfixOptions::default()
        });
        let settings = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(settings.path(), "base_url = \"https://naam.ons.test\"\n").expect("our own file");
        Neighbours { exim, postfix, _internet: internet, settings }
    }

    fn program(&self) -> Program {
        let named = self.settings.path().display().to_string();
        let own = [("POSTKAMER_SMTP", DOOR), ("POSTKAMER_BASE_DOMAIN", "post.ons.test")];
        Program::start_with(Backing::Disk, &[&own[..], &[("POSTKAMER_CONFIG", &named)]].concat())
    }

    /// A mailbox that Postkamer delivers, shown by the code that came to it.
    fn mailbox(&self, program: &Program, address: &str, incoming: Value) -> String {
        let before = self.letters();
        let id = program.connect(&account(address, incoming, json!({ "kind": "builtin" })));
        let path = format!("/accounts/{id}/sender/code");
        program.api.post(&path, &Value::Null);
        let arrived = wait_until("the code arrives", || self.letters().into_iter().find(|one| !before.contains(one)));
        let line = arrived.lines().find(|line| line.starts_with("    ")).expect("a line with the code");
        program.api.put(&path, &json!({ "code": line.trim() }));
        id
    }

    /// What arrived at Exim so far.
    fn letters(&self) -> Vec<String> {
        self.exim.delivered().iter().map(|raw| String::from_utf8_lossy(raw).into_owned()).collect()
    }

    /// The return path under which the letter with that subject arrived at Exim.
    fn path_of(&self, subject: &str) -> String {
        let wanted = format!("Subject: {subject}\n");
        let letter = wait_until("it arrives", || self.letters().into_iter().find(|letter| letter.contains(&wanted)));
        let path = letter.lines().find_map(|line| line.strip_prefix("Return-path: <")?.strip_suffix('>'));
        path.expect("a return path").to_owned()
    }
}

/// A story that fails shows what became of its mail.
impl Drop for Neighbours {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- Postfix:\n{}", self.postfix.mail_log());
        }
    }
}

/// Brings a letter to the door from this sender; what was said.
fn bring(sender: &str, to: &str, letter: &str) -> (bool, String) {
    let mut command = Command::new("swaks");
    command.args(["--server", DOOR, "--from", sender, "--helo", "mail.elders.test", "--to", to]);
    let output = command.args(["--data", letter]).stdin(Stdio::null()).output().expect("swaks is installed");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn state(program: &Program, out: &str, address: &str) -> (String, String) {
    recipient(&program.api.get(&format!("/outbox/{out}")), address)
}

#[test]
fn what_comes_back_is_tied_to_its_mail_and_recipient_whatever_it_says() {
    if !inside_internet(COMES_BACK) {
        return;
    }
    let world = Neighbours::new();
    let program = world.program();
    let id = world.mailbox(&program, "info@ons.test", none());
    let back = wait_until("the records of return paths are asked for", || {
        let sender = program.api.post(&format!("/accounts/{id}/sender/check"), &Value::Null);
        let back = sender["records"].as_array()?.iter().filter(|one| one["purpose"] == "bounces");
        let back: Vec<(Value, Value)> = back.map(|one| (one["kind"].clone(), one["seen"].clone())).collect();
        (!back.is_empty()).then_some(back)
    });
    assert_eq!(back, [(json!("MX"), json!("right")), (json!("TXT"), json!("missing"))]);

    // Taken by Postfix and by Exim, and sent back by both: each recipient has a return path of their own.
    let all = ["verhuisd@good.test", "anna@good.test", "terug@klant.test", "els@klant.test"];
    let out = send(&program.api, &letter(&id, &all, "Vier"));
    let stood = when(&program.api, &out, "bounced");
    wait_until("both reports are in", || {
        let bounced = |address: &str| state(&program, &out, address).0 == "bounced";
        (bounced("verhuisd@good.test") && bounced("terug@klant.test")).then_some(())
    });
    let said = state(&program, &out, "verhuisd@good.test").1;
    assert!(said.contains("moved without a trace"), "{said}\n{stood}\n{}", world.postfix.mail_log());
    let said = state(&program, &out, "terug@klant.test").1;
    assert!(said.starts_with("5."), "Exim gives a number and no words: {said}");
    for taken in ["anna@good.test", "els@klant.test"] {
        assert_eq!(state(&program, &out, taken).0, "accepted");
    }
    // The reports themselves lie in the mailbox.
    let reports = || program.api.list(&format!("/messages?account={id}&role=inbox"));
    wait_until("both reports are there", || (reports().len() == 2).then_some(()));

    // A path is one mail's and one recipient's, and nobody can make one.
    let paths = [world.path_of("Vier"), {
        let out = send(&program.api, &letter(&id, &["els@klant.test"], "Tweede"));
        when(&program.api, &out, "accepted");
        world.path_of("Tweede")
    }];
    assert!(paths.iter().all(|path| path.starts_with("b+") && path.ends_with("@post.ons.test")), "{paths:?}");
    assert_ne!(paths[0], paths[1]);
    let (token, _) = paths[1].split_once('@').expect("an address");
    let last = if token.ends_with('a') { "b" } else { "a" };
    let forged = format!("{}{last}@post.ons.test", &token[..token.len() - 1]);
    for unknown in [forged.as_str(), "b+1234@post.ons.test", "b@post.ons.test"] {
        let (taken, said) = bring("<>", unknown, "Subject: x\n\nx\n");
        assert!(!taken && said.contains("550 5.1.1"), "{unknown}: {said}");
    }

    // An automatic answer comes to the same address with as empty a sender. It is a letter, and nothing came back.
    let away = "From: Els <els@klant.test>\nSubject: Afwezig\nAuto-Submitted: auto-replied\nMessage-ID: <weg@klant.test>\n\nTot maandag.\n";
    let (taken, said) = bring("<>", &paths[1], away);
    assert!(taken, "{said}");
    assert!(reports().iter().any(|letter| letter["subject"] == "Afwezig"));
    let second = {
        let list = program.api.list("/outbox");
        text(&list.iter().find(|one| one["subject"] == "Tweede").expect("it is there")["id"])
    };
    assert_eq!(state(&program, &second, "els@klant.test").0, "accepted");

    // What no program can read came back all the same.
    let odd = "From: Mail System <MAILER-DAEMON@relais.klant.test>\nSubject: Zustellung gescheitert\nMessage-ID: <x@relais>\n\nLeider.\n";
    assert!(bring("<>", &paths[1].to_uppercase(), odd).0);
    assert_eq!(state(&program, &second, "els@klant.test"), ("bounced".into(), "Zustellung gescheitert".into()));

    // A complaint, of which the reporter leaves out by whom, at the address or with the path in it.
    let complaint = |path: &str| {
        format!(
            "From: <feedback@klant.test>\nSubject: complaint\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=a\n\n--a\nContent-Type: text/plain\n\nSomebody.\n--a\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1\nVersion: 1\nOriginal-Mail-From: <{path}>\n\n--a--\n"
        )
    };
    let own = program.api.post("/accounts", &account("misbruik@post.ons.test", json!({ "kind": "relay" }), none()));
    assert_eq!(own["incoming"]["relay_address"], json!("misbruik@post.ons.test"));
    for (subject, to) in [("Aan het pad", None), ("Elders", Some("misbruik@post.ons.test"))] {
        let out = send(&program.api, &letter(&id, &["els@klant.test"], subject));
        when(&program.api, &out, "accepted");
        let path = world.path_of(subject);
        let (taken, said) = bring("feedback@klant.test", to.unwrap_or(&path), &complaint(&path));
        assert!(taken, "{said}");
        let stood = when(&program.api, &out, "delivered");
        assert_eq!(recipient(&stood, "els@klant.test").1, "spam complaint");
        assert!(stood["recipients"][0]["complained_at"].is_string(), "{stood}");
    }
    let heard = program.api.list("/changes").into_iter().filter(|one| one["kind"] == "outbox.complained");
    assert_eq!(heard.count(), 2);

    // A mailbox at a server gets what came back there, once, although its server asks twice.
    let dovecot = Dovecot::start(DovecotOptions::default());
    let there = world.mailbox(&program, "anna@ons.test", imap(dovecot.imap_port, "anna", "geheim-1"));
    program.fetch(&there);
    let out = send(&program.api, &letter(&there, &["terug@klant.test"], "Van de server"));
    when(&program.api, &out, "bounced");
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    let inbox = || client.folder("INBOX").messages.len();
    wait_until("it lies at the server", || (inbox() == 1).then_some(()));
    let raw = client.bodies("INBOX").remove(0);
    let text = String::from_utf8_lossy(&raw).replace("\r\n", "\n");
    let path = text.lines().find_map(|line| line.strip_prefix("Delivered-To: ")).expect("where it came").to_owned();
    // Without what was written here above it.
    let theirs = text.match_indices("\nReceived: ").nth(1).expect("how it came").0 + 1;
    let (taken, said) = bring("<>", &path, &text[theirs..]);
    assert!(taken, "{said}");
    assert_eq!(inbox(), 1, "the same report is there once");

    // Where nobody can put a report beside the rest of the mail, it comes to the mailbox itself.
    let there = world.mailbox(&program, "bert@ons.test", json!({ "kind": "microsoft365" }));
    let out = send(&program.api, &letter(&there, &["els@klant.test"], "Uit de wolk"));
    when(&program.api, &out, "accepted");
    assert_eq!(world.path_of("Uit de wolk"), "bert@ons.test");
}

#[test]
fn mail_to_several_domains_arrives_once_at_each_wherever_the_program_is_killed() {
    if !inside_internet(KILLED) {
        return;
    }
    let world = Neighbours::new();
    let mut program = world.program();
    let id = world.mailbox(&program, "info@ons.test", none());
    let all = ["els@klant.test", "anna@good.test"];
    for (round, (point, lost)) in [
        ("send.before_part:1", None),
        ("send.before_mark:1", None),
        ("send.after_part:1", None),
        ("send.before_part:2", None),
        ("send.before_mark:2", None),
        // From the mark to the answer nobody knows, and it is never sent again by itself.
        ("send.after_mark:1", Some("els@klant.test")),
        ("send.after_mark:2", Some("anna@good.test")),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(program.stop().success());
        program.installation.variables.push(("POSTKAMER_KILLPOINT".into(), point.into()));
        program.serve_again();
        let subject = format!("Ronde {round}");
        let out = send(&program.api, &letter(&id, &all, &subject));
        program.killed();
        program.installation.variables.retain(|(name, _)| name != "POSTKAMER_KILLPOINT");
        program.serve_again();
        let ends = if lost.is_some() { "uncertain" } else { "accepted" };
        let stood = wait_until("it is settled for both", || {
            let now = program.api.get(&format!("/outbox/{out}"));
            let settled = all.iter().all(|one| ["accepted", "uncertain"].contains(&recipient(&now, one).0.as_str()));
            settled.then_some(now)
        });
        for address in all {
            let expected = if lost == Some(address) { ends } else { "accepted" };
            assert_eq!(recipient(&stood, address).0, expected, "{point}: {stood}");
        }
        let at_exim = || world.letters().iter().filter(|one| one.contains(&format!("Subject: {subject}\n"))).count();
        let log = || world.postfix.mail_log();
        let expected = |address: &str| usize::from(lost != Some(address));
        wait_until("it arrived where it should", || (at_exim() == expected(all[0])).then_some(()));
        // Postfix throws its mail away and says in its log that it did.
        let at_postfix = || {
            log().lines().filter(|line| line.contains("to=<anna@good.test>") && line.contains("status=sent")).count()
        };
        let so_far = (0..=round).filter(|round| *round != 6).count();
        wait_until("and there", || (at_postfix() == so_far).then_some(()));
        assert_eq!(at_exim(), expected(all[0]), "{point}");
    }
}
