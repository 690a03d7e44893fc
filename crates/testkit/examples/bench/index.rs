//! Fetched and searchable: beside mbsync with notmuch and with mu, where those are installed.

use crate::Bench;
use crate::fetching::{ADDRESS, connected, loaded_server, mbsync, measured};
use crate::report::{OURS, Report};
use std::path::Path;
use std::process::Command;
use testkit::Ca;

pub fn measure(bench: &Bench, report: &mut Report) {
    let programs = [("mbsync and notmuch", "/usr/bin/notmuch"), ("mbsync and mu", "/usr/bin/mu")];
    if programs.iter().all(|(_, path)| !Path::new(path).exists()) {
        println!("bench: neither notmuch nor mu is installed (apt-get install notmuch maildir-utils): left out");
        return;
    }
    let ca = Ca::new();
    let (dovecot, _) = loaded_server(bench, &ca);
    const CASE: &str = "everything fetched and searchable, s";
    for _ in 0..bench.runs {
        let home = tempfile::Builder::new().prefix("pk-index-").tempdir_in("/dev/shm").expect("a folder");
        let pulled = measured(&mut mbsync(&dovecot, home.path(), None)).0;
        let mail = home.path().join("mail");
        if Path::new(programs[0].1).exists() {
            let settings = home.path().join("notmuch.conf");
            let text =
                format!("[database]\npath={}\n[user]\nname=x\nprimary_email={ADDRESS}\n[new]\ntags=\n", mail.display());
            std::fs::write(&settings, text).expect("a file");
            let indexed = measured(Command::new("notmuch").env("NOTMUCH_CONFIG", &settings).args(["new", "--quiet"])).0;
            report.note(CASE, programs[0].0, pulled + indexed);
        }
        if Path::new(programs[1].1).exists() {
            let home_of_mu = home.path().join("mu");
            let init =
                Command::new("mu").arg("init").arg("--muhome").arg(&home_of_mu).arg("--maildir").arg(&mail).output();
            assert!(init.is_ok_and(|output| output.status.success()), "mu init");
            let indexed = measured(Command::new("mu").args(["index", "--quiet", "--muhome"]).arg(&home_of_mu)).0;
            report.note(CASE, programs[1].0, pulled + indexed);
        }
        let installation = connected(bench, &dovecot, home.path().join("postkamer"), None);
        let ours = measured(installation.command("fetch").args(["--account", ADDRESS, "--json"])).0;
        report.note(CASE, OURS, ours);
        search(report, &installation);
    }
    report.goal(CASE, "mbsync and notmuch", 0.12);
    report.goal("search through the API, p99, ms", "", 10.0);
}

/// Words that occur, some of them often, asked of the running server over one connection.
fn search(report: &mut Report, installation: &testkit::Installation) {
    const QUESTIONS: [&str; 8] = [
        "goot",
        "factuur",
        "amersfoort",
        "from:anna",
        "subject:offerte",
        "has:attachment contract",
        "\"discount of ten\"",
        "zoe",
    ];
    let token = installation.token();
    let serving = installation.serve();
    let mut command = Command::new("curl");
    command.args(["-sS", "-o", "/dev/null", "-w", "%{time_starttransfer} %{http_code}\n", "-G"]);
    for (number, question) in (0..400).map(|number| (number, QUESTIONS[number % QUESTIONS.len()])) {
        if number > 0 {
            command.args(["--next", "-sS", "-o", "/dev/null", "-w", "%{time_starttransfer} %{http_code}\n", "-G"]);
        }
        command.arg("-H").arg(format!("Authorization: Bearer {token}"));
        command.arg("--data-urlencode").arg(format!("q={question}")).arg(format!("{}/api/v1/messages", serving.url));
    }
    let output = command.output().expect("curl starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.lines().all(|line| line.ends_with(" 200")), "a search failed: {text}");
    let times = text.lines().filter_map(|line| line.split(' ').next()?.parse::<f64>().ok());
    let mut millis: Vec<f64> = times.map(|seconds| seconds * 1_000.0).collect();
    millis.sort_by(f64::total_cmp);
    let at = |part: usize| millis.get(millis.len() * part / 100).copied().unwrap_or(f64::NAN);
    report.note("search through the API, p50, ms", OURS, at(50));
    report.note("search through the API, p99, ms", OURS, at(99));
}
