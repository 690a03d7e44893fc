//! The temporary mailbox of a new organisation: it works like any other, reaches nobody outside and gives way to a real one
//! (features M15).

use crate::fetch::text;
use crate::post_office::{PASSWORD, PostOffice, letter, send, when};
use crate::program::{Backing, Program, account, imap, smtp, wait_until};
use serde_json::{Value, json};

/// An organisation as `setup` leaves it, served.
fn newcomer() -> Program {
    let mut program = Program::start(Backing::Disk);
    assert!(program.stop().success());
    let password = program.beside("wachtwoord");
    std::fs::write(&password, "zonnig-dorp-aan-de-zee-42\n").expect("our own file");
    let mut setup = program.installation.command("setup");
    setup.args(["--organisation", "Café De Buren", "--admin", "baas@buren.test", "--password-file"]).arg(&password);
    assert!(setup.status().is_ok_and(|status| status.success()));
    program.serve_again();
    let token = program.token("baas@buren.test", "admin");
    program.api = program.api.speaking_for(&token);
    program
}

#[test]
fn a_new_organisation_has_a_mailbox_that_works_until_it_has_its_own() {
    let program = newcomer();
    let accounts = program.api.list("/accounts");
    let [temporary] = accounts.as_slice() else { panic!("{accounts:?}") };
    let (id, address) = (text(&temporary["id"]), text(&temporary["address"]));
    assert_eq!((address.as_str(), &temporary["primary"]), ("cafe-de-buren@postkamer.localhost", &json!(true)));
    assert_eq!((&temporary["incoming"]["kind"], &temporary["outgoing"]["kind"]), (&json!("relay"), &json!("builtin")));
    let fetched = program.fetch(&id);
    assert_eq!(fetched["removed"], json!(0), "{fetched}");
    let welcome = only(&program.api.list("/messages"));
    assert_eq!((&welcome["subject"], &welcome["outgoing"]), (&json!("Welkom in uw postkamer"), &json!(false)));

    // Reading, marking and moving work, though no server has this mail.
    let path = format!("/messages/{}", text(&welcome["id"]));
    program.api.patch(&path, &json!({ "seen": true, "flagged": true }));
    let folders = program.api.list(&format!("/accounts/{id}/folders"));
    let archive = folders.iter().find(|folder| folder["role"] == "archive").expect("an archive");
    program.api.patch(&path, &json!({ "folder": archive["id"] }));
    program.fetch(&id);
    let moved = program.api.get(&path);
    assert_eq!((&moved["seen"], &moved["flagged"], &moved["folder"]), (&json!(true), &json!(true), &archive["id"]));

    // Mail to itself arrives once and is in the sent folder; mail to the world is refused and says why.
    let sent = send(&program.api, &letter(&id, &[&address], "Aan onszelf"));
    when(&program.api, &sent, "accepted");
    wait_until("it arrived", || Some(program.api.list("/messages")).filter(|all| all.len() == 2));
    let out = send(&program.api, &letter(&id, &["jan@elders.test"], "Naar buiten"));
    let failed = when(&program.api, &out, "failed");
    assert!(failed.to_string().contains("only reaches addresses of this Postkamer"), "{failed}");

    // The organisation's own mailbox takes over, and the temporary one can be switched off and on without losing anything.
    let office = PostOffice::open();
    let own = program.connect(&account(
        "info@example.test",
        imap(office.dovecot.imap_port, "info@example.test", PASSWORD),
        smtp(office.postfix.submission_port, "info@example.test", PASSWORD),
    ));
    let primary: Vec<Value> =
        program.api.list("/accounts").into_iter().filter(|account| account["primary"] == json!(true)).collect();
    assert_eq!(only(&primary)["id"], json!(own));
    program.api.patch(&format!("/accounts/{id}"), &json!({ "active": false }));
    program.api.patch(&format!("/accounts/{id}"), &json!({ "active": true }));
    program.fetch(&id);
    assert!(program.api.get(&path)["id"].is_string());
}

fn only(all: &[Value]) -> Value {
    let [one] = all else { panic!("{all:?}") };
    one.clone()
}
