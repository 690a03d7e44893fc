//! Cookies, and where one goes on to.

use crate::trial::{Answer, Trial};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

const PASSWORD: &str = "vier paarse olifanten lopen";

async fn get(trial: &Trial, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path).header(header::COOKIE, cookie).header(header::ACCEPT, "text/html");
    trial.send(request.body(Body::empty()).unwrap()).await
}

async fn post(trial: &Trial, path: &str, cookie: &str, fields: &str) -> Answer {
    let page = get(trial, "/sign-in", cookie).await;
    let page = String::from_utf8(page.bytes).unwrap();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let request = Request::post(path).header(header::COOKIE, cookie).header(header::ACCEPT, "text/html");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    trial.send(request.body(Body::from(format!("csrf={csrf}&{fields}"))).unwrap()).await
}

/// The cookie that an answer sets, without its attributes.
fn cookie(answer: &Answer) -> String {
    answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn fields(password: &str, to: &str) -> String {
    format!("email=beheer%40ons.example&password={}&to={to}", password.replace(' ', "+"))
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_nobody_knew_before() {
    let trial = Trial::new().await;
    let before = cookie(&get(&trial, "/sign-in", "").await);
    let signed_in = post(&trial, "/sign-in", &before, &fields(PASSWORD, "")).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
    assert_eq!(signed_in.headers[header::LOCATION], "/mail");
    let field = signed_in.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(field.contains("HttpOnly") && field.contains("SameSite=Lax") && field.contains("Path=/"), "{field}");
    let after = cookie(&signed_in);
    assert_ne!(after, before, "the cookie from before signing in was kept");
    assert_eq!(get(&trial, "/mail", &after).await.status, StatusCode::OK);
    assert_eq!(get(&trial, "/mail", &before).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_signed_out_cookie_is_worth_nothing() {
    let trial = Trial::new().await;
    let before = cookie(&get(&trial, "/sign-in", "").await);
    let session = cookie(&post(&trial, "/sign-in", &before, &fields(PASSWORD, "")).await);
    // The sign-in page has no form for who is in already, so the token comes from the mail page.
    let page = String::from_utf8(get(&trial, "/mail", &session).await.bytes).unwrap();
    assert!(page.contains("<nav"), "{page}");
    let proof = session.split_once('=').unwrap().1.to_owned();
    let body = format!("csrf={}", crate::page::origin::form_token(&proof));
    let request = Request::post("/sign-out").header(header::COOKIE, &session).body(Body::from(body)).unwrap();
    assert_eq!(trial.send(request).await.status, StatusCode::SEE_OTHER);
    assert_eq!(get(&trial, "/mail", &session).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let trial = Trial::new().await;
    let before = cookie(&get(&trial, "/sign-in", "").await);
    let wrong = post(&trial, "/sign-in", &before, &fields("vier groene olifanten lopen", "")).await;
    let unknown = fields(PASSWORD, "").replace("beheer", "niemnd");
    let unknown = post(&trial, "/sign-in", &before, &unknown).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = |answer: Answer| String::from_utf8(answer.bytes).unwrap().replace("niemnd", "beheer");
    assert_eq!(text(wrong), text(unknown));
}

#[tokio::test]
async fn signing_in_leads_to_what_was_wanted_and_never_out_of_the_house() {
    let trial = Trial::new().await;
    let first = get(&trial, "/mail?account=acc_0000000000001&q=a%20b", "").await;
    let location = first.headers[header::LOCATION].to_str().unwrap();
    assert_eq!(location, "/sign-in?to=/mail%3Faccount%3Dacc_0000000000001%26q%3Da%2520b");
    let before = cookie(&get(&trial, "/sign-in", "").await);
    for (to, leads) in [("/outbox", "/outbox"), ("//kwaad.example", "/mail"), ("https%3A%2F%2Fkwaad.example", "/mail")]
    {
        let answer = post(&trial, "/sign-in", &before, &fields(PASSWORD, to)).await;
        assert_eq!(answer.headers[header::LOCATION], leads, "{to}");
    }
}
