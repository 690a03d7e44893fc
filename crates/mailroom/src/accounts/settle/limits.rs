//! What may leave by an account in a time (features S5).

use super::Draft;
use crate::words::field;
use store::account::Limits;

impl Draft {
    /// With none at all nothing would ever leave; who wants no limit of their own leaves it empty.
    pub(super) fn limits(&mut self, limits: &Limits) {
        let Limits { connections, per_connection, per_minute, per_day } = *limits;
        let all = [
            ("connections", connections, 1_000),
            ("per_connection", per_connection, 1_000_000),
            ("per_minute", per_minute, 1_000_000),
            ("per_day", per_day, 100_000_000),
        ];
        for (name, limit, most) in all {
            let well = limit.is_none_or(|limit| (1..=most).contains(&limit));
            self.check(&format!("limits.{name}"), well, field::NOT_A_LIMIT);
        }
    }
}
