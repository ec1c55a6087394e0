//! The program itself: what it needs of the system, and how quickly it is there.

use object::{Object, ObjectSymbol};
use serde_json::json;

use crate::world::World;

/// What Amazon Linux 2023 has, on which the runtime provided.al2023 is built.
const GLIBC: (u32, u32) = (2, 34);

#[test]
fn it_needs_no_newer_c_library_than_lambda_has() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_bootstrap")).expect("it was built");
    let file = object::read::elf::ElfFile64::<object::Endianness>::parse(&*program).expect("it is an ELF file");
    let versions = file.elf_section_table().versions(file.endian(), &*program).expect("its versions are read");
    let versions = versions.expect("it is linked to a C library");
    let mut newest = (0, 0);
    let symbols = file.elf_dynamic_symbol_table();
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
    assert!(!symbols.is_empty() && newest > (0, 0), "it needs some version of the C library");
}

/// Printed, not asserted: it depends on the machine, and on whether this is the build that is shipped.
#[tokio::test]
async fn how_long_it_takes_from_cold_to_the_first_answer() {
    let world = World::new().await;
    world.stock().await;
    for (function, event) in [
        ("EnrichOrder", json!([])),
        ("CheckOrder", json!({ "order_id": "A-404" })),
        ("Api", crate::api::request("GET", "/healthz", None)),
    ] {
        let begun = std::time::Instant::now();
        let mut bootstrap = world.start(function).await;
        bootstrap.invoke(&event).await;
        let answered = begun.elapsed();
        eprintln!("{function}: ready after {:?}, answered after {answered:?}", bootstrap.init_time().await);
    }
}
