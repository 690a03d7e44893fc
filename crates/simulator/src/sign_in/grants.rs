//! What was granted to whom.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

/// A code that a browser brings back.
#[derive(Debug, Clone)]
pub struct Code {
    pub client_id: String,
    pub redirect_uri: String,
    pub challenge: String,
    pub scope: String,
    pub who: String,
    pub ends_at: Timestamp,
}

/// A token that opens something.
#[derive(Debug, Clone)]
pub struct Access {
    /// The person; `None`: the app by itself.
    pub who: Option<String>,
    /// The app that acts by itself.
    pub app: Option<String>,
    /// What it opens, separated by blanks.
    pub scope: String,
    pub ends_at: Timestamp,
}

/// What renews it.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub client_id: String,
    pub who: String,
    pub scope: String,
    /// It was shown once already.
    pub is_used: bool,
    /// When it ends; `None`: when it is withdrawn.
    pub ends_at: Option<Timestamp>,
}

/// A device that waits for somebody to agree elsewhere.
#[derive(Debug, Clone)]
pub struct Device {
    pub client_id: String,
    pub user_code: String,
    pub scope: String,
    /// Who agreed; `Some(None)`: somebody said no.
    pub decided: Option<Option<String>>,
    /// When it last asked, and how many seconds it has to wait between two questions.
    pub asked_at: Option<Timestamp>,
    pub interval: i64,
    pub ends_at: Timestamp,
}

/// Everything that was granted.
#[derive(Debug, Default)]
pub struct Grants {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) access: HashMap<String, Access>,
    pub(crate) refresh: HashMap<String, Refresh>,
    pub(crate) devices: HashMap<String, Device>,
    /// Proofs that were shown.
    proofs: Mutex<HashSet<String>>,
}

impl Grants {
    /// A token that nobody can guess.
    pub(crate) fn fresh(kind: &str) -> String {
        format!("{kind}.{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
    }

    /// A new access token.
    pub fn access_token(&mut self, who: Option<&str>, scope: &str, seconds: i64) -> String {
        let token = Grants::fresh("eyJ0eXAiOiJKV1Qi");
        let ends_at = Timestamp::now() + SignedDuration::from_secs(seconds);
        let (who, scope) = (who.map(str::to_owned), scope.to_owned());
        self.access.insert(token.clone(), Access { who, app: None, scope, ends_at });
        token
    }

    /// A token of an app that acts by itself.
    pub fn token_of_app(&mut self, app: &str, scope: &str, seconds: i64) -> String {
        let token = self.access_token(None, scope, seconds);
        if let Some(access) = self.access.get_mut(&token) {
            access.app = Some(app.to_owned());
        }
        token
    }

    /// Whether a proof with this identifier was not seen before.
    pub fn is_first(&self, id: &str) -> bool {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }

    /// A new grant.
    pub fn refresh_token(&mut self, client_id: String, who: &str, scope: String) -> String {
        let token = Grants::fresh("1.AXoA");
        let refresh = Refresh { client_id, who: who.to_owned(), scope, is_used: false, ends_at: None };
        self.refresh.insert(token.clone(), refresh);
        token
    }

    /// What a token opens, when it is good.
    pub fn opens(&self, token: &str) -> Option<&Access> {
        self.access.get(token).filter(|access| access.ends_at > Timestamp::now())
    }

    /// What somebody says to a device's code: who they are, or nobody, who turns back.
    pub fn decide(&mut self, user_code: &str, who: &str) -> bool {
        let waiting = self.devices.values_mut().find(|device| device.user_code == user_code);
        if let Some(device) = waiting {
            device.decided = Some(Some(who.to_owned()).filter(|who| !who.is_empty()));
            return true;
        }
        false
    }

    /// Ends everything of a person.
    pub fn revoke(&mut self, address: &str) {
        let is_theirs = |who: &str| who.eq_ignore_ascii_case(address);
        self.access.retain(|_, access| !access.who.as_deref().is_some_and(is_theirs));
        self.refresh.retain(|_, refresh| !is_theirs(&refresh.who));
    }
}
