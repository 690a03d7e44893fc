//! Google's sign-in: the page on which somebody agrees, and the place where tokens are given
//! (developers.google.com/identity/protocols/oauth2/web-server).

use crate::{
    asked::{Asked, Reply, encoded},
    cloud::Cloud,
    gmail::{CERTIFICATES, GmailBox, KeptSubscription, NEWS_SCOPE, Subscription, certificates},
    server::Shared,
    sign_in::{
        Registered,
        authorize::{escaped, html, to},
        form,
        grants::{Code, Grants, Refresh},
        key,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The client id of the app that is there from the start.
pub const GOOGLE_CLIENT_ID: &str = "111111111111-simulator.apps.googleusercontent.com";
/// Its secret.
pub const GOOGLE_CLIENT_SECRET: &str = "GOCSPX-geheim-van-de-app";
/// Where people agree.
pub(crate) const CONSENT: &str = "/o/oauth2/v2/auth";
/// The right to everything in a mailbox.
pub(crate) const SCOPE: &str = "https://mail.google.com/";
const CODE_SECONDS: i64 = 600;
/// What redeems a proof (RFC 7523 §2.1), and how long one is good at most, with a minute by which clocks may differ.
const PROOF_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PROOF_SECONDS: i64 = 3660;
/// How long a grant lasts that was given to an app in testing.
const TESTING_DAYS: i64 = 7;

type Fields = HashMap<String, String>;

/// Google's side of the world.
#[derive(Debug)]
pub struct Google {
    /// The app's name there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: String,
    /// Where browsers may come back to; empty lets them go anywhere on this machine.
    pub redirect_uris: Vec<String>,
    /// The app is still in testing: what is granted ends after a week.
    pub is_testing: bool,
    /// Nobody gets more than this, whatever was asked: people can leave rights unticked.
    pub grants_only: Option<String>,
    /// Letters that are handed over get an identifier of Google's own.
    pub rewrites_message_ids: bool,
    /// Subscriptions of Pub/Sub that are posted.
    pub subscriptions: Vec<Subscription>,
    /// Those from which somebody fetches.
    pub kept: Vec<KeptSubscription>,
    /// The mailboxes.
    pub mailboxes: Vec<GmailBox>,
    /// Accounts that are programs.
    pub service_accounts: Vec<ServiceAccount>,
    /// Who agreed before: they get no lasting grant again unless they are asked for consent.
    agreed: Vec<String>,
}

impl Default for Google {
    fn default() -> Google {
        Google {
            client_id: GOOGLE_CLIENT_ID.to_owned(),
            client_secret: GOOGLE_CLIENT_SECRET.to_owned(),
            redirect_uris: Vec::new(),
            is_testing: false,
            grants_only: None,
            rewrites_message_ids: false,
            subscriptions: Vec::new(),
            kept: Vec::new(),
            mailboxes: vec![
                GmailBox::new("info@werkplaats.test", "Info Werkplaats"),
                GmailBox::new("bram@werkplaats.test", "Bram Bakker"),
            ],
            service_accounts: Vec::new(),
            agreed: Vec::new(),
        }
    }
}

/// An account that is a program (developers.google.com/identity/protocols/oauth2/service-account).
#[derive(Debug)]
pub struct ServiceAccount {
    /// Its address.
    pub email: String,
    /// The number by which the domain's administrator lets it act for people.
    pub client_id: String,
    /// With which rights; none: nobody let it.
    pub delegated: Vec<String>,
    key: Registered,
}

impl Google {
    /// A new account that is a program, with leave to these rights in everybody's name: its key file.
    pub fn service_account(&mut self, url: &str, delegated: &[&str]) -> String {
        let (pem, key) = key::numbered();
        let number = 100_000_000_000_000_000_000_u128 + u128::from(rand::random::<u32>());
        let email = format!("postkamer-{}@simulator.iam.gserviceaccount.com", self.service_accounts.len());
        let file = json!({
            "type": "service_account", "project_id": "simulator", "private_key_id": key.name, "private_key": pem,
            "client_email": email, "client_id": number.to_string(), "token_uri": format!("{url}/token"),
            "universe_domain": "googleapis.com",
        });
        let delegated = delegated.iter().map(|right| (*right).to_owned()).collect();
        self.service_accounts.push(ServiceAccount { email, client_id: number.to_string(), delegated, key });
        file.to_string()
    }

    /// The mailbox with this address.
    pub fn mailbox(&mut self, address: &str) -> Option<&mut GmailBox> {
        self.mailboxes.iter_mut().find(|mailbox| mailbox.address.eq_ignore_ascii_case(address))
    }
}

/// Whether a path is one of Google's sign-in.
pub(crate) fn is_of_sign_in(path: &str) -> bool {
    [CONSENT, "/token", "/revoke", CERTIFICATES].contains(&path)
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// Answers below the sign-in.
pub(crate) fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let mut cloud = shared.cloud();
    let fields = form(&asked.body);
    match (asked.method.as_str(), path.as_slice()) {
        ("GET", ["o", ..]) => page(&cloud, &asked.query),
        ("POST", ["o", ..]) => decided(&mut cloud, &shared.url, &fields),
        ("POST", ["token"]) if field(&fields, "grant_type") == PROOF_GRANT => {
            let here = format!("{}/token", shared.url);
            by_proof(&mut cloud, &fields, &here)
        }
        ("POST", ["token"]) => token(&mut cloud, &fields),
        ("GET", ["oauth2", "v3", "certs"]) => certificates(),
        ("POST", ["revoke"]) => revoke(&mut cloud, field(&fields, "token")),
        _ => Reply::json(404, &json!({ "error": "not_found" })),
    }
}

/// What a person who looks in sees.
pub(crate) fn front(cloud: &Cloud) -> String {
    let names = cloud.google.mailboxes.iter().map(|mailbox| format!("<li>{}</li>", escaped(&mailbox.address)));
    format!(
        "<h2>Google</h2><p>Client ID: <code>{}</code><br>Client secret: <code>{}</code></p><ul>{}</ul>",
        cloud.google.client_id,
        cloud.google.client_secret,
        names.collect::<String>()
    )
}

/// What comes of the page at this address.
pub(crate) fn decide(cloud: &mut Cloud, address: &str, who: &str) -> Option<String> {
    let (host, query) = address.split_once('?')?;
    let mut fields = form(query.as_bytes());
    if page(cloud, &fields).status != 200 {
        return None;
    }
    fields.insert("who".to_owned(), who.to_owned());
    let reply = decided(cloud, host.strip_suffix(CONSENT)?, &fields);
    reply.headers.into_iter().find(|(name, _)| *name == "location").map(|(_, to)| to)
}

/// The page; what is wrong with the question is told here and not to where the browser would go on.
fn page(cloud: &Cloud, asked: &Fields) -> Reply {
    let wrong = |code: &str, words: &str| {
        html(400, &format!("<h1>Google (simulator)</h1><p>Error 400: {code}. {}</p>", escaped(words)))
    };
    if field(asked, "client_id") != cloud.google.client_id {
        return wrong("invalid_client", "The OAuth client was not found.");
    }
    let uri = field(asked, "redirect_uri");
    let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:", "https://"];
    let is_registered = match cloud.google.redirect_uris.is_empty() {
        true => local.iter().any(|start| uri.starts_with(start)),
        false => cloud.google.redirect_uris.iter().any(|known| known == uri),
    };
    if !is_registered {
        return wrong("redirect_uri_mismatch", "You can't sign in because this app sent an invalid request.");
    }
    if field(asked, "response_type") != "code" {
        return wrong("unsupported_response_type", "Invalid response_type.");
    }
    if field(asked, "code_challenge_method") != "S256" || field(asked, "code_challenge").len() != 43 {
        return wrong("invalid_request", "Invalid code challenge.");
    }
    if field(asked, "scope").is_empty() {
        return wrong("invalid_request", "Missing required parameter: scope");
    }
    let hint = field(asked, "login_hint");
    let mut people: Vec<_> = cloud.google.mailboxes.iter().map(|mailbox| (&mailbox.address, &mailbox.name)).collect();
    people.sort_by_key(|(address, _)| !address.eq_ignore_ascii_case(hint));
    let kept = ["client_id", "redirect_uri", "scope", "state", "code_challenge", "access_type", "prompt"]
        .map(|name| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escaped(field(asked, name))));
    let buttons = people.iter().map(|(address, name)| {
        let (address, name) = (escaped(address), escaped(name));
        format!(r#"<p><button name="who" value="{address}">{name} ({address})</button></p>"#)
    });
    html(
        200,
        &format!(
            r#"<h1>Google (simulator)</h1>
<p>{app} vraagt / asks for: <code>{scope}</code></p>
<form method="post" action="{CONSENT}">{kept}{buttons}
<p><button name="who" value="">Annuleren / Cancel</button></p></form>"#,
            app = escaped(field(asked, "client_id")),
            scope = escaped(field(asked, "scope")),
            kept = kept.concat(),
            buttons = buttons.collect::<String>(),
        ),
    )
}

/// What came of the page: the browser goes back with a code, or with the refusal; and Google names itself (RFC 9207).
fn decided(cloud: &mut Cloud, url: &str, fields: &Fields) -> Reply {
    let (uri, state) = (field(fields, "redirect_uri"), encoded(field(fields, "state")));
    let joint = if uri.contains('?') { '&' } else { '?' };
    let iss = encoded(url);
    let Some(who) = cloud.google.mailbox(field(fields, "who")).map(|mailbox| mailbox.address.clone()) else {
        return to(&format!("{uri}{joint}error=access_denied&state={state}&iss={iss}"));
    };
    // A lasting grant is marked in what the code stands for, as a word of its own.
    let asks_again = field(fields, "prompt").split_whitespace().any(|word| word == "consent");
    let lasts = field(fields, "access_type") == "offline" && (asks_again || !cloud.google.agreed.contains(&who));
    cloud.google.agreed.push(who.clone());
    let granted = cloud.google.grants_only.clone().unwrap_or_else(|| field(fields, "scope").to_owned());
    let code = format!("4/0A{}", Grants::fresh("sim"));
    let kept = Code {
        client_id: field(fields, "client_id").to_owned(),
        redirect_uri: uri.to_owned(),
        challenge: field(fields, "code_challenge").to_owned(),
        scope: if lasts { format!("{granted} {LASTING}") } else { granted.clone() },
        who,
        ends_at: Timestamp::now() + SignedDuration::from_secs(CODE_SECONDS),
    };
    cloud.grants.codes.insert(code.clone(), kept);
    to(&format!("{uri}{joint}state={state}&iss={iss}&code={}&scope={}", encoded(&code), encoded(&granted)))
}

const LASTING: &str = "offline";

/// A refusal (RFC 6749 §5.2), as short as Google's.
fn refused(status: u16, error: &str, words: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "error_description": words }))
}

