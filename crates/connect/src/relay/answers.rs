//! What name servers say for one letter. Every name is asked for at the same time and has a time of its own, so that names
//! whose servers a sender keeps silent take nothing from the others.

use futures_util::future::join_all;
use mail_auth::{
    DnsError, Error, MessageAuthenticator, ResolverCache, Txt,
    common::{
        parse::TxtRecordParser,
        resolver::{ToFqdn, UnwrapTxtRecord},
    },
    hickory_resolver::proto::{op::ResponseCode, rr::Name},
};
use std::{
    borrow::Borrow,
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The answers, and the lack of one.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashMap<Box<str>, Txt>>);

impl Answers {
    /// Asks for these names, no longer than so. Says whether all came in time; where one did not, an error stands for it.
    pub(super) async fn ask<T: TxtRecordParser + Into<Txt> + UnwrapTxtRecord>(
        &self,
        authenticator: &MessageAuthenticator,
        names: BTreeSet<String>,
        patience: Duration,
    ) -> bool {
        let asked = names.iter().map(async |name| {
            if Name::from_str_relaxed(name).is_err() {
                // Nobody can have it: whoever signs with it, or writes from it, has nothing there.
                self.note(name, Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain)));
                return true;
            }
            match tokio::time::timeout(patience, authenticator.txt_lookup::<T>(name, Some(self))).await {
                Ok(Ok(_)) => true,
                Ok(Err(error)) => {
                    self.note(name, error);
                    true
                }
                Err(_) => {
                    self.note(name, Error::Dns(DnsError::Resolver("no answer in time".to_owned())));
                    false
                }
            }
        });
        join_all(asked).await.into_iter().all(|in_time| in_time)
    }

    fn note(&self, name: &str, error: Error) {
        self.insert(name.to_fqdn().into_owned().into_boxed_str(), Txt::Error(error), Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Txt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolverCache<Box<str>, Txt> for Answers {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.lock().get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.lock().remove(name)
    }

    fn insert(&self, key: Box<str>, value: Txt, _: Instant) {
        self.lock().insert(key, value);
    }
}

/// Where a policy for this domain is looked for (RFC 9989 §4.10): at itself, and at its last seven labels and fewer.
pub(super) fn policies_of(domain: &str) -> BTreeSet<String> {
    let labels: Vec<&str> = domain.split('.').filter(|label| !label.is_empty()).collect();
    let lengths = (1..=labels.len().min(7)).chain(std::iter::once(labels.len()));
    lengths
        .filter_map(|length| labels.get(labels.len() - length..))
        .map(|labels| format!("_dmarc.{}.", labels.join(".")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_looked_for_where_the_standard_says() {
        let found = |domain| policies_of(domain).into_iter().collect::<Vec<_>>();
        assert_eq!(found("b.nl"), ["_dmarc.b.nl.", "_dmarc.nl."]);
        let deep = found("a.b.c.d.e.f.g.h.i.nl");
        assert_eq!(deep.len(), 8);
        assert!(
            deep.contains(&"_dmarc.d.e.f.g.h.i.nl.".to_owned())
                && deep.contains(&"_dmarc.a.b.c.d.e.f.g.h.i.nl.".to_owned())
        );
        assert!(!deep.contains(&"_dmarc.c.d.e.f.g.h.i.nl.".to_owned()));
    }
}
