//! The command line against a running server: what it prints where, and its exit codes.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{Server, binary};

/// What a command came to: its exit code and what it wrote to standard output and standard error.
fn run(server: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = binary();
    let Output { status, stdout, stderr } =
        command.args(arguments).args(["--server", server]).output().expect("the binary runs");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).expect("the file is written");
    file.to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_refusals_from_wrong_input_and_a_server_that_is_away() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let products = write(folder.path(), "products.csv", "sku,name,unit_price,currency,stock\nA,Apple,1.50,USD,9\n");
    let wrong = write(folder.path(), "wrong.csv", "sku,name,unit_price,currency,stock\nB,Bad,1.505,USD,-1\n");
    let no_json = write(folder.path(), "no.jsonl", "{\"items\": []}\n{oh\n");
    let refused = write(folder.path(), "refused.jsonl", "{\"items\": []}\n");
    let url = server.url().to_owned();
    let nobody = "http://127.0.0.1:1";
    for (server, arguments, code, said) in [
        (&*url, &["import", "products", &products][..], 0, "1 products imported"),
        (&url, &["import", "products", &wrong], 2, "line 2/stock"),
        (&url, &["import", "products", "no such file"], 2, "cannot read no such file"),
        (&url, &["orders", "place", &no_json], 2, "line 2: expected a JSON object"),
        (&url, &["orders", "place", &refused], 1, "items: expected 1 to 1000 lines"),
        (&url, &["orders", "show", "none"], 1, "there is no such order"),
        (&url, &["orders", "list", "--status", "nope"], 2, "status: expected a status such as confirmed"),
        (&url, &["orders", "list", "--limit", "0"], 2, "--limit"),
        (&url, &["audit"], 0, "all consistent"),
        (&url, &["audit", "--key", "another-key-than-the-servers"], 3, "asks for an operator key"),
        (nobody, &["audit"], 3, "no answer from http://127.0.0.1:1"),
        ("nonsense", &["audit"], 2, "expected a URL such as http://127.0.0.1:8080"),
    ] {
        let (exit, out, err) = run(server, arguments);
        assert_eq!(exit, Some(code), "{arguments:?}: {out}{err}");
        assert!(out.contains(said) || err.contains(said), "{arguments:?}: {out}{err}");
        assert!(code != 0 || err.is_empty(), "{arguments:?} is done, and says: {err}");
    }
    assert_eq!(server.level("A").await, (9, 0, 0));
    server.get("/inventory/B").await.expect(404);
    server.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_placed_listed_and_shown_for_machines_too() {
    let server = Server::start();
    server.stock("A", 15).await;
    let folder = tempfile::tempdir().unwrap();
    let line = |id: usize| {
        format!(
            "{{\"order_id\":\"c-{id}\",\"customer\":{{\"email\":\"ana@example.com\"}},\"items\":[{{\"sku\":\"A\",\
             \"quantity\":1}}],\"shipping_address\":{{\"street\":\"S\",\"city\":\"C\",\"postal_code\":\"1\",\"country\":\"RO\"}}}}\n"
        )
    };
    let orders = write(folder.path(), "orders.jsonl", &(0..20).map(line).collect::<String>());
    // A second time is the same orders, not new ones.
    for _ in 0..2 {
        let (exit, out, err) = run(server.url(), &["orders", "place", &orders, "--concurrency", "4", "--json"]);
        assert_eq!((exit, err.as_str()), (Some(0), ""), "no progress where nobody looks");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(report["orders"], 20);
        assert_eq!(
            (&report["outcomes"]["confirmed"], &report["outcomes"]["rejected"]),
            (&15.into(), &5.into()),
            "{out}"
        );
    }
    let (exit, out, _) = run(server.url(), &["orders", "list", "--status", "rejected"]);
    assert_eq!((exit, out.lines().count()), (Some(0), 5), "{out}");
    let (exit, out, _) = run(server.url(), &["orders", "show", "c-0", "--json"]);
    assert_eq!(exit, Some(0));
    assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON")["order_id"], "c-0");
    server.audit().await;
}

#[test]
fn every_command_has_help_with_examples() {
    for command in [
        &[][..],
        &["serve"],
        &["import"],
        &["orders"],
        &["orders", "place"],
        &["orders", "list"],
        &["orders", "show"],
        &["orders", "cancel"],
        &["workflows"],
        &["workflows", "list"],
        &["workflows", "validate"],
        &["audit"],
        &["bench"],
    ] {
        let help = binary().args(command).arg("--help").output().expect("the binary runs");
        assert_eq!(help.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"), "{command:?}");
    }
}
