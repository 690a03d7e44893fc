//! From an open socket to a server that listens to us: greeting, EHLO, STARTTLS, AUTH.

use super::{
    SmtpOptions,
    connection::{Connection, Offers},
    reply::Reply,
    verdict,
};
use crate::{
    ConnectError, Credentials, Encryption, Server, ServerWords, World,
    egress::{self, Observer},
    error::{Cause, Step},
    sasl::Exchange,
    tls::{self, Stream},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::future::Future;

/// A connection on which messages can be handed over, telling of each step as it ends.
pub async fn open(
    world: &World,
    server: &Server,
    credentials: Option<&Credentials>,
    options: &SmtpOptions,
    observe: Observer<'_>,
) -> Result<Connection, ConnectError> {
    let stream = egress::dial_observed(world, server, observe).await?;
    let mut connection = Connection::new(stream, options.deadlines, options.transcript.clone());
    let welcome = async {
        greet(server, &mut connection).await?;
        hello(&mut connection, &options.helo_name).await
    };
    egress::watched(Step::Connect, observe, welcome).await?;
    if server.encryption == Encryption::Starttls {
        let handshake = |stream| tls::upgrade(world, server, stream);
        let upgraded = start_tls(connection, &options.helo_name, handshake);
        connection = egress::watched(Step::Tls, observe, upgraded).await?;
    }
    if let Some(credentials) = credentials {
        egress::watched(Step::SignIn, observe, sign_in(server, &mut connection, credentials)).await?;
    }
    Ok(connection)
}

/// Hears the greeting.
pub(crate) async fn greet(server: &Server, connection: &mut Connection) -> Result<(), ConnectError> {
    let greeting = connection.reply(Step::Connect, connection.deadlines().greeting).await.map_err(|error| {
        // A server that waits for our handshake says nothing: on the port of implicit TLS that is the likely reason.
        let silent = matches!(error, ConnectError::Later { cause: Cause::TimedOut, .. });
        if silent && server.encryption != Encryption::Tls && server.port == 465 {
            let words = ServerWords("no greeting: this port usually speaks TLS from the start".to_owned());
            return ConnectError::Settings { step: Step::Tls, cause: Cause::WrongEncryption, words };
        }
        error
    })?;
    if greeting.code != 220 {
        return Err(verdict::of_session(Step::Connect, &greeting));
    }
    let name = greeting.lines.first().and_then(|line| line.split_ascii_whitespace().next());
    connection.server_name = name.unwrap_or_default().to_owned();
    Ok(())
}

/// EHLO, and HELO for a server that does not know it (RFC 5321 §4.1.1.1).
pub(crate) async fn hello(connection: &mut Connection, helo_name: &str) -> Result<(), ConnectError> {
    let deadline = connection.deadlines().command;
    let reply = connection.command(Step::Connect, &format!("EHLO {helo_name}"), deadline).await?;
    if reply.is_positive() {
        connection.offers = Offers::read(&reply);
        return Ok(());
    }
    if !matches!(reply.code, 500..=504 | 550) || connection.is_encrypted() {
        return Err(verdict::of_session(Step::Connect, &reply));
    }
    let reply = connection.command(Step::Connect, &format!("HELO {helo_name}"), deadline).await?;
    if reply.is_positive() { Ok(()) } else { Err(verdict::of_session(Step::Connect, &reply)) }
}

/// STARTTLS or nothing: never on in plain text, never with bytes that came before the handshake (RFC 3207).
pub(crate) async fn start_tls<F: Future<Output = Result<Stream, ConnectError>>>(
    mut connection: Connection,
    helo_name: &str,
    handshake: impl FnOnce(Stream) -> F,
) -> Result<Connection, ConnectError> {
    let deadlines = connection.deadlines();
    let refused = |words: ServerWords| ConnectError::Settings { step: Step::Tls, cause: Cause::StartTlsRefused, words };
    if !connection.offers.starttls {
        return Err(refused(ServerWords("STARTTLS is not offered".to_owned())));
    }
    let reply = connection.command(Step::Tls, "STARTTLS", deadlines.command).await?;
    match reply.code {
        220 => {}
        454 => return Err(verdict::of_session(Step::Tls, &reply)),
        _ => return Err(refused(reply.words())),
    }
    if connection.has_unread() {
        return Err(refused(ServerWords("bytes came before the handshake".to_owned())));
    }
    let server_name = std::mem::take(&mut connection.server_name);
    let (stream, transcript) = connection.into_stream();
    let stream = handshake(stream).await?;
    let mut connection = Connection::new(stream, deadlines, transcript);
    connection.server_name = server_name;
    // What was said in the clear counts for nothing (RFC 3207 §4.2).
    hello(&mut connection, helo_name).await?;
    Ok(connection)
}

/// AUTH (RFC 4954).
async fn sign_in(server: &Server, connection: &mut Connection, credentials: &Credentials) -> Result<(), ConnectError> {
    let deadline = connection.deadlines().command;
    if !connection.is_encrypted() && server.encryption != Encryption::None {
        let words = ServerWords("the connection is not encrypted".to_owned());
        return Err(ConnectError::Settings { step: Step::Tls, cause: Cause::EncryptionNeeded, words });
    }
    let offered: Vec<&str> = connection.offers.auth.iter().map(String::as_str).collect();
    let Some(mut exchange) = Exchange::start(&offered, credentials, &server.host, server.port) else {
        let cause = if offered.is_empty() && connection.offers.starttls && !connection.is_encrypted() {
            Cause::EncryptionNeeded
        } else {
            Cause::NoCommonMechanism
        };
        let words = ServerWords(format!("the server offers: {}", offered.join(" ")));
        return Err(ConnectError::Settings { step: Step::SignIn, cause, words });
    };
    let mut line = format!("AUTH {}", exchange.name()).into_bytes();
    if let Some(initial) = exchange.initial() {
        line.push(b' ');
        line.extend_from_slice(STANDARD.encode(initial).as_bytes());
    }
    let mut reply = connection.secret_line(&line, deadline).await?;
    // Each mechanism has few rounds; a server that goes on asking is stopped.
    for _ in 0..8 {
        if reply.code != 334 {
            break;
        }
        let challenge = STANDARD.decode(reply.lines.join("").trim()).unwrap_or_default();
        line = match exchange.step(&challenge) {
            Ok(answer) => STANDARD.encode(answer).into_bytes(),
            // RFC 4954 §4: a lone star gives up.
            Err(_) => b"*".to_vec(),
        };
        reply = connection.secret_line(&line, deadline).await?;
    }
    connection.signed_in = reply.code == 235 && exchange.proven();
    if connection.signed_in { Ok(()) } else { Err(refused_sign_in(credentials, &exchange, &reply)) }
}

fn refused_sign_in(credentials: &Credentials, exchange: &Exchange, reply: &Reply) -> ConnectError {
    let hidden = match credentials {
        Credentials::Password { secret, .. } => secret,
        Credentials::Token { token, .. } => token,
    };
    let mut words = reply.words().0;
    for text in [String::from_utf8_lossy(hidden.reveal()).into_owned(), STANDARD.encode(hidden.reveal())] {
        if !text.is_empty() {
            words = words.replace(&text, "***");
        }
    }
    let words = ServerWords(words);
    if reply.code == 235 {
        let words = ServerWords("the server could not prove that it knows the password".to_owned());
        return ConnectError::Credentials { cause: Cause::Protocol, words };
    }
    match verdict::of_sign_in(reply) {
        ConnectError::Credentials { cause: Cause::WrongPassword, .. } if exchange.refusal().is_some() => {
            ConnectError::Credentials { cause: Cause::TokenRefused, words }
        }
        ConnectError::Credentials { cause, .. } => ConnectError::Credentials { cause, words },
        ConnectError::Settings { step, cause, .. } => ConnectError::Settings { step, cause, words },
        error => error,
    }
}
