//! What the store promises: answers only after the commit, jobs apart from each other, one process
//! at a time, nothing acknowledged lost.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use rusqlite::Connection;
use store::{Migrations, OpenError, ReadError, Store, WriteError};

const ONE: Migrations =
    Migrations { component: "notes", steps: &["CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"] };

fn insert(id: i64) -> impl FnOnce(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    move |transaction| {
        transaction.prepare_cached("INSERT INTO notes (id, text) VALUES (?1, 'a note')")?.execute([id])?;
        Ok(id)
    }
}

fn ids(store: &Store) -> Vec<i64> {
    store
        .read_blocking(|connection| {
            connection
                .prepare_cached("SELECT id FROM notes ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<i64>>>()
        })
        .expect("the notes can be read")
}

/// Keeps the writer busy until the returned sender is used, so that what is written meanwhile ends
/// up in one batch.
fn hold(store: &Store) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (begun, beginning) = mpsc::channel();
    drop(store.write(move |_| {
        begun.send(()).expect("the test waits");
        held.recv().map_err(|_| ())
    }));
    beginning.recv().expect("the writer runs the holding job");
    release
}

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("test.db"), &[ONE]).expect("the database opens")
}

#[tokio::test]
async fn a_write_is_visible_to_readers_once_it_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    assert_eq!(store.write(insert(7)).await.expect("a write"), 7);
    assert_eq!(ids(&store), [7]);
    let count: i64 = store
        .read(|connection| connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)))
        .await
        .expect("a read");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let refused = store.read_blocking(|connection| insert(1)(connection));
    assert!(matches!(refused, Err(ReadError::Query(_))));
    assert_eq!(ids(&store), []);
}

#[tokio::test]
async fn a_refused_or_panicking_job_takes_back_only_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let release = hold(&store);
    let first = store.write(insert(1));
    let refused = store.write(|transaction| -> Result<(), &'static str> {
        insert(2)(transaction).expect("an insert");
        Err("not wanted")
    });
    let panicking = store.write(|transaction| -> Result<(), ()> {
        insert(3)(transaction).expect("an insert");
        panic!("on purpose")
    });
    let wrong = store.write(insert(1));
    let last = store.write(insert(4));
    release.send(()).expect("the writer waits");
    assert_eq!(first.await.expect("a write"), 1);
    assert!(matches!(refused.await, Err(WriteError::Refused("not wanted"))));
    assert!(matches!(panicking.await, Err(WriteError::Panicked(text)) if text == "on purpose"));
    assert!(matches!(wrong.await, Err(WriteError::Refused(_))));
    assert_eq!(last.await.expect("a write"), 4);
    assert_eq!(ids(&store), [1, 4]);
}

#[tokio::test]
async fn a_failed_commit_takes_back_the_whole_batch_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    store.write(insert(1)).await.expect("a write");
    let limit = |pages: i64| {
        move |transaction: &Connection| {
            transaction.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        }
    };
    // As many pages as there are: a full disk.
    store.write(limit(1)).await.expect("a pragma");
    let release = hold(&store);
    let before = store.write(insert(2));
    let full = store.write(|transaction| {
        transaction.execute("INSERT INTO notes (id, text) VALUES (3, hex(zeroblob(1000000)))", [])
    });
    let after = store.write(insert(4));
    release.send(()).expect("the writer waits");
    assert!(matches!(before.await, Err(WriteError::Commit(_))));
    assert!(matches!(full.await, Err(WriteError::Commit(_))));
    assert!(matches!(after.await, Err(WriteError::Commit(_))));
    assert_eq!(ids(&store), [1]);
    store.write(limit(1_000_000)).await.expect("a pragma");
    store.write(insert(5)).await.expect("a write");
    assert_eq!(ids(&store), [1, 5]);
}

#[tokio::test]
async fn a_job_is_done_even_when_nobody_waits_and_the_store_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for id in 0..1000 {
        drop(store.write(insert(id)));
    }
    drop(store);
    assert_eq!(ids(&open(folder.path())).len(), 1000);
}

