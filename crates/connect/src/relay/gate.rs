//! How much one source may ask of us (reliability case 29).

use super::{RelayOptions, pieces};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// In which letters are counted.
const MINUTE: Duration = Duration::from_secs(60);
/// In which wrong recipients are counted.
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// What one source may bring at the same time as a letter of the largest size, in bytes.
const BESIDE_THE_LARGEST: usize = 16 << 20;
/// So many sources are remembered before those that left are forgotten.
const MANY: usize = 10_000;

/// Who is counted together: one IPv4 address, or one IPv6 network as it is given to one house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(address: IpAddr) -> Source {
        Source(match address.to_canonical() {
            IpAddr::V4(four) => IpAddr::V4(four),
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
        })
    }
}

/// Why nobody more comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Too many connections, of this source or of all.
    Crowded,
    /// It asked for too many who don't live here.
    Guessing,
}

#[derive(Debug, Default)]
struct Record {
    open: usize,
    letters: Count,
    wrong: Count,
    /// The memory that it may have; there as long as something came from it.
    memory: Option<Arc<Semaphore>>,
}

/// A count that begins anew after a while.
#[derive(Debug, Default)]
struct Count {
    since: Option<Instant>,
    so_far: u32,
}

impl Count {
    fn now(&mut self, every: Duration) -> u32 {
        if self.since.is_none_or(|since| since.elapsed() >= every) {
            (self.since, self.so_far) = (Some(Instant::now()), 0);
        }
        self.so_far
    }

    fn is_fresh(&self, within: Duration) -> bool {
        self.since.is_some_and(|since| since.elapsed() < within)
    }
}

/// The counts of every source.
#[derive(Debug)]
pub(super) struct Gate {
    records: Mutex<HashMap<Source, Record>>,
    all: usize,
    of_one: usize,
    per_minute: u32,
    wrong: u32,
    share: usize,
}

/// One connection is open as long as this lives.
#[derive(Debug)]
pub(super) struct Entered<'a> {
    gate: &'a Gate,
    source: Source,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(record) = self.gate.lock().get_mut(&self.source) {
            record.open = record.open.saturating_sub(1);
        }
    }
}

impl Gate {
    pub(super) fn new(options: &RelayOptions) -> Gate {
        Gate {
            records: Mutex::default(),
            all: options.connections,
            of_one: options.connections_of_one,
            per_minute: options.per_minute,
            wrong: options.wrong_recipients,
            share: pieces(
                (options.message_limit + BESIDE_THE_LARGEST).min(options.memory / 2).max(options.message_limit),
            ),
        }
    }

    /// The pieces of memory that the source may have at a time, so that others always find some.
    pub(super) fn memory_of(&self, source: Source) -> Arc<Semaphore> {
        let mut records = self.lock();
        let memory = &mut records.entry(source).or_default().memory;
        memory.get_or_insert_with(|| Arc::new(Semaphore::new(self.share))).clone()
    }

    /// Lets one more connection in.
    pub(super) fn enter(&self, source: Source) -> Result<Entered<'_>, Stopped> {
        let mut records = self.lock();
        if records.len() > MANY {
            records.retain(|_, record| record.open > 0 || record.wrong.is_fresh(TEN_MINUTES));
        }
        let open: usize = records.values().map(|record| record.open).sum();
        let record = records.entry(source).or_default();
        if record.wrong.now(TEN_MINUTES) >= self.wrong {
            return Err(Stopped::Guessing);
        }
        if open >= self.all || record.open >= self.of_one {
            return Err(Stopped::Crowded);
        }
        record.open += 1;
        Ok(Entered { gate: self, source })
    }

    /// Whether the source may bring one more letter this minute.
    pub(super) fn one_letter(&self, source: Source) -> bool {
        let mut records = self.lock();
        let letters = &mut records.entry(source).or_default().letters;
        let so_far = letters.now(MINUTE);
        letters.so_far = so_far.saturating_add(1);
        so_far < self.per_minute
    }

    /// The source asked for somebody who does not live here. Says whether it may ask on.
    pub(super) fn one_wrong(&self, source: Source) -> bool {
        let mut records = self.lock();
        let wrong = &mut records.entry(source).or_default().wrong;
        wrong.so_far = wrong.now(TEN_MINUTES).saturating_add(1);
        wrong.so_far < self.wrong
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        let options = RelayOptions {
            connections: 3,
            connections_of_one: 2,
            per_minute: 2,
            wrong_recipients: 2,
            ..RelayOptions::named("x", 1)
        };
        Gate::new(&options)
    }

    fn source(text: &str) -> Source {
        Source::of(text.parse().expect("an address"))
    }

    #[test]
    fn one_source_does_not_take_every_place_and_gives_them_back() {
        let gate = gate();
        let one = gate.enter(source("192.0.2.1")).expect("the first");
        let _two = gate.enter(source("::ffff:192.0.2.1")).expect("the second of the same");
        assert_eq!(gate.enter(source("192.0.2.1")).err(), Some(Stopped::Crowded));
        let _other = gate.enter(source("192.0.2.2")).expect("another");
        assert_eq!(gate.enter(source("192.0.2.3")).err(), Some(Stopped::Crowded), "all places are taken");
        drop(one);
        assert!(gate.enter(source("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    }

    #[tokio::test(start_paused = true)]
    async fn letters_and_guesses_are_counted_for_a_while() {
        let (gate, here) = (gate(), source("192.0.2.1"));
        assert_eq!([0, 1, 2].map(|_| gate.one_letter(here)), [true, true, false]);
        tokio::time::advance(MINUTE).await;
        assert!(gate.one_letter(here));
        assert_eq!([0, 1].map(|_| gate.one_wrong(here)), [true, false]);
        assert_eq!(gate.enter(here).err(), Some(Stopped::Guessing));
        tokio::time::advance(TEN_MINUTES).await;
        assert!(gate.enter(here).is_ok());
    }
}
