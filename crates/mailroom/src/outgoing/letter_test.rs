use super::letter::{Answered, NewMail, Pattern, draft, envelope, fill, frozen};
use crate::words::Refusal;
use mail::{Address, MessageId, compose::Attached};
use store::{
    account::{AccountSettings, Incoming, Outgoing},
    outbox::Field,
};

fn settings() -> AccountSettings {
    AccountSettings {
        display_name: "Info Voorbeeld".into(),
        address: "info@voorbeeld.nl".into(),
        active: true,
        incoming: Incoming::None,
        outgoing: Outgoing::None,
        push: true,
        interval_seconds: None,
        disable_after_errors: 10,
        sync_since: None,
        bcc: None,
        never_link: Vec::new(),
        allow_plaintext: false,
        pinned_certificate: None,
        access: Default::default(),
        limits: Default::default(),
        style: Default::default(),
    }
}

fn mail() -> NewMail {
    NewMail { to: vec![Address::bare("jan@klant.nl")], subject: "Offerte".into(), ..NewMail::default() }
}

fn made(mail: NewMail) -> Result<mail::compose::Draft, Refusal> {
    draft(mail, &settings(), Answered::default(), MessageId("pk.1@voorbeeld.nl".into()), 1000)
}

fn fields(result: Result<mail::compose::Draft, Refusal>) -> Vec<String> {
    match result {
        Err(Refusal::Invalid { errors }) => errors.into_iter().map(|error| error.field).collect(),
        Err(Refusal::Forbidden(error)) => vec![format!("403 {}", error.field)],
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_line_break_in_any_field_of_the_header_is_refused_by_its_name() {
    for bad in ["a\rb", "a\nBcc: x@y.nl", "a\0b", "a\u{2028}b", "a\u{85}b"] {
        let named = |address: &str| Address { name: Some(bad.into()), address: address.into() };
        assert_eq!(fields(made(NewMail { subject: bad.into(), ..mail() })), ["subject"]);
        assert_eq!(fields(made(NewMail { from: Some(named("info@voorbeeld.nl")), ..mail() })), ["from.name"]);
        assert_eq!(fields(made(NewMail { to: vec![named("jan@klant.nl")], ..mail() })), ["to.0.name"]);
        assert_eq!(fields(made(NewMail { cc: vec![Address::bare(bad)], ..mail() })), ["cc.0.address"]);
        assert_eq!(
            fields(made(NewMail { bcc: vec![Address::bare(format!("x@y.nl{bad}"))], ..mail() })),
            ["bcc.0.address"]
        );
        let attached = Attached { name: bad.into(), content_type: bad.into(), ..Attached::default() };
        let names = ["attachments.0.name", "attachments.0.content_type"];
        assert_eq!(fields(made(NewMail { attachments: vec![attached], ..mail() })), names);
    }
}

#[test]
fn only_the_account_s_own_address_is_a_sender() {
    let other = Some(Address::bare("directie@voorbeeld.nl"));
    assert_eq!(fields(made(NewMail { from: other, ..mail() })), ["403 from"]);
    let own = Some(Address { name: Some("Piet".into()), address: "INFO@voorbeeld.nl".into() });
    let draft = made(NewMail { from: own, ..mail() }).unwrap();
    assert_eq!((draft.from.name.as_deref(), draft.from.address.as_str()), (Some("Piet"), "info@voorbeeld.nl"));
    assert_eq!(made(mail()).unwrap().from.name.as_deref(), Some("Info Voorbeeld"));
}

#[test]
fn what_cannot_be_written_is_told_in_both_languages() {
    let attached = Attached { name: "a".repeat(1001), ..Attached::default() };
    let draft = made(NewMail { attachments: vec![attached], ..mail() }).expect("the draft itself is sound");
    let Err(Refusal::Invalid { errors }) = frozen(&draft, 1 << 20) else { panic!("a name of 1,001 bytes was written") };
    assert_eq!(errors[0].field, "attachments");
    assert_eq!(errors[0].message.nl, "De naam van een bestand is langer dan 1.000 bytes.");
    assert_eq!(errors[0].message.en, "The name of a file is longer than 1,000 bytes.");
}

#[test]
fn a_mail_without_recipients_is_refused() {
    assert_eq!(fields(made(NewMail { to: Vec::new(), ..mail() })), ["to"]);
}

#[test]
fn everybody_is_once_in_the_envelope() {
    let draft = made(NewMail {
        cc: vec![Address::bare("JAN@klant.nl"), Address::bare("els@klant.nl")],
        bcc: vec![Address::bare("geheim@klant.nl")],
        ..mail()
    })
    .unwrap();
    let found = envelope(&draft, Some("archief@voorbeeld.nl"));
    let found: Vec<_> = found.iter().map(|(address, field)| (address.as_str(), *field)).collect();
    let expected = [
        ("jan@klant.nl", Field::To),
        ("els@klant.nl", Field::Cc),
        ("geheim@klant.nl", Field::Bcc),
        ("archief@voorbeeld.nl", Field::MailboxBcc),
    ];
    assert_eq!(found, expected);
    assert_eq!(envelope(&draft, Some("els@klant.nl")).len(), 3);
}

#[test]
fn an_answer_names_what_it_answers_and_everything_before_it() {
    let id = |text: &str| MessageId(text.into());
    let answered = Answered { message_id: Some(id("b@x")), references: vec![id("a@x"), id("b@x")] };
    let draft = draft(mail(), &settings(), answered, id("pk.1@x"), 0).unwrap();
    assert_eq!(draft.in_reply_to, [id("b@x")]);
    assert_eq!(draft.references, [id("a@x"), id("b@x")]);
}

#[test]
fn a_template_gives_what_the_mail_has_not_itself() {
    let pattern = Pattern { subject: "Factuur {{nr}}".into(), text: None, html: Some("<p>{{naam}}</p>".into()) };
    let values = [("nr", "12"), ("naam", "A & B")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let mut filled = NewMail { subject: String::new(), values: values.into(), ..mail() };
    fill(&mut filled, Some(pattern.clone())).unwrap();
    assert_eq!((filled.subject.as_str(), filled.html.as_deref()), ("Factuur 12", Some("<p>A &amp; B</p>")));
    let Err(Refusal::Invalid { errors }) = fill(&mut mail(), Some(pattern)) else { panic!() };
    assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["values.nr", "values.naam"]);
}
