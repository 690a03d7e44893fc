//! From a host name to a session that is signed in.

use super::{
    ImapOptions, cause,
    command::Command,
    gmail,
    response::{Condition, Response, Status},
    session::{COMMAND_TIME, Session},
    wire::{Broken, Patience, Pipe, Wire},
};
use crate::{
    ConnectError, Credentials, Encryption, Secret, Server, ServerWords, World, egress,
    error::{Cause, Step},
    sasl::Exchange,
    tls::{self, Stream},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use std::time::Duration;

const GREETING_TIME: Duration = Duration::from_secs(30);

/// Opens a connection and signs in.
pub async fn open(
    world: &World,
    server: &Server,
    credentials: &Credentials,
    options: &ImapOptions,
) -> Result<Session, ConnectError> {
    if let Some(transcript) = &options.transcript {
        transcript.hide(secret(credentials));
    }
    let stream = egress::dial(world, server).await?;
    let mut session = Session::new(Wire::new(Pipe::Plain(stream), options.transcript.clone()));
    let at_connect = |error| cause::broken(Step::Connect, error);
    let signed_in = greet(&mut session).await?;
    if server.encryption == Encryption::Starttls {
        if signed_in {
            return Err(refused_tls("the server claims that we are signed in before encryption began"));
        }
        session = start_tls(session, world, server).await?;
    }
    if session.capabilities.is_empty() {
        session.run(Command::new("CAPABILITY")).await.map_err(at_connect)?;
    }
    if !signed_in {
        let meant = match session.capabilities.has(gmail::CAPABILITY) {
            true => credentials.as_google_means(),
            false => credentials.clone(),
        };
        if let Some(transcript) = &options.transcript {
            transcript.hide(secret(&meant));
        }
        sign_in(&mut session, server, &meant).await?;
    }
    prepare(&mut session, options).await.map_err(|error| cause::broken(Step::Work, error))?;
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

fn refused_tls(words: &str) -> ConnectError {
    settings(Step::Tls, Cause::StartTlsRefused, words)
}

/// Hears the greeting; says whether the server takes us for signed in (PREAUTH).
async fn greet(session: &mut Session) -> Result<bool, ConnectError> {
    session.wire.patience = Patience::within(GREETING_TIME);
    let arrived = session.next().await.map_err(|error| cause::broken(Step::Connect, error))?;
    match arrived.response {
        Response::Status(Status { condition: Condition::Ok, .. }) => Ok(false),
        Response::Status(Status { condition: Condition::Preauth, .. }) => Ok(true),
        _ => {
            Err(settings(Step::Connect, Cause::WrongEncryption, "the server's greeting is not that of an IMAP server"))
        }
    }
}

/// STARTTLS, strictly: offered, accepted, and not a byte of the plain connection is believed afterwards
/// (RFC 9051 §6.2.1; the attacks are in RFC 7457 §2.2 and CVE-2011-0411).
async fn start_tls(mut session: Session, world: &World, server: &Server) -> Result<Session, ConnectError> {
    let at_tls = |error| cause::broken(Step::Tls, error);
    if session.capabilities.is_empty() {
        session.run(Command::new("CAPABILITY")).await.map_err(at_tls)?;
    }
    if !session.capabilities.has("STARTTLS") {
        return Err(refused_tls("the server does not offer STARTTLS"));
    }
    let (status, _) = session.run(Command::new("STARTTLS")).await.map_err(at_tls)?;
    if status.condition != Condition::Ok {
        return Err(settings(Step::Tls, Cause::StartTlsRefused, &ServerWords::new(&status.text, &[]).0));
    }
    let transcript = session.wire.transcript.clone();
    let pipe = session.wire.into_pipe();
    let Ok(Pipe::Plain(Stream::Plain(tcp))) = pipe else {
        return Err(refused_tls("the server, or somebody between, sent something before the encryption began"));
    };
    let stream = tls::upgrade(world, server, Stream::Plain(tcp)).await?;
    let mut session = Session::new(Wire::new(Pipe::Plain(stream), transcript));
    session.run(Command::new("CAPABILITY")).await.map_err(at_tls)?;
    Ok(session)
}

async fn sign_in(session: &mut Session, server: &Server, credentials: &Credentials) -> Result<(), ConnectError> {
    let token = matches!(credentials, Credentials::Token { .. });
    let mut offered: Vec<String> = session.capabilities.mechanisms().iter().map(|name| (*name).to_owned()).collect();
    loop {
        let names: Vec<&str> = offered.iter().map(String::as_str).collect();
        let exchange = Exchange::start(&names, credentials, &server.host, server.port);
        session.capabilities_told = false;
        let (mut status, refusal, name) = match exchange {
            Some(exchange) => {
                let name = exchange.name();
                let (status, refusal) = authenticate(session, exchange).await?;
                (status, refusal, Some(name))
            }
            None => (log_in(session, credentials).await?, None, None),
        };
        match (status.condition, name) {
            (Condition::Ok, _) => {
                if !session.capabilities_told {
                    let asked = session.run(Command::new("CAPABILITY")).await;
                    asked.map_err(|error| cause::broken(Step::SignIn, error))?;
                }
                return Ok(());
            }
            // The server names a mechanism that it can't do: no password was looked at, so another one may be tried.
            (Condition::Bad, Some(name)) => offered.retain(|known| !known.eq_ignore_ascii_case(name)),
            _ => {
                status.text.extend(refusal.map(|refusal| format!(" {refusal}")));
                let words = ServerWords::new(&status.text, &[secret(credentials)]);
                return Err(cause::sign_in(&status, words, token));
            }
        }
    }
}

async fn authenticate(session: &mut Session, mut exchange: Exchange) -> Result<(Status, Option<String>), ConnectError> {
    let at_sign_in = |error: Broken| cause::broken(Step::SignIn, error);
    let mut initial = exchange.initial();
    let mut line = format!("AUTHENTICATE {}", exchange.name());
    if session.capabilities.has("SASL-IR")
        && let Some(bytes) = initial.take()
    {
        line.push(' ');
        line.push_str(&if bytes.is_empty() { "=".to_owned() } else { STANDARD.encode(bytes) });
    }
    let tag = session.put(Command::new(&line).secret()).await.map_err(at_sign_in)?;
    session.wire.flush().await.map_err(at_sign_in)?;
    loop {
        let answer = match session.next().await.map_err(at_sign_in)?.response {
            Response::Continue(challenge) => match initial.take() {
                Some(bytes) => Ok(bytes),
                None => exchange.step(&STANDARD.decode(&challenge).unwrap_or_default()),
            },
            Response::Tagged(ended, status) if ended == tag => {
                if status.condition == Condition::Ok && !exchange.proven() {
                    let words = "the server could not prove that it knows the password";
                    return Err(settings(Step::SignIn, Cause::Protocol, words));
                }
                return Ok((status, exchange.refusal().map(str::to_owned)));
            }
            _ => continue,
        };
        let line = match answer {
            Ok(bytes) => STANDARD.encode(bytes),
            Err(error) if exchange.name().starts_with("SCRAM") => {
                return Err(settings(Step::SignIn, Cause::Protocol, &error.to_string()));
            }
            Err(_) => "*".to_owned(),
        };
        if let Some(transcript) = &session.wire.transcript {
            transcript.sent_secret();
        }
        session.wire.push(line.as_bytes());
        session.wire.push(b"\r\n");
        session.wire.flush().await.map_err(at_sign_in)?;
    }
}

/// The LOGIN command, for servers without a SASL mechanism in common. The name and the password go as literals: no
/// character of them is ever quoted or changed.
async fn log_in(session: &mut Session, credentials: &Credentials) -> Result<Status, ConnectError> {
    let Credentials::Password { username, secret } = credentials else {
        return Err(settings(Step::SignIn, Cause::NoCommonMechanism, "the server takes no OAuth token"));
    };
    if session.capabilities.has("LOGINDISABLED") {
        let offers_tls = session.capabilities.has("STARTTLS");
        let cause = if offers_tls { Cause::EncryptionNeeded } else { Cause::NoCommonMechanism };
        return Err(settings(Step::SignIn, cause, "the server takes no password this way (LOGINDISABLED)"));
    }
    let command = Command::new("LOGIN ").literal(Bytes::copy_from_slice(username.as_bytes())).text(" ");
    let command = command.literal(Bytes::copy_from_slice(secret.reveal())).secret();
    let (status, _) = session.run(command).await.map_err(|error| cause::broken(Step::SignIn, error))?;
    Ok(status)
}

/// Puts in line what makes the rest better; it goes out with the first command that asks for something.
async fn prepare(session: &mut Session, options: &ImapOptions) -> Result<(), Broken> {
    if options.compress && session.capabilities.has("COMPRESS=DEFLATE") {
        session.wire.patience = Patience::within(COMMAND_TIME);
        let (status, _) = session.run(Command::new("COMPRESS DEFLATE")).await?;
        if status.condition == Condition::Ok {
            session.wire.compress()?;
        }
    }
    if session.capabilities.has("ID") {
        let id = format!("ID (\"name\" \"Postkamer\" \"version\" \"{}\")", env!("CARGO_PKG_VERSION"));
        session.put_quietly(Command::new(&id)).await?;
    }
    if session.capabilities.has("ENABLE") {
        let wanted = ["QRESYNC", "UTF8=ACCEPT"].into_iter().filter(|name| session.capabilities.has(name));
        let wanted: Vec<&str> = wanted.collect();
        if !wanted.is_empty() {
            session.put_quietly(Command::new(&format!("ENABLE {}", wanted.join(" ")))).await?;
        }
    }
    Ok(())
}
