//! What becomes of mail on a POP3 server once it is stored here (features M21).

use crate::words::field::{self, Why};
use store::account::{AfterFetch, Server};

/// After how many days a message may leave the server.
const DAYS: std::ops::RangeInclusive<u32> = 1..=3650;

/// What was chosen, what is wrong with it, and what to know about it. Who says nothing leaves what was; at first, that
/// everything stays there.
pub(super) fn chosen(typed: Option<AfterFetch>, before: Option<&Server>) -> (AfterFetch, Option<Why>, Option<Why>) {
    let kept = before.and_then(|server| server.after_fetch);
    let chosen = typed.or(kept).unwrap_or(AfterFetch::Leave);
    let wrong = match chosen {
        AfterFetch::DeleteAfter { days } if !DAYS.contains(&days) => Some(field::OUT_OF_RANGE),
        _ => None,
    };
    let warning = (chosen != AfterFetch::Leave).then_some(field::WARN_SEVERAL_DEVICES);
    (chosen, wrong, warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stays_there_unless_somebody_says_otherwise() {
        assert_eq!(chosen(None, None), (AfterFetch::Leave, None, None));
        let (after, wrong, warning) = chosen(Some(AfterFetch::DeleteAfter { days: 0 }), None);
        assert_eq!((after, wrong), (AfterFetch::DeleteAfter { days: 0 }, Some(field::OUT_OF_RANGE)));
        assert_eq!(warning, Some(field::WARN_SEVERAL_DEVICES));
    }
}
