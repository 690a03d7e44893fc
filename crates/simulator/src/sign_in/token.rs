//! Where tokens are given.

use super::{
    form,
    grants::{Device, Grants, Refresh},
    key, refused, resource,
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
/// A proof is good for so long at most, with the minute that clocks may differ.
const PROOF_SECONDS: i64 = 660;

/// The tokens for a grant, or why not. Refresh tokens are good once here, which is stricter than the original: who keeps
/// the old one is found out.
pub fn answer(cloud: &mut Cloud, asked: &Asked, here: &str) -> Reply {
    let fields = form(&asked.body);
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let app = match app(cloud, asked, &fields, here) {
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
            // Asked for nothing, it is for what was agreed to; asked for anything else, somebody has to agree again.
            let asked = match field("scope") {
                "" => known.scope.clone(),
                asked => asked.to_owned(),
            };
            if !asked.split_whitespace().all(|right| known.scope.split_whitespace().any(|agreed| agreed == right)) {
                let words = "The user or administrator has not consented to use the application.";
                return refused(400, "invalid_grant", 65_001, words);
            }
            let (was_used, who) = (std::mem::replace(&mut known.is_used, true), known.who.clone());
            if was_used {
                cloud.reused += 1;
                if cloud.reuse_ends_grant {
                    cloud.revoke(&who);
                }
                return refused(400, "invalid_grant", 70_000, "The refresh token was used before.");
            }
            cloud.renewed += 1;
            given(cloud, &app, &who, &asked)
        }
        "client_credentials" if field("scope") != "https://graph.microsoft.com/.default" => refused(
            400,
            "invalid_scope",
            1_002_012,
            "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
        ),
        "client_credentials" if !app.acts_alone => {
            refused(400, "unauthorized_client", 700_016, "Application was not found in the directory.")
        }
        "client_credentials" => {
            let seconds = cloud.token_seconds;
            let token = cloud.grants.token_of_app(&app.client_id, "Mail.ReadWrite Mail.Send", seconds);
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

/// The app that asks, by its secret among the fields or in the header, or by a proof for this place.
fn app(cloud: &Cloud, asked: &Asked, fields: &HashMap<String, String>, here: &str) -> Result<App, Reply> {
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
    if !among("client_assertion").is_empty() {
        return proven(cloud, app, fields, here);
    }
    if app.client_secret != secret && !needs_no_secret {
        let words = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.";
        return Err(refused(401, "invalid_client", 7_000_215, words));
    }
    Ok(app.clone())
}

/// The app, when its proof holds (learn.microsoft.com/entra/identity-platform/certificate-credentials).
fn proven(cloud: &Cloud, app: &App, fields: &HashMap<String, String>, here: &str) -> Result<App, Reply> {
    let of = |name: &str| fields.get(name).map_or("", String::as_str);
    let wrong = |words: &str| {
        let words = format!("Client assertion contains an invalid signature. [Reason - {words}.]");
        Err(refused(401, "invalid_client", 700_027, &words))
    };
    if of("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
        return Err(refused(400, "invalid_request", 900_023, "The client_assertion_type is not supported."));
    }
    let claims = match key::claims(of("client_assertion"), "x5t#S256", &app.certificates) {
        Ok(claims) => claims,
        Err(why) => return wrong(why),
    };
    if claims["aud"] != here {
        return Err(refused(401, "invalid_client", 700_023, "Client assertion audience claim does not match."));
    }
    if claims["iss"] != app.client_id.as_str() || claims["sub"] != app.client_id.as_str() {
        return Err(refused(401, "invalid_client", 700_021, "Client assertion application identifier doesn't match."));
    }
    if !key::is_timely(&claims, PROOF_SECONDS) {
        let words = "Client assertion is not within its valid time range.";
        return Err(refused(401, "invalid_client", 700_024, words));
    }
    let id = claims["jti"].as_str().unwrap_or_default();
    match !id.is_empty() && cloud.grants.is_first(id) {
        true => Ok(app.clone()),
        false => wrong("the identifier was used before"),
    }
}

fn given(cloud: &mut Cloud, app: &App, who: &str, scope: &str) -> Reply {
    let scopes: Vec<&str> = scope.split_whitespace().collect();
    let seconds = cloud.token_seconds;
    let access = cloud.grants.access_token(Some(who), &resource::held(scope), seconds);
    let mut answer = json!({
        "token_type": "Bearer", "scope": scope, "expires_in": seconds, "ext_expires_in": seconds, "access_token": access,
    });
    if scopes.contains(&"openid") {
        let about = json!({ "aud": app.client_id, "preferred_username": who, "sub": Grants::fresh("sub") });
        // Nobody can verify it: keys are shown nowhere here. Whoever gets it straight from here need not.
        let parts = [json!({ "typ": "JWT", "alg": "RS256", "kid": "simulator" }), about];
        let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        answer["id_token"] =
            json!(format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())));
    }
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
    if let Some((code, words)) = resource::wrong(&cloud.exchange, &field("scope")) {
        return refused(400, "invalid_scope", code, &words);
    }
    let (code, user_code) = (Grants::fresh("device"), format!("{:09}", rand::random::<u32>() % 1_000_000_000));
    let ends_at = Timestamp::now() + SignedDuration::from_secs(DEVICE_SECONDS);
    let device = Device {
        client_id: field("client_id"),
        user_code: user_code.clone(),
        scope: field("scope"),
        decided: None,
        asked_at: None,
        interval: cloud.device_seconds,
        ends_at,
    };
    cloud.grants.devices.insert(code.clone(), device);
    let address = format!("{url}/common/oauth2/deviceauth");
    Reply::json(
        200,
        &json!({
            "device_code": code, "user_code": user_code, "verification_uri": address, "expires_in": DEVICE_SECONDS,
            "interval": cloud.device_seconds, "message": format!("To sign in, open {address} and enter the code {user_code}."),
        }),
    )
}

fn device(cloud: &mut Cloud, app: &App, code: &str) -> Reply {
    let known = cloud.grants.devices.get(code).filter(|device| device.ends_at > Timestamp::now()).cloned();
    match known {
        Some(device) if device.client_id == app.client_id => match device.decided {
            None => waiting(cloud, code),
            Some(None) => refused(400, "authorization_declined", 65_004, "User declined to consent to access the app."),
            Some(Some(who)) => {
                cloud.grants.devices.remove(code);
                given(cloud, app, &who, &device.scope)
            }
        },
        _ => refused(400, "expired_token", 70_019, "Verification code expired."),
    }
}

/// Nobody agreed yet. Who asks again too soon is told so, and waits five seconds longer from then on (RFC 8628 §3.5).
fn waiting(cloud: &mut Cloud, code: &str) -> Reply {
    let now = Timestamp::now();
    if let Some(device) = cloud.grants.devices.get_mut(code) {
        let before = device.asked_at.replace(now);
        if before.is_some_and(|before| now < before + SignedDuration::from_secs(device.interval)) {
            device.interval += 5;
            return refused(400, "slow_down", 70_016, "Too many questions. Ask less often.");
        }
    }
    refused(400, "authorization_pending", 70_016, "OAuth 2.0 device flow error. Authorization is pending.")
}
