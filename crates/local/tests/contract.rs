//! The adapters over SQLite keep the contract of the ports.

mod support;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_keeps_the_contract() {
    contract::run(|| async { support::Shop::new() }).await;
}
