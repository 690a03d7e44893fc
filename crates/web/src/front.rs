//! The first page: what this is, and where a program finds its way. The pages for people take its place.

use crate::language;
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use mailroom::words::Language;

/// What a plain page of ours may load: our style sheet.
pub(crate) const PLAIN_PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

/// What this is, in the reader's language.
pub(crate) async fn show(headers: HeaderMap) -> Response {
    let page = match language::asked(&headers) {
        Language::Dutch => Html(DUTCH),
        Language::English => Html(ENGLISH),
    };
    let mut response = page.into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PLAIN_PAGE);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

const DUTCH: &str = "<!doctype html>
<html lang=\"nl\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Postkamer</title>
<link rel=\"stylesheet\" href=\"/style.css\">
<h1>Postkamer</h1>
<p>De postkamer van uw organisatie: alle mailboxen op één plek, elke mail bij het contact en het dossier waar hij hoort,
gevonden zodra u zoekt, en verzonden zonder dat er iets wegraakt of dubbel gaat.</p>
<p>Deze server werkt. Programma's praten ermee via de <a href=\"/api/docs\">API</a>
(<a href=\"/api/v1/openapi.json\">OpenAPI-beschrijving</a>), met een token van <code>postkamer token</code>.</p>
<p>Of alles draait: <a href=\"/healthz\">leeft</a>, <a href=\"/readyz\">klaar voor werk</a>, <a href=\"/metrics\">cijfers</a>.</p>
</html>
";

const ENGLISH: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Postkamer</title>
<link rel=\"stylesheet\" href=\"/style.css\">
<h1>Postkamer</h1>
<p>The mail room of your organisation: every mailbox in one place, each mail with the contact and the dossier it belongs
to, found as you type, and sent without anything being lost or doubled.</p>
<p>This server is running. Programs talk to it through the <a href=\"/api/docs\">API</a>
(<a href=\"/api/v1/openapi.json\">OpenAPI description</a>), with a token from <code>postkamer token</code>.</p>
<p>How it is: <a href=\"/healthz\">alive</a>, <a href=\"/readyz\">ready for work</a>, <a href=\"/metrics\">figures</a>.</p>
</html>
";
