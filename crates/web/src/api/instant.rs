//! Instants as the interface writes them: RFC 3339 in UTC, with milliseconds.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// An instant, RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.000Z")]
pub(crate) struct Instant(
    /// Milliseconds since 1970.
    pub(crate) i64,
);

impl Instant {
    /// The same for what speaks of timestamps.
    pub(crate) fn timestamp(self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.0).ok()
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What a mail claims can be any number; outside of what a calendar has, 1970 is as good as any.
        let instant = Timestamp::from_millisecond(self.0).unwrap_or_default();
        serializer.collect_str(&format_args!("{instant:.3}"))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let instant: Timestamp = text
            .parse()
            .map_err(|_| D::Error::custom("expected an instant as RFC 3339 writes it, 2026-11-02T09:30:00Z"))?;
        Ok(Instant(instant.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_and_read_in_any_zone() {
        let read: Instant = serde_json::from_str("\"2026-11-02T10:30:00+01:00\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"2026-11-02T09:30:00.000Z\"");
        assert!(serde_json::from_str::<Instant>("\"2026-11-02\"").is_err());
        assert_eq!(serde_json::to_string(&Instant(i64::MAX)).unwrap(), "\"1970-01-01T00:00:00.000Z\"");
    }
}
