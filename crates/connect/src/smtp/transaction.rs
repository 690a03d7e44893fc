//! One message over one connection: envelope, content, and what became of each recipient.

use super::{
    connection::Connection,
    envelope::{self, Envelope},
    reply::Reply,
    verdict,
    wire::{DOT, look, stuffed, with_crlf},
};
use crate::{
    ConnectError, Marks, Parcel, Receipt, RecipientReceipt, ServerWords,
    egress::later,
    error::{Cause, Step},
};
use std::time::Duration;

/// Up to this a message goes out in one write, dot and all.
const SMALL_BYTES: usize = 64 << 10;
/// Larger writes are cut, so that each has its own deadline.
const WRITE_BYTES: usize = 256 << 10;
/// Recipients asked about in one write: neither side's buffers fill up (RFC 2920 §3.1).
const GROUP: usize = 50;

type Rows = Vec<Result<ServerWords, ConnectError>>;

/// The moment that must be on disk before the last bytes go out, and whether it has been.
pub struct Mark<'a> {
    marks: &'a dyn Marks,
    /// From here on a lost connection leaves us uncertain.
    pub made: bool,
}

impl<'a> Mark<'a> {
    pub fn new(marks: &'a dyn Marks) -> Mark<'a> {
        Mark { marks, made: false }
    }

    async fn make(&mut self) -> Result<(), ConnectError> {
        let stored = self.marks.on_the_wire().await;
        self.made = stored.is_ok();
        stored.map_err(|reason| later(Step::Work, Cause::Dropped, format!("held back before the last byte: {reason}")))
    }
}

/// Hands the parcel over.
///
/// What the server said of each recipient is in the receipt, also when it took none. `Err` is for what concerns the
/// whole: the sender refused, the connection lost.
pub async fn hand_over(
    connection: &mut Connection,
    parcel: &Parcel,
    mark: &mut Mark<'_>,
) -> Result<Receipt, ConnectError> {
    let message = with_crlf(&parcel.message);
    let envelope = envelope::write(parcel, look(&message), &connection.offers)?;
    let chunked = connection.offers.chunking && message.len() > SMALL_BYTES;
    let mut rows: Rows = envelope.recipients.iter().map(|line| line.clone().map(ServerWords)).collect();
    if rows.iter().all(Result::is_err) {
        return Ok(receipt(parcel, rows, &Reply::default()));
    }
    // Servers that limit a session count what is begun.
    connection.messages += 1;
    let data = match ask(connection, &envelope, &mut rows, !chunked).await {
        Ok(data) => data,
        Err(error) => {
            reset(connection).await;
            return cut_short(parcel, rows, error);
        }
    };
    if rows.iter().all(Result::is_err) {
        return Ok(none_accepted(connection, parcel, rows, data).await);
    }
    let outcome = match (chunked, &data.before_content) {
        (true, _) => send_chunks(connection, &message, mark).await,
        (false, Some(reply)) if reply.code == 354 => send_data(connection, &message, mark).await,
        (false, Some(reply)) => Ok(reply.clone()),
        (false, None) => Err(later(Step::Work, Cause::Protocol, "no answer to DATA".to_owned())),
    };
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error) => {
            // Before the mark nothing went out; after it nobody knows.
            connection.in_step = false;
            let error = if mark.made { ConnectError::Uncertain(error.to_string()) } else { error };
            return cut_short(parcel, rows, error);
        }
    };
    for row in rows.iter_mut().filter(|row| row.is_ok()) {
        *row = judge(&reply, mark);
    }
    // Neither yes nor no: we and the server no longer talk about the same thing.
    connection.in_step &= reply.code >= 400 || (mark.made && reply.is_positive());
    if !reply.is_positive() {
        reset(connection).await;
    }
    Ok(receipt(parcel, rows, &reply))
}

/// What was answered to the envelope.
struct Asked {
    last: Reply,
    before_content: Option<Reply>,
}

