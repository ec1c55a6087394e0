//! `orderflow serve`: the server.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::Failure;
use crate::config::{Config, Log, LogFormat};
use crate::keys::Keys;
use crate::runtime::Runtime;

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow serve
  orderflow serve --listen 127.0.0.1:9000 --data /var/lib/orderflow --config orderflow.toml
  orderflow serve --demo        with a catalogue and customers to try
  orderflow demo                with shoppers as well")]
pub struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// Fill an empty inventory with a catalogue and customers to try
    #[arg(long)]
    demo: bool,
}

/// What every server is told.
#[derive(Args)]
pub struct ServerOptions {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Where the database, receipts and secrets are [default: data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder of workflows to use instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    workflows: Option<PathBuf>,
    /// The operator key; made at the first start and kept in the data folder without it
    #[arg(long, env = "ORDERFLOW_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    admin_key: Option<String>,
}

/// How long requests under way have to end after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

pub fn run(options: Options) -> Result<(), Failure> {
    start(options.server, options.demo, None)
}

/// Serves until told to stop. In a demo an empty inventory is filled; `orders_per_minute` come from simulated
/// shoppers, if there are to be any.
pub fn start(options: ServerOptions, demo: bool, orders_per_minute: Option<u16>) -> Result<(), Failure> {
    let mut config = match &options.config {
        Some(file) => Config::read(file).map_err(Failure::input)?,
        None => Config::default(),
    };
    if let Some(listen) = options.listen {
        config.listen = listen;
    }
    if let Some(data) = options.data {
        config.data = data;
    }
    if options.workflows.is_some() {
        config.workflows = options.workflows;
    }
    start_log(&config.log)?;
    config.demo |= demo;
    super::block_on(serve(config, options.admin_key, orders_per_minute))
}

async fn serve(mut config: Config, admin_key: Option<String>, orders_per_minute: Option<u16>) -> Result<(), Failure> {
    // Customers' data is the owner's alone, whatever the umask.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data)
        .map_err(|error| Failure::input(format!("cannot make the data folder {}: {error}", config.data.display())))?;
    // The port first: a second server on it should say so, not that the data folder is in use.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| Failure::input(format!("cannot listen on {}: {error}", config.listen)))?;
    config.listen = listener.local_addr().map_err(|error| Failure::input(error.to_string()))?;
    let keys = Keys::open(&config.data, admin_key).map_err(Failure::input)?;
    let announce_key = keys.operator_is_new.then(|| keys.operator.clone());
    let address = config.listen;
    let (data, demo) = (config.data.clone(), config.demo);
    let runtime = Runtime::open(config, keys).await.map_err(Failure::input)?;
    if demo {
        runtime.fill_empty_inventory().await.map_err(Failure::input)?;
    }
    let router = runtime.router();

    let mut out = std::io::stdout();
    let announced = writeln!(out, "OrderFlow listens on http://{address} (data in {})", data.display())
        .and_then(|()| match announce_key {
            Some(key) => writeln!(out, "Operator key, shown once: {key}"),
            None => Ok(()),
        })
        .and_then(|()| out.flush());
    if let Err(error) = announced {
        tracing::warn!(%error, "nobody reads the standard output");
    }

    let shoppers = orders_per_minute.map(|rate| tokio::spawn(runtime.shoppers(rate)));
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let mut server = tokio::spawn(super::connections::serve(listener, router, async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    }));
    tokio::select! {
        () = told_to_stop() => {}
        ended = &mut server => {
            return Err(Failure::input(format!("the listener broke off: {ended:?}")));
        }
    }
    tracing::info!("stopping");
    if let Some(shoppers) = shoppers {
        shoppers.abort();
    }
    runtime.begin_stopping();
    let _ = stop.send(true);
    // Streams to open pages never end by themselves; after the grace they are cut.
    if tokio::time::timeout(GRACE, &mut server).await.is_err() {
        server.abort();
    }
    runtime.shut_down().await;
    Ok(())
}

/// Ends when the process is told to stop: interrupt (a person) or terminate (a supervisor).
async fn told_to_stop() {
    let terminate = signal(SignalKind::terminate());
    let interrupt = signal(SignalKind::interrupt());
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

fn start_log(log: &Log) -> Result<(), Failure> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| log.filter.clone());
    let filter =
        EnvFilter::try_new(&filter).map_err(|error| Failure::input(format!("log filter {filter}: {error}")))?;
    let (writer, colours) = log_writer(log)?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colours);
    match log.format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Where the log goes, and whether somebody looks at it there who likes colours.
fn log_writer(log: &Log) -> Result<(BoxMakeWriter, bool), Failure> {
    let Some(folder) = &log.folder else {
        return Ok((BoxMakeWriter::new(std::io::stderr), std::io::stderr().is_terminal()));
    };
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("orderflow")
        .filename_suffix("log")
        .max_log_files(log.retention_days)
        .build(folder)
        .map_err(|error| Failure::input(format!("log.folder: {error}")))?;
    Ok((BoxMakeWriter::new(files), false))
}
