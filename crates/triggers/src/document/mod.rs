//! `triggers.json`: its reading, its parameters, and what comes out.
//!
//! The sections and their members bear the names of the AWS resources (API Gateway, DynamoDB, EventBridge
//! Pipes and rules, SQS, SNS, CloudWatch, CloudFormation parameters), and where AWS limits a value so does
//! this. `workflows/triggers.schema.json` describes the same for editors; a test holds the two together.

mod model;
mod parameters;
mod reader;
mod sections;

pub use model::{
    Api, Auth, Bindings, Consumer, Logs, Method, Pipe, PipeSource, Rule, Subscription, Table, Target, Topic,
};
pub use parameters::{Parameter, ParameterType};
pub use reader::is_name;

use crate::problem::Problem;
use reader::Reader;
use serde_json::Value;
use std::collections::BTreeMap;

/// A workflow's `triggers.json`, checked, its placeholders still in place.
#[derive(Debug, Clone)]
pub struct Triggers {
    document: Value,
    parameters: BTreeMap<String, Parameter>,
}

impl Triggers {
    /// Reads the text of a `triggers.json`.
    ///
    /// A placeholder `${Name}` stands for any scalar until [`Self::resolve`]; its name must be among the
    /// `Parameters`.
    ///
    /// # Errors
    /// Everything that is wrong with it: not JSON, unknown or missing members, values out of range, names
    /// that nothing in the file bears. Names of steps are checked by [`Bindings::check_steps`], for the
    /// steps are not known here.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| vec![Problem::new("", format!("is not JSON: {error}"))])?;
        let reader = Reader::of_template(&document);
        let parameters = parameters::read(&reader, &document);
        parameters::check_placeholders(&reader, &document, &parameters);
        sections::read(&reader, &document);
        reader.finish(())?;
        Ok(Self { document, parameters })
    }

    /// The parameters that [`Self::resolve`] takes values for.
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// Fills in the placeholders: a given value goes before a parameter's `Default`.
    ///
    /// A topic's subscription whose `Endpoint` has no value, or an empty one, is left out: it is how an
    /// operator says that nobody is to be told.
    ///
    /// # Errors
    /// A value for no parameter, a value its parameter does not allow, a parameter in use without a value,
    /// and whatever the filled-in document has wrong.
    pub fn resolve(&self, values: &BTreeMap<String, String>) -> Result<Bindings, Vec<Problem>> {
        let chosen = parameters::choose(&self.parameters, values)?;
        let document = parameters::fill_in(&self.document, &chosen)?;
        let reader = Reader::of_resolved(&document);
        let bindings = sections::read(&reader, &document);
        Ok(reader.finish(bindings)?.expect("without placeholders and without problems everything was read"))
    }
}

#[cfg(test)]
mod tests;