/// MAIL, every RCPT and (for DATA) the wish to send; in one write where the server allows it (RFC 2920).
async fn ask(
    connection: &mut Connection,
    envelope: &Envelope,
    rows: &mut Rows,
    with_data: bool,
) -> Result<Asked, ConnectError> {
    let deadline = connection.deadlines().command;
    let mut lines: Vec<(&str, Option<usize>)> = vec![(&envelope.mail, None)];
    let known = envelope.recipients.iter().enumerate();
    lines.extend(known.filter_map(|(row, line)| Some((line.as_deref().ok()?, Some(row)))));
    if with_data {
        lines.push(("DATA", None));
    }
    let mut asked = Asked { last: Reply::default(), before_content: None };
    for group in lines.chunks(if connection.offers.pipelining { GROUP } else { 1 }) {
        // Without pipelining DATA is asked for only when somebody is to get the message.
        let pointless = !connection.offers.pipelining && rows.iter().all(Result::is_err);
        if pointless && group.first().is_some_and(|(line, _)| *line == "DATA") {
            break;
        }
        send_lines(connection, group).await?;
        let mut sender_refused = None;
        for (line, row) in group {
            let reply = connection.reply(Step::Work, deadline).await?;
            match row {
                // Without a sender every recipient is refused, which says nothing of the recipient.
                Some(row) if sender_refused.is_none() => note_recipient(rows, *row, &reply),
                Some(_) => {}
                None if *line == "DATA" => asked.before_content = Some(reply.clone()),
                None if !reply.is_positive() => {
                    sender_refused = Some(verdict::of_sender(&reply, connection.signed_in));
                }
                None => {}
            }
            if reply.code == 421 && sender_refused.is_none() {
                // Said at a recipient, it is of that recipient; the others only lost their connection.
                return Err(match row {
                    Some(_) => later(
                        Step::Work,
                        Cause::Dropped,
                        "the server ended the session at another recipient".to_owned(),
                    ),
                    None => verdict::of_message(&reply, Cause::Throttled),
                });
            }
            if sender_refused.is_some() && !connection.in_step {
                break;
            }
            asked.last = reply;
        }
        if let Some(error) = sender_refused {
            // A server that wants the text of a message without a sender is beyond help.
            connection.in_step &= asked.before_content.as_ref().is_none_or(|reply| reply.code != 354);
            return Err(error);
        }
    }
    Ok(asked)
}

async fn send_lines(connection: &mut Connection, group: &[(&str, Option<usize>)]) -> Result<(), ConnectError> {
    let mut outgoing = std::mem::take(&mut connection.outgoing);
    outgoing.clear();
    for (line, _) in group {
        outgoing.extend_from_slice(line.as_bytes());
        outgoing.extend_from_slice(b"\r\n");
    }
    connection.note(&outgoing);
    let sent = connection.send(Step::Work, &outgoing, connection.deadlines().block).await;
    connection.outgoing = outgoing;
    sent
}

fn note_recipient(rows: &mut Rows, row: usize, reply: &Reply) {
    if let Some(row) = rows.get_mut(row) {
        *row = if reply.is_positive() { Ok(reply.words()) } else { Err(verdict::of_message(reply, Cause::Refused)) };
    }
}

/// Nobody will get it: the server is told so and the connection stays good for the next message.
async fn none_accepted(connection: &mut Connection, parcel: &Parcel, rows: Rows, asked: Asked) -> Receipt {
    let wants_content = asked.before_content.as_ref().is_some_and(|reply| reply.code == 354);
    // RFC 2920 §3.1: the server that wants the text all the same gets none.
    let deadline = connection.deadlines().command;
    if wants_content && connection.command(Step::Work, ".", deadline).await.is_err() {
        connection.in_step = false;
    }
    reset(connection).await;
    receipt(parcel, rows, &asked.last)
}

/// DATA's content. The last write holds at least the final dot, and the mark comes before it.
async fn send_data(connection: &mut Connection, message: &[u8], mark: &mut Mark<'_>) -> Result<Reply, ConnectError> {
    let mut outgoing = std::mem::take(&mut connection.outgoing);
    outgoing.clear();
    for slice in stuffed(message) {
        for piece in slice.chunks(WRITE_BYTES) {
            if outgoing.len() + piece.len() > SMALL_BYTES && !outgoing.is_empty() {
                send_block(connection, &outgoing).await?;
                outgoing.clear();
            }
            outgoing.extend_from_slice(piece);
        }
    }
    if message.len() > SMALL_BYTES {
        send_block(connection, &outgoing).await?;
        outgoing.clear();
    }
    outgoing.extend_from_slice(DOT);
    let reply = finish(connection, &outgoing, mark).await;
    outgoing.shrink_to(2 * SMALL_BYTES);
    connection.outgoing = outgoing;
    reply
}

