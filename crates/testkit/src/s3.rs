//! SeaweedFS: an S3 server in one program.

use crate::{Process, free_port, home};
use std::io::{Read, Write};
use std::net::TcpStream;

/// A running S3 server with one empty bucket.
#[derive(Debug)]
pub struct S3 {
    /// `http://127.0.0.1:PORT`; buckets are in the path.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What the server takes as the key's name.
    pub access_key: String,
    /// What requests are signed with.
    pub secret_key: String,
    /// Any name does.
    pub region: String,
    /// The process.
    pub process: Process,
}

const ACCESS_KEY: &str = "postkamer";
const SECRET_KEY: &str = "een-sleutel-voor-de-proef";
const BUCKET: &str = "post";

impl S3 {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When SeaweedFS is not installed or does not start.
    pub fn start() -> S3 {
        let weed = home::python_program("weed");
        let dir = Process::folder("s3");
        let people = serde_json::json!({ "identities": [{
            "name": "postkamer",
            "credentials": [{ "accessKey": ACCESS_KEY, "secretKey": SECRET_KEY }],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }]});
        std::fs::write(dir.join("s3.json"), people.to_string()).expect("a file in our own folder");
        let [s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc] = [(); 8].map(|()| free_port());
        let script = format!(
            "mkdir {dir}/data && cd {dir}/data && exec {weed} -logtostderr server -dir={dir}/data -ip=127.0.0.1 \
             -ip.bind=127.0.0.1 -s3 -s3.config={dir}/s3.json -s3.port={s3} -s3.port.grpc={s3_grpc} \
             -s3.port.iceberg=0 -s3.port.lance=0 -master.port={master} -master.port.grpc={master_grpc} \
             -master.volumeSizeLimitMB=64 -volume.minFreeSpace=1MiB -volume.port={volume} -volume.port.grpc={volume_grpc} -volume.max=40 \
             -filer.port={filer} -filer.port.grpc={filer_grpc}",
            dir = dir.display(),
            weed = weed.display(),
        );
        let mut process = Process::start("SeaweedFS", dir, &script);
        process.wait_for_ports(&[s3, master, volume, filer]);
        let create = format!(
            "echo 's3.bucket.create -name {BUCKET}' | {weed} shell -master=127.0.0.1:{master}.{master_grpc} \
             -filer=127.0.0.1:{filer}.{filer_grpc} 2>&1",
            weed = weed.display()
        );
        process.wait_for("with a bucket", || {
            let made = std::process::Command::new("sh").args(["-c", &create]).output();
            made.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("create bucket"))
        });
        process.wait_for("to answer", || answers(s3));
        S3 {
            endpoint: format!("http://127.0.0.1:{s3}"),
            bucket: BUCKET.into(),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
            region: "eu-west-1".into(),
            process,
        }
    }
}

/// Any HTTP answer at all: without a signature it is a refusal, and that shows that the server is at work.
fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut head = [0; 5];
        stream.read_exact(&mut head)?;
        Ok(&head == b"HTTP/")
    };
    ask().unwrap_or(false)
}
