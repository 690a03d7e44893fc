use super::{
    input::AccountInput,
    kept_secret,
    settle::{Settled, settle},
};
use store::account::{AccountSettings, AfterFetch, Direction, Encryption, Font, Incoming, Outgoing, Style};

fn typed(json: &str) -> AccountInput {
    serde_json::from_str(json).expect("reads")
}

fn made(json: &str) -> Settled {
    settle(typed(json), None)
}

fn wrong(settled: &Settled) -> Vec<(&str, &str)> {
    settled.errors.iter().map(|error| (error.field.as_str(), error.code)).collect()
}

const FULL: &str = r#"{"address":" info@voorbeeld.nl ","display_name":" Info ",
    "incoming":{"kind":"imap","host":" imap.voorbeeld.nl\t","secret":" geheim "},
    "outgoing":{"kind":"smtp","host":"smtp.voorbeeld.nl","encryption":"starttls"}}"#;

#[test]
fn what_is_left_out_is_what_most_servers_want() {
    let settled = made(FULL);
    assert_eq!(wrong(&settled), []);
    assert_eq!(settled.settings.display_name, "Info");
    let Incoming::Imap(incoming) = &settled.settings.incoming else { panic!() };
    assert_eq!(
        (incoming.host.as_str(), incoming.port, incoming.encryption),
        ("imap.voorbeeld.nl", 993, Encryption::Tls)
    );
    assert_eq!(incoming.username, "info@voorbeeld.nl");
    let Outgoing::Smtp(outgoing) = &settled.settings.outgoing else { panic!() };
    assert_eq!((outgoing.port, outgoing.username.as_str()), (587, "info@voorbeeld.nl"));
}

#[test]
fn a_secret_stays_as_typed_and_serves_both_ways_of_a_new_account() {
    let settled = made(FULL);
    assert_eq!(settled.incoming_secret.as_ref().map(|secret| secret.reveal()), Some(&b" geheim "[..]));
    assert_eq!(settled.outgoing_secret.as_ref().map(|secret| secret.reveal()), Some(&b" geheim "[..]));
    assert!(
        settled.warnings.iter().any(|warning| warning.code == "secret_blank" && warning.field == "incoming.secret")
    );
}

#[test]
fn a_server_in_the_house_may_want_no_sign_in() {
    let settled = made(r#"{"address":"a@b.nl","outgoing":{"kind":"smtp","host":"relay","username":""}}"#);
    assert_eq!(wrong(&settled), []);
    assert!(settled.outgoing_secret.is_none());
}

#[test]
fn bounds_hold_for_what_does_not_count_too() {
    let long = "a".repeat(5000);
    let settled = made(&format!(
        r#"{{"address":"a@b.nl","incoming":{{"prefix":"{long}","port":0}},"outgoing":{{"kind":"none","domain":"{long}"}}}}"#
    ));
    let told = [("incoming.prefix", "too_long"), ("incoming.port", "not_a_port"), ("outgoing.domain", "too_long")];
    assert_eq!(wrong(&settled), told);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let settled = made(
        r#"{"address":"x","bcc":"y","interval_seconds":1,"disable_after_errors":0,"pinned_certificate":"ab",
            "never_link":["voorbeeld.nl","a b"],"font":"comic_sans","font_size":25,
            "incoming":{"kind":"imap","host":"https://x/","port":70000,"encryption":"ssl","secret":"a\nb"},
            "outgoing":{"kind":"smtp","username":"piet","encryption":"tls"}}"#,
    );
    assert_eq!(
        wrong(&settled),
        [
            ("address", "not_an_address"),
            ("interval_seconds", "out_of_range"),
            ("disable_after_errors", "out_of_range"),
            ("bcc", "not_an_address"),
            ("pinned_certificate", "out_of_range"),
            ("never_link.1", "not_an_address"),
            ("font", "unknown_kind"),
            ("font_size", "out_of_range"),
            ("incoming.secret", "secret_control"),
            ("incoming.port", "not_a_port"),
            ("incoming.host", "not_a_host"),
            ("incoming.encryption", "unknown_kind"),
            ("outgoing.host", "required"),
        ]
    );
}

