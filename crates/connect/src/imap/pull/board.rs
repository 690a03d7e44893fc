//! What is left to do in a pull, and who does what.

use super::{
    super::place::{Place, TRIES},
    Job,
};
use crate::ConnectError;
use mail::{FolderKey, RemoteSet};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// A cursor with more unreadable messages than this would be a burden itself.
const MOST_REMEMBERED: usize = 1000;

/// What a worker does next.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Open this folder and find out what is new.
    Look(Box<Job>),
    /// Fetch messages of this run.
    Fetch(usize),
    /// Somebody else may yet find something to do.
    Wait,
    /// Nothing is left.
    Done,
}

/// The messages of one folder that are to be fetched.
#[derive(Debug)]
pub(super) struct Run {
    pub folder: FolderKey,
    pub remote: String,
    /// Where we are once all is fetched.
    pub place: Place,
    /// How often each message was tried before.
    pub tries: HashMap<u32, u8>,
    /// Rising; taken from the end, so the newest goes first.
    pub waiting: Vec<(u32, u32)>,
    /// To be asked for one by one: a batch with them was refused.
    pub single: Vec<u32>,
    /// Batches under way.
    pub out: usize,
    /// Ask for sizes first: this folder has messages above the limit.
    pub careful: bool,
    pub done: u64,
    pub total: u64,
}

impl Run {
    pub(super) fn new(job: &Job, place: Place, waiting: &RemoteSet) -> Run {
        let tries = job.place.iter().flat_map(|place| place.again.iter().copied()).collect();
        Run {
            folder: job.folder,
            remote: job.remote.clone(),
            place,
            tries,
            waiting: waiting.ranges().to_vec(),
            single: Vec::new(),
            out: 0,
            careful: false,
            done: 0,
            total: waiting.len() as u64,
        }
    }

    fn has_work(&self) -> bool {
        !self.waiting.is_empty() || !self.single.is_empty()
    }

    /// The newest `count` messages that nobody fetches yet.
    fn take(&mut self, count: u32) -> RemoteSet {
        if self.waiting.is_empty() {
            return self.single.pop().into_iter().collect();
        }
        let mut left = count;
        let mut taken = Vec::new();
        while let Some((first, last)) = self.waiting.pop() {
            let length = last - first + 1;
            if length > left {
                taken.push((last - left + 1, last));
                self.waiting.push((first, last - left));
                break;
            }
            taken.push((first, last));
            left -= length;
            if left == 0 {
                break;
            }
        }
        let mut set = RemoteSet::new();
        for (first, last) in taken.into_iter().rev() {
            set.insert_range(first, last);
        }
        set
    }

    /// A message that could not be read: it is asked for again in later pulls, a few times.
    pub(super) fn unreadable(&mut self, uid: u32) {
        let tries = self.tries.get(&uid).copied().unwrap_or(0).saturating_add(1);
        self.remember(uid, tries);
    }

    /// A message that will never be asked for again.
    pub(super) fn give_up(&mut self, uid: u32) {
        self.remember(uid, TRIES);
    }

    fn remember(&mut self, uid: u32, tries: u8) {
        if self.place.again.len() < MOST_REMEMBERED {
            self.place.again.push((uid, tries));
        }
    }
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    looking: usize,
    runs: Vec<Run>,
    places: HashMap<String, Place>,
    error: Option<ConnectError>,
}

/// The board.
#[derive(Debug)]
pub(super) struct Board {
    state: Mutex<State>,
    moved: Notify,
}

