//! The client's side of NTLM, with its second version of answers (MS-NLMP).
//!
//! Of the libraries there are, `ntlmclient` protects no handshake by its code, which servers ask for, and `sspi` brings
//! Kerberos and more than a hundred other crates: for three messages this is less to keep.

use crate::Secret;
use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use zeroize::Zeroizing;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, TARGET_INFO, VERSION, 128, 56 (§2.2.2.5). No key is
/// exchanged: nothing is signed or sealed inside HTTP.
const FLAGS: u32 =
    0x0001 | 0x0004 | 0x0200 | 0x8000 | 0x0008_0000 | 0x0080_0000 | 0x0200_0000 | 0x2000_0000 | 0x8000_0000;
/// Windows 10, revision 15 of NTLM (§2.2.2.10).
const VERSION: [u8; 8] = [10, 0, 0x61, 0x4a, 0, 0, 0, 15];
/// Kinds of pairs (§2.2.2.1).
const AV_DOMAIN: u16 = 2;
const AV_FLAGS: u16 = 6;
const AV_TIME: u16 = 7;
const AV_TARGET: u16 = 9;
const AV_BINDING: u16 = 10;
/// The handshake is protected by a code.
const HAS_CODE: u32 = 2;
/// Where a third message ends and what it names begins.
const HEAD: usize = 88;

/// Who signs in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The domain; empty with a name like an address.
    pub domain: String,
    /// The name.
    pub name: String,
    /// The password.
    pub secret: Secret,
}

impl Person {
    /// `DOMAIN\name`, or a name like an address, which names the domain itself.
    pub fn new(username: &str, secret: Secret) -> Person {
        let (domain, name) = username.split_once('\\').unwrap_or(("", username));
        Person { domain: domain.to_owned(), name: name.to_owned(), secret }
    }

    /// NTOWFv2 (§3.3.2): all that the password is used for.
    fn key(&self) -> Zeroizing<[u8; 16]> {
        let text = Zeroizing::new(String::from_utf8_lossy(self.secret.reveal()).into_owned());
        let of_password: Zeroizing<[u8; 16]> =
            Zeroizing::new(Md4::digest(Zeroizing::new(wide(&text)).as_slice()).into());
        Zeroizing::new(keyed(&*of_password, &[&wide(&(self.name.to_uppercase() + &self.domain))]))
    }
}

/// What the answer to a challenge depends on besides it.
pub struct Moment {
    /// Chosen by chance for each handshake.
    pub nonce: [u8; 8],
    /// In units of 100 nanoseconds since 1601, for a server that does not say the time.
    pub time: u64,
    /// The name of the service, `HTTP/host`.
    pub service: String,
    /// The digest of the server's certificate (RFC 5929 `tls-server-end-point`); `None` without TLS.
    pub end_point: Option<Vec<u8>>,
}

/// The first message (§2.2.1.1).
pub fn negotiate() -> Vec<u8> {
    let mut message = SIGNATURE.to_vec();
    message.extend(1u32.to_le_bytes());
    message.extend(FLAGS.to_le_bytes());
    message.extend([0; 16]);
    message.extend(VERSION);
    message
}

/// The third message, which answers the second; `None` when that is no challenge.
pub fn authenticate(person: &Person, first: &[u8], challenge: &[u8], moment: &Moment) -> Option<Vec<u8>> {
    if !challenge.starts_with(SIGNATURE) || number(challenge, 8)? != 2 {
        return None;
    }
    let flags = number(challenge, 20)?;
    let nonce = challenge.get(24..32)?;
    let told = told(challenge)?;
    let has_time =
        told.iter().find(|(kind, _)| *kind == AV_TIME).and_then(|(_, value)| value.as_slice().try_into().ok());
    let time: [u8; 8] = has_time.unwrap_or(moment.time.to_le_bytes());
    let key = person.key();
    let answer = answer(&*key, nonce, &moment.nonce, time, &repeated(told, has_time.is_some(), moment));
    let weak = match has_time {
        Some(_) => [0; 24].to_vec(),
        None => [keyed(&*key, &[nonce, &moment.nonce]).as_slice(), &moment.nonce].concat(),
    };
    let fields = [weak, answer.clone(), wide(&person.domain), wide(&person.name), Vec::new(), Vec::new()];
    let mut message = SIGNATURE.to_vec();
    message.extend(3u32.to_le_bytes());
    let mut at = HEAD;
    for field in &fields {
        let length = u16::try_from(field.len()).ok()?.to_le_bytes();
        message.extend(length);
        message.extend(length);
        message.extend((at as u32).to_le_bytes());
        at += field.len();
    }
    message.extend((flags & FLAGS).to_le_bytes());
    message.extend(VERSION);
    message.extend([0; 16]);
    message.extend(fields.concat());
    if has_time.is_some() {
        // Whoever was told the time must protect the handshake (§3.1.5.1.2).
        let session = keyed(&*key, &[answer.get(..16)?]);
        let code = keyed(&session, &[first, challenge, &message]);
        message.get_mut(HEAD - 16..HEAD)?.copy_from_slice(&code);
    }
    Some(message)
}

