//! How a connector names what lies on a server. Above `connect` these are opaque.

use std::collections::BTreeSet;

/// A connector's opaque place in a folder's history. Only the connector that made it reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A message's name in one folder on the server: an IMAP UID, a Graph id, a POP3 UIDL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemoteId {
    /// An IMAP UID; never without the folder's epoch (UIDVALIDITY).
    Uid(u32),
    /// Any other server's identifier.
    Name(String),
}

/// A set of remote ids: UIDs as ranges, so that a hundred thousand of them weigh nothing, and names one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteSet {
    /// Sorted, not touching, both ends included.
    ranges: Vec<(u32, u32)>,
    names: BTreeSet<String>,
}

impl RemoteSet {
    /// A set of nothing.
    pub fn new() -> RemoteSet {
        RemoteSet::default()
    }

    /// Adds `first..=last` of UIDs. Adding in rising order costs nothing; any order is right.
    pub fn insert_range(&mut self, first: u32, last: u32) {
        if first > last {
            return;
        }
        match self.ranges.last_mut() {
            None => self.ranges.push((first, last)),
            Some(end) if first > end.1.saturating_add(1) => self.ranges.push((first, last)),
            Some(end) if first >= end.0 => end.1 = end.1.max(last),
            Some(_) => self.insert_inside(first, last),
        }
    }

    fn insert_inside(&mut self, first: u32, last: u32) {
        let start = self.ranges.partition_point(|range| range.1 < first.saturating_sub(1));
        let end = self.ranges.partition_point(|range| range.0 <= last.saturating_add(1));
        let touched = &self.ranges[start..end];
        let low = touched.first().map_or(first, |range| range.0.min(first));
        let high = touched.last().map_or(last, |range| range.1.max(last));
        self.ranges.splice(start..end, [(low, high)]);
    }

    /// Adds one id.
    pub fn insert(&mut self, id: &RemoteId) {
        match id {
            RemoteId::Uid(uid) => self.insert_range(*uid, *uid),
            RemoteId::Name(name) => {
                self.names.insert(name.clone());
            }
        }
    }

    /// Whether the id is in the set.
    pub fn contains(&self, id: &RemoteId) -> bool {
        match id {
            RemoteId::Uid(uid) => {
                let at = self.ranges.partition_point(|range| range.1 < *uid);
                self.ranges.get(at).is_some_and(|range| range.0 <= *uid)
            }
            RemoteId::Name(name) => self.names.contains(name),
        }
    }

    /// What is in this set and not in `other`.
    pub fn minus(&self, other: &RemoteSet) -> RemoteSet {
        let mut result = RemoteSet { ranges: Vec::new(), names: &self.names - &other.names };
        let mut holes = other.ranges.iter().peekable();
        for &(first, last) in &self.ranges {
            let mut next = Some(first);
            while let Some(start) = next.filter(|start| *start <= last) {
                while holes.next_if(|hole| hole.1 < start).is_some() {}
                match holes.peek() {
                    Some(hole) if hole.0 <= start => next = hole.1.checked_add(1),
                    Some(hole) if hole.0 <= last => {
                        result.ranges.push((start, hole.0 - 1));
                        next = hole.1.checked_add(1);
                    }
                    _ => {
                        result.ranges.push((start, last));
                        next = None;
                    }
                }
            }
        }
        result
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|range| (range.1 - range.0) as usize + 1).sum::<usize>() + self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.names.is_empty()
    }

    /// The UID ranges, rising, both ends included.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// Every UID, rising.
    pub fn uids(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|range| range.0..=range.1)
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl FromIterator<u32> for RemoteSet {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> RemoteSet {
        let mut sorted: Vec<u32> = uids.into_iter().collect();
        sorted.sort_unstable();
        let mut set = RemoteSet::new();
        for uid in sorted {
            set.insert_range(uid, uid);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_of_ranges_is_a_set(a: Vec<u8>, b: Vec<u8>, extra in 0u32..300, length in 0u32..20) {
            let wide = |ids: &[u8]| ids.iter().map(|id| u32::from(*id)).collect::<BTreeSet<u32>>();
            let (mut plain_a, plain_b) = (wide(&a), wide(&b));
            let mut set_a: RemoteSet = plain_a.iter().copied().collect();
            let set_b: RemoteSet = plain_b.iter().copied().collect();
            set_a.insert_range(extra, extra + length);
            plain_a.extend(extra..=extra + length);
            prop_assert_eq!(set_a.uids().collect::<BTreeSet<_>>(), plain_a.clone());
            prop_assert_eq!(set_a.len(), plain_a.len());
            prop_assert_eq!(set_a.minus(&set_b).uids().collect::<BTreeSet<_>>(), &plain_a - &plain_b);
            for id in 0..320 {
                prop_assert_eq!(set_a.contains(&RemoteId::Uid(id)), plain_a.contains(&id));
            }
        }
    }
}