#[tokio::test]
async fn the_last_handle_may_go_on_the_writer_thread() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let inner = store.clone();
    let release = hold(&store);
    let write = store.write(move |transaction| {
        let result = insert(1)(transaction);
        drop(inner);
        result
    });
    drop(store);
    release.send(()).expect("the writer waits");
    assert_eq!(write.await.expect("a write"), 1);
}

#[test]
fn a_second_store_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    let path = folder.path().join("test.db");
    let second = Store::open(&path, &[ONE]);
    let Err(error @ OpenError::InUse { .. }) = second.map(drop) else {
        panic!("the second open is refused as in use");
    };
    assert_eq!(error.to_string(), format!("{} is in use by another process", path.display()));
    drop(first);
    open(folder.path());
}

#[test]
fn migrations_run_once_each_and_all_or_none() {
    const TWO: Migrations = Migrations {
        component: "notes",
        steps: &[ONE.steps[0], "INSERT INTO notes (id, text) VALUES (1, 'from the second step')"],
    };
    const BROKEN: Migrations = Migrations {
        component: "notes",
        steps: &[
            TWO.steps[0],
            TWO.steps[1],
            "INSERT INTO notes (id, text) VALUES (2, 'from the third step')",
            "INSERT INTO no_such_table VALUES (1)",
        ],
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    drop(Store::open(&path, &[ONE]).expect("version 1"));
    drop(Store::open(&path, &[TWO]).expect("version 2"));
    drop(Store::open(&path, &[TWO]).expect("version 2 again"));
    let broken = Store::open(&path, &[BROKEN]).map(drop);
    assert!(matches!(broken, Err(OpenError::Migration { from: 2, to: 4, .. })));
    let store = Store::open(&path, &[TWO]).expect("version 2 still");
    assert_eq!(ids(&store), [1]);
    drop(store);
    let old = Store::open(&path, &[ONE]).map(drop);
    assert!(matches!(old, Err(OpenError::TooNew { found: 2, known: 1, .. })));
}

#[test]
fn what_is_no_database_is_called_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    std::fs::write(&path, "this is a text, not a database".repeat(200)).expect("a file");
    let opened = Store::open(&path, &[ONE]).map(drop);
    assert!(matches!(opened, Err(OpenError::Damaged { .. })));
    let missing = Store::open(&folder.path().join("none/test.db"), &[ONE]).map(drop);
    assert!(matches!(missing, Err(OpenError::Io { .. })));
}

const CHILD: &str = "STORE_TEST_CHILD_FOLDER";

/// The victim of the next test: writes rows and prints each id once it is acknowledged.
#[tokio::test]
#[allow(clippy::print_stdout, reason = "it speaks to the test that started it")]
async fn child_that_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let store = open(Path::new(&folder));
    for start in (0_i64..).step_by(16) {
        let batch: Vec<_> = (start..start + 16).map(|id| store.write(insert(id))).collect();
        for write in batch {
            println!("acknowledged {}", write.await.expect("a write"));
        }
    }
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    for kill_after in [1, 40, 333] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(std::env::current_exe().expect("this test's own program"))
            .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut acknowledged = Vec::new();
        for line in lines {
            let line = line.expect("a line of text");
            // The test harness' own words may stand before the first of ours on a line.
            if let Some((_, id)) = line.split_once("acknowledged ") {
                acknowledged.push(id.parse::<i64>().expect("an id"));
            }
            if acknowledged.len() == kill_after {
                // SIGKILL on Unix. What the pipe still holds was acknowledged too and is read on.
                child.kill().expect("the child is killed");
            }
        }
        child.wait().expect("the child ended");
        assert!(acknowledged.len() >= kill_after);
        let found = ids(&open(folder.path()));
        for id in &acknowledged {
            assert!(found.contains(id), "{id} was acknowledged and is gone");
        }
    }
}
