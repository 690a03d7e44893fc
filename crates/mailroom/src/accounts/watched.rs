//! A test that runs while a person looks on, and whose outcome can be found again.

use super::{TestStep, grant, managed, round_trip};
use crate::{MailRoom, words::Refusal};
use mail::AccountKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::{
    Viewer,
    account::{Account, Direction, Encryption, Incoming},
};
use tokio::task::AbortHandle;

/// A test that runs or ran on this node.
#[derive(Debug, Clone)]
pub struct TestRun {
    /// Every step it will take if all goes well: name and direction.
    pub planned: Vec<(&'static str, &'static str)>,
    /// The steps it took.
    pub steps: Vec<TestStep>,
    /// How it ended; nothing while it runs.
    pub ended: Option<TestEnd>,
    /// What was tested: the account as it was saved then.
    pub version: i64,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestEnd {
    /// A real mail went round.
    Well,
    /// A step failed, and says why.
    Failed,
    /// Trouble of our own; it says nothing of the account.
    Broken,
}

/// Who hears of a step as soon as it was taken.
pub(super) type Seen<'a> = dyn Fn(&TestStep) + Send + Sync + 'a;

struct Kept {
    run: TestRun,
    task: Option<AbortHandle>,
}

/// The tests of this node, the last one of each account.
#[derive(Clone, Default)]
pub struct Tests(Arc<Mutex<HashMap<AccountKey, Kept>>>);

impl Tests {
    fn change(&self, account: AccountKey, change: impl FnOnce(&mut Kept)) {
        if let Ok(mut runs) = self.0.lock()
            && let Some(kept) = runs.get_mut(&account)
        {
            change(kept);
        }
    }

    fn get(&self, account: AccountKey) -> Option<TestRun> {
        let runs = self.0.lock().ok()?;
        let kept = runs.get(&account)?;
        let mut run = kept.run.clone();
        // A task that panicked has not said so.
        if run.ended.is_none() && kept.task.as_ref().is_some_and(AbortHandle::is_finished) {
            run.ended = Some(TestEnd::Broken);
        }
        Some(run)
    }

    /// `false`: one runs already.
    fn begin(&self, account: &Account) -> bool {
        if self.get(account.id).is_some_and(|run| run.ended.is_none()) {
            return false;
        }
        let run = TestRun { planned: planned(account), steps: Vec::new(), ended: None, version: account.version };
        if let Ok(mut runs) = self.0.lock() {
            runs.insert(account.id, Kept { run, task: None });
        }
        true
    }

    pub(super) fn forget(&self, account: AccountKey) {
        if let Ok(mut runs) = self.0.lock() {
            runs.remove(&account);
        }
    }
}

/// Begins to test an account as it is saved, unless a test of it runs here already. [`test_run`] tells how far it is.
pub async fn begin_test(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<(), Refusal> {
    let account = managed(room, viewer, account).await?;
    if !room.tests.begin(&account) {
        return Ok(());
    }
    let (room, id) = (room.clone(), account.id);
    let tests = room.tests.clone();
    let task = tokio::spawn(async move {
        let seen = |step: &TestStep| room.tests.change(id, |kept| kept.run.steps.push(step.clone()));
        let report = round_trip::run(&room, account, &seen).await;
        room.tests.change(id, |kept| match report {
            Ok(report) => {
                kept.run.ended = Some(if report.ok { TestEnd::Well } else { TestEnd::Failed });
                kept.run.steps = report.steps;
            }
            Err(error) => {
                tracing::error!(account = %id, %error, "a test could not be done");
                kept.run.ended = Some(TestEnd::Broken);
            }
        });
    });
    tests.change(id, |kept| kept.task = Some(task.abort_handle()));
    Ok(())
}

/// The last test of the account on this node, if there was one.
pub async fn test_run(room: &MailRoom, viewer: &Viewer, account: AccountKey) -> Result<Option<TestRun>, Refusal> {
    managed(room, viewer, account).await?;
    Ok(room.tests.get(account))
}

/// The steps of a test in which everything goes well.
fn planned(account: &Account) -> Vec<(&'static str, &'static str)> {
    let mut planned = Vec::new();
    let mut receives = false;
    let mut sends = false;
    for (direction, half) in [("incoming", Direction::Incoming), ("outgoing", Direction::Outgoing)] {
        let Some(server) = grant::way(&account.settings, half) else { continue };
        let is_incoming = direction == "incoming";
        receives |= is_incoming;
        sends |= !is_incoming;
        let mut names = Vec::new();
        if let Some(server) = server {
            names.extend(["resolve", "connect"]);
            names.extend((server.encryption != Encryption::None).then_some("tls"));
        }
        match &account.settings.incoming {
            Incoming::Relay { .. } if is_incoming => names.push("connect"),
            _ => names.extend(["sign_in", if is_incoming { "folders" } else { "send" }]),
        }
        planned.extend(names.into_iter().map(|name| (name, direction)));
    }
    if receives && sends {
        planned.push(("receive", "incoming"));
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::fixture::house_with;
    use connect::dns::TableResolver;
    use std::time::Duration;

    #[tokio::test]
    async fn a_test_is_followed_step_by_step_and_found_again() {
        let mut house = house_with(|_| {}).await;
        house.room.world = house.room.world.clone().with_resolver(Arc::new(TableResolver::default()));
        let (room, viewer) = (&house.room, &house.viewer);
        assert!(test_run(room, viewer, house.account).await.unwrap().is_none());
        begin_test(room, viewer, house.account).await.unwrap();
        let until = std::time::Instant::now() + Duration::from_secs(30);
        let run = loop {
            let run = test_run(room, viewer, house.account).await.unwrap().expect("it was begun");
            if run.ended.is_some() || std::time::Instant::now() > until {
                break run;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(run.ended, Some(TestEnd::Failed));
        assert_eq!(run.planned.first(), Some(&("resolve", "outgoing")));
        assert_eq!((run.steps[0].name, run.steps[0].code), ("resolve", Some("unknown_host")));
    }
}
