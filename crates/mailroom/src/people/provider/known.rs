//! What providers said of themselves lately, so that a page that anybody may ask for does not ask them each time.

use connect::{
    World,
    oidc::{self, Fault, Provider},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// So long what a provider said of itself is believed, in milliseconds.
const LIFE: i64 = 10 * 60_000;
/// More than an installation has organisations; past it the memory starts anew.
const REMEMBERED: usize = 1000;

/// By issuer, what each said and when. Cheap to clone.
#[derive(Clone, Default)]
pub struct Known(Arc<Mutex<HashMap<String, (Provider, i64)>>>);

impl Known {
    pub(super) async fn get(&self, world: &World, issuer: &str, now: i64) -> Result<Provider, Fault> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        if let Some((provider, _)) = kept.filter(|(_, at)| (*at..*at + LIFE).contains(&now)) {
            return Ok(provider);
        }
        let provider = oidc::discover(world, issuer).await?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(issuer.to_owned(), (provider.clone(), now));
        Ok(provider)
    }

    pub(super) fn forget(&self, issuer: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(issuer);
    }
}
