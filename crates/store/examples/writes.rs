//! How many small writes a second the store commits: `cargo run --release -p store --example writes`.
#![allow(clippy::print_stdout, reason = "a program that prints its result")]

use std::time::Instant;

use store::{Migrations, Store};

const MIGRATIONS: Migrations =
    Migrations { component: "example", steps: &["CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"] };

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir_in(".")?;
    let store = Store::open(&folder.path().join("throughput.db"), &[MIGRATIONS])?;
    for in_flight in [1, 16, 256, 4096] {
        let total = (in_flight * 500).min(400_000);
        let started = Instant::now();
        let workers: Vec<_> = (0..in_flight)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    for _ in 0..total / in_flight {
                        let write = store.write(|transaction| {
                            transaction
                                .prepare_cached("INSERT INTO rows (text) VALUES ('some text of a row')")?
                                .execute([])
                        });
                        write.await.expect("a write");
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await?;
        }
        let rate = f64::from(total) / started.elapsed().as_secs_f64();
        println!("{in_flight:5} in flight: {rate:8.0} writes/s");
    }
    Ok(())
}
