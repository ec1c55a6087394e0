use async_trait::async_trait;
use documents::Shop;
use order::Invalid;
use ports::{Change, Ports, Result, StepError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

/// What a step is given besides its input. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// What it may read.
    pub ports: Ports,
    /// The shop that mails and receipts speak for.
    pub shop: Shop,
}

/// What a step that came to its end returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Done<T> {
    /// What the state machine gets.
    pub output: T,
    /// What is to be changed, all of it or nothing.
    pub changes: Vec<Change>,
}

impl<T> Done<T> {
    /// An output with changes.
    pub fn new(output: T, changes: Vec<Change>) -> Self {
        Self { output, changes }
    }

    /// An output without any.
    pub fn unchanged(output: T) -> Self {
        Self { output, changes: Vec::new() }
    }
}

/// A step: a decision with a name.
///
/// Every member of its output is always there, `null` where it has nothing to say, so that a path in
/// a state machine never fails on it.
pub trait Step: Send + Sync {
    /// The name by which state machines and triggers call it.
    const NAME: &'static str;
    /// What the state machine passes in.
    type Input: DeserializeOwned + Send;
    /// What it gets back.
    type Output: Serialize + Send;

    /// Reads, decides, and returns what is to be changed. The error's name is what `Retry` and `Catch`
    /// match on.
    fn run(&self, context: &Context, input: Self::Input) -> impl Future<Output = Result<Done<Self::Output>>> + Send;
}

/// A step whose input and output are JSON, as the runtimes call it.
#[async_trait]
pub trait AnyStep: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Runs it. `InvalidRequest` names the member of the input that is wrong.
    async fn run(&self, context: &Context, input: Value) -> Result<(Value, Vec<Change>)>;
}

#[async_trait]
impl<S: Step> AnyStep for S {
    fn name(&self) -> &'static str {
        S::NAME
    }

    async fn run(&self, context: &Context, input: Value) -> Result<(Value, Vec<Change>)> {
        let input = serde_path_to_error::deserialize(input).map_err(|error| wrong_input(&error))?;
        let Done { output, changes } = Step::run(self, context, input).await?;
        let output = serde_json::to_value(output).expect("outputs are plain data with text as keys");
        Ok((output, changes))
    }
}

/// How a failed step looks to the state machine: the `Cause` beside the error's name, in the shape
/// that Lambda gives.
pub fn failure_cause(error: &StepError) -> String {
    json!({ "errorType": error.name.as_str(), "errorMessage": error.message }).to_string()
}

/// Says in one sentence where an input is wrong.
fn wrong_input(error: &serde_path_to_error::Error<serde_json::Error>) -> StepError {
    let message = error.inner().to_string();
    let expected = match message.split_once(", expected ") {
        Some((_, expected)) => expected,
        None => message.strip_prefix("expected ").unwrap_or(&message),
    };
    Invalid { field: field(error.path()), expected: expected.to_owned() }.into()
}

fn field(path: &Path) -> String {
    let segments = path.iter().map(|segment| match segment {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } => key.clone(),
        Segment::Enum { variant } => variant.clone(),
        Segment::Unknown => "?".to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;

    use super::*;
    use crate::registry;
    use crate::testing::World;

    #[tokio::test]
    async fn a_wrong_input_names_its_member() {
        let world = World::new();
        for (input, words) in [
            (json!({}), "missing field `order_id`"),
            (json!([1]), "expected"),
            (json!({ "order_id": 7 }), "order_id: expected a string"),
            (json!({ "order_id": "a b" }), "order_id: expected 1 to 64 letters"),
            (json!({ "order_id": "A-1", "shipping": { "base": "0" }, "colour": 1 }), "colour"),
            (json!({ "order_id": "A-1", "shipping": { "base": 5 } }), "shipping/base: expected a string"),
        ] {
            let step = registry::find("PriceOrder").expect("it is registered");
            let error = step.run(&world.context(), input.clone()).await.expect_err("the input is wrong");
            assert_eq!(error.name, ErrorName::InvalidRequest, "{input}");
            assert!(error.message.contains(words), "{input}: {error}");
        }
    }

    #[test]
    fn a_failure_looks_as_lambda_shows_it() {
        let error = StepError::new(ErrorName::OutOfStock, "NW-017: 40 wanted, 39 available");
        assert_eq!(
            failure_cause(&error),
            r#"{"errorType":"OutOfStock","errorMessage":"NW-017: 40 wanted, 39 available"}"#
        );
    }
}
