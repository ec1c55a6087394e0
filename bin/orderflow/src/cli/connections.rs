//! Takes connections and serves requests on them, within bounds that a slow or hostile client cannot move.
//!
//! `axum::serve` has no time limit on a request's head and takes connections until the process has no
//! file left to open; the database and receipts would then fail for orders that are under way.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a request's head may take, and how long a connection may rest between two requests. Longer
/// than proxies and clients usually keep one, so that it is they who close it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// The most bytes of a request's head.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Files kept free for the database, receipts, mail and webhooks.
const FILES_FOR_OURSELVES: u64 = 200;

/// The most connections, however many files may be open.
const MOST_CONNECTIONS: u64 = 16_384;

/// The pause after the system refused a connection, for want of memory or files.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` ends; then lets the requests under way come to their end.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(most_connections()));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_header_size(MAX_HEAD_BYTES);
    let accept = async {
        loop {
            let place = room.clone().acquire_owned().await.expect("it is never closed");
            let connection = accept(&listener).await;
            let service = TowerToHyperService::new(router.clone());
            let serving = graceful.watch(http.serve_connection(TokioIo::new(connection), service));
            tokio::spawn(async move {
                if let Err(error) = serving.await {
                    // A client that goes away or sends no HTTP is nothing to act on.
                    tracing::debug!(%error, "a connection broke off");
                }
                drop(place);
            });
        }
    };
    let never: Option<Infallible> = tokio::select! {
        never = accept => Some(never),
        () = stop => None,
    };
    debug_assert!(never.is_none(), "accepting ends with the program only");
    drop(listener);
    graceful.shutdown().await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                // An answer is written at once and should leave at once. Only a client that is gone refuses.
                let _ = connection.set_nodelay(true);
                return connection;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

/// As many connections as there are files to open, without those that we need ourselves. The limit is
/// raised to what the system allows first: the usual soft limit is for programs that use `select(2)`.
fn most_connections() -> usize {
    let mut files = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: files.maximum, ..files };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        files = raised;
    }
    connections_within(files.current)
}

/// `None`: as many files as one likes.
fn connections_within(files: Option<u64>) -> usize {
    let room = files.unwrap_or(u64::MAX).saturating_sub(FILES_FOR_OURSELVES).clamp(16, MOST_CONNECTIONS);
    usize::try_from(room).expect("a small number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_ourselves() {
        for (files, connections) in [(Some(64), 16), (Some(1024), 824), (Some(1 << 30), 16_384), (None, 16_384)] {
            assert_eq!(connections_within(files), connections, "{files:?}");
        }
    }
}
