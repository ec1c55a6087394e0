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
mod invocation;
mod log;
mod metering;

use std::process::ExitCode;
use std::sync::Arc;

use aws::{Clients, Settings};
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use functions::Function;
use home::Home;
use metering::Meter;

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
        async move {
            let request_id = event.context.request_id.clone();
            let outcome = invocation::answer(&*function, event).await;
            meter.write(&request_id);
            outcome
        }
    }));
    runtime.run().await
}
