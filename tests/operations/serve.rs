//! `orderflow serve`: what keeps it from starting, and that nothing is lost over a stop.

use std::net::TcpListener;
use std::process::Output;

use crate::support::{Server, binary, checkout};

/// Runs `serve` that is expected not to start.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = binary().arg("serve").args(arguments).output().expect("the binary runs");
    assert!(!status.success(), "{arguments:?} should have been refused");
    String::from_utf8_lossy(&stderr).into_owned()
}

#[tokio::test]
async fn a_folder_in_use_and_a_port_taken_are_said_plainly() {
    let server = Server::start();
    let data = server.data().to_str().unwrap();
    let message = refused(&["--listen", "127.0.0.1:0", "--data", data]);
    assert!(message.contains("in use"), "{message}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let message = refused(&["--listen", &address, "--data", folder.path().to_str().unwrap()]);
    assert!(message.contains("cannot listen") && message.contains(&address), "{message}");
    server.audit().await;
}

#[test]
fn a_broken_workflow_stops_the_start_with_file_pointer_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let workflow = folder.path().join("workflows/broken");
    std::fs::create_dir_all(&workflow).unwrap();
    let workflows = workflow.parent().unwrap().to_str().unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap(), "--workflows", workflows];
    for (definition, triggers, pointer, reason) in [
        (r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}"#, "{}", "/States/A", "B"),
        (
            r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"${NoSuchStepArn}","End":true}}}"#,
            "{}",
            "/States/A/Resource",
            "NoSuchStepArn",
        ),
        (r#"{"StartAt":"A","#, "{}", "", "line 1"),
        (r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#, r#"{"Queus":{}}"#, "/Queus", "Queus"),
    ] {
        std::fs::write(workflow.join("workflow.asl.json"), definition).unwrap();
        std::fs::write(workflow.join("triggers.json"), triggers).unwrap();
        let message = refused(&arguments);
        assert!(
            message.contains("broken/") && message.contains(pointer) && message.contains(reason),
            "{definition}: {message}"
        );
    }
}

#[test]
fn a_workflow_without_its_definition_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let workflow = folder.path().join("workflows/half");
    std::fs::create_dir_all(&workflow).unwrap();
    std::fs::write(workflow.join("triggers.json"), "{}").unwrap();
    let workflows = workflow.parent().unwrap().to_str().unwrap();
    let message = refused(&["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap(), "--workflows", workflows]);
    assert!(message.contains("half/workflow.asl.json"), "{message}");
}

#[tokio::test]
async fn what_was_accepted_ends_after_a_stop_and_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &[]);
    server.stock("A", 100).await;
    for n in 0..20 {
        server.shop("/orders", &checkout(&format!("s-{n}"), "A", 1)).await.expect(202);
    }
    assert_eq!(server.stop(), Some(0));
    let server = Server::start_on(folder.path(), &[]);
    for n in 0..20 {
        assert_eq!(server.finished(&format!("s-{n}")).await["status"], "confirmed");
    }
    assert_eq!(server.level("A").await, (80, 0, 20));
    server.audit().await;
}

#[test]
fn the_operator_s_key_is_made_once_and_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let output = |seconds: &str| {
        let output = std::process::Command::new("timeout")
            .args([
                "--signal=TERM",
                seconds,
                env!("CARGO_BIN_EXE_orderflow"),
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(folder.path())
            .env_remove("ORDERFLOW_ADMIN_KEY")
            .output()
            .expect("timeout runs");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (first, first_log) = output("3");
    let key = std::fs::read_to_string(folder.path().join("operator-key")).expect("the key is kept");
    assert!(first.contains(key.trim()), "{first}");
    let (second, second_log) = output("3");
    assert!(!second.contains(key.trim()), "{second}");
    for log in [first_log, second_log] {
        assert!(!log.contains(key.trim()), "the key is in the log");
    }
}
