//! Bundles the page's script and style sheet, and lists them for `src/page/asset.rs` to embed.

use std::{env, fmt::Write, fs, path::Path, process::Command};

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    for input in ["assets/src", "assets/build.mjs", "assets/package-lock.json", "../../scripts/assets.sh"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let script = Path::new(&here).join("../../scripts/assets.sh");
    let bundled = Command::new("bash").arg(script).status();
    assert!(
        bundled.is_ok_and(|status| status.success()),
        "the page could not be bundled: run scripts/assets.sh and see what it says"
    );
    let mut table = String::from("&[\n");
    for name in names(&Path::new(&here).join("assets/dist")) {
        let path = format!("{here}/assets/dist/{name}");
        let bytes = |end: &str| format!("include_bytes!({:?})", format!("{path}{end}"));
        let line = format!(
            "    Asset {{ name: {name:?}, plain: {}, brotli: {}, gzip: {} }},",
            bytes(""),
            bytes(".br"),
            bytes(".gz")
        );
        writeln!(table, "{line}").expect("a string takes everything");
    }
    table.push(']');
    fs::write(Path::new(&out).join("assets.rs"), table).expect("the output folder can be written");
}

/// The bundles without their compressed forms, in order.
fn names(dist: &Path) -> Vec<String> {
    let entries = fs::read_dir(dist).expect("scripts/assets.sh made the folder");
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".br") && !name.ends_with(".gz")).collect();
    names.sort();
    names
}
