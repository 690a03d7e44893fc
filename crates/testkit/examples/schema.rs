//! Writes the schema of both databases down as the migrations leave it: `make schema`.

use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{Postgres, home};

/// Reads a SQLite file's tables, without those that SQLite makes for itself.
const SQLITE: &str = "
import sqlite3, sys
database = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
kept = \"sql is not null and name not like 'sqlite_%' and name not like '%_fts_%'\"
rows = database.execute('select sql from sqlite_master where ' + kept + ' order by type desc, name')
print('\\n'.join(sql + ';' for (sql,) in rows))
";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = std::env::args_os().nth(1).map_or_else(|| root.join("target/debug/postkamer"), PathBuf::from);
    let schema = root.join("crates/store/schema");
    std::fs::create_dir_all(&schema).expect("a folder beside the migrations");
    let dir = tempfile::tempdir().expect("a temporary folder");

    let data = dir.path().join("sqlite");
    set_up(&program, &data, None);
    let files = std::fs::read_dir(&data).expect("the data folder").flatten().map(|entry| entry.path());
    let database = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "db" || end == "sqlite"));
    let database = database.expect("a SQLite file in the data folder");
    let output = Command::new(home::python()).arg("-c").arg(SQLITE).arg(database).output().expect("Python starts");
    keep(&schema.join("sqlite.sql"), &output);

    let postgres = Postgres::start();
    let url = postgres.database("schema");
    set_up(&program, &dir.path().join("postgres"), Some(&url));
    let dump = ["--schema-only", "--no-owner", "--no-privileges", "--no-comments"];
    let output = Command::new("pg_dump").args(dump).arg(url).output().expect("pg_dump starts");
    keep(&schema.join("postgres.sql"), &output);
}

/// An installation as anybody makes it, so that the schema is the one that the program works with.
fn set_up(program: &Path, data: &Path, database: Option<&str>) {
    let password = data.with_extension("password");
    std::fs::write(&password, "een lang genoeg wachtwoord\n").expect("a temporary file");
    let mut command = Command::new(program);
    command.arg("--data").arg(data).args(["setup", "--organisation", "Voorbeeld", "--admin", "anna@voorbeeld.test"]);
    command.arg("--password-file").arg(password).envs(database.map(|url| ("POSTKAMER_DATABASE", url)));
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    assert!(output.status.success(), "setup: {}", String::from_utf8_lossy(&output.stderr));
}

/// Keeps the statements; what the dumping program says about itself and its settings would differ between machines.
fn keep(path: &Path, output: &std::process::Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let noise = ["--", "SET ", "SELECT pg_catalog", "\\restrict", "\\unrestrict"];
    let lines = text.lines().filter(|line| !noise.iter().any(|start| line.starts_with(start)));
    let mut kept = String::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        kept.push_str(line.trim_end());
        kept.push('\n');
    }
    std::fs::write(path, kept).expect("a file beside the migrations");
    println!("schema: wrote {}", path.display());
}
