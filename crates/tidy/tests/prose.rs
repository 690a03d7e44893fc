//! Documents: short where they must be, with links that lead somewhere and commands that exist.

use std::path::{Component, Path, PathBuf};
use tidy::{root, sources_ending_in};

fn lines_of(path: &str) -> usize {
    std::fs::read_to_string(root().join(path)).map(|text| text.lines().count()).unwrap_or(0)
}

#[test]
fn a_decision_fits_on_forty_lines() {
    let documents = sources_ending_in(".md").into_iter().filter(|source| source.path.starts_with("docs/decisions/"));
    for source in documents {
        let lines = source.text.lines().count();
        assert!(lines <= 40, "{} has {lines} lines", source.path);
    }
}

#[test]
fn the_map_fits_on_150_lines() {
    assert!(lines_of("ARCHITECTURE.md") <= 150, "ARCHITECTURE.md has {} lines", lines_of("ARCHITECTURE.md"));
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for source in sources_ending_in(".md") {
        for (number, line) in source.lines() {
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let file = target.split(['#', ' ']).next().unwrap_or_default();
                if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                    continue;
                }
                let from = Path::new(&source.path).parent().unwrap_or(Path::new(""));
                if !root().join(plain(&from.join(file))).exists() {
                    broken.push(format!("{}:{number}: {target}", source.path));
                }
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n  {}", broken.join("\n  "));
}

#[test]
fn every_make_command_in_a_document_exists() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    let targets: Vec<&str> = makefile.lines().filter_map(|line| line.split_once(":").map(|(name, _)| name)).collect();
    for source in sources_ending_in(".md") {
        for (number, line) in source.lines() {
            let in_code = line.split('`').skip(1).step_by(2).chain(line.strip_prefix("    "));
            for words in in_code.filter_map(|code| code.trim().strip_prefix("make ")) {
                let command = words.split([' ', '`']).next().unwrap_or_default();
                assert!(targets.contains(&command), "{}:{number}: there is no `make {command}`", source.path);
            }
        }
    }
}

#[test]
fn every_command_of_the_makefile_says_what_it_does() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    let phony = makefile.lines().find_map(|line| line.strip_prefix(".PHONY: ")).unwrap_or_default();
    for command in phony.split(' ') {
        let described = makefile.lines().any(|line| line.starts_with(&format!("{command}: ## ")));
        assert!(described, "`make {command}` has no description");
    }
}

#[test]
fn the_scripts_that_the_makefile_calls_exist() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).expect("the Makefile");
    for script in
        makefile.split_ascii_whitespace().filter_map(|word| word.trim_start_matches('@').strip_prefix("scripts/"))
    {
        assert!(root().join("scripts").join(script).exists(), "scripts/{script} is missing");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace");
    let manifest: toml::Table = manifest.parse().expect("the workspace is TOML");
    let listed = manifest["workspace"]["dependencies"].as_table().expect("the workspace names its dependencies");
    let document = std::fs::read_to_string(root().join("docs/dependencies.md")).expect("docs/dependencies.md");
    let reasons: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for (name, how) in listed {
        let ours = how.get("path").is_some();
        assert!(ours || reasons.contains(&name.as_str()), "docs/dependencies.md says nothing about {name}");
    }
    for name in reasons {
        assert!(listed.contains_key(name), "docs/dependencies.md speaks of {name}, which is not used");
    }
}

/// Without `..` in the middle.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
