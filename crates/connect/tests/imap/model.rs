//! A random server against ours: whatever happens there, and wherever the connection breaks, both hold the same.

use super::{
    mirror::Mirror,
    server::{Fake, MIDDLE, POOR, RICH, assert_same},
};
use connect::Source;

/// A small generator of our own, so that a seed means the same for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

const FOLDERS: [&str; 3] = ["INBOX", "Sent", "Archive"];
const FLAGS: [&str; 4] = ["\\Seen", "\\Flagged", "\\Answered", "$Work"];

fn happen(fake: &Fake, dice: &mut Dice) {
    let mut state = fake.state();
    let name = FOLDERS[dice.roll(3) as usize];
    let uids: Vec<u32> = state.folder(name).letters.keys().copied().collect();
    let one = (!uids.is_empty()).then(|| uids[dice.roll(uids.len() as u64) as usize]);
    match (dice.roll(100), one) {
        (0..40, _) | (_, None) => {
            let length = dice.roll(2000) as usize;
            let body = format!("Subject: {}\r\n\r\n{}", dice.roll(1 << 40), "x".repeat(length));
            state.add(name, body);
        }
        (40..65, Some(uid)) => state.flag(name, uid, FLAGS[dice.roll(4) as usize], dice.roll(2) == 0),
        (65..80, Some(uid)) => state.remove(name, uid),
        (80..97, Some(uid)) => {
            let body = state.folder(name).letters[&uid].body.clone();
            state.remove(name, uid);
            state.add(FOLDERS[dice.roll(3) as usize], body);
        }
        _ => state.renumber(name),
    }
}

async fn run(seed: u64, capabilities: &str) {
    let fake = Fake::start(capabilities).await;
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (mut mirror, mut source) = (Mirror::default(), fake.source());
    for _ in 0..12 {
        for _ in 0..=dice.roll(30) {
            happen(&fake, &mut dice);
        }
        if dice.roll(3) == 0 {
            fake.state().faults.cuts = (0..3).map(|_| dice.roll(20_000) as usize).collect();
            source.close().await;
            drop(mirror.pull(&mut source).await);
            fake.state().faults.cuts.clear();
        }
        // Two connections of one pull may have been cut: the third try has none left to lose.
        let mut result = mirror.pull(&mut source).await;
        for _ in 0..2 {
            if result.is_err() {
                result = mirror.pull(&mut source).await;
            }
        }
        result.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_same(&mirror, &fake.state());
    }
}

#[tokio::test]
async fn whatever_happens_there_is_the_same_here() {
    for seed in 1..=17 {
        for capabilities in [RICH, MIDDLE, POOR] {
            run(seed, capabilities).await;
        }
    }
}