/// A token for whom a service account acts, when its proof holds and the administrator let it.
fn by_proof(cloud: &mut Cloud, fields: &Fields, here: &str) -> Reply {
    let proof = field(fields, "assertion");
    let keys: Vec<Registered> = cloud.google.service_accounts.iter().map(|account| account.key.clone()).collect();
    let claims = match key::claims(proof, "kid", &keys) {
        Ok(claims) => claims,
        Err("malformed") => return refused(400, "invalid_grant", "Invalid JWT: Failed to decode."),
        Err(_) => return refused(400, "invalid_grant", "Invalid JWT Signature."),
    };
    // Its own library names the real place whatever the file says.
    if claims["aud"] != here && claims["aud"] != "https://oauth2.googleapis.com/token" {
        return refused(400, "invalid_grant", "Invalid JWT: Failed audience check.");
    }
    if !key::is_timely(&claims, PROOF_SECONDS) {
        let words = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
        return refused(400, "invalid_grant", words);
    }
    let Some(account) = cloud.google.service_accounts.iter().find(|one| claims["iss"] == one.email.as_str()) else {
        return refused(400, "invalid_grant", "Invalid grant: account not found");
    };
    let scope = claims["scope"].as_str().unwrap_or_default().to_owned();
    // As itself it opens what it was given a role at; no administrator of a domain is asked.
    if claims["sub"].is_null() && scope == NEWS_SCOPE {
        let (email, seconds) = (account.email.clone(), cloud.token_seconds);
        let token = cloud.grants.token_of_app(&email, NEWS_SCOPE, seconds);
        return Reply::json(200, &json!({ "access_token": token, "expires_in": seconds, "token_type": "Bearer" }));
    }
    let is_let = !scope.is_empty() && scope.split(' ').all(|right| account.delegated.iter().any(|one| one == right));
    if !is_let {
        let words = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.";
        return refused(401, "unauthorized_client", words);
    }
    let who = claims["sub"].as_str().unwrap_or_default();
    let Some(who) = cloud.google.mailbox(who).map(|mailbox| mailbox.address.clone()) else {
        return refused(400, "invalid_grant", "Invalid email or User ID");
    };
    given(cloud, &who, &scope, false)
}

