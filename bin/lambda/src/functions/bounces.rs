//! `RecordBounce`: writes down which mails did not arrive.

use async_trait::async_trait;
use aws::BounceRecorder;
use lambda_runtime::Context;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Function, read};
use crate::failure::Failure;
use crate::home::Home;

/// Takes what SES tells a topic.
pub struct RecordBounce {
    recorder: BounceRecorder,
}

impl RecordBounce {
    pub fn open(home: &Home) -> Self {
        Self { recorder: home.bounces() }
    }
}

#[async_trait]
impl Function for RecordBounce {
    async fn call(&self, event: &RawValue, _: Context) -> Result<Value, Failure> {
        let given_up = self.recorder.record(&read(event)?).await?;
        Ok(json!({ "given_up": given_up }))
    }
}
