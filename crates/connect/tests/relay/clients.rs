//! Programs that bring mail, none of them ours.

use crate::house::{INFO, Open};
use std::process::{Command, Output};
use testkit::{Exim, EximOptions, Postfix, PostfixOptions};

async fn swaks(open: &Open, more: &[&str]) -> Output {
    let mut command = Command::new("swaks");
    command.args(["--server", &open.at.to_string(), "--helo", "mail.elders.nl", "--from", "jan@elders.nl"]);
    command.args(more);
    tokio::task::spawn_blocking(move || command.output().expect("swaks is installed")).await.expect("it ends")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_delivers_in_the_open_and_inside_tls() {
    let open = Open::house().await;
    let plain = swaks(&open, &["--to", INFO, "--body", "Dag"]).await;
    assert!(plain.status.success(), "{}", said(&plain));
    let inside = swaks(&open, &["--to", INFO, "--tls", "--body", "Dag"]).await;
    assert!(inside.status.success(), "{}", said(&inside));
    assert!(open.letter(0).contains("with ESMTP id"), "{}", open.letter(0));
    assert!(open.letter(1).contains("with ESMTPS id"), "{}", open.letter(1));
    assert!(open.letter(1).contains("(using TLSv1.3 "), "{}", open.letter(1));
    let refused = swaks(&open, &["--to", "niemand@post.example"]).await;
    assert!(!refused.status.success() && said(&refused).contains("550 5.1.1"), "{}", said(&refused));
    let elsewhere = swaks(&open, &["--to", "jan@elders.nl"]).await;
    assert!(said(&elsewhere).contains("550 5.7.1"), "{}", said(&elsewhere));
    assert_eq!(open.letters(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_and_postfix_come_in_by_ipv6() {
    let open = Open::by_ipv6().await;
    let port = open.at.port().to_string();
    let brought = tokio::task::spawn_blocking(move || {
        let from = ["--helo", "mail.elders.nl", "--from", "jan@elders.nl", "--to", INFO, "--tls"];
        Command::new("swaks").args(["-6", "--server", "::1", "--port", &port]).args(from).output()
    });
    let brought = brought.await.expect("it ends").expect("swaks is installed");
    assert!(brought.status.success(), "{}", said(&brought));
    assert!(open.letter(0).contains("Received: from mail.elders.nl ([IPv6:::1])"), "{}", open.letter(0));

    let by_six = "smtp_tls_security_level = may\nsmtp_address_preference = ipv6\ninet_protocols = all";
    let extra = format!("mynetworks = 127.0.0.0/8\n{by_six}\nrelayhost = [::1]:{}", open.at.port());
    let options = PostfixOptions { extra, ..PostfixOptions::default() };
    let postfix = tokio::task::spawn_blocking(|| Postfix::start(options)).await.expect("it starts");
    let queue = format!("127.0.0.1:{}", postfix.smtp_port);
    let handed = tokio::task::spawn_blocking(move || {
        let at = ["--timeout", "90", "--server", &queue];
        Command::new("swaks").args(at).args(["--from", "jan@elders.nl", "--to", INFO]).output()
    });
    let handed = handed.await.expect("it ends").expect("swaks is installed");
    assert!(handed.status.success(), "{}\n{}", said(&handed), postfix.mail_log());
    until(&open, 2, || postfix.mail_log()).await;
    assert!(open.letter(1).contains("([IPv6:::1])") && open.letter(1).contains("ESMTPS"), "{}", open.letter(1));
}

/// Waits until the house has so many letters.
async fn until(open: &Open, letters: usize, log: impl Fn() -> String) {
    let begun = std::time::Instant::now();
    while open.letters() < letters {
        assert!(begun.elapsed().as_secs() < 90, "{} of {letters} came; the log:\n{}", open.letters(), log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postfix_brings_what_it_forwards_encrypted_and_keeps_what_is_put_off() {
    let open = Open::house().await;
    let extra = "mynetworks = 127.0.0.0/8\nsmtp_tls_security_level = may";
    let options = PostfixOptions { relay_to: Some(open.at.port()), extra: extra.into(), ..PostfixOptions::default() };
    let postfix = tokio::task::spawn_blocking(|| Postfix::start(options)).await.expect("it starts");
    *open.kept.trouble.lock().unwrap() = Some(connect::relay::Trouble::Full);
    let queue = format!("127.0.0.1:{}", postfix.smtp_port);
    let brought = tokio::task::spawn_blocking(move || {
        Command::new("swaks").args(["--server", &queue, "--from", "jan@elders.nl", "--to", INFO]).output()
    });
    let brought = brought.await.expect("it ends").expect("swaks is installed");
    assert!(brought.status.success(), "{}\n{}", said(&brought), postfix.mail_log());
    until(&open, 1, || postfix.mail_log()).await;
    assert!(postfix.mail_log().contains("452 4.3.1"), "the first try was put off:\n{}", postfix.mail_log());
    let letter = open.letter(0);
    assert!(letter.contains("with ESMTPS id") && letter.contains("Return-Path: <jan@elders.nl>"), "{letter}");
}

#[tokio::test(flavor = "multi_thread")]
async fn smtp_source_brings_hundreds_of_letters_over_many_lines_and_none_is_lost() {
    let open = Open::house().await;
    let (at, begun) = (open.at.to_string(), std::time::Instant::now());
    let brought = tokio::task::spawn_blocking(move || {
        Command::new("/usr/sbin/smtp-source")
            .args(["-s", "10", "-m", "600", "-l", "20000", "-f", "jan@elders.nl", "-t", INFO, &at])
            .output()
    });
    let brought = brought.await.expect("it ends").expect("smtp-source is installed with Postfix");
    assert!(brought.status.success(), "{}", String::from_utf8_lossy(&brought.stderr));
    assert_eq!(open.letters(), 600);
    eprintln!("600 letters of 20 kB in {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn exim_brings_what_it_carries_on() {
    let open = Open::house().await;
    let options = EximOptions { onward: Some(("post.example".into(), open.at.port())), ..EximOptions::default() };
    let exim = tokio::task::spawn_blocking(|| Exim::start(options)).await.expect("it starts");
    let queue = format!("127.0.0.1:{}", exim.smtp_port);
    let brought = tokio::task::spawn_blocking(move || {
        Command::new("swaks").args(["--server", &queue, "--from", "jan@elders.nl", "--to", INFO]).output()
    });
    let brought = brought.await.expect("it ends").expect("swaks is installed");
    assert!(brought.status.success(), "{}", said(&brought));
    until(&open, 1, || exim.process.log()).await;
    let letter = open.letter(0);
    assert!(letter.contains("with ESMTPS id") && letter.contains("(Exim "), "{letter}");
}
