//! Numbers collected while measuring, and the page they become.

use crate::Bench;
use std::collections::BTreeMap;

/// Everything measured so far.
pub struct Report {
    head: String,
    /// Case, program, values of all runs.
    values: Vec<(String, BTreeMap<String, Vec<f64>>)>,
    goals: BTreeMap<String, (String, f64)>,
}

/// What Postkamer is called in the tables.
pub const OURS: &str = "postkamer";

impl Report {
    pub fn new(bench: &Bench) -> Report {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let head = format!(
            "# Performance\n\nWritten by `make bench`; medians of {} runs, interleaved, on a machine with {processors} processors. \
             The mailbox has {} messages of our own making, on a Dovecot on the same machine. Ratios are within the run: \
             absolute figures differ between machines.\n",
            bench.runs, bench.messages
        );
        Report { head, values: Vec::new(), goals: BTreeMap::new() }
    }

    /// Notes one value; what is smaller is better unless the case ends in `/s`.
    pub fn note(&mut self, case: &str, program: &str, value: f64) {
        println!("bench: {case}: {program} {value:.3}");
        let place = self.values.iter().position(|(name, _)| name == case).unwrap_or_else(|| {
            self.values.push((case.to_owned(), BTreeMap::new()));
            self.values.len() - 1
        });
        self.values[place].1.entry(program.to_owned()).or_default().push(value);
    }

    /// What we hold ourselves to: our value divided by that of `program`; without a program, our value itself.
    pub fn goal(&mut self, case: &str, program: &str, ratio: f64) {
        self.goals.insert(case.to_owned(), (program.to_owned(), ratio));
    }

    pub fn text(&self) -> String {
        let mut text = format!("{}\n| case | ours | others | goal | reached |\n|---|---|---|---|---|\n", self.head);
        for (case, programs) in &self.values {
            let ours = programs.get(OURS).map(|values| median(values));
            let others: Vec<String> = programs
                .iter()
                .filter(|(name, _)| name.as_str() != OURS)
                .map(|(name, values)| match ours {
                    Some(ours) => format!("{name} {} ({:.2} ×)", shown(median(values)), ours / median(values)),
                    None => format!("{name} {}", shown(median(values))),
                })
                .collect();
            let (goal, reached) = self.verdict(case, ours, programs);
            let ours = ours.map_or("-".to_owned(), shown);
            text.push_str(&format!("| {case} | {ours} | {} | {goal} | {reached} |\n", others.join(", ")));
        }
        text
    }

    fn verdict(&self, case: &str, ours: Option<f64>, programs: &BTreeMap<String, Vec<f64>>) -> (String, &'static str) {
        let more_is_better = case.ends_with("/s");
        let Some((other, limit)) = self.goals.get(case) else { return (String::new(), "") };
        let words = if more_is_better { "at least" } else { "at most" };
        if other.is_empty() {
            let reached = ours.is_some_and(|ours| if more_is_better { ours >= *limit } else { ours <= *limit });
            return (format!("{words} {limit}"), if reached { "yes" } else { "no" });
        }
        let goal = format!("{words} {limit} × {other}");
        let (Some(ours), Some(theirs)) = (ours, programs.get(other)) else { return (goal, "not measured") };
        let ratio = ours / median(theirs);
        let reached = if more_is_better { ratio >= *limit } else { ratio <= *limit };
        (goal, if reached { "yes" } else { "no" })
    }
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
