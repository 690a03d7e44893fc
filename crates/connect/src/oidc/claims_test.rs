//! Tokens that are not to be believed, each with one thing wrong.

use super::{Claims, Expected, Keys, TokenFault, check};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::LazyLock;
use testkit::TokenKey;

const ISSUER: &str = "https://login.example";
const NOW: i64 = 1_790_000_000_000;
const SECONDS: i64 = NOW / 1000;

static RSA: LazyLock<TokenKey> = LazyLock::new(|| TokenKey::rsa("een"));
static P256: LazyLock<TokenKey> = LazyLock::new(|| TokenKey::p256("twee"));

fn expected() -> Expected<'static> {
    Expected { issuer: ISSUER, client_id: "postkamer", nonce: "eens", now: NOW }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "postkamer", "sub": "anna-1", "exp": SECONDS + 300, "iat": SECONDS, "nonce": "eens",
        "email": "anna@voorbeeld.nl", "email_verified": true, "name": "Anna",
    })
}

fn with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn keys(shown: &[Value]) -> Keys {
    Keys::parse(json!({ "keys": shown }).to_string().as_bytes()).unwrap()
}

fn both() -> Keys {
    keys(&[RSA.shown(), P256.shown()])
}

fn judged(claims: &Value) -> Result<Claims, TokenFault> {
    check(&RSA.token(claims), &both(), &expected())
}

#[test]
fn a_good_token_says_who_somebody_is_by_either_algorithm() {
    let anna = Claims {
        subject: "anna-1".into(),
        email: Some("anna@voorbeeld.nl".into()),
        email_verified: Some(true),
        name: Some("Anna".into()),
    };
    for key in [&*RSA, &*P256] {
        assert_eq!(check(&key.token(&claims()), &both(), &expected()), Ok(anna.clone()));
    }
    // A provider with one key need not name it.
    let nameless = RSA.token_with(&json!({ "alg": "RS256" }), &claims());
    assert_eq!(check(&nameless, &keys(&[RSA.shown()]), &expected()), Ok(anna.clone()));
    let bare = judged(&with(json!({ "email_verified": "true", "name": " " }))).unwrap();
    assert_eq!((bare.email_verified, bare.name), (Some(true), None));
    assert_eq!(judged(&with(json!({ "email_verified": null }))).unwrap().email_verified, None);
}

#[test]
fn a_token_of_another_for_another_or_in_answer_to_another_is_refused() {
    for (changes, fault) in [
        (json!({ "iss": "https://login.example/" }), TokenFault::Issuer),
        (json!({ "iss": "https://kwaad.example" }), TokenFault::Issuer),
        (json!({ "aud": "elders" }), TokenFault::Audience),
        (json!({ "aud": [] }), TokenFault::Audience),
        (json!({ "aud": null }), TokenFault::Malformed),
        (json!({ "aud": ["postkamer", "elders"] }), TokenFault::Audience),
        (json!({ "aud": ["postkamer", "elders"], "azp": "elders" }), TokenFault::Audience),
        (json!({ "azp": "elders" }), TokenFault::Audience),
        (json!({ "nonce": "anders" }), TokenFault::Nonce),
        (json!({ "nonce": null }), TokenFault::Nonce),
        (json!({ "sub": "" }), TokenFault::Subject),
        (json!({ "sub": null }), TokenFault::Malformed),
    ] {
        assert_eq!(judged(&with(changes.clone())), Err(fault), "{changes}");
    }
    for fine in [json!({ "aud": ["postkamer"] }), json!({ "aud": ["elders", "postkamer"], "azp": "postkamer" })] {
        assert!(judged(&with(fine.clone())).is_ok(), "{fine}");
    }
}

#[test]
fn a_token_of_another_time_is_refused_and_clocks_may_differ_a_little() {
    for (exp, iat, nbf, fine) in [
        (SECONDS - 60, SECONDS - 300, Value::Null, true),
        (SECONDS - 121, SECONDS - 300, Value::Null, false),
        (SECONDS + 300, SECONDS + 100, Value::Null, true),
        (SECONDS + 300, SECONDS + 121, Value::Null, false),
        (SECONDS + 3600, SECONDS - 601, Value::Null, false),
        (SECONDS + 300, SECONDS, json!(SECONDS + 121), false),
        (SECONDS + 300, SECONDS, json!(SECONDS - 5), true),
    ] {
        let told = judged(&with(json!({ "exp": exp, "iat": iat, "nbf": nbf })));
        assert_eq!(told.err(), (!fine).then_some(TokenFault::Time), "{exp} {iat} {nbf}");
    }
    for missing in ["exp", "iat"] {
        assert_eq!(judged(&with(json!({ missing: null }))), Err(TokenFault::Malformed), "{missing}");
    }
}

#[test]
fn a_signature_of_nobody_or_of_another_key_is_refused() {
    let token = RSA.token(&claims());
    let stranger = TokenKey::rsa("een");
    assert_eq!(check(&token, &keys(&[stranger.shown()]), &expected()), Err(TokenFault::Signature));
    assert_eq!(check(&token, &keys(&[]), &expected()), Err(TokenFault::Signature));
    // Named so, but it is the other one that signed.
    let misnamed = RSA.token_with(&json!({ "alg": "RS256", "kid": "twee" }), &claims());
    assert_eq!(check(&misnamed, &both(), &expected()), Err(TokenFault::Signature));
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(with(json!({ "sub": "baas" })).to_string());
    assert_eq!(check(&format!("{head}.{other}.{signature}"), &both(), &expected()), Err(TokenFault::Signature));
    for damaged in ["", "a.b", "a.b.c", &format!("{token}.more"), &token.replace('.', "")] {
        assert_eq!(check(damaged, &both(), &expected()), Err(TokenFault::Malformed), "{damaged}");
    }
}

#[test]
fn no_signature_and_a_signature_with_our_own_secret_are_none() {
    for alg in ["none", "None", "HS256", "RS384", "PS256", ""] {
        let token = RSA.token_with(&json!({ "alg": alg, "kid": "een" }), &claims());
        assert_eq!(check(&token, &both(), &expected()), Err(TokenFault::Algorithm), "{alg}");
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(check(&unsigned, &both(), &expected()), Err(TokenFault::Algorithm), "{alg}, unsigned");
    }
    // A key for one algorithm is not tried by another.
    let crossed = P256.token_with(&json!({ "alg": "RS256", "kid": "twee" }), &claims());
    assert_eq!(check(&crossed, &both(), &expected()), Err(TokenFault::Signature));
    let critical = RSA.token_with(&json!({ "alg": "RS256", "kid": "een", "crit": ["b64"] }), &claims());
    assert_eq!(check(&critical, &both(), &expected()), Err(TokenFault::Algorithm));
}

#[test]
fn only_keys_for_signing_are_taken_out_of_a_set() {
    let mut sealing = RSA.shown();
    sealing["use"] = json!("enc");
    let mut newer = RSA.shown();
    newer["alg"] = json!("RS512");
    let odd = json!({ "kty": "OKP", "crv": "Ed25519", "x": "abc", "kid": "een" });
    let token = RSA.token(&claims());
    assert_eq!(check(&token, &keys(&[sealing, newer, odd.clone(), json!(7)]), &expected()), Err(TokenFault::Signature));
    assert!(check(&token, &keys(&[odd, RSA.shown()]), &expected()).is_ok());
    assert!(Keys::parse(b"[]").is_none() && Keys::parse(b"<html>").is_none());
}