/// The content by BDAT (RFC 3030): no dots to double, and the last chunk is what the mark stands before.
async fn send_chunks(connection: &mut Connection, message: &[u8], mark: &mut Mark<'_>) -> Result<Reply, ConnectError> {
    let (head, tail) = message.split_at(message.len().saturating_sub(SMALL_BYTES));
    let announced = format!("BDAT {}\r\n", head.len());
    connection.note(announced.as_bytes());
    send_block(connection, announced.as_bytes()).await?;
    for piece in head.chunks(WRITE_BYTES) {
        send_block(connection, piece).await?;
    }
    let reply = connection.reply(Step::Work, connection.deadlines().block).await?;
    if !reply.is_positive() {
        return Ok(reply);
    }
    let last = [format!("BDAT {} LAST\r\n", tail.len()).as_bytes(), tail].concat();
    finish(connection, &last, mark).await
}

/// A write before the mark; when the server hangs up in the middle, its reason may be waiting to be read.
async fn send_block(connection: &mut Connection, bytes: &[u8]) -> Result<(), ConnectError> {
    let Err(error) = connection.send(Step::Work, bytes, connection.deadlines().block).await else { return Ok(()) };
    match connection.reply(Step::Work, Duration::from_secs(1)).await {
        Ok(reply) if reply.code >= 400 => Err(verdict::of_message(&reply, Cause::Refused)),
        _ => Err(error),
    }
}

async fn finish(connection: &mut Connection, last: &[u8], mark: &mut Mark<'_>) -> Result<Reply, ConnectError> {
    if let Err(error) = mark.make().await {
        // There is no way to take DATA back but to hang up.
        connection.in_step = false;
        return Err(error);
    }
    let sent = connection.send(Step::Work, last, connection.deadlines().block).await;
    let deadline = if sent.is_ok() { connection.deadlines().after_dot } else { Duration::from_secs(1) };
    let reply = connection.reply(Step::Work, deadline).await;
    connection.in_step &= sent.is_ok();
    match (sent, reply) {
        (Ok(()), reply) => reply,
        (Err(_), Ok(reply)) if reply.code >= 400 => Ok(reply),
        (Err(error), _) => Err(error),
    }
}

/// What the reply to the content means for a recipient that had been accepted.
fn judge(reply: &Reply, mark: &Mark<'_>) -> Result<ServerWords, ConnectError> {
    match reply.code / 100 {
        2 if mark.made => Ok(reply.words()),
        4 | 5 => Err(verdict::of_message(reply, Cause::Refused)),
        // The server says something that is no answer: it may have taken the message.
        _ if mark.made => Err(ConnectError::Uncertain(format!("an answer out of turn: {}", reply.words()))),
        _ => Err(verdict::of_message(reply, Cause::Protocol)),
    }
}

/// It ended before its end. What is known of single recipients stays known: a refused one is not asked about again
/// (a server that hangs up after too many of them would be asked for ever), and one that was put off before the dot
/// is not uncertain.
fn cut_short(parcel: &Parcel, mut rows: Rows, error: ConnectError) -> Result<Receipt, ConnectError> {
    // What the server said of a recipient stays said, whatever happened to the others.
    if rows.iter().all(Result::is_ok) {
        return Err(error);
    }
    for row in rows.iter_mut().filter(|row| row.is_ok()) {
        *row = Err(error.clone());
    }
    Ok(receipt(parcel, rows, &Reply::default()))
}

/// Forgets the transaction that did not end, so that the next one begins clean.
async fn reset(connection: &mut Connection) {
    if !connection.in_step {
        return;
    }
    let deadline = connection.deadlines().command;
    let reply = connection.command(Step::Work, "RSET", deadline).await;
    connection.in_step &= reply.is_ok_and(|reply| reply.is_positive());
}

fn receipt(parcel: &Parcel, rows: Rows, last: &Reply) -> Receipt {
    let addresses = parcel.recipients.iter().cloned();
    let recipients = addresses.zip(rows).map(|(address, outcome)| RecipientReceipt { address, outcome }).collect();
    let server_said = if last.code == 0 { ServerWords::default() } else { last.words() };
    Receipt { recipients, server_said, code: last.code }
}