fn token(cloud: &mut Cloud, fields: &Fields) -> Reply {
    let of = |name: &str| field(fields, name).to_owned();
    if of("client_id") != cloud.google.client_id {
        return refused(401, "invalid_client", "The OAuth client was not found.");
    }
    if of("client_secret") != cloud.google.client_secret {
        return refused(401, "invalid_client", "Unauthorized");
    }
    match of("grant_type").as_str() {
        "authorization_code" => {
            let Some(code) = cloud.grants.codes.remove(&of("code")) else {
                return refused(400, "invalid_grant", "Malformed auth code.");
            };
            let proven = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier"))) == code.challenge;
            if code.ends_at <= Timestamp::now() || !proven {
                return refused(400, "invalid_grant", "Bad Request");
            }
            if code.redirect_uri != of("redirect_uri") {
                return refused(400, "redirect_uri_mismatch", "Bad Request");
            }
            let lasting = code.scope.split(' ').any(|word| word == LASTING);
            let scope: Vec<&str> = code.scope.split(' ').filter(|word| *word != LASTING).collect();
            given(cloud, &code.who, &scope.join(" "), lasting)
        }
        "refresh_token" => match cloud.grants.refresh.get(&of("refresh_token")).cloned() {
            Some(known) if known.ends_at.is_none_or(|at| at > Timestamp::now()) => {
                given(cloud, &known.who, &known.scope, false)
            }
            _ => refused(400, "invalid_grant", "Token has been expired or revoked."),
        },
        other => refused(400, "unsupported_grant_type", &format!("Invalid grant_type: {other}")),
    }
}