impl Board {
    pub(super) fn new(jobs: Vec<Job>) -> Board {
        Board { state: Mutex::new(State { jobs: jobs.into(), ..State::default() }), moved: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step for a worker that has this folder open: first what needs no other folder, then folders that nobody
    /// has looked at, then help with a large one.
    pub(super) fn next(&self, selected: Option<&str>) -> Step {
        let mut state = self.state();
        let here = |run: &Run| run.has_work() && selected == Some(run.remote.as_str());
        if let Some(run) = state.runs.iter().position(here) {
            return Step::Fetch(run);
        }
        if let Some(job) = state.jobs.pop_front() {
            state.looking += 1;
            return Step::Look(Box::new(job));
        }
        if let Some(run) = state.runs.iter().position(Run::has_work) {
            return Step::Fetch(run);
        }
        let busy = state.looking > 0 || state.runs.iter().any(|run| run.out > 0);
        if busy { Step::Wait } else { Step::Done }
    }

    /// Waits until somebody finished something.
    pub(super) async fn moved(&self) {
        self.moved.notified().await;
    }

    /// A step was not taken after all.
    pub(super) fn give_back(&self, step: Step) {
        if let Step::Look(job) = step {
            let mut state = self.state();
            state.looking -= 1;
            state.jobs.push_front(*job);
        }
        self.moved.notify_waiters();
    }

    /// A worker goes home: what it was at is there for the others.
    pub(super) fn fail(&self, step: Step, error: ConnectError) {
        let mut state = self.state();
        if let Step::Look(job) = step {
            // The job may have been looked at, and the error have come in telling of it.
            state.looking = state.looking.saturating_sub(1);
            state.jobs.push_back(*job);
        }
        state.error.get_or_insert(error);
        drop(state);
        self.moved.notify_waiters();
    }

    /// A folder was looked at. Gives back the run when there is nothing to fetch for it.
    pub(super) fn looked(&self, run: Option<Run>) -> Option<Run> {
        let mut state = self.state();
        state.looking -= 1;
        let run = run.and_then(|run| {
            state.places.insert(run.remote.clone(), Place { again: Vec::new(), ..run.place.clone() });
            if !run.has_work() {
                return Some(run);
            }
            state.runs.push(run);
            None
        });
        drop(state);
        self.moved.notify_waiters();
        run
    }

    /// The folder of a run, its name and its UIDVALIDITY.
    pub(super) fn folder_of(&self, run: usize) -> (FolderKey, String, u32, bool) {
        let state = self.state();
        let run = &state.runs[run];
        (run.folder, run.remote.clone(), run.place.validity, run.careful)
    }

    /// The next batch, newest first; `None` when all are under way.
    pub(super) fn take(&self, run: usize, count: u32) -> Option<RemoteSet> {
        let mut state = self.state();
        let run = &mut state.runs[run];
        let batch = run.take(count);
        if batch.is_empty() {
            return None;
        }
        run.out += 1;
        Some(batch)
    }

    /// Does something to a run.
    pub(super) fn with<T>(&self, run: usize, change: impl FnOnce(&mut Run) -> T) -> T {
        change(&mut self.state().runs[run])
    }

    /// So many batches came to nothing: these messages of them wait again.
    pub(super) fn put_back(&self, run: usize, messages: &[RemoteSet], batches: usize) {
        self.with(run, |run| {
            run.waiting.extend(messages.iter().flat_map(|set| set.ranges()));
            run.waiting.sort_unstable();
            run.out -= batches;
        });
        self.moved.notify_waiters();
    }

    /// So many batches ended. Gives the final place when they were the last.
    pub(super) fn finish(&self, run: usize, batches: usize) -> Option<Place> {
        let place = self.with(run, |run| {
            run.out -= batches;
            (run.out == 0 && !run.has_work()).then(|| Place { finished: true, ..run.place.clone() })
        });
        self.moved.notify_waiters();
        place
    }

    /// From now on sizes are asked for first; `skip` was told as too large.
    pub(super) fn careful(&self, run: usize, skip: Option<u32>) -> FolderKey {
        self.with(run, |run| {
            run.careful = true;
            if let Some(uid) = skip {
                run.single.retain(|single| *single != uid);
                let mut left: RemoteSet = RemoteSet::new();
                for (first, last) in &run.waiting {
                    left.insert_range(*first, *last);
                }
                run.waiting = left.minus(&[uid].into_iter().collect()).ranges().to_vec();
            }
            run.folder
        })
    }

    /// What came of it: an error only when something was left undone.
    pub(super) fn close(self) -> (HashMap<String, Place>, Result<(), ConnectError>) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let undone = !state.jobs.is_empty() || state.runs.iter().any(|run| run.has_work() || run.out > 0);
        let result = match state.error {
            Some(error) if undone => Err(error),
            _ => Ok(()),
        };
        (state.places, result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(uids: &[u32]) -> Run {
        let job = Job { folder: FolderKey(1), remote: "INBOX".into(), place: None, counts: None, since: None };
        Run::new(&job, Place::default(), &uids.iter().copied().collect())
    }

    #[test]
    fn the_newest_go_first() {
        let mut run = run(&[1, 2, 3, 10, 20, 21, 22]);
        let taken: Vec<Vec<u32>> = (0..4).map(|_| run.take(3).uids().collect()).collect();
        assert_eq!(taken, [vec![20, 21, 22], vec![2, 3, 10], vec![1], vec![]]);
    }

    #[test]
    fn what_did_not_come_waits_again() {
        let board = Board::new(Vec::new());
        board.state().runs.push(run(&[1, 2, 3, 4]));
        let batch = board.take(0, 2).unwrap();
        assert!(board.take(0, 9).is_some());
        assert_eq!(board.finish(0, 1), None, "one batch is still under way");
        board.put_back(0, &[batch], 1);
        assert!(matches!(board.next(None), Step::Fetch(0)));
        assert_eq!(board.take(0, 9).unwrap().uids().collect::<Vec<_>>(), [3, 4]);
        assert!(board.finish(0, 1).unwrap().finished);
        assert!(matches!(board.next(None), Step::Done));
    }
}
