//! A letter that is too long for one request, through the whole program.

use crate::post_office::{file, send, when};
use crate::program::{Backing, Program, account};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use simulator::{CLIENT_ID, CLIENT_SECRET, Cloud, Fault, Kind, Simulator};
use tokio::runtime::Runtime;

const INFO: &str = "info@voorbeeld.test";
const ANNA: &str = "anna@voorbeeld.test";

#[test]
fn a_file_of_ten_megabytes_leaves_a_mailbox_at_microsoft_whole_and_once() {
    let runtime = Runtime::new().expect("a runtime");
    let address = "127.0.0.1:0".parse().expect("an address");
    let simulator = runtime.block_on(Simulator::start(address, Cloud::default())).expect("a simulator");
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_SIMULATOR", &simulator.url)]);
    let app = json!({ "tenant": "voorbeeld.test", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    program.api.put("/organisation/apps/microsoft", &app);
    let (kind, grant) = ("microsoft365", simulator.with(|cloud| cloud.grant_for(INFO)));
    let id = program.connect(&account(INFO, json!({ "kind": kind, "secret": grant }), json!({ "kind": kind })));
    // Bytes that are nowhere alike, so that a piece in the wrong place is seen.
    let bytes: Vec<u8> = (0..10u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let letter = json!({
        "account": id, "subject": "Tekeningen", "to": [{ "address": ANNA }], "text": "Hierbij.",
        "html": "<p>Hierbij.</p>", "attachments": [file("tekeningen.bin", "application/octet-stream", &bytes)],
    });
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "PUT api").after(1));
        cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST /send"));
    });
    let sent = send(&program.api, &letter);
    let submission = when(&program.api, &sent, "accepted");
    simulator.with(|cloud| {
        assert!(cloud.faults.is_empty(), "a fault was never met");
        assert_eq!(cloud.sent.len(), 1, "{submission}");
        let anna = cloud.mailbox(ANNA).expect("Anna");
        assert_eq!(anna.letters.len(), 1);
        let raw = String::from_utf8_lossy(&anna.letters.values().next().expect("her letter").raw).replace("\r\n", "");
        assert!(raw.contains(&STANDARD.encode(&bytes)), "the file is not what it was");
        assert!(raw.contains("tekeningen.bin"));
    });
}