/// Tokens. What lasts is given once and stays good: nothing takes its place.
fn given(cloud: &mut Cloud, who: &str, scope: &str, lasting: bool) -> Reply {
    let seconds = cloud.token_seconds;
    let access = cloud.grants.access_token(Some(who), scope, seconds);
    let mut answer = json!({ "access_token": access, "expires_in": seconds, "scope": scope, "token_type": "Bearer" });
    if lasting {
        let token = format!("1//0{}", Grants::fresh("sim"));
        let days = SignedDuration::from_hours(24 * TESTING_DAYS);
        let refresh = Refresh {
            client_id: cloud.google.client_id.clone(),
            who: who.to_owned(),
            scope: scope.to_owned(),
            is_used: false,
            ends_at: cloud.google.is_testing.then(|| Timestamp::now() + days),
        };
        if cloud.google.is_testing {
            answer["refresh_token_expires_in"] = json!(days.as_secs());
        }
        cloud.grants.refresh.insert(token.clone(), refresh);
        answer["refresh_token"] = json!(token);
    }
    Reply::json(200, &answer)
}

fn revoke(cloud: &mut Cloud, token: &str) -> Reply {
    let by_access = cloud.grants.opens(token).and_then(|access| access.who.clone());
    let who = by_access.or_else(|| cloud.grants.refresh.get(token).map(|refresh| refresh.who.clone()));
    match who {
        Some(who) => {
            cloud.revoke(&who);
            Reply::json(200, &json!({}))
        }
        None => refused(400, "invalid_token", "Token expired or revoked"),
    }
}
