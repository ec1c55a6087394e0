//! The home on AWS: one bootstrap for every function.
//!
//! `ORDERFLOW_FUNCTION` says which function it is: a step by its name, or one of the home's own
//! ([`functions`]). Everything that an invocation needs is made before the first one, so that whatever the
//! environment has wrong is found when the function is deployed and not when an order comes.
//!
//! What this program must never know: how a workflow goes about its work, SQL, what a function is allowed
//! to do (`infra/functions.json` says so, and is read here only to know what a function is told).

mod failure;
mod functions;
mod home;
mod log;
mod metering;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws::{Clients, Settings};
use futures::FutureExt;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::Instrument;

use failure::Failure;
use functions::Function;
use home::Home;
use metering::Meter;

/// How long before Lambda would end an invocation it ends itself, so that who called gets an error with a name.
const MARGIN: Duration = Duration::from_millis(200);

/// An invocation runs alone in its environment, on a fraction of a processor: one thread is enough.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok());
    log::start(settings.as_ref().map_or(log::DEFAULT, |settings| &settings.log));
    let settings = settings?;
    let meter = Meter::start(settings.function(), settings.workflow().ok())?;
    let config = aws::sdk_config().await;
    let home = Home::new(settings, Clients::new(&config));
    let function: Arc<dyn Function> = functions::of(home).await?;
    let runtime = Runtime::new(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let (function, meter) = (function.clone(), meter.clone());
        async move { answer(&*function, &meter, event).await }
    }));
    runtime.run().await
}

/// Answers one invocation: with what the function answers, or an error that has a name whatever happens.
async fn answer(function: &dyn Function, meter: &Meter, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Failure> {
    let LambdaEvent { payload, context } = event;
    let span = log::span(&context, &payload);
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(MARGIN);
    let request_id = context.request_id.clone();
    let work = async {
        let work = AssertUnwindSafe(function.call(&payload, context)).catch_unwind();
        let outcome = match tokio::time::timeout(left, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(Failure::panicked()),
            Err(_) => Err(Failure::out_of_time()),
        };
        if let Err(failure) = &outcome {
            failure.log();
        }
        outcome
    };
    let outcome = work.instrument(span).await;
    meter.write(&request_id);
    outcome
}