/// What the server of a challenge calls its domain, in the short form that stands before a backslash.
pub fn domain(challenge: &[u8]) -> Option<String> {
    let (_, value) = told(challenge)?.into_iter().find(|(kind, _)| *kind == AV_DOMAIN)?;
    let units: Vec<u16> = value.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok().filter(|name| !name.is_empty())
}

/// What the server of a challenge tells of itself.
fn told(challenge: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let length = usize::from(u16::from_le_bytes(challenge.get(40..42)?.try_into().ok()?));
    let begin = number(challenge, 44)? as usize;
    pairs(challenge.get(begin..begin.checked_add(length)?)?)
}

/// What the server told of itself, and what is said to it besides.
fn repeated(told: Vec<(u16, Vec<u8>)>, protects: bool, moment: &Moment) -> Vec<u8> {
    let mut kept: Vec<(u16, Vec<u8>)> =
        told.into_iter().filter(|(kind, _)| ![AV_TARGET, AV_BINDING].contains(kind)).collect();
    if protects {
        let flags = kept.iter().position(|(kind, _)| *kind == AV_FLAGS).map(|at| kept.remove(at).1);
        let flags = flags.and_then(|flags| flags.try_into().ok()).map_or(0, u32::from_le_bytes) | HAS_CODE;
        kept.push((AV_FLAGS, flags.to_le_bytes().to_vec()));
        kept.push((AV_BINDING, binding(moment.end_point.as_deref()).to_vec()));
        kept.push((AV_TARGET, wide(&moment.service)));
    }
    kept.push((0, Vec::new()));
    let written = kept.into_iter().flat_map(|(kind, value)| {
        [kind.to_le_bytes().to_vec(), (value.len() as u16).to_le_bytes().to_vec(), value].concat()
    });
    written.collect()
}

/// NTProofStr and what it proves (§3.3.2).
fn answer(key: &[u8], server_nonce: &[u8], nonce: &[u8; 8], time: [u8; 8], pairs: &[u8]) -> Vec<u8> {
    let blob = [&[1, 1, 0, 0, 0, 0, 0, 0], time.as_slice(), nonce, &[0; 4], pairs, &[0; 4]].concat();
    [keyed(key, &[server_nonce, &blob]).as_slice(), &blob].concat()
}

/// MD5 of the bindings of a channel (RFC 2744 §3.11: four empty fields, then the application's data).
fn binding(end_point: Option<&[u8]>) -> [u8; 16] {
    let Some(digest) = end_point else { return [0; 16] };
    let data = [b"tls-server-end-point:", digest].concat();
    let mut whole = vec![0; 16];
    whole.extend((data.len() as u32).to_le_bytes());
    whole.extend(data);
    Md5::digest(whole).into()
}

fn pairs(mut rest: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let mut found = Vec::new();
    loop {
        let (head, tail) = rest.split_at_checked(4)?;
        let (kind, length) = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        let (value, after) = tail.split_at_checked(usize::from(length))?;
        if kind == 0 {
            return Some(found);
        }
        found.push((kind, value.to_vec()));
        rest = after;
    }
}

fn number(message: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?))
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn keyed(key: &[u8], texts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    texts.iter().for_each(|text| mac.update(text));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The example of MS-NLMP §4.2.4: User, Domain, Password, the nonces, a time of zero.
    #[test]
    fn the_example_of_microsofts_document_comes_out() {
        let person = Person::new("Domain\\User", Secret::new("Password"));
        let key = person.key();
        assert_eq!(hex(&*key), "0c868a403bfd7a93a3001ef22ef02e3f");
        let mut told = Vec::new();
        for (kind, text) in [(2u16, "Domain"), (1, "Server")] {
            told.extend(kind.to_le_bytes());
            told.extend((wide(text).len() as u16).to_le_bytes());
            told.extend(wide(text));
        }
        told.extend([0; 4]);
        let server_nonce = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let answer = answer(&*key, &server_nonce, &[0xaa; 8], [0; 8], &told);
        assert_eq!(hex(&answer[..16]), "68cd0ab851e51c96aabc927bebef6a1c");
        assert_eq!(hex(&keyed(&*key, &[&answer[..16]])), "8de40ccadbc14a82f15cb0ad0de95ca3");
        assert_eq!(hex(&keyed(&*key, &[&server_nonce, &[0xaa; 8]])), "86c35097ac9cec102554764a57cccc19");
    }

    #[test]
    fn what_is_no_challenge_is_not_answered() {
        let person = Person::new("info@voorbeeld.test", Secret::new("x"));
        assert_eq!((person.domain.as_str(), person.name.as_str()), ("", "info@voorbeeld.test"));
        let moment = Moment { nonce: [0; 8], time: 0, service: "HTTP/x".into(), end_point: None };
        let whole = [SIGNATURE.as_slice(), &[2, 0, 0, 0], &[0xff; 60]].concat();
        for cut in 0..whole.len() {
            assert_eq!(authenticate(&person, &negotiate(), &whole[..cut], &moment), None);
        }
        assert_eq!(authenticate(&person, &negotiate(), &negotiate(), &moment), None);
    }
}
