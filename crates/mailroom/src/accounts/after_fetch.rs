//! What becomes of mail on a POP3 server once it is stored here (features M21).

use super::input::AfterFetchInput;
use crate::words::{FieldError, field};
use store::account::{AfterFetch, Server};

/// After how many days a message may leave the server.
const DAYS: std::ops::RangeInclusive<u32> = 1..=3650;

/// What was chosen, what is wrong with it, and what to know about it. Who says nothing leaves what was; at first, that
/// everything stays there. Nothing is taken for what was not said: mail that has left the server does not come back.
pub(super) fn chosen(
    typed: Option<&AfterFetchInput>,
    before: Option<&Server>,
) -> (AfterFetch, Option<FieldError>, Option<FieldError>) {
    let kept = before.and_then(|server| server.after_fetch);
    let kept_days = match kept {
        Some(AfterFetch::DeleteAfter { days }) => Some(days),
        Some(AfterFetch::Leave | AfterFetch::Delete) | None => None,
    };
    let named = typed.map(|typed| (typed.kind.as_str(), typed.days));
    let (chosen, wrong) = match named {
        None => (kept.unwrap_or(AfterFetch::Leave), None),
        Some(("leave", days)) => (AfterFetch::Leave, days.map(|_| ("days", field::NO_DAYS_HERE))),
        Some(("delete", days)) => (AfterFetch::Delete, days.map(|_| ("days", field::NO_DAYS_HERE))),
        Some(("delete_after", days)) => match days.or(kept_days) {
            Some(days) if DAYS.contains(&days) => (AfterFetch::DeleteAfter { days }, None),
            Some(_) => (AfterFetch::Leave, Some(("days", field::OUT_OF_RANGE))),
            None => (AfterFetch::Leave, Some(("days", field::REQUIRED))),
        },
        Some(_) => (AfterFetch::Leave, Some(("kind", field::UNKNOWN_KIND))),
    };
    let wrong = wrong.map(|(name, why)| FieldError::new(format!("incoming.after_fetch.{name}"), why));
    let warning = FieldError::new("incoming.after_fetch", field::WARN_SEVERAL_DEVICES);
    (chosen, wrong, (chosen != AfterFetch::Leave).then_some(warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(kind: &str, days: Option<u32>) -> AfterFetchInput {
        AfterFetchInput { kind: kind.to_owned(), days }
    }

    #[test]
    fn everything_stays_there_unless_somebody_says_otherwise() {
        let (after, wrong, warning) = chosen(None, None);
        assert!(after == AfterFetch::Leave && wrong.is_none() && warning.is_none());
        let (after, wrong, warning) = chosen(Some(&typed("delete_after", Some(3))), None);
        assert_eq!((after, wrong.is_none()), (AfterFetch::DeleteAfter { days: 3 }, true));
        assert_eq!(warning.expect("a warning").code, field::WARN_SEVERAL_DEVICES.0);
    }

    #[test]
    fn days_that_were_not_said_or_that_mean_nothing_are_told_and_never_guessed() {
        for (kind, days, name, code) in [
            ("delete_after", None, "days", "required"),
            ("delete_after", Some(0), "days", "out_of_range"),
            ("delete_after", Some(3651), "days", "out_of_range"),
            ("delete", Some(90), "days", "no_days_here"),
            ("leave", Some(90), "days", "no_days_here"),
            ("burn", None, "kind", "unknown_kind"),
        ] {
            let wrong = chosen(Some(&typed(kind, days)), None).1.unwrap_or_else(|| panic!("{kind} {days:?} passes"));
            assert_eq!((wrong.field, wrong.code), (format!("incoming.after_fetch.{name}"), code), "{kind} {days:?}");
        }
    }
}
