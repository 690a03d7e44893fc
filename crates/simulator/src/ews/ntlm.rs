//! The server's side of NTLM with its second version of answers (MS-NLMP §2.2, §3.2.5.2, §3.3.2).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, TARGET_TYPE_DOMAIN, EXTENDED_SESSIONSECURITY, TARGET_INFO, VERSION, 128.
const FLAGS: u32 =
    0x0001 | 0x0004 | 0x0200 | 0x8000 | 0x0001_0000 | 0x0008_0000 | 0x0080_0000 | 0x0200_0000 | 0x2000_0000;
const AV_NB_COMPUTER: u16 = 1;
const AV_NB_DOMAIN: u16 = 2;
const AV_DNS_COMPUTER: u16 = 3;
const AV_DNS_DOMAIN: u16 = 4;
const AV_FLAGS: u16 = 6;
const AV_TIME: u16 = 7;
/// Between 1601 and 1970, in seconds.
const EPOCH: i64 = 11_644_473_600;

/// A handshake between its second and its third message.
#[derive(Debug, Clone)]
pub struct Handshake {
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    nonce: [u8; 8],
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The domain as it was said; empty with a name like an address.
    pub domain: String,
    /// The name.
    pub name: String,
}

/// The kind of message: 1, 2 or 3.
pub fn kind(message: &[u8]) -> Option<u32> {
    message.starts_with(SIGNATURE).then(|| number(message, 8)).flatten()
}

/// The bytes after the scheme in a header.
pub fn message(header: &str) -> Option<Vec<u8>> {
    STANDARD.decode(header.split_once(' ')?.1.trim()).ok()
}

impl Handshake {
    /// Answers the first message.
    pub fn begin(negotiate: Vec<u8>, domain: &str, nonce: [u8; 8], now: i64) -> Handshake {
        let (name, dns) = (domain.to_uppercase(), format!("{}.test", domain.to_lowercase()));
        let mut info = Vec::new();
        let mut pair = |id: u16, value: &[u8]| {
            info.extend(id.to_le_bytes());
            info.extend((value.len() as u16).to_le_bytes());
            info.extend(value);
        };
        pair(AV_NB_DOMAIN, &wide(&name));
        pair(AV_NB_COMPUTER, &wide("POST"));
        pair(AV_DNS_DOMAIN, &wide(&dns));
        pair(AV_DNS_COMPUTER, &wide(&format!("post.{dns}")));
        pair(AV_TIME, &(((now + EPOCH) * 10_000_000) as u64).to_le_bytes());
        pair(0, &[]);
        let target = wide(&name);
        let mut challenge = SIGNATURE.to_vec();
        challenge.extend(2u32.to_le_bytes());
        field(&mut challenge, target.len(), 56);
        challenge.extend(FLAGS.to_le_bytes());
        challenge.extend(nonce);
        challenge.extend([0; 8]);
        field(&mut challenge, info.len(), 56 + target.len());
        // Windows Server 2016, NTLM revision 15.
        challenge.extend([10, 0, 0x39, 0x38, 0, 0, 0, 15]);
        challenge.extend(target);
        challenge.extend(info);
        Handshake { negotiate, challenge, nonce }
    }

    /// The second message, for a header.
    pub fn shown(&self) -> String {
        STANDARD.encode(&self.challenge)
    }

    /// Who signed in, when the third message proves knowledge of the password. `Err` says what is wrong with it.
    pub fn verify(
        &self,
        message: &[u8],
        password: impl FnOnce(&Claim) -> Option<String>,
    ) -> Result<Claim, &'static str> {
        let part = |at: usize| {
            let length = u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?);
            let begin = number(message, at + 4)? as usize;
            message.get(begin..begin.checked_add(usize::from(length))?)
        };
        let read = |at: usize| part(at).and_then(narrow).ok_or("a field that is none");
        let claim = Claim { domain: read(28)?, name: read(36)? };
        let answer = part(20).ok_or("no answer")?;
        if answer.len() < 44 {
            return Err("an answer of the first version");
        }
        let (proof, blob) = answer.split_at(16);
        let password = password(&claim).ok_or("nobody of that name")?;
        let of_password: [u8; 16] = Md4::digest(wide(&password)).into();
        let key = keyed(&of_password, &[&wide(&(claim.name.to_uppercase() + &claim.domain))]);
        if keyed(&key, &[&self.nonce, blob]) != *proof {
            return Err("another password");
        }
        let flags = pairs(blob.get(28..).ok_or("a short answer")?).into_iter().find(|(id, _)| *id == AV_FLAGS);
        if flags.is_none_or(|(_, value)| value.first().is_none_or(|bits| bits & 2 == 0)) {
            // A client that was told the time must protect the handshake (§3.1.5.1.2).
            return Err("no message integrity code");
        }
        let mut whole = message.to_vec();
        let code: [u8; 16] = whole.get(72..88).and_then(|code| code.try_into().ok()).ok_or("no room for the code")?;
        whole[72..88].fill(0);
        let session = keyed(&key, &[proof]);
        if keyed(&session, &[&self.negotiate, &self.challenge, &whole]) != code {
            return Err("another message integrity code");
        }
        Ok(claim)
    }
}

fn field(message: &mut Vec<u8>, length: usize, at: usize) {
    message.extend((length as u16).to_le_bytes());
    message.extend((length as u16).to_le_bytes());
    message.extend((at as u32).to_le_bytes());
}

fn number(message: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?))
}

fn pairs(mut rest: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(4) {
        let (id, length) =
            (u16::from_le_bytes([head[0], head[1]]), usize::from(u16::from_le_bytes([head[2], head[3]])));
        let Some((value, after)) = tail.split_at_checked(length) else { break };
        if id == 0 {
            break;
        }
        found.push((id, value.to_vec()));
        rest = after;
    }
    found
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn narrow(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

fn keyed(key: &[u8], texts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes a key of any length");
    texts.iter().for_each(|text| mac.update(text));
    mac.finalize().into_bytes().into()
}
