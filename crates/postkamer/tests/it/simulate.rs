//! The simulator as somebody meets it who builds on the API: by the example on its page in docs/.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use testkit::free_port;

#[test]
fn the_example_on_the_simulators_page_works_as_it_is_written() {
    let page = include_str!("../../../../docs/simulator.md");
    let (_, example) = page.split_once("```sh\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let (there, here) = (free_port(), free_port());
    let example = example.replace(":8026", &format!(":{there}")).replace(":8025", &format!(":{here}"));
    let program = Path::new(env!("CARGO_BIN_EXE_postkamer")).parent().expect("its folder").display();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new("bash")
        .args(["-c", &example])
        .env("PATH", path)
        .current_dir(&folder)
        .output()
        .expect("bash starts");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{wrong}");
    let answers: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let listed = |of: &str| answers.iter().find(|answer| answer["items"][0][of].is_string());
    assert_eq!(listed("conversation").expect("a letter that came")["items"][0]["subject"], "Vraag", "{said}");
    let sent = listed("raw").expect("what left")["items"].as_array().cloned().unwrap_or_default();
    assert_eq!((sent.len(), &sent[0]["recipients"][0]), (1, &Value::from("anna@voorbeeld.test")), "{said}");
}
