//! The program itself: what it needs of the system, how large it is, and how quickly it is there.

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderMap;
use object::{Object, ObjectSymbol};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::runtime_api::{Bootstrap, program, shipped};
use crate::world::{OPERATOR, SIGNING, World, at_endpoint};

/// What Amazon Linux 2023 has, on which the runtime provided.al2023 is built.
const GLIBC: (u32, u32) = (2, 34);

/// The most bytes of the zip. A cold start begins with its download.
const LARGEST_ZIP: u64 = 8 * 1024 * 1024;

/// How often a cold start is measured.
const STARTS: usize = 25;

#[test]
fn it_needs_no_newer_c_library_than_lambda_has() {
    let program = std::fs::read(program()).expect("it was built");
    let file = object::read::elf::ElfFile64::<object::Endianness>::parse(&*program).expect("it is an ELF file");
    let versions = file.elf_section_table().versions(file.endian(), &*program).expect("its versions are read");
    let versions = versions.expect("it is linked to a C library");
    let mut newest = (0, 0);
    for symbol in file.dynamic_symbols().filter(ObjectSymbol::is_undefined) {
        let index = versions.version_index(file.endian(), symbol.index());
        let Ok(Some(version)) = versions.version(index.into()) else { continue };
        let name = String::from_utf8_lossy(version.name());
        let Some((major, minor)) = name.strip_prefix("GLIBC_").and_then(|version| version.split_once('.')) else {
            continue;
        };
        let minor = minor.split('.').next().unwrap_or_default();
        let version = (major.parse().expect("a number"), minor.parse().expect("a number"));
        assert!(version <= GLIBC, "{} needs {name}", symbol.name().unwrap_or_default());
        newest = newest.max(version);
    }
    assert!(newest > (0, 0), "it needs some version of the C library");
}

#[test]
fn the_zip_holds_the_program_alone_and_is_small() {
    let Some(path) = shipped() else {
        eprintln!("SKIPPED: the zip is looked at when ORDERFLOW_TEST_BOOTSTRAP names it (`make lambda`)");
        return;
    };
    let file = std::fs::File::open(&path).expect("the zip is there");
    let size = file.metadata().expect("it has a size").len();
    let mut zip = zip::ZipArchive::new(file).expect("it is a zip");
    assert_eq!(zip.len(), 1, "nothing else is in it");
    let program = zip.by_name("bootstrap").expect("it is in the zip");
    assert_eq!(program.unix_mode().map(|mode| mode & 0o111), Some(0o111), "anybody may execute it");
    eprintln!("bootstrap.zip: {size} bytes, the program {} bytes", program.size());
    assert!(size < LARGEST_ZIP, "the zip has {size} bytes, more than {LARGEST_ZIP}");
}

/// Printed, not asserted: it depends on the machine, and on what else it does.
#[tokio::test]
async fn how_long_it_takes_from_cold_to_the_first_answer() {
    let world = World::new().await;
    let environment = at_endpoint(world.environment(), &quick_services().await);
    let what = if shipped().is_some() { "as shipped" } else { "unoptimised" };
    for (function, event) in [
        ("EnrichOrder", json!([])),
        ("CheckOrder", json!({ "order_id": "A-404" })),
        ("Api", crate::api::request("GET", "/healthz", None)),
    ] {
        let (mut ready, mut answered) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let begun = Instant::now();
            let mut bootstrap = Bootstrap::start(function, &environment).await;
            bootstrap.invoke(&event).await;
            answered.push(begun.elapsed());
            ready.push(bootstrap.init_time().await);
        }
        let ([ready_p50, ready_p99], [p50, p99]) = (percentiles(ready), percentiles(answered));
        eprintln!(
            "{function}, {what}, {STARTS} cold starts: ready p50 {ready_p50:.1?} p99 {ready_p99:.1?}, \
             first answer p50 {p50:.1?} p99 {p99:.1?}"
        );
    }
}

fn percentiles(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

/// Services that answer at once: the keys, and that there is nothing else. What a stand-in in Python takes would be
/// most of a cold start.
async fn quick_services() -> String {
    let keys = json!({ "operator_key": OPERATOR, "signing_key": SIGNING }).to_string();
    let secret = json!({ "Name": "keys", "SecretString": keys });
    let answer = move |headers: HeaderMap| {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let answer: Value = if target.ends_with("GetSecretValue") { secret.clone() } else { json!({}) };
        async move { answer.to_string() }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}")
}
