//! Connections: what needs waiting is here, everything else is in the session.

use super::Shared;
use super::session::{Session, State};
use super::wire::{Command, Reader, Writer};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};

pub(super) async fn accept(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("a listening socket");
    while let Ok((stream, _)) = listener.accept().await {
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        // A client that goes away in the middle is what this server is for.
        tokio::spawn(serve(stream, number, shared.clone()));
    }
}

async fn serve(stream: TcpStream, number: usize, shared: Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (input, output) = stream.into_split();
    let mut reader = Reader(BufReader::new(input));
    let mut writer = Writer { stream: output, cut: shared.cut.clone() };
    let mut session = Session::new(shared.clone());
    writer.send(format!("* OK [CAPABILITY {}] model ready\r\n", shared.options.capabilities()).as_bytes()).await?;

    while session.state != State::Over {
        let Some(command) = reader.command(&mut writer).await? else { return Ok(()) };
        shared.commands.lock().unwrap_or_else(|broken| broken.into_inner()).push((number, command.line.clone()));
        let name = command.args.first().map(super::wire::Arg::upper).unwrap_or_default();
        match name.as_str() {
            "IDLE" if session.selected.is_some() && shared.options.idle => {
                idle(&command, &mut session, &mut reader, &mut writer, &shared).await?;
            }
            "AUTHENTICATE" => {
                let words = match command.args.get(2) {
                    Some(words) => words.text(),
                    None => {
                        writer.send(b"+ \r\n").await?;
                        let line = reader.line().await?.unwrap_or_default();
                        String::from_utf8_lossy(&line).into_owned()
                    }
                };
                let decoded = STANDARD.decode(words).unwrap_or_default();
                let mut parts = decoded.split(|byte| *byte == 0).skip(1);
                let mut next = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
                let (user, password) = (next(), next());
                let answer = session.sign_in(&command.tag, &user, &password);
                writer.send(answer.as_bytes()).await?;
            }
            _ => {
                let answer = session.handle(&command);
                writer.send(&answer).await?;
            }
        }
    }
    Ok(())
}

/// IDLE (RFC 2177): tells what changes until the client says DONE.
async fn idle(
    command: &Command,
    session: &mut Session,
    reader: &mut Reader,
    writer: &mut Writer,
    shared: &Shared,
) -> io::Result<()> {
    let mut changes = shared.changes.subscribe();
    writer.send(b"+ idling\r\n").await?;
    loop {
        let news = session.news(true);
        writer.send(&news).await?;
        if session.state == State::Over {
            return Ok(());
        }
        tokio::select! {
            line = reader.line() => {
                if line?.is_none() {
                    session.state = State::Over;
                    return Ok(());
                }
                let mut end = session.news(true);
                end.extend_from_slice(format!("{} OK idled\r\n", command.tag).as_bytes());
                return writer.send(&end).await;
            }
            changed = changes.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
            }
        }
    }
}
