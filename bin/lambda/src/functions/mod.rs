//! The functions, each by its name.
//!
//! | function | what it takes |
//! | --- | --- |
//! | a step | its input, from a state machine, a pipe, a rule, or messages of a queue |
//! | `Api` | requests of API Gateway, as a REST API's proxy integration hands them over |
//! | `DeliverOutbox` | the outbox's stream, and a schedule that has it swept |
//! | `ExpireReservations`, `RebalanceStock` | a schedule |
//! | `RecordBounce` | what SES tells a topic |

mod api;
mod bounces;
mod outbox;
mod step;
mod upkeep;

use std::sync::Arc;

use async_trait::async_trait;
use lambda_runtime::Context;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::home::{Home, StartError};

pub use step::Steps;

/// Something that can be invoked.
#[async_trait]
pub trait Function: Send + Sync {
    /// Answers an event.
    async fn call(&self, event: &RawValue, context: Context) -> Result<Value, Failure>;
}

/// The function that the home's settings name, ready to be invoked.
pub async fn of(home: Home) -> Result<Arc<dyn Function>, StartError> {
    let name = home.settings().function().to_owned();
    Ok(match name.as_str() {
        "Api" => Arc::new(api::Api::open(&home).await?),
        "DeliverOutbox" => Arc::new(outbox::DeliverOutbox::open(&home)?),
        "ExpireReservations" => Arc::new(upkeep::ExpireReservations::open(&home)?),
        "RebalanceStock" => Arc::new(upkeep::RebalanceStock::open(&home)?),
        "RecordBounce" => Arc::new(bounces::RecordBounce::open(&home)),
        _ => {
            let step = steps::registry::find(&name).ok_or(StartError::UnknownFunction(name))?;
            Arc::new(step::StepFunction::new(step, home.steps().await?))
        }
    })
}

/// Reads an event as what the function takes.
fn read<T: DeserializeOwned>(event: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(event.get()).map_err(Failure::malformed)
}
