//! The page on which somebody says who they are and agrees.

use super::{
    form,
    grants::{Code, Grants},
    refused, resource,
};
use crate::{
    asked::{Asked, Reply, encoded},
    cloud::Cloud,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

const CODE_SECONDS: i64 = 600;

type Fields = HashMap<String, String>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// What a person who looks in sees.
pub fn front(cloud: &Cloud) -> Reply {
    let names: Vec<String> =
        cloud.mailboxes.iter().map(|mailbox| format!("<li>{}</li>", escaped(&mailbox.address))).collect();
    let app = cloud.apps.first().map_or(String::new(), |app| {
        format!("<p>Client ID: <code>{}</code><br>Client secret: <code>{}</code></p>", app.client_id, app.client_secret)
    });
    html(
        200,
        &format!(
            "<h1>Postkamer simulator</h1><h2>Microsoft</h2><p>Tenant: <code>{}</code></p>{app}<ul>{}</ul>{}",
            cloud.tenant,
            names.join(""),
            crate::google::front(cloud),
        ),
    )
}

/// The page; what is wrong with the question is told here and not to where the browser would go on.
pub fn page(cloud: &Cloud, tenant: &str, asked: &Fields) -> Reply {
    if let Err(reply) = checked(cloud, asked) {
        return reply;
    }
    let hint = field(asked, "login_hint");
    let mut people: Vec<_> = cloud.mailboxes.iter().map(|mailbox| (&mailbox.address, &mailbox.name)).collect();
    people.sort_by_key(|(address, _)| !address.eq_ignore_ascii_case(hint));
    let kept = ["client_id", "redirect_uri", "scope", "state", "code_challenge"]
        .map(|name| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escaped(field(asked, name))));
    let buttons = people.iter().map(|(address, name)| {
        let (address, name) = (escaped(address), escaped(name));
        format!(r#"<p><button name="who" value="{address}">{name} ({address})</button></p>"#)
    });
    let buttons: String = buttons.collect();
    html(
        200,
        &format!(
            r#"<h1>Microsoft (simulator)</h1>
<p>{app} vraagt / asks for: <code>{scope}</code></p>
<form method="post" action="/{tenant}/oauth2/v2.0/authorize">{kept}{buttons}
<p><button name="who" value="">Annuleren / Cancel</button></p></form>"#,
            app = escaped(field(asked, "client_id")),
            scope = escaped(field(asked, "scope")),
            tenant = escaped(tenant),
            kept = kept.concat(),
        ),
    )
}

fn checked(cloud: &Cloud, asked: &Fields) -> Result<(), Reply> {
    let wrong = |code: u32, words: &str| {
        Err(html(400, &format!("<h1>Microsoft (simulator)</h1><p>AADSTS{code}: {}</p>", escaped(words))))
    };
    let client_id = field(asked, "client_id");
    let Some(app) = cloud.apps.iter().find(|app| app.client_id == client_id) else {
        return wrong(700_016, &format!("Application with identifier '{client_id}' was not found in the directory."));
    };
    let uri = field(asked, "redirect_uri");
    let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:", "https://"];
    let is_registered = match app.redirect_uris.is_empty() {
        true => local.iter().any(|start| uri.starts_with(start)),
        false => app.redirect_uris.iter().any(|known| known == uri),
    };
    if !is_registered {
        return wrong(
            50_011,
            &format!(
                "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'."
            ),
        );
    }
    if field(asked, "response_type") != "code" {
        return wrong(900_144, "The request body must contain the following parameter: 'response_type'.");
    }
    if field(asked, "code_challenge_method") != "S256" || field(asked, "code_challenge").len() != 43 {
        return wrong(501_491, "Invalid size or method of Code_Challenge parameter.");
    }
    if field(asked, "scope").is_empty() {
        return wrong(900_144, "The request body must contain the following parameter: 'scope'.");
    }
    match resource::wrong(&cloud.exchange, field(asked, "scope")) {
        Some((code, words)) => wrong(code, &words),
        None => Ok(()),
    }
}

/// What came of the page: the browser goes back with a code, or with the refusal.
pub fn decided(cloud: &mut Cloud, fields: &Fields) -> Reply {
    let (uri, state) = (field(fields, "redirect_uri"), field(fields, "state"));
    let joint = if uri.contains('?') { '&' } else { '?' };
    let who = field(fields, "who");
    let Some(mailbox) = cloud.mailbox(who).map(|mailbox| mailbox.address.clone()) else {
        let words = encoded("AADSTS65004: User declined to consent to access the app.");
        let back = format!("{uri}{joint}error=access_denied&error_description={words}&state={}", encoded(state));
        return to(&back);
    };
    let code = Grants::fresh("0.AXoA");
    let granted = Code {
        client_id: field(fields, "client_id").to_owned(),
        redirect_uri: uri.to_owned(),
        challenge: field(fields, "code_challenge").to_owned(),
        scope: field(fields, "scope").to_owned(),
        who: mailbox,
        ends_at: Timestamp::now() + SignedDuration::from_secs(CODE_SECONDS),
    };
    cloud.grants.codes.insert(code.clone(), granted);
    to(&format!("{uri}{joint}code={}&state={}&session_state=sim", encoded(&code), encoded(state)))
}

/// The page on which somebody types the code that a device shows (RFC 8628 §3.3).
pub fn device(cloud: &mut Cloud, asked: &Asked) -> Reply {
    let fields = if asked.method == "POST" { form(&asked.body) } else { asked.query.clone() };
    let code = field(&fields, "user_code").to_owned();
    let who = fields.get("who").cloned();
    match who {
        Some(who) if cloud.grants.decide(&code, &who) => html(200, "<p>Klaar / Done.</p>"),
        Some(_) => refused(400, "invalid_grant", 70_019, "Verification code expired."),
        None => html(
            200,
            &format!(
                r#"<form method="post"><input name="user_code" value="{}" aria-label="Code"><input name="who" aria-label="E-mail"><button>OK</button></form>"#,
                escaped(&code)
            ),
        ),
    }
}

pub(crate) fn to(address: &str) -> Reply {
    Reply { status: 302, headers: vec![("location", address.to_owned())], ..Reply::default() }
}

pub(crate) fn html(status: u16, body: &str) -> Reply {
    let page = format!(
        r#"<!doctype html><html lang="nl"><meta charset="utf-8"><title>Simulator</title><body>{body}</body></html>"#
    );
    let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
    Reply { status, headers, body: page.into_bytes(), is_cut: false }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
