use testkit::{Postgres, S3};

#[test]
fn each_test_has_a_database_of_its_own() {
    let postgres = Postgres::shared();
    let url = postgres.database("proef_een");
    postgres.database("proef_twee");
    assert!(url.ends_with("/proef_een"));
    postgres.psql("proef_een", "create table post (id int); insert into post values (1)").unwrap();
    assert_eq!(postgres.psql("proef_een", "select count(*) from post"), Ok("1".into()));
    assert!(postgres.psql("proef_twee", "select count(*) from post").is_err());
}

#[test]
fn an_object_comes_back_from_s3_and_only_with_the_right_key() {
    let s3 = S3::start();
    let curl = |secret: &str, more: &[&str]| {
        let output = std::process::Command::new("curl")
            .args(["-sS", "--aws-sigv4", &format!("aws:amz:{}:s3", s3.region)])
            .args(["--user", &format!("{}:{secret}", s3.access_key)])
            .args(["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-H", "Content-Type: text/plain"])
            .args(more)
            .arg(format!("{}/{}/map/brief", s3.endpoint, s3.bucket))
            .output()
            .expect("curl is installed; if not, run `make peers`");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let put = curl(&s3.secret_key, &["-X", "PUT", "--data-binary", "inhoud"]);
    assert_eq!(put, "");
    assert_eq!(curl(&s3.secret_key, &[]), "inhoud");
    assert!(curl("verkeerd", &[]).contains("SignatureDoesNotMatch"));
}
