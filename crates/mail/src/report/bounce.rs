//! Bounces in prose: servers that write no machine-readable part, and what can be read of their words with certainty.

use super::{Action, Kind, Recipient, Report, is_machine};
use crate::{
    Message,
    address::{fold_address, is_deliverable},
    message::Origin,
    parse,
};

/// How much of the text is looked at, and how much of a server's words is kept.
const LINE_LIMIT: usize = 400;
const DIAGNOSTIC_LIMIT: usize = 1000;
const RECIPIENT_LIMIT: usize = 100;

/// Where the copy of the returned message begins.
const COPY_MARKS: [&str; 6] = [
    "--- below this line is a copy of the message",
    "------ this is a copy of",
    "------ original message",
    "----- original message",
    "----- unsent message follows",
    "--- the header of the original message",
];

/// The report in a bounce, when the sender is a mail system and the text names who did not get what.
pub(super) fn read(message: &Message, raw: &[u8], text: Option<&str>) -> Option<Report> {
    let fields = parse::header_fields(raw);
    let failed = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-failed-recipients"));
    let from_system = message.sender_address().is_some_and(|from| is_mail_system(&from.address));
    if failed.is_none() && !(from_system && message.origin != Origin::Bulk) {
        return None;
    }
    let text = text.unwrap_or_default().replace("\r\n", "\n");
    let mark = |line: &str| {
        let lower = line.to_lowercase();
        COPY_MARKS.iter().any(|mark| lower.starts_with(mark))
    };
    let lines: Vec<&str> = text.lines().take(LINE_LIMIT).collect();
    let end = lines.iter().position(|line| mark(line)).unwrap_or(lines.len());
    let (told, copy) = lines.split_at(end);
    let lower = format!("{}\n{}", message.subject, told.join("\n")).to_lowercase();
    let action = if is_delay(&lower) { Action::Delayed } else { Action::Failed };
    let mut recipients = named(told, action);
    if let Some((_, list)) = failed {
        let listed: Vec<String> = list.split(',').map(fold_address).filter(|address| is_deliverable(address)).collect();
        recipients.retain(|recipient| listed.contains(&recipient.address));
        for address in listed.into_iter().take(RECIPIENT_LIMIT) {
            if !recipients.iter().any(|recipient| recipient.address == address) {
                recipients.push(recipient(address, action, ""));
            }
        }
    } else if !says_failure(&lower) && action == Action::Failed {
        return None;
    }
    if recipients.is_empty() {
        return None;
    }
    let id = copy.iter().chain(told).find_map(|line| {
        let start = line.trim_start().get(..11)?;
        start.eq_ignore_ascii_case("message-id:").then(|| parse::ids(line.split_once(':')?.1).into_iter().next())?
    });
    let reporter = message.sender_address().and_then(|from| from.domain()).map(str::to_owned);
    let kind = Kind::Delivery;
    Some(Report { kind, original_message_id: id, original_return_path: None, envelope_id: None, reporter, recipients })
}

/// What a mail of a mail system that nothing can be read of, at an address where only reports come, says of ours.
pub(super) fn unread(message: &Message, text: Option<&str>) -> Action {
    let words: String = text.unwrap_or_default().lines().take(LINE_LIMIT).collect::<Vec<_>>().join("\n");
    let lower = format!("{}\n{words}", message.subject).to_lowercase();
    if is_delay(&lower) { Action::Delayed } else { Action::Failed }
}

pub(super) fn is_mail_system(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    is_machine(address) && ["mailer-daemon", "postmaster", "mailerdaemon"].contains(&local.as_str())
}

fn is_delay(lower: &str) -> bool {
    let delay = [
        "not yet been delivered",
        "delivery delayed",
        "delayed",
        "vertraagd",
        "will be retried",
        "still trying",
        "nog niet bezorgd",
    ];
    let lost = ["permanent", "failed", "fatal", "could not be delivered", "giving up", "mislukt"];
    delay.iter().any(|word| lower.contains(word)) && !lost.iter().any(|word| lower.contains(word))
}

fn says_failure(lower: &str) -> bool {
    let words = [
        "undeliver",
        "deliver",
        "failure",
        "failed",
        "returned",
        "onbestelbaar",
        "niet bezorgd",
        "mislukt",
        "did not reach",
        "unzustellbar",
    ];
    words.iter().any(|word| lower.contains(word))
}

/// Addresses that stand alone on a line (`<jan@x.nl>:` of qmail, `  jan@x.nl` of Exim and Exchange), each with the words
/// after it.
fn named(lines: &[&str], action: Action) -> Vec<Recipient> {
    let mut found: Vec<Recipient> = Vec::new();
    let mut place = 0;
    while place < lines.len() && found.len() < RECIPIENT_LIMIT {
        let Some((address, rest)) = alone(lines[place]) else {
            place += 1;
            continue;
        };
        let mut words = rest.to_owned();
        place += 1;
        while place < lines.len() && alone(lines[place]).is_none() && !lines[place].trim().is_empty() {
            words.push(' ');
            words.push_str(lines[place].trim());
            place += 1;
        }
        if !found.iter().any(|known| known.address == address) {
            found.push(recipient(address, action, &words));
        }
    }
    found
}

/// The address of a line with nothing else on it than words after a colon or the word "on" (Exchange).
fn alone(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    let (address, rest) = match line.strip_prefix('<') {
        Some(inner) => inner.split_once('>')?,
        None => line.split_once([' ', '\t']).unwrap_or((line, "")),
    };
    let address = address.trim_end_matches(':');
    let rest = rest.trim_start_matches([':', ' ', '\t']);
    let plain = rest.is_empty() || line.starts_with('<') || rest.starts_with("on ");
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    (plain && is_deliverable(address)).then(|| (fold_address(address), rest))
}

fn recipient(address: String, action: Action, words: &str) -> Recipient {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = words.floor_char_boundary(DIAGNOSTIC_LIMIT);
    let status = words.split(|c: char| !c.is_ascii_digit() && c != '.').find(|word| is_status(word)).map(str::to_owned);
    let diagnostic = (!words.is_empty()).then(|| words[..cut].to_owned());
    Recipient { address, final_address: None, action, status, diagnostic, server: None }
}

/// `5.1.1` (RFC 3463 §2).
fn is_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = matches!(parts.next(), Some("2" | "4" | "5"));
    let number = |part: Option<&str>| part.is_some_and(|part| matches!(part.len(), 1..=3));
    class && number(parts.next()) && number(parts.next()) && parts.next().is_none()
}
