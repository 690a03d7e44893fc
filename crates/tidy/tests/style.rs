//! How the files look.

use tidy::{Source, sources, sources_ending_in};

const LONGEST_FILE: usize = 400;
const FORBIDDEN_NAMES: [&str; 7] = ["common", "core", "utils", "helpers", "types", "services", "manager"];

fn complain(broken: Vec<String>, rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// Places in the code of Rust files where `words` stand; this crate names them and is left out.
fn places(words: &[&str]) -> Vec<String> {
    let files = sources_ending_in(".rs").into_iter().filter(|source| source.crate_name() != "tidy");
    let place = |source: &Source| {
        let hits = source.code().into_iter().filter(|(_, code)| words.iter().any(|word| code.contains(word)));
        hits.map(|(number, code)| format!("{}:{number}: {}", source.path, code.trim())).collect::<Vec<_>>()
    };
    files.flat_map(|source| place(&source)).collect()
}

#[test]
fn no_rust_file_is_longer_than_400_lines() {
    let lengths = sources_ending_in(".rs").into_iter().map(|source| (source.text.lines().count(), source.path));
    let long = lengths.filter(|(lines, _)| *lines > LONGEST_FILE).map(|(lines, path)| format!("{path}: {lines}"));
    complain(long.collect(), "split these by what they are about");
}

#[test]
fn no_crate_or_module_has_a_name_that_says_nothing() {
    let named = |source: &Source| {
        let parts = source.path.trim_end_matches(".rs").split('/');
        parts.filter(|part| FORBIDDEN_NAMES.contains(part)).count() > 0
    };
    let found = sources_ending_in(".rs").into_iter().filter(named).map(|source| source.path);
    complain(found.collect(), "give these a name that says what they hold");
}

#[test]
fn a_lint_is_expected_with_a_reason_and_never_just_allowed() {
    complain(places(&["#[allow(", "#![allow("]), "use #[expect(lint, reason = ...)]");
    let without_reason = sources_ending_in(".rs").into_iter().filter(|source| source.crate_name() != "tidy");
    let found = without_reason.flat_map(|source| {
        let path = source.path.clone();
        let pieces: Vec<String> = source.text.split("#[expect(").skip(1).map(str::to_owned).collect();
        let bare = pieces.into_iter().filter(|piece| !piece.split(")]").next().unwrap_or_default().contains("reason"));
        bare.map(move |piece| format!("{path}: {}", piece.lines().next().unwrap_or_default())).collect::<Vec<_>>()
    });
    complain(found.collect(), "say the reason");
}

#[test]
fn nothing_is_left_for_later() {
    complain(places(&["todo!(", "unimplemented!(", "dbg!("]), "finish these");
    let notes = sources().into_iter().filter(|source| source.crate_name() != "tidy" && !source.path.ends_with(".eml"));
    let found = notes.flat_map(|source| {
        let marks = ["TODO", "FIXME", "XXX:"];
        let hits = source.lines().filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
        hits.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())).collect::<Vec<_>>()
    });
    complain(found.collect(), "do it or drop it");
}

#[test]
fn every_test_runs() {
    complain(places(&["#[ignore"]), "a test that never runs proves nothing");
}

#[test]
fn no_path_of_one_machine_is_in_the_tree() {
    // Put together here, so that this file does not break its own rule.
    let paths = ["work", "root", "farm", "home"].map(|name| format!("/{name}/"));
    let files = sources().into_iter().filter(|source| !source.path.starts_with("testdata/"));
    let found = files.flat_map(|source| {
        let starts = |line: &str, path: &str| {
            line.match_indices(path).any(|(at, _)| {
                !line[..at].ends_with(|before: char| before.is_alphanumeric() || "}./_-:\\".contains(before))
            })
        };
        let hits = source.lines().filter(|(_, line)| paths.iter().any(|path| starts(line, path)));
        hits.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())).collect::<Vec<_>>()
    });
    complain(found.collect(), "paths of one machine");
}

#[test]
fn no_test_waits_for_a_fixed_time() {
    let tests = sources_ending_in(".rs").into_iter().filter(|source| source.crate_name() != "tidy");
    let found = tests.flat_map(|source| {
        let whole = source.path.contains("/tests/") || source.path.ends_with("tests.rs");
        let begin =
            if whole { 0 } else { source.text.split("#[cfg(test)]").next().unwrap_or_default().lines().count() };
        let code = source.code();
        // A short pause between two looks at a state is waiting for the state, when the looking has an end.
        let looks = |at: usize| code[at.saturating_sub(40)..at].iter().any(|(_, line)| line.contains("elapsed()"));
        let sleeps = (begin..code.len()).filter(|at| code[*at].1.contains("thread::sleep(") && !looks(*at));
        sleeps.map(|at| format!("{}:{}: {}", source.path, code[at].0, code[at].1.trim())).collect::<Vec<_>>()
    });
    complain(found.collect(), "wait for a state, not for a time");
}
