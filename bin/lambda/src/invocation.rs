//! One invocation: it ends with an answer or with an error that has a name, whatever happens in between.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use lambda_runtime::LambdaEvent;
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::Instrument;

use crate::failure::Failure;
use crate::functions::Function;
use crate::log;

/// How long before Lambda would end an invocation it ends itself, so that who called gets an error with a name.
const MARGIN: Duration = Duration::from_millis(200);

/// Answers one invocation. A panic ends it and not the program.
pub async fn answer(function: &dyn Function, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Failure> {
    let LambdaEvent { payload, context } = event;
    let span = log::span(&context, &payload);
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(MARGIN);
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
    work.instrument(span).await
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use lambda_runtime::Context;
    use ports::{ErrorName, StepError};
    use serde_json::json;

    use super::*;

    /// Does as its event says.
    struct Obedient;

    #[async_trait]
    impl Function for Obedient {
        async fn call(&self, event: &RawValue, _: Context) -> Result<Value, Failure> {
            match event.get() {
                r#""panic""# => panic!("as told, with the customer's address in it"),
                r#""panic later""# => {
                    tokio::task::yield_now().await;
                    Ok(json!(event.get().parse::<u8>().expect("a step's mistake")))
                }
                r#""hang""# => std::future::pending().await,
                r#""refuse""# => Err(StepError::new(ErrorName::OutOfStock, "2 are asked for, 1 is there").into()),
                event => Ok(json!({ "said": event })),
            }
        }
    }

    async fn invoke(event: &str, timeout: Duration) -> Result<Value, Failure> {
        let mut context = Context::default();
        let deadline = (SystemTime::now() + timeout).duration_since(SystemTime::UNIX_EPOCH).unwrap();
        context.deadline = u64::try_from(deadline.as_millis()).unwrap();
        let payload = RawValue::from_string(json!(event).to_string()).unwrap();
        answer(&Obedient, LambdaEvent { payload, context }).await
    }

    #[tokio::test]
    async fn a_panic_is_an_error_with_a_name_and_the_next_invocation_is_answered() {
        let minute = Duration::from_secs(60);
        for event in ["panic", "panic later", "panic"] {
            let failure = invoke(event, minute).await.unwrap_err();
            assert_eq!(failure, Failure::panicked(), "{event}");
            assert!(!format!("{failure:?}").contains("address"), "what a panic says is for the log");
            assert_eq!(invoke("hello", minute).await, Ok(json!({ "said": r#""hello""# })));
        }
    }

    #[tokio::test]
    async fn time_that_runs_out_is_an_error_worth_a_retry() {
        let short = MARGIN + Duration::from_millis(20);
        assert_eq!(invoke("hang", short).await, Err(Failure::out_of_time()));
        assert_eq!(invoke("hang", Duration::ZERO).await, Err(Failure::out_of_time()), "it was late already");
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_name() {
        let failure = invoke("refuse", Duration::from_secs(60)).await.unwrap_err();
        let expected = StepError::new(ErrorName::OutOfStock, "2 are asked for, 1 is there");
        assert_eq!(failure, expected.into());
    }
}
