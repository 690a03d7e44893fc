//! Blobs in an S3-compatible store, so that many nodes share them.

use super::{BlobStore, NewBlob, Round, Swept, sweep};
use crate::{Db, StoreError, Unfit};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use mail::OrganisationKey;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload,
    aws::{AmazonS3, AmazonS3Builder, Checksum},
    path::Path,
};
use std::sync::Arc;

/// Requests under way at once for one call.
const AT_ONCE: usize = 16;
/// Objects looked at in one round.
const LISTED: usize = 20_000;
/// Objects taken away in one round: their bytes are in memory until it is sure that nobody wants them back.
const TAKEN: usize = 32;
/// What `blobs.place` says: the key follows from organisation and digest.
const PLACE: &str = "s3";

/// Blobs in a bucket, one object each. Cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Blobs {
    bucket: Arc<AmazonS3>,
    prefix: Arc<str>,
}

impl S3Blobs {
    /// `s3://bucket/prefix?endpoint=https://...&region=...`; who we are comes from the usual `AWS_*` variables.
    pub fn open(url: &str) -> Result<S3Blobs, StoreError> {
        S3Blobs::open_as(url, AmazonS3Builder::from_env())
    }

    /// The same with these credentials instead of the variables' (key id, secret).
    pub fn open_with(url: &str, credentials: (&str, &str)) -> Result<S3Blobs, StoreError> {
        let (key, secret) = credentials;
        S3Blobs::open_as(url, AmazonS3Builder::new().with_access_key_id(key).with_secret_access_key(secret))
    }

    fn open_as(url: &str, builder: AmazonS3Builder) -> Result<S3Blobs, StoreError> {
        let unusable = |why: String| StoreError::Unusable(Unfit::BlobStore { url: url.to_owned(), why });
        let rest = url.strip_prefix("s3://").ok_or_else(|| unusable("it does not begin with s3://".into()))?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let mut builder = builder.with_bucket_name(bucket).with_checksum_algorithm(Checksum::SHA256);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            builder = match option.split_once('=') {
                Some(("endpoint", endpoint)) => {
                    let endpoint = endpoint.replace("%3A", ":").replace("%2F", "/");
                    let plain = endpoint.starts_with("http://");
                    builder.with_endpoint(endpoint).with_allow_http(plain)
                }
                Some(("region", region)) => builder.with_region(region),
                _ => return Err(unusable(format!("{option} is no option; there are endpoint and region"))),
            };
        }
        let bucket = builder.build().map_err(|error| unusable(error.to_string()))?;
        Ok(S3Blobs { bucket: Arc::new(bucket), prefix: prefix.trim_matches('/').into() })
    }

    /// Two characters of the digest in between, so that no listing of a folder grows without end.
    fn key(&self, organisation: OrganisationKey, digest: [u8; 32]) -> Path {
        let digest = blake3::Hash::from_bytes(digest).to_hex();
        Path::from(format!("{}/{organisation}/{}/{digest}", self.prefix, &digest[..2]))
    }

    async fn put_one(&self, blob: NewBlob) -> Result<String, StoreError> {
        let key = self.key(blob.organisation, blob.digest);
        let size = blob.bytes.len() as u64;
        // The server checks the checksum; asking for the object proves that it is really there before a row names it.
        self.bucket.put(&key, PutPayload::from_bytes(blob.bytes)).await.map_err(|error| failed(&error))?;
        let there = self.bucket.head(&key).await.map_err(|error| failed(&error))?;
        if there.size != size {
            return Err(StoreError::Unreachable(format!("{key} has {} bytes after writing {size}", there.size)));
        }
        Ok(PLACE.to_owned())
    }
}

#[async_trait]
impl BlobStore for S3Blobs {
    async fn put(&self, blobs: Vec<NewBlob>) -> Result<Vec<String>, StoreError> {
        stream::iter(blobs).map(|blob| self.put_one(blob)).buffered(AT_ONCE).try_collect().await
    }

    async fn get(&self, organisation: OrganisationKey, digest: [u8; 32], place: &str) -> Result<Bytes, StoreError> {
        if place != PLACE {
            return Err(StoreError::Damaged(format!("{place} is no place in an S3 store")));
        }
        let key = self.key(organisation, digest);
        let bytes = match self.bucket.get(&key).await {
            Ok(found) => found.bytes().await.map_err(|error| failed(&error))?,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(StoreError::Damaged(format!("the object {key} is not there")));
            }
            Err(error) => return Err(failed(&error)),
        };
        if super::digest(&bytes) != digest {
            return Err(StoreError::Damaged(format!("the object {key}")));
        }
        Ok(bytes)
    }

    /// Listing is all that a look costs here: the bytes are the server's to guard, and their digest is checked when they
    /// are read.
    async fn sweep(&self, db: &Db, round: Round) -> Result<Swept, StoreError> {
        let prefix = Path::from(self.prefix.as_ref());
        let listing = match round.from.as_str() {
            "" => self.bucket.list(Some(&prefix)),
            from => self.bucket.list_with_offset(Some(&prefix), &Path::from(from)),
        };
        let objects: Vec<ObjectMeta> = listing.take(LISTED).try_collect().await.map_err(|error| failed(&error))?;
        let next = objects.get(LISTED - 1).map(|last| last.location.to_string()).unwrap_or_default();
        let mut swept = Swept { next, looked_at: objects.len() as u64, ..Swept::default() };
        let old = objects.iter().filter(|object| object.last_modified.timestamp_millis() < round.before);
        let old: Vec<_> = old.filter_map(|object| Some((parse_key(&object.location)?, &object.location))).collect();
        let named = sweep::are_named(db, old.iter().map(|(key, _)| *key).collect()).await?;
        let mut taken = Vec::new();
        for ((key, location), _) in old.into_iter().zip(named).filter(|(_, named)| !named).take(TAKEN) {
            let bytes = self.bucket.get(location).await.map_err(|error| failed(&error))?;
            taken.push((key, bytes.bytes().await.map_err(|error| failed(&error))?));
            self.bucket.delete(location).await.map_err(|error| failed(&error))?;
        }
        if taken.is_empty() {
            return Ok(swept);
        }
        // Another node may have kept the same bytes in this very moment and not named them yet.
        tokio::time::sleep(round.patience).await;
        let named = sweep::are_named(db, taken.iter().map(|(key, _)| *key).collect()).await?;
        for (((organisation, digest), bytes), named) in taken.into_iter().zip(named) {
            if named {
                self.put_one(NewBlob { organisation, digest, bytes }).await?;
            } else {
                swept.removed += 1;
            }
        }
        Ok(swept)
    }

    async fn erase(&self, organisation: OrganisationKey, digest: [u8; 32], _: &str) -> Result<(), StoreError> {
        match self.bucket.delete(&self.key(organisation, digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        match self.bucket.head(&Path::from(format!("{}/check", self.prefix))).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// What [`S3Blobs::key`] made it from.
fn parse_key(location: &Path) -> Option<(OrganisationKey, [u8; 32])> {
    let mut parts = location.as_ref().rsplit('/');
    let (digest, _, organisation) = (parts.next()?, parts.next()?, parts.next()?);
    Some((organisation.parse().ok()?, *blake3::Hash::from_hex(digest).ok()?.as_bytes()))
}

fn failed(error: &object_store::Error) -> StoreError {
    StoreError::Unreachable(error.to_string())
}
