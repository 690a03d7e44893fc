//! The written description of the database: made from the migrations, and never older than they are.

use std::fmt::Write;
use tidy::root;

const WRITTEN: &str = "docs/schema.md";
const HEAD: &str = "# The database

Every table and what its columns mean, as the migrations make them. `make schema` writes this file; a test compares it.

Times are milliseconds since 1970 and end in `_at`. `ROWKEY` is a key that is the row's own. The search index has tables of its
own for each engine: `crates/store/migrations/sqlite` and `postgres`.
";

#[test]
fn the_written_schema_says_what_the_migrations_make() {
    let migration = root().join("crates/store/migrations/both/0001_begin.sql");
    let made = described(&std::fs::read_to_string(migration).expect("the first migration"));
    assert!(made.matches("\n## ").count() > 30, "the tables were not found");
    let path = root().join(WRITTEN);
    if std::env::var_os("POSTKAMER_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &made).expect("a file in docs");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == made, "{WRITTEN} is older than the migrations: run `make schema`");
}

/// Headings for tables, a row for each column, and the indexes.
fn described(sql: &str) -> String {
    let (mut page, mut remarks, mut inside) = (HEAD.to_owned(), String::new(), false);
    for line in sql.lines().map(str::trim) {
        if let Some(remark) = line.strip_prefix("-- ") {
            remarks = format!("{remarks} {remark}").trim().to_owned();
        } else if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            let _ = writeln!(page, "\n## {}\n", name.trim_end_matches(" ("));
            if !remarks.is_empty() {
                let _ = writeln!(page, "{}\n", std::mem::take(&mut remarks));
            }
            page.push_str("| column | kind | meaning |\n|---|---|---|\n");
            inside = true;
        } else if line.starts_with(')') {
            inside = false;
        } else if inside {
            let (what, meaning) = line.split_once("--").unwrap_or((line, ""));
            let (name, kind) = what.trim().trim_end_matches(',').split_once(' ').unwrap_or((what.trim(), ""));
            let cell = |text: &str| text.trim().replace('|', "\\|");
            if name == "PRIMARY" {
                let _ = writeln!(page, "\nKey: {}", kind.trim_start_matches("KEY "));
            } else if !name.is_empty() && name != "ROWKEY_UNIQUE" {
                let _ = writeln!(page, "| `{}` | {} | {} |", name, cell(kind), cell(meaning));
            }
        } else if let Some(index) = line.strip_prefix("CREATE ").filter(|line| line.contains("INDEX ")) {
            let _ = writeln!(page, "\nIndex: {}", index.trim_end_matches(';').replace("INDEX ", ""));
        } else if line.is_empty() {
            remarks.clear();
        }
    }
    page
}
