//! The index in PostgreSQL: a vector made by us, token by token, so that its dictionaries change nothing.
//!
//! There are four weights for five fields: A subject, B sender, C recipients, D body and attachments. The names of
//! attachments are in there a second time behind a mark, for those who look for them only.

use crate::{StoreError, Tx, vals};
use mail::{
    AccountKey, MessageKey, OrganisationKey,
    query::{Field, Term},
    search::{SearchText, tokens},
};
use std::{collections::HashMap, fmt::Write};

/// Begin what is no word of a text: no token has these characters.
const SCOPE: char = '\u{e000}';
const ATTACHMENT: char = '\u{e001}';
/// PostgreSQL counts no further; later words are found, but not as part of a phrase.
const LAST_POSITION: usize = 16_382;
/// More positions of one word are dropped by PostgreSQL anyway.
const MOST_POSITIONS: usize = 255;
/// A vector has less than 1 MiB of words and positions; what goes beyond is not found.
const ROOM: usize = 900 << 10;

pub(super) async fn index(
    tx: &mut Tx,
    organisation: OrganisationKey,
    account: AccountKey,
    texts: &[(MessageKey, &SearchText)],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO search (organisation, message, words) VALUES ($1, $2, $3::text::tsvector) \
         ON CONFLICT (organisation, message) DO UPDATE SET words = excluded.words";
    let lists: Vec<_> =
        texts.iter().map(|(key, text)| vals![organisation, *key, vector(account, text)].to_vec()).collect();
    tx.execute_many(sql, &lists).await?;
    Ok(())
}

pub(super) async fn forget(
    tx: &mut Tx,
    organisation: OrganisationKey,
    messages: &[MessageKey],
) -> Result<(), StoreError> {
    let lists: Vec<_> = messages.iter().map(|key| vals![organisation, *key].to_vec()).collect();
    tx.execute_many("DELETE FROM search WHERE organisation = $1 AND message = $2", &lists).await?;
    Ok(())
}

/// The text form of a vector: `'word':1A,7 'other':2`.
fn vector(account: AccountKey, text: &SearchText) -> String {
    let mut words: HashMap<(bool, &str), String> = HashMap::new();
    let (mut position, mut room) = (0, ROOM);
    let fields = [
        (&text.subject, "A", false),
        (&text.from, "B", false),
        (&text.to, "C", false),
        (&text.attachments, "", true),
        (&text.attachments, "", false),
        (&text.body, "", false),
    ];
    for (field, weight, marked) in fields {
        // A gap, so that no phrase runs on from one field into the next.
        position += 2;
        for token in tokens(field) {
            position += 1;
            if !words.contains_key(&(marked, token)) {
                let Some(left) = room.checked_sub(token.len() + 8) else { break };
                room = left;
            }
            let places = words.entry((marked, token)).or_default();
            let full = places.bytes().filter(|byte| *byte == b',').count() >= MOST_POSITIONS;
            if position > LAST_POSITION || full {
                continue;
            }
            let Some(left) = room.checked_sub(2) else { continue };
            room = left;
            if !places.is_empty() {
                places.push(',');
            }
            let _ = write!(places, "{position}{weight}");
        }
    }
    let mut vector = format!("'{SCOPE}{:x}'", account.0);
    for ((marked, token), places) in words {
        vector.push_str(" '");
        if marked {
            vector.push(ATTACHMENT);
        }
        push_quoted(&mut vector, token);
        vector.push('\'');
        if !places.is_empty() {
            vector.push(':');
            vector.push_str(&places);
        }
    }
    vector
}

/// A query in text form: these words in these accounts.
pub(super) fn query_text(words: &[&Term], accounts: &[AccountKey]) -> String {
    let scopes: Vec<String> = accounts.iter().map(|account| format!("'{SCOPE}{:x}'", account.0)).collect();
    let mut terms = vec![format!("({})", scopes.join(" | "))];
    for term in words {
        match term {
            Term::Not(term) => terms.extend(phrase(term).map(|phrase| format!("!({phrase})"))),
            term => terms.extend(phrase(term).map(|phrase| format!("({phrase})"))),
        }
    }
    terms.join(" & ")
}

fn phrase(term: &Term) -> Option<String> {
    let Term::Words { field, tokens, prefix } = term else { return None };
    let (mark, weight) = match field {
        Field::Anywhere => ("", ""),
        Field::Subject => ("", "A"),
        Field::From => ("", "B"),
        Field::To => ("", "C"),
        Field::Attachments => ("\u{e001}", ""),
    };
    let last = tokens.len().checked_sub(1)?;
    let lexemes = tokens.iter().enumerate().map(|(at, token)| {
        let mut lexeme = format!("'{mark}");
        push_quoted(&mut lexeme, token);
        lexeme.push('\'');
        let star = if *prefix && at == last { "*" } else { "" };
        if !weight.is_empty() || !star.is_empty() {
            let _ = write!(lexeme, ":{star}{weight}");
        }
        lexeme
    });
    Some(lexemes.collect::<Vec<_>>().join(" <-> "))
}

fn push_quoted(out: &mut String, token: &str) {
    for character in token.chars() {
        if matches!(character, '\'' | '\\') {
            out.push(character);
        }
        out.push(character);
    }
}
