//! Sealing one value to one row with one key.

use super::SecretColumn;
use crate::StoreError;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use mail::OrganisationKey;
use zeroize::Zeroizing;

/// Marks sealed bytes; nothing else is ever taken for sealed.
const MARK: u8 = 0xb7;
const NONCE: usize = 24;
const HEADER: usize = 2;

/// A key of 32 bytes that forgets itself.
pub(super) type Key = Zeroizing<[u8; 32]>;

pub(super) fn new_key() -> Key {
    Zeroizing::new(rand::random())
}

/// The row that a value is bound to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) organisation: OrganisationKey,
    pub(super) column: SecretColumn,
    pub(super) row: i64,
}

impl Bound {
    fn associated(&self, version: u8) -> String {
        let SecretColumn { table, column } = self.column;
        format!("{}|{table}|{}|{column}|{version}", self.organisation.0, self.row)
    }
}

/// Mark, key version, nonce, ciphertext with its tag.
pub(super) fn seal(key: &Key, version: u8, bound: Bound, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE] = rand::random();
    let associated = bound.associated(version);
    let payload = Payload { msg: plain, aad: associated.as_bytes() };
    let sealed = XChaCha20Poly1305::new((&**key).into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| StoreError::Broken("a secret could not be sealed".into()))?;
    Ok([&[MARK, version][..], &nonce, &sealed].concat())
}

/// The plain value, or `Damaged` when it was changed, moved, or sealed with another key.
pub(super) fn open(key: &Key, bound: Bound, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let damaged = || StoreError::Damaged(format!("the secret in {}.{}", bound.column.table, bound.column.column));
    let version = version_of(sealed).ok_or_else(damaged)?;
    let nonce = sealed[HEADER..].first_chunk::<NONCE>().ok_or_else(damaged)?;
    let associated = bound.associated(version);
    let payload = Payload { msg: &sealed[HEADER + NONCE..], aad: associated.as_bytes() };
    let plain = XChaCha20Poly1305::new((&**key).into()).decrypt(&XNonce::from(*nonce), payload);
    plain.map(Zeroizing::new).map_err(|_| damaged())
}

/// The version of the key that sealed these bytes, or `None` when they are not sealed.
pub(super) fn version_of(sealed: &[u8]) -> Option<u8> {
    match sealed {
        [MARK, version, ..] => Some(*version),
        _ => None,
    }
}
