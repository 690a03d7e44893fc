//! From a host name to a session that is signed in.

use super::{
    cause,
    reply::{Capabilities, Reply, Said},
    session::{COMMAND_TIME, Session},
    wire::{Broken, Wire},
};
use crate::{
    ConnectError, Credentials, Encryption, Secret, Server, ServerWords, World, egress,
    error::{Cause, Step},
    patience::Patience,
    sasl::Exchange,
    tls,
    transcript::Transcript,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::time::Duration;

const GREETING_TIME: Duration = Duration::from_secs(30);
/// Each mechanism has few rounds; a server that goes on asking is stopped.
const ROUNDS: usize = 8;

/// Opens a connection and signs in.
pub async fn open(
    world: &World,
    server: &Server,
    credentials: &Credentials,
    transcript: Option<&Transcript>,
) -> Result<Session, ConnectError> {
    if let Some(transcript) = transcript {
        transcript.hide(secret(credentials));
    }
    let stream = egress::dial(world, server).await?;
    let mut session = Session::new(Wire::new(stream, transcript.cloned()));
    greet(&mut session).await?;
    ask_capabilities(&mut session, Step::Connect).await?;
    if server.encryption == Encryption::Starttls {
        session = start_tls(session, world, server).await?;
        ask_capabilities(&mut session, Step::Tls).await?;
    }
    if session.can.has("UTF8") {
        // Mail with headers in UTF-8 comes as it is (RFC 6856 §3); a server that says no sends what it can.
        session.ask("UTF8").await.map_err(|error| cause::broken(Step::SignIn, error))?;
    }
    sign_in(&mut session, server, credentials).await?;
    // Some capabilities show only now (RFC 2449 §5).
    ask_capabilities(&mut session, Step::SignIn).await?;
    Ok(session)
}

fn secret(credentials: &Credentials) -> &Secret {
    match credentials {
        Credentials::Password { secret, .. } => secret,
        Credentials::Token { token, .. } => token,
    }
}

fn settings(step: Step, cause: Cause, words: &str) -> ConnectError {
    ConnectError::Settings { step, cause, words: ServerWords(words.to_owned()) }
}

async fn greet(session: &mut Session) -> Result<(), ConnectError> {
    session.wire.patience = Patience::within(GREETING_TIME);
    let line = session.wire.status().await.map_err(|error| cause::broken(Step::Connect, error))?;
    match super::reply::read(&line) {
        Some(Said::Reply(Reply { ok: true, .. })) => Ok(()),
        // Too many connections, say: the words tell.
        Some(Said::Reply(reply)) => Err(match cause::work(&reply) {
            ConnectError::Later { cause, wait, reason, .. } => {
                ConnectError::Later { step: Step::Connect, cause, wait, reason }
            }
            _ => cause::later(Step::Connect, Cause::Throttled, ServerWords::new(&reply.text, &[]).0),
        }),
        _ => Err(settings(Step::Connect, Cause::WrongEncryption, "the server's greeting is not that of a POP3 server")),
    }
}

async fn ask_capabilities(session: &mut Session, step: Step) -> Result<(), ConnectError> {
    let asked = async {
        let reply = session.ask("CAPA").await?;
        let mut lines = Vec::new();
        while reply.ok
            && let Some(line) = session.wire.item().await?
        {
            if lines.len() >= 200 {
                return Err(Broken::Malformed("a list of capabilities without end"));
            }
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
        // Who does not know the command has not unlearnt what it said before.
        Ok::<_, Broken>(reply.ok.then(|| Capabilities::new(lines)))
    };
    if let Some(can) = asked.await.map_err(|error| cause::broken(step, error))? {
        session.can = can;
    }
    Ok(())
}

/// STLS, strictly: accepted, and not a byte of the plain connection is believed afterwards (RFC 2595 §4; the attacks are
/// in RFC 7457 §2.2 and CVE-2011-0411). It is asked for also where it isn't offered: somebody may have cut it out.
async fn start_tls(mut session: Session, world: &World, server: &Server) -> Result<Session, ConnectError> {
    let reply = session.ask("STLS").await.map_err(|error| cause::broken(Step::Tls, error))?;
    if !reply.ok {
        let words = ServerWords::new(&format!("the server does not offer STLS: {}", reply.text), &[]);
        return Err(ConnectError::Settings { step: Step::Tls, cause: Cause::StartTlsRefused, words });
    }
    let transcript = session.wire.transcript.clone();
    let Ok(stream) = session.wire.into_stream() else {
        let words = "the server, or somebody between, sent something before the encryption began";
        return Err(settings(Step::Tls, Cause::StartTlsRefused, words));
    };
    let stream = tls::upgrade(world, server, stream).await?;
    // What was said in the clear counts for nothing.
    Ok(Session::new(Wire::new(stream, transcript)))
}

async fn sign_in(session: &mut Session, server: &Server, credentials: &Credentials) -> Result<(), ConnectError> {
    let token = matches!(credentials, Credentials::Token { .. });
    let offered: Vec<String> = session.can.mechanisms().into_iter().map(str::to_owned).collect();
    let names: Vec<&str> = offered.iter().map(String::as_str).collect();
    let exchange = Exchange::start(&names, credentials, &server.host, server.port);
    let (reply, refusal) = match (exchange, credentials) {
        (Some(exchange), _) => authenticate(session, exchange).await?,
        (None, Credentials::Password { username, secret }) => {
            if server.encryption == Encryption::None && session.can.has("STLS") && !session.can.has("USER") {
                return Err(settings(
                    Step::SignIn,
                    Cause::EncryptionNeeded,
                    "the server takes no password without encryption",
                ));
            }
            (log_in(session, username, secret).await?, None)
        }
        (None, Credentials::Token { .. }) => {
            return Err(settings(Step::SignIn, Cause::NoCommonMechanism, "the server takes no OAuth token"));
        }
    };
    if reply.ok {
        return Ok(());
    }
    let text = refusal.map_or_else(|| reply.text.clone(), |refusal| format!("{} {refusal}", reply.text));
    let words = ServerWords::new(&text, &[secret(credentials)]);
    Err(cause::sign_in(&reply, words, token, &session.can))
}

/// AUTH (RFC 5034). The first words of a mechanism go as the answer to the server's empty question, never with the command
/// itself: servers that know only RFC 1734 take nothing there, and a token would be too long for the line.
async fn authenticate(session: &mut Session, mut exchange: Exchange) -> Result<(Reply, Option<String>), ConnectError> {
    let at_sign_in = |error: Broken| cause::broken(Step::SignIn, error);
    session.wire.patience = Patience::within(COMMAND_TIME);
    session.wire.push(&format!("AUTH {}", exchange.name()));
    let mut initial = exchange.initial();
    for _ in 0..ROUNDS {
        session.wire.flush().await.map_err(at_sign_in)?;
        let line = session.wire.status().await.map_err(at_sign_in)?;
        let question = match super::reply::read(&line) {
            Some(Said::Challenge(question)) => question,
            Some(Said::Reply(reply)) if reply.ok && !exchange.proven() => {
                let words = "the server could not prove that it knows the password";
                return Err(settings(Step::SignIn, Cause::Protocol, words));
            }
            Some(Said::Reply(reply)) => return Ok((reply, exchange.refusal().map(str::to_owned))),
            None => return Err(at_sign_in(Broken::Malformed("an answer that is none"))),
        };
        let answer = match initial.take() {
            Some(bytes) => Ok(bytes),
            None => exchange.step(&STANDARD.decode(&question).unwrap_or_default()),
        };
        let line = match answer {
            Ok(bytes) => STANDARD.encode(bytes),
            Err(error) if exchange.name().starts_with("SCRAM") => {
                return Err(settings(Step::SignIn, Cause::Protocol, &error.to_string()));
            }
            // A lone star gives up (RFC 5034 §4).
            Err(_) => "*".to_owned(),
        };
        session.wire.push_secret(line.as_bytes());
    }
    Err(at_sign_in(Broken::Malformed("one question after the other")))
}

/// USER and PASS (RFC 1939 §7): the rest of the line is the name and the password, byte for byte.
async fn log_in(session: &mut Session, username: &str, secret: &Secret) -> Result<Reply, ConnectError> {
    let asked = async {
        let reply = session.ask(&format!("USER {username}")).await?;
        if !reply.ok {
            return Ok(reply);
        }
        session.wire.patience = Patience::within(COMMAND_TIME);
        session.wire.push_secret(&[b"PASS ", secret.reveal()].concat());
        session.wire.flush().await?;
        session.reply().await
    };
    asked.await.map_err(|error: Broken| cause::broken(Step::SignIn, error))
}
