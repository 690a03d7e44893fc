//! Where tokens are given.

use super::{
    form,
    grants::{Device, Grants, Refresh},
    refused,
};
use crate::{
    asked::{Asked, Reply, decoded},
    cloud::{App, Cloud},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const DEVICE_SECONDS: i64 = 900;

/// The tokens for a grant, or why not. Refresh tokens are good once here, which is stricter than the original: who keeps
/// the old one is found out.
pub fn answer(cloud: &mut Cloud, asked: &Asked) -> Reply {
    let fields = form(&asked.body);
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let app = match app(cloud, asked, &fields) {
        Ok(app) => app,
        Err(reply) => return reply,
    };
    match field("grant_type") {
        "authorization_code" => {
            let Some(code) = cloud.grants.codes.remove(field("code")) else {
                return refused(
                    400,
                    "invalid_grant",
                    54_005,
                    "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
                );
            };
            if code.ends_at <= Timestamp::now() {
                return refused(400, "invalid_grant", 70_008, "The provided authorization code has expired.");
            }
            if code.client_id != app.client_id {
                return refused(
                    400,
                    "invalid_grant",
                    700_005,
                    "The provided Authorization Code is intended to use against other application.",
                );
            }
            if code.redirect_uri != field("redirect_uri") {
                return refused(
                    400,
                    "invalid_grant",
                    500_112,
                    "The reply address does not match the reply address provided when requesting Authorization code.",
                );
            }
            if URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier"))) != code.challenge {
                return refused(
                    400,
                    "invalid_grant",
                    501_481,
                    "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
                );
            }
            given(cloud, &app, &code.who, &code.scope)
        }
        "refresh_token" => {
            let shown = field("refresh_token").to_owned();
            let Some(known) = cloud.grants.refresh.get_mut(&shown) else {
                return refused(
                    400,
                    "invalid_grant",
                    50_173,
                    "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
                );
            };
            if known.client_id != app.client_id {
                return refused(
                    400,
                    "invalid_grant",
                    70_000,
                    "The provided value for the 'refresh_token' parameter is not valid.",
                );
            }
            if std::mem::replace(&mut known.is_used, true) {
                return refused(400, "invalid_grant", 70_000, "The refresh token was used before.");
            }
            let Refresh { who, scope, .. } = known.clone();
            given(cloud, &app, &who, &scope)
        }
        "client_credentials" if !app.acts_alone => {
            refused(400, "unauthorized_client", 700_016, "Application was not found in the directory.")
        }
        "client_credentials" => {
            let seconds = cloud.token_seconds;
            let token = cloud.grants.access_token(None, "Mail.ReadWrite Mail.Send User.Read.All", seconds);
            Reply::json(200, &json!({ "token_type": "Bearer", "expires_in": seconds, "access_token": token }))
        }
        "urn:ietf:params:oauth:grant-type:device_code" => device(cloud, &app, field("device_code")),
        other => refused(
            400,
            "unsupported_grant_type",
            70_003,
            &format!("The app requested an unsupported grant type '{other}'."),
        ),
    }
}

/// The app that asks, by its secret among the fields or in the header.
fn app(cloud: &Cloud, asked: &Asked, fields: &HashMap<String, String>) -> Result<App, Reply> {
    let basic = asked.headers.get("authorization").and_then(|said| {
        let pair = STANDARD.decode(said.strip_prefix("Basic ")?).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((decoded(id, true), decoded(secret, true)))
    });
    let among = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (id, secret) = basic.unwrap_or_else(|| (among("client_id"), among("client_secret")));
    let Some(app) = cloud.apps.iter().find(|app| app.client_id == id) else {
        let words = format!("Application with identifier '{id}' was not found in the directory.");
        return Err(refused(400, "unauthorized_client", 700_016, &words));
    };
    let needs_no_secret = among("grant_type").ends_with("device_code") && secret.is_empty();
    if app.client_secret != secret && !needs_no_secret {
        let words = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.";
        return Err(refused(401, "invalid_client", 7_000_215, words));
    }
    Ok(app.clone())
}

fn given(cloud: &mut Cloud, app: &App, who: &str, scope: &str) -> Reply {
    // Of the names of scopes only the last part counts: https://graph.microsoft.com/Mail.Read is Mail.Read.
    let scopes: Vec<&str> = scope.split_whitespace().map(|one| one.rsplit('/').next().unwrap_or(one)).collect();
    let seconds = cloud.token_seconds;
    let access = cloud.grants.access_token(Some(who), &scopes.join(" "), seconds);
    let mut answer = json!({
        "token_type": "Bearer", "scope": scope, "expires_in": seconds, "ext_expires_in": seconds, "access_token": access,
    });
    if scopes.contains(&"offline_access") {
        let token = Grants::fresh("1.AXoA");
        let refresh = Refresh {
            client_id: app.client_id.clone(),
            who: who.to_owned(),
            scope: scope.to_owned(),
            is_used: false,
            ends_at: None,
        };
        cloud.grants.refresh.insert(token.clone(), refresh);
        answer["refresh_token"] = json!(token);
    }
    Reply::json(200, &answer)
}

/// A code for a device (RFC 8628 §3.1).
pub fn device_code(cloud: &mut Cloud, url: &str, fields: &HashMap<String, String>) -> Reply {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    if !cloud.apps.iter().any(|app| app.client_id == field("client_id")) {
        return refused(400, "unauthorized_client", 700_016, "Application was not found in the directory.");
    }
    let (code, user_code) = (Grants::fresh("device"), format!("{:09}", rand::random::<u32>() % 1_000_000_000));
    let ends_at = Timestamp::now() + SignedDuration::from_secs(DEVICE_SECONDS);
    let device = Device {
        client_id: field("client_id"),
        user_code: user_code.clone(),
        scope: field("scope"),
        decided: None,
        ends_at,
    };
    cloud.grants.devices.insert(code.clone(), device);
    let address = format!("{url}/common/oauth2/deviceauth");
    Reply::json(
        200,
        &json!({
            "device_code": code, "user_code": user_code, "verification_uri": address, "expires_in": DEVICE_SECONDS,
            "interval": 5, "message": format!("To sign in, open {address} and enter the code {user_code}."),
        }),
    )
}

fn device(cloud: &mut Cloud, app: &App, code: &str) -> Reply {
    let known = cloud.grants.devices.get(code).filter(|device| device.ends_at > Timestamp::now()).cloned();
    match known {
        Some(device) if device.client_id == app.client_id => match device.decided {
            None => {
                refused(400, "authorization_pending", 70_016, "OAuth 2.0 device flow error. Authorization is pending.")
            }
            Some(None) => refused(400, "authorization_declined", 65_004, "User declined to consent to access the app."),
            Some(Some(who)) => {
                cloud.grants.devices.remove(code);
                given(cloud, app, &who, &device.scope)
            }
        },
        _ => refused(400, "expired_token", 70_019, "Verification code expired."),
    }
}
