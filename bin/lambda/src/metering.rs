//! Metrics, in CloudWatch's embedded metric format: they leave with the log, without a call.
//!
//! In the namespace `OrderFlow`, each with the function and its workflow: `step_seconds{step,outcome}`,
//! `orders_total{status}` (orders that came to a status), `deliveries_total{outcome}`, and what the HTTP
//! interface measures of itself.

use metrics_cloudwatch_embedded::{Builder, Collector};

const NAMESPACE: &str = "OrderFlow";

/// Writes what was measured.
#[derive(Clone)]
pub struct Meter(&'static Collector);

impl Meter {
    /// Measures from now on, on behalf of a function. Once in a program.
    pub fn start(function: &str, workflow: Option<&str>) -> Result<Self, lambda_runtime::Error> {
        let mut builder =
            Builder::new().cloudwatch_namespace(NAMESPACE).with_dimension("function", function.to_owned());
        if let Some(workflow) = workflow {
            builder = builder.with_dimension("workflow", workflow.to_owned());
        }
        let collector = builder.init().map_err(|error| format!("no metrics: {error}"))?;
        Ok(Self(collector))
    }

    /// Writes what was measured since the last time. Lost metrics are no reason to fail.
    pub fn write(&self, request_id: &str) {
        self.0.set_property("request_id", request_id.to_owned());
        if let Err(error) = self.0.flush(std::io::stdout().lock()) {
            tracing::warn!(%error, "metrics were lost");
        }
    }
}