#[test]
fn kinds_that_are_none_are_told_from_kinds_that_lack_something() {
    let settled = made(r#"{"address":"a@b.nl","incoming":{"kind":"pigeon"},"outgoing":{"kind":"owl"}}"#);
    assert_eq!(wrong(&settled), [("incoming.kind", "unknown_kind"), ("outgoing.kind", "unknown_kind")]);
    let settled = made(r#"{"address":"a@b.nl","incoming":{"kind":"mailgun"},"outgoing":{"kind":"none"}}"#);
    assert_eq!(wrong(&settled), [("incoming.domain", "required")]);
}

#[test]
fn a_mailbox_is_opened_by_one_provider() {
    let settled = made(r#"{"address":"a@b.nl","incoming":{"kind":"gmail"},"outgoing":{"kind":"microsoft365"}}"#);
    assert_eq!(wrong(&settled), [("outgoing.kind", "one_provider")]);
    assert!(wrong(&made(r#"{"address":"a@b.nl","incoming":{"kind":"gmail"},"outgoing":{"kind":"gmail"}}"#)).is_empty());
}

#[test]
fn a_change_of_one_field_leaves_the_others() {
    let before = made(FULL).settings;
    let settled =
        settle(typed(r#"{"incoming":{"port":1993,"prefix":"INBOX"},"bcc":"archief@voorbeeld.nl"}"#), Some(&before));
    assert_eq!(wrong(&settled), []);
    assert!(settled.incoming_secret.is_none(), "an absent secret stays what it was");
    let Incoming::Imap(incoming) = &settled.settings.incoming else { panic!() };
    assert_eq!((incoming.port, incoming.prefix.as_deref()), (1993, Some("INBOX")));
    assert_eq!(incoming.host, "imap.voorbeeld.nl");
    assert_eq!(settled.settings.outgoing, before.outgoing);
    assert_eq!(settled.settings.bcc.as_deref(), Some("archief@voorbeeld.nl"));
}

#[test]
fn a_signature_is_made_safe_and_one_that_says_nothing_is_none() {
    let html = r#"{"font":"georgia","font_size":11,"signature_html":"<p onclick=\"x()\">Groet<script>1</script></p>"}"#;
    let before = settle(typed(html), Some(&made(FULL).settings));
    assert_eq!(wrong(&before), []);
    let style = before.settings.style.clone();
    assert_eq!(
        (style.font, style.font_size, style.signature.as_deref()),
        (Some(Font::Georgia), Some(11), Some("<p>Groet</p>"))
    );
    let same = settle(typed(r#"{"push":false}"#), Some(&before.settings)).settings.style;
    assert_eq!(same, style, "what is left out stays");
    let emptied = r#"{"font":null,"font_size":null,"signature_html":"<div><br></div>"}"#;
    assert_eq!(settle(typed(emptied), Some(&before.settings)).settings.style, Style::default());
    let long = format!(r#"{{"signature_html":"{}"}}"#, "x".repeat(100_001));
    assert_eq!(wrong(&settle(typed(&long), Some(&before.settings))), [("signature_html", "too_long")]);
}

#[test]
fn another_encryption_brings_its_own_port() {
    let before = made(FULL).settings;
    let settled = settle(typed(r#"{"incoming":{"encryption":"starttls"}}"#), Some(&before));
    let Incoming::Imap(incoming) = &settled.settings.incoming else { panic!() };
    assert_eq!(incoming.port, 143);
}

#[test]
fn plain_text_always_carries_a_warning() {
    let settled =
        made(r#"{"address":"a@b.nl","outgoing":{"kind":"smtp","host":"h","username":"","encryption":"none"}}"#);
    assert!(settled.warnings.iter().any(|warning| warning.code == "plaintext"));
}

#[test]
fn a_pop3_mailbox_has_ports_of_its_own_is_never_pushed_and_leaves_its_mail_where_it_is() {
    const POP: &str = r#"{"address":"info@voorbeeld.nl","outgoing":{"kind":"none"},
        "incoming":{"kind":"pop3","host":"pop.voorbeeld.nl","secret":"geheim"}}"#;
    let settled = made(POP);
    assert_eq!(wrong(&settled), []);
    let Incoming::Pop3(server) = &settled.settings.incoming else { panic!() };
    assert_eq!((server.port, server.after_fetch), (995, Some(AfterFetch::Leave)));
    assert!(!settled.settings.push);
    assert!(settled.warnings.is_empty());

    let before = settled.settings;
    let change = r#"{"incoming":{"after_fetch":{"kind":"delete_after","days":14}},"push":true}"#;
    let settled = settle(typed(change), Some(&before));
    let Incoming::Pop3(server) = &settled.settings.incoming else { panic!() };
    assert_eq!(server.after_fetch, Some(AfterFetch::DeleteAfter { days: 14 }));
    assert!(!settled.settings.push);
    assert!(settled.warnings.iter().any(|warning| warning.code == "several_devices"));
    let never = r#"{"incoming":{"after_fetch":{"kind":"delete_after","days":0}}}"#;
    assert_eq!(wrong(&settle(typed(never), Some(&before))), [("incoming.after_fetch.days", "out_of_range")]);

    // The same host by another way: the secret stays, the port does not.
    let settled = settle(typed(r#"{"incoming":{"kind":"imap"}}"#), Some(&before));
    assert_eq!(wrong(&settled), [("incoming.host", "required"), ("incoming.secret", "secret_for_new_host")]);
    let settled = settle(typed(r#"{"incoming":{"kind":"imap","host":"pop.voorbeeld.nl"}}"#), Some(&before));
    assert_eq!(wrong(&settled), []);
    let Incoming::Imap(server) = &settled.settings.incoming else { panic!() };
    assert_eq!(server.port, 993);
}

/// What is told of the last of these changes, each on top of the one before, and whether a secret was forgotten on the way.
fn saved_one_after_the_other(changes: &[&str], half: Direction) -> (Vec<(String, &'static str)>, bool) {
    let mut settings: AccountSettings = made(FULL).settings;
    let (mut told, mut is_forgotten) = (Vec::new(), false);
    for change in changes {
        let settled = settle(typed(change), Some(&settings));
        told = settled.errors.iter().map(|error| (error.field.clone(), error.code)).collect();
        is_forgotten |= kept_secret::spent(&settings, &settled.settings).contains(&half);
        settings = settled.settings;
    }
    (told, is_forgotten)
}

#[test]
fn a_kept_password_follows_to_no_other_server_by_any_way_round() {
    const NAMED: &str = r#"{"outgoing":{"username":"info@voorbeeld.nl"}}"#;
    const ELSEWHERE: &str = r#"{"outgoing":{"kind":"smtp","host":"evil.example","username":""}}"#;
    const EXCHANGE: &str = r#"{"outgoing":{"kind":"ews","url":"smtp.voorbeeld.nl","authentication":"basic"}}"#;
    for between in
        [None, Some(r#"{"outgoing":{"kind":"none"}}"#), Some(r#"{"outgoing":{"kind":"builtin"}}"#), Some(EXCHANGE)]
    {
        let changes: Vec<&str> = between.into_iter().chain([ELSEWHERE, NAMED]).collect();
        let (told, is_forgotten) = saved_one_after_the_other(&changes, Direction::Outgoing);
        assert_eq!(told, [("outgoing.secret".to_owned(), "required")], "{changes:?}");
        assert!(is_forgotten, "{changes:?}");
    }
    // In one step it is asked for as well, and the server it was given for keeps it.
    let (told, _) = saved_one_after_the_other(&[r#"{"outgoing":{"host":"evil.example"}}"#], Direction::Outgoing);
    assert_eq!(told, [("outgoing.secret".to_owned(), "secret_for_new_host")]);
    let (told, is_forgotten) = saved_one_after_the_other(&[NAMED, EXCHANGE], Direction::Outgoing);
    assert!(told.is_empty() && !is_forgotten, "{told:?}");

    let away = r#"{"incoming":{"kind":"none"}}"#;
    for back in ["imap", "pop3"] {
        let back = format!(r#"{{"incoming":{{"kind":"{back}","host":"evil.example"}}}}"#);
        let (told, is_forgotten) = saved_one_after_the_other(&[away, &back], Direction::Incoming);
        assert_eq!((told, is_forgotten), (vec![("incoming.secret".to_owned(), "required")], true), "{back}");
    }
}

#[test]
fn a_half_that_signs_in_nowhere_keeps_no_secret() {
    let settled = made(
        r#"{"address":"a@b.nl","outgoing":{"kind":"none"},
        "incoming":{"kind":"imap","host":"imap.b.nl","secret":"geheim"}}"#,
    );
    assert!(wrong(&settled).is_empty() && settled.incoming_secret.is_some() && settled.outgoing_secret.is_none());
}

#[test]
fn what_is_not_said_of_a_way_out_stays_for_every_kind() {
    for kind in ["builtin", "microsoft365", "gmail", "none"] {
        let before = made(&format!(r#"{{"address":"a@b.nl","outgoing":{{"kind":"{kind}"}}}}"#)).settings;
        let settled = settle(typed(r#"{"outgoing":{}}"#), Some(&before));
        assert_eq!((settled.settings.outgoing, settled.errors.len()), (before.outgoing, 0), "{kind}");
    }
}

#[test]
fn a_limit_is_none_or_one_that_lets_something_out() {
    let before = made(FULL).settings;
    for (limits, field) in [
        (r#"{"per_minute":0}"#, "limits.per_minute"),
        (r#"{"connections":1001}"#, "limits.connections"),
        (r#"{"per_connection":0,"per_day":2000}"#, "limits.per_connection"),
        (r#"{"per_day":100000001}"#, "limits.per_day"),
    ] {
        let settled = settle(typed(&format!(r#"{{"limits":{limits}}}"#)), Some(&before));
        assert_eq!(wrong(&settled), [(field, "not_a_limit")]);
    }
    assert!(wrong(&settle(typed(r#"{"limits":{"per_minute":1,"per_day":null}}"#), Some(&before))).is_empty());
}
