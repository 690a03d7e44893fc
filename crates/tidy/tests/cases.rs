//! docs/cases.md: every case of the first priority has its row, and every test that it names is where it says.

use std::collections::BTreeSet;
use tidy::root;

/// Cases that are built first (reliability, section 2), and how many pains there are.
const FIRST: [std::ops::RangeInclusive<u32>; 6] = [1..=5, 11..=22, 28..=31, 34..=44, 48..=55, 56..=61];
const PAINS: u32 = 28;

/// The cells of every row.
fn rows() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("docs/cases.md")).expect("docs/cases.md");
    let lines = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| case "));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

/// What stands between back quotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_case_of_the_first_priority_has_a_row() {
    let named: BTreeSet<String> =
        rows().iter().flat_map(|row| row[0].split(", ").map(str::to_owned).collect::<Vec<_>>()).collect();
    let wanted = FIRST.into_iter().flatten().map(|case| case.to_string());
    let wanted = wanted.chain((1..=PAINS).map(|pain| format!("P{pain}")));
    let missing: Vec<String> = wanted.filter(|case| !named.contains(case)).collect();
    assert!(missing.is_empty(), "docs/cases.md says nothing of {missing:?}");
}

#[test]
fn every_test_that_a_case_names_is_there() {
    let mut broken = Vec::new();
    for row in rows() {
        assert_eq!(row.len(), 4, "{row:?}");
        let (tests, places) = (quoted(&row[2]), quoted(&row[3]));
        if tests.is_empty() && row[2].starts_with("later: ") {
            continue;
        }
        let text = places.first().and_then(|place| std::fs::read_to_string(root().join(place)).ok());
        let text = text.unwrap_or_default();
        // As a function, in a macro that makes one for each database (`name(house)`), or for each store (`name)`).
        let is_there = |test: &str| {
            [format!("fn {test}("), format!("    {test}("), format!("({test})")].iter().any(|form| text.contains(form))
        };
        if tests.is_empty() {
            broken.push(format!("{}: no test", row[0]));
        }
        broken.extend(
            tests.iter().filter(|test| !is_there(test)).map(|test| format!("{}: {test} is not in {}", row[0], row[3])),
        );
    }
    assert!(broken.is_empty(), "docs/cases.md names tests that are not there:\n  {}", broken.join("\n  "));
}
