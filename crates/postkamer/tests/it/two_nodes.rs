//! Two nodes on one database: they renew one grant, and what one of them is told wakes the other.

use crate::program::{Backing, Program, wait_until};
use crate::renewal::scene;
use serde_json::json;
use simulator::{Fault, Kind};
use testkit::free_port;

/// Of each kind, while the others do the same.
const TIMES: usize = 4;

#[test]
fn nodes_and_a_command_that_renew_one_grant_at_once_show_no_token_twice() {
    let scene = scene(Backing::Nodes, &[]);
    // Microsoft's own servers are more lenient; others end everything of a grant of which a token was shown twice.
    scene.simulator.with(|cloud| (cloud.reuse_ends_grant, cloud.renewed) = (true, 0));
    let web = scene.program.second_node(None, &[("POSTKAMER_ROLE", "web")]);
    let beside = scene.program.further_node(&[]);
    let (id, one) = (&scene.id, &scene.program);
    std::thread::scope(|all| {
        all.spawn(|| (0..TIMES).for_each(|_| _ = one.fetch(id)));
        all.spawn(|| {
            for _ in 0..TIMES {
                let report = web.api.post(&format!("/accounts/{id}/test"), &json!({}));
                assert_eq!(report["ok"], json!(true), "{report}");
            }
        });
        all.spawn(|| {
            for _ in 0..TIMES {
                let output = beside.installation.run("fetch", &["--account", "info@voorbeeld.test"]);
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
        });
    });
    let (renewed, reused) = scene.simulator.with(|cloud| (cloud.renewed, cloud.reused));
    assert!(renewed > 4 * TIMES, "{renewed} renewals are no crowd");
    assert_eq!(reused, 0, "of {renewed}");
    scene.come("daarna");
    one.fetch(id);
    assert!(scene.is_here("daarna").is_some());
    assert_eq!(scene.colour(), "green");
}

#[test]
fn news_that_one_node_is_told_wakes_the_node_that_has_the_mailbox() {
    let port = free_port();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = folder.path().join("instellingen.toml");
    std::fs::write(&settings, format!("base_url = \"http://127.0.0.1:{port}\"\n")).expect("our own file");
    let scene = scene(Backing::Nodes, &[("POSTKAMER_CONFIG", &settings.display().to_string())]);
    let listeners = || scene.simulator.with(|cloud| cloud.listeners("info@voorbeeld.test"));
    assert_eq!(listeners(), 0, "nobody answers there yet");
    // It takes no part in fetching; what Microsoft posts comes to this one.
    let web: Program = scene.program.second_node(Some(port), &[("POSTKAMER_ROLE", "web")]);
    scene.program.api.patch(&format!("/accounts/{}", scene.id), &json!({ "display_name": "Opnieuw" }));
    wait_until("Microsoft is asked to tell", || (listeners() == 1).then_some(()));
    scene.come("gemeld");
    wait_until("it came without anybody asking", || scene.is_here("gemeld"));

    // What Microsoft says of telling itself goes the same way.
    scene.simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::SubscriptionRemoved, "created")));
    scene.come("opgezegd");
    wait_until("it came all the same", || scene.is_here("opgezegd"));
    wait_until("Microsoft is asked anew", || (listeners() == 1).then_some(()));
    scene.come("opnieuw");
    wait_until("it came without anybody asking", || scene.is_here("opnieuw"));

    // And so does a person's wish.
    scene.simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::LostNotification, "created")));
    scene.come("gevraagd");
    web.api.post(&format!("/accounts/{}/fetch", scene.id), &json!({}));
    wait_until("it came because somebody asked elsewhere", || scene.is_here("gevraagd"));
}
