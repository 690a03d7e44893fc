//! A disk that takes bytes and then can't keep them: the program ends at once, tells nobody that it has what it has not,
//! and the next start has everything (reliability case 5).

use crate::{
    books::Books,
    house::{House, Running, half, wait_until},
};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{ModelImap, ModelOptions};

/// Stands before the C library: a sync of a file whose path holds the words in the file `FAILING_SYNC` fails.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(int fd) {
    char link[64], path[4096] = "", words[256] = "";
    const char *armed = getenv("FAILING_SYNC");
    FILE *file = armed ? fopen(armed, "r") : NULL;
    if (!file) return 0;
    size_t read = fread(words, 1, sizeof words - 1, file);
    fclose(file);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (read == 0 || readlink(link, path, sizeof path - 1) < 0) return 0;
    return strstr(path, words) != NULL;
}

int fsync(int fd) {
    if (fails(fd)) { errno = EIO; return -1; }
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
    if (fails(fd)) { errno = EIO; return -1; }
    return syscall(SYS_fdatasync, fd);
}
"#;

fn shim(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
    std::fs::write(&source, SHIM).expect("a file of our own");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).status();
    assert!(built.is_ok_and(|status| status.success()), "there is a C compiler");
    library
}

fn letter(n: usize) -> Vec<u8> {
    format!("From: klant@elders.test\r\nSubject: Brief {n}.\r\n\r\nGroet {n}\r\n").into_bytes()
}

#[test]
fn a_disk_that_loses_what_it_took_ends_the_program_and_costs_no_mail() {
    let _turn = crate::alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = shim(folder.path());
    let armed = folder.path().join("armed");
    let variables =
        [("LD_PRELOAD", library.to_str().expect("a path")), ("FAILING_SYNC", armed.to_str().expect("a path"))];
    let model = ModelImap::start(ModelOptions::default());
    let house = House::new();
    let mut running = house.try_start(&variables).expect("it starts");
    let account = house.connect(&running, "anna@voorbeeld.test", half("imap", model.port), json!({ "kind": "none" }));
    for (n, file) in [".pack", "postkamer.db"].into_iter().enumerate() {
        model.append("INBOX", &letter(2 * n), &[]);
        let stored = |running: &Running| {
            let page = house.get(running, &format!("/messages?account={account}&limit=50"));
            page["items"].as_array().map_or(0, Vec::len)
        };
        wait_until("the letter is here", || (stored(&running) == 2 * n + 1).then_some(()));
        std::fs::write(&armed, file).expect("a file of our own");
        model.append("INBOX", &letter(2 * n + 1), &[]);
        wait_until("it died", || running.is_dead().then_some(()));
        let status = running.child.wait().expect("our own child");
        assert_eq!(status.code(), Some(74), "{status}; its last words:\n{}", house.last_words());
        assert!(house.last_words().contains("could not be made durable"), "{}", house.last_words());
        std::fs::remove_file(&armed).expect("our own file");
        running = house.try_start(&variables).expect("it starts");
        wait_until("both letters are here", || (stored(&running) == 2 * n + 2).then_some(()));
    }
    running.stop();
    house.runtime.block_on(async {
        let books = Books::open(&house).await;
        books.check().await;
        assert_eq!(books.folders().await["INBOX"], model.snapshot()["INBOX"].messages);
    });
}
