//! Pictures that a mail shows from elsewhere, fetched by us when the reader asks for them: the sender's server sees us, never
//! the reader, and gets no cookie and no word of where they were shown.

use crate::MailRoom;
use connect::http;
use futures_util::{StreamExt, stream};
use std::{collections::HashMap, time::Duration};

/// So many pictures of one mail are fetched, and no more.
const AT_MOST: usize = 60;
/// Larger ones are left out, in bytes.
const SIZE_MAX: usize = 4 << 20;
/// All of them together, in bytes.
const TOTAL_MAX: usize = 16 << 20;
const DEADLINE: Duration = Duration::from_secs(8);
const AT_A_TIME: usize = 6;

/// A picture that no browser runs anything of.
#[derive(Debug, Clone)]
pub struct Picture {
    /// What its first bytes say it is, whatever its server says.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The pictures at these addresses, as far as they could be had in time. Goes through the guard of all outward
/// connections, so that no mail can look around in the house.
pub async fn fetch(room: &MailRoom, addresses: Vec<String>) -> HashMap<String, Picture> {
    let client = match http::client(&room.world) {
        Ok(client) => client,
        Err(error) => {
            tracing::warn!(%error, "no pictures can be fetched");
            return HashMap::new();
        }
    };
    let one = |address: String| {
        let client = client.clone();
        async move {
            let answer = http::get_limited(&client, &address, SIZE_MAX, DEADLINE).await.ok()?;
            let content_type = (answer.status == 200).then(|| kind(&answer.body)).flatten()?;
            Some((address, Picture { content_type, bytes: answer.body }))
        }
    };
    let found = stream::iter(addresses.into_iter().take(AT_MOST).map(one)).buffer_unordered(AT_A_TIME);
    let found: Vec<_> = found.filter_map(|found| async { found }).collect().await;
    let mut left = TOTAL_MAX;
    let fits = |(_, picture): &(String, Picture)| {
        left = left.saturating_sub(picture.bytes.len());
        left > 0
    };
    found.into_iter().take_while(fits).collect()
}

/// What the first bytes say. No SVG: that is a document, and documents run things.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn a_picture_is_what_its_bytes_say() {
        assert_eq!(kind(b"\x89PNG\r\n"), Some("image/png"));
        assert_eq!(kind(b"RIFF0000WEBPVP8 "), Some("image/webp"));
        assert_eq!(kind(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"), None);
        assert_eq!(kind(b""), None);
    }
}
