//! What is asked.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;
use std::{borrow::Cow, time::Duration};

/// An answer of JSON is no longer than this.
const JSON_BYTES: usize = 16 << 20;
const JSON_TIME: Duration = Duration::from_secs(60);
const LETTER_TIME: Duration = Duration::from_secs(300);

/// What is asked.
pub(crate) struct Question {
    pub method: Method,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<(Cow<'static, str>, Bytes)>,
    pub(super) limit: usize,
    pub(super) time: Duration,
    /// Asked twice it does the same.
    pub(super) again: bool,
    /// Its address opens by itself, and may be of another server: no token goes along.
    pub(super) is_bare: bool,
    /// What it costs, where the provider counts.
    pub(super) units: u32,
    /// As many places of the line it takes.
    pub(super) turns: usize,
}

impl Question {
    /// Of a path below the mailbox, or a whole address that the provider gave.
    pub fn get(path: impl Into<String>) -> Question {
        Question::new(Method::GET, path, true)
    }

    /// Something is done; `again` when it can be done twice.
    pub fn new(method: Method, path: impl Into<String>, again: bool) -> Question {
        let path = path.into();
        let (headers, limit, time) = (Vec::new(), JSON_BYTES, JSON_TIME);
        Question { method, path, headers, body: None, limit, time, again, is_bare: false, units: 1, turns: 1 }
    }

    /// With this body.
    pub fn json(self, body: &Value) -> Question {
        self.carrying("application/json", Bytes::from(body.to_string()))
    }

    /// With a body of this kind.
    pub fn carrying(mut self, kind: impl Into<Cow<'static, str>>, body: Bytes) -> Question {
        self.body = Some((kind.into(), body));
        self
    }

    /// It carries a letter, or is answered by one: it takes its time.
    pub fn slowly(mut self) -> Question {
        self.time = LETTER_TIME;
        self
    }

    /// For an answer of at most so many bytes.
    pub fn at_most(mut self, limit: u64) -> Question {
        self.limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self
    }

    /// With another header.
    pub fn with(mut self, name: &'static str, value: String) -> Question {
        self.headers.push((name, value));
        self
    }

    /// At an address that the provider gave, which opens by itself: it gets no token.
    pub fn bare(mut self) -> Question {
        self.is_bare = true;
        self
    }

    /// It costs so many units.
    pub fn costing(mut self, units: u32) -> Question {
        self.units = units;
        self
    }

    /// It is answered by so much work there as so many questions would be at once.
    pub fn taking(mut self, turns: usize) -> Question {
        self.turns = turns;
        self
    }
}
