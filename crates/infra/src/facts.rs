//! The two tables of facts that every form of the infrastructure reads: `infra/functions.json` and `infra/tables.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::problem::Problem;

const FUNCTIONS_FILE: &str = "infra/functions.json";
const TABLES_FILE: &str = "infra/tables.json";

/// What is known of functions and tables.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Every function, by name.
    pub functions: BTreeMap<String, Function>,
    pub(crate) data_table: Table,
    pub(crate) outbox_table: Table,
}

/// A Lambda function, wherever it is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Function {
    /// How long a call may take, in seconds.
    pub timeout: u32,
    /// In MB.
    pub memory_size: u32,
    /// The actions it may do, and on what.
    pub permissions: BTreeMap<Resource, Vec<String>>,
}

/// What a permission is about. What stands behind each name differs from workflow to workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Alarms of this installation.
    Alarms,
    /// The event bus.
    Bus,
    /// The data table.
    Data,
    /// The indexes of the data table.
    DataIndex,
    /// Executions of the workflow's state machines.
    Executions,
    /// The mail identity and its configuration set.
    Mail,
    /// The outbox table.
    Outbox,
    /// The indexes of the outbox table.
    OutboxIndex,
    /// The stream of the outbox table.
    OutboxStream,
    /// The workflow's queues.
    Queues,
    /// Objects below `receipts/`.
    Receipts,
    /// The installation's keys.
    Secret,
    /// The workflow's state machines.
    StateMachines,
    /// The workflow's document tables.
    Streamed,
    /// The workflow's topics.
    Topics,
}

/// A DynamoDB table's keys and indexes. Every key attribute is a string.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Table {
    pub(crate) key_schema: Keys,
    #[serde(default)]
    pub(crate) global_secondary_indexes: Vec<Index>,
    #[serde(default)]
    pub(crate) stream_view_type: Option<String>,
    #[serde(default)]
    pub(crate) time_to_live_attribute: Option<String>,
}

/// The key of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Keys {
    pub(crate) partition_key: String,
    #[serde(default)]
    pub(crate) sort_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Index {
    pub(crate) index_name: String,
    pub(crate) partition_key: String,
    #[serde(default)]
    pub(crate) sort_key: Option<String>,
    pub(crate) projection: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct FunctionsFile {
    functions: BTreeMap<String, Function>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TablesFile {
    data: Table,
    outbox: Table,
}

impl Facts {
    /// Reads the two files' texts.
    ///
    /// # Errors
    /// The file that is not as it should be, and what was expected.
    pub fn parse(functions: &str, tables: &str) -> Result<Self, Problem> {
        let functions: FunctionsFile =
            serde_json::from_str(functions).map_err(|error| Problem::new(FUNCTIONS_FILE, "", error.to_string()))?;
        let tables: TablesFile =
            serde_json::from_str(tables).map_err(|error| Problem::new(TABLES_FILE, "", error.to_string()))?;
        for (name, function) in &functions.functions {
            // Lambda's own limits: API reference, `CreateFunction`.
            for (field, value, allowed) in
                [("Timeout", function.timeout, 1..=900), ("MemorySize", function.memory_size, 128..=10_240)]
            {
                if !allowed.contains(&value) {
                    let expected = format!("expected {} to {}, found {value}", allowed.start(), allowed.end());
                    return Err(Problem::new(FUNCTIONS_FILE, format!("/Functions/{name}/{field}"), expected));
                }
            }
        }
        Ok(Self { functions: functions.functions, data_table: tables.data, outbox_table: tables.outbox })
    }

    /// The files as they were when this was compiled.
    pub fn built_in() -> Self {
        let files =
            Self::parse(include_str!("../../../infra/functions.json"), include_str!("../../../infra/tables.json"));
        files.expect("the files are checked in, and a test reads them")
    }

    /// What is known of a function.
    pub(crate) fn function(&self, name: &str) -> Result<&Function, Problem> {
        self.functions.get(name).ok_or_else(|| {
            Problem::new(FUNCTIONS_FILE, format!("/Functions/{name}"), "is missing: a workflow calls it")
        })
    }
}
