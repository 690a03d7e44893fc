//! Who asks: Basic, NTLM (which belongs to the connection), or a bearer token.

use super::{
    Exchange, User,
    ntlm::{self, Claim, Handshake},
};
use crate::{
    asked::{Asked, Reply},
    cloud::Cloud,
    sign_in::resource::EXCHANGE_RIGHT,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use std::collections::HashMap;

/// What is known of the connections.
#[derive(Debug, Default)]
pub struct Connections {
    begun: HashMap<u64, Handshake>,
    signed_in: HashMap<u64, String>,
}

/// The address of the mailbox that the request may use, or the answer that keeps it out.
pub fn gate(cloud: &mut Cloud, asked: &Asked, connection: u64) -> Result<String, Reply> {
    let said = asked.headers.get("authorization").cloned().unwrap_or_default();
    let scheme = said.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    let of_token = of_token(cloud, asked, said.split_once(' ').map_or("", |(_, token)| token));
    let exchange = &mut cloud.exchange;
    let found = match scheme.as_str() {
        "" => exchange.connections.signed_in.get(&connection).cloned(),
        "basic" if exchange.basic => basic(exchange, &said),
        "bearer" if exchange.oauth => match of_token {
            Ok(address) => Some(address),
            Err(why) => {
                exchange.refused += 1;
                let mut reply = refused(exchange);
                reply.headers.push(("x-ms-diagnostics", why.to_owned()));
                return Err(reply);
            }
        },
        "ntlm" | "negotiate" if exchange.ntlm => of_ntlm(exchange, &said, connection)?,
        _ => None,
    };
    let Some(address) = found else {
        exchange.refused += u64::from(!said.is_empty());
        return Err(refused(exchange));
    };
    exchange.signed_in += usize::from(!said.is_empty());
    if !exchange.enabled {
        return Err(Reply { body: b"Forbidden".to_vec(), ..Reply::bare(403) });
    }
    Ok(address)
}

fn refused(exchange: &Exchange) -> Reply {
    let mut reply = Reply::bare(401);
    if exchange.oauth {
        let way = concat!(
            r#"Bearer client_id="00000002-0000-0ff1-ce00-000000000000", token_types="app_asserted_user_v1 service_asserted_app_v1", "#,
            r#"trusted_issuers="00000001-0000-0000-c000-000000000000@*", authorization_uri="https://login.windows.net/common/oauth2/authorize""#
        );
        reply.headers.push(("www-authenticate", way.to_owned()));
    }
    if exchange.ntlm {
        reply.headers.push(("www-authenticate", "Negotiate".to_owned()));
        reply.headers.push(("www-authenticate", "NTLM".to_owned()));
    }
    if exchange.basic {
        reply.headers.push(("www-authenticate", "Basic realm=\"post\"".to_owned()));
    }
    reply
}

/// The mailbox that a token opens here; it has to be for this very server, by the name under which it was asked.
fn of_token(cloud: &Cloud, asked: &Asked, token: &str) -> Result<String, &'static str> {
    let ended = r#"2000005;reason="The token has expired or was issued by nobody.";error_category="invalid_token""#;
    let access = cloud.grants.opens(token).ok_or(ended)?;
    let authority = asked.headers.get("host").map_or("", String::as_str);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    };
    let (name, wanted) = (format!("https://{host}"), format!("https://{host}/{EXCHANGE_RIGHT}"));
    let is_meant = access.scope.split(' ').any(|right| right.eq_ignore_ascii_case(&wanted));
    if !is_meant || !cloud.exchange.names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
        return Err(r#"2000003;reason="The audience claim value is invalid.";error_category="invalid_resource""#);
    }
    // An app by itself is nobody to this server.
    let by_itself = r#"2000010;reason="This token profile 'V1S2SAppOnly' is not applicable for the current protocol.";error_category="invalid_token""#;
    access.who.clone().ok_or(by_itself)
}

fn basic(exchange: &Exchange, said: &str) -> Option<String> {
    let plain = STANDARD.decode(said.split_once(' ')?.1.trim()).ok()?;
    let (name, password) = std::str::from_utf8(&plain).ok()?.split_once(':')?;
    let claim = match name.split_once('\\') {
        Some((domain, name)) => Claim { domain: domain.to_owned(), name: name.to_owned() },
        None => Claim { domain: String::new(), name: name.to_owned() },
    };
    let user = user(exchange, &claim)?;
    (user.password == password).then(|| user.address.clone())
}

/// `NAME`'s user: by domain and name, or by the address alone.
fn user<'a>(exchange: &'a Exchange, claim: &Claim) -> Option<&'a User> {
    exchange.users.iter().find(|user| {
        let by_name =
            user.name.eq_ignore_ascii_case(&claim.name) && exchange.domain.eq_ignore_ascii_case(&claim.domain);
        by_name || (claim.domain.is_empty() && user.address.eq_ignore_ascii_case(&claim.name))
    })
}

fn of_ntlm(exchange: &mut Exchange, said: &str, connection: u64) -> Result<Option<String>, Reply> {
    let Some(message) = ntlm::message(said) else { return Ok(None) };
    match ntlm::kind(&message) {
        Some(1) => {
            let handshake = Handshake::begin(message, &exchange.domain, rand::random(), Timestamp::now().as_second());
            let scheme = said.split(' ').next().unwrap_or("NTLM");
            let mut reply = Reply::bare(401);
            reply.headers.push(("www-authenticate", format!("{scheme} {}", handshake.shown())));
            exchange.connections.signed_in.remove(&connection);
            exchange.connections.begun.insert(connection, handshake);
            Err(reply)
        }
        Some(3) => {
            // Nobody's password is judged by a third message over a connection that saw no first.
            let Some(handshake) = exchange.connections.begun.remove(&connection) else { return Err(refused(exchange)) };
            let password = |claim: &Claim| user(exchange, claim).map(|user| user.password.clone());
            match handshake.verify(&message, password) {
                Ok(claim) => {
                    let address = user(exchange, &claim).map(|user| user.address.clone());
                    if let Some(address) = &address {
                        exchange.connections.signed_in.insert(connection, address.clone());
                    }
                    Ok(address)
                }
                Err(why) => {
                    exchange.last_refusal = why.to_owned();
                    Ok(None)
                }
            }
        }
        _ => Ok(None),
    }
}
