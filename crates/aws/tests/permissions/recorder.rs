//! Writes down every call of the SDK's clients: by which function, of which action, on what.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{BeforeSerializationInterceptorContextRef, Input};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// By function, by the alias that `infra/functions.json` has for the resource, the actions.
pub type Permissions = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What is written down. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    /// Who calls at present. What nobody calls is the test's own doing.
    caller: Arc<Mutex<Option<String>>>,
    seen: Arc<Mutex<Permissions>>,
}

impl Recorder {
    /// Does something in that function's name.
    pub async fn record<T>(&self, function: &str, work: impl Future<Output = T>) -> T {
        *self.caller.lock().expect("nobody panics while holding it") = Some(function.to_owned());
        self.seen.lock().expect("nobody panics while holding it").entry(function.to_owned()).or_default();
        let done = work.await;
        *self.caller.lock().expect("nobody panics while holding it") = None;
        done
    }

    /// Writes down an action of the present caller.
    pub fn note(&self, alias: &str, action: &str) {
        let Some(caller) = self.caller.lock().expect("nobody panics while holding it").clone() else { return };
        let mut seen = self.seen.lock().expect("nobody panics while holding it");
        seen.entry(caller).or_default().entry(alias.to_owned()).or_default().insert(action.to_owned());
    }

    /// What the clients are to be made with.
    pub fn observer(&self) -> SharedInterceptor {
        SharedInterceptor::new(self.clone())
    }

    pub fn seen(&self) -> Permissions {
        self.seen.lock().expect("nobody panics while holding it").clone()
    }

    fn note_on_table(&self, table: Option<&str>, index: Option<&str>, action: &str) {
        let table = table.expect("a table is named");
        let alias = match (table.split('-').next(), index) {
            (Some(alias @ ("data" | "outbox")), None) => alias.to_owned(),
            (Some(alias @ ("data" | "outbox")), Some(_)) => format!("{alias}-index"),
            (_, None) => "streamed".to_owned(),
            (_, Some(index)) => panic!("{table} has no index {index}"),
        };
        self.note(&alias, &format!("dynamodb:{action}"));
    }

    /// A call of DynamoDB. A transaction is not itself an action: its parts are.
    fn note_dynamodb(&self, operation: &str, input: &Input) {
        if let Some(input) = input.downcast_ref::<TransactWriteItemsInput>() {
            for part in input.transact_items() {
                let parts = [
                    (part.put().map(|put| put.table_name()), "PutItem"),
                    (part.update().map(|update| update.table_name()), "UpdateItem"),
                    (part.delete().map(|delete| delete.table_name()), "DeleteItem"),
                    (part.condition_check().map(|check| check.table_name()), "ConditionCheckItem"),
                ];
                for (table, action) in parts.into_iter().filter(|(table, _)| table.is_some()) {
                    self.note_on_table(table, None, action);
                }
            }
        } else if let Some(input) = input.downcast_ref::<TransactGetItemsInput>() {
            for get in input.transact_items().iter().filter_map(|part| part.get()) {
                self.note_on_table(Some(get.table_name()), None, "GetItem");
            }
        } else if let Some(input) = input.downcast_ref::<BatchGetItemInput>() {
            for table in input.request_items().into_iter().flat_map(|tables| tables.keys()) {
                self.note_on_table(Some(table), None, operation);
            }
        } else if let Some(input) = input.downcast_ref::<QueryInput>() {
            self.note_on_table(input.table_name(), input.index_name(), operation);
        } else if let Some(input) = input.downcast_ref::<ScanInput>() {
            self.note_on_table(input.table_name(), input.index_name(), operation);
        } else {
            let get = input.downcast_ref::<GetItemInput>().and_then(GetItemInput::table_name);
            let put = input.downcast_ref::<PutItemInput>().and_then(PutItemInput::table_name);
            let update = input.downcast_ref::<UpdateItemInput>().and_then(UpdateItemInput::table_name);
            self.note_on_table(get.or(put).or(update), None, operation);
        }
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.caller.lock().expect("nobody panics while holding it").is_none() {
            return Ok(());
        }
        let metadata = config.load::<Metadata>().expect("every call has its names");
        let (service, operation) = (metadata.service(), metadata.name());
        match (service, operation) {
            ("DynamoDB", operation) => self.note_dynamodb(operation, context.input()),
            // Whether there is an object is for who may read it to know.
            ("S3", "GetObject" | "HeadObject") => self.note("receipts", "s3:GetObject"),
            ("S3", operation) => self.note("receipts", &format!("s3:{operation}")),
            // A message that was made elsewhere is `ses:SendRawEmail`, also where the call is `SendEmail`.
            ("SESv2", "SendEmail") => self.note("mail", "ses:SendRawEmail"),
            ("SNS", operation) => self.note("topics", &format!("sns:{operation}")),
            ("SQS", operation) => self.note("queues", &format!("sqs:{operation}")),
            ("EventBridge", operation) => self.note("bus", &format!("events:{operation}")),
            ("SFN", "StartExecution" | "ListExecutions") => self.note("state-machines", &format!("states:{operation}")),
            ("SFN", operation) => self.note("executions", &format!("states:{operation}")),
            ("Secrets Manager", operation) => self.note("secret", &format!("secretsmanager:{operation}")),
            ("CloudWatch", operation) => self.note("alarms", &format!("cloudwatch:{operation}")),
            (service, operation) => panic!("nobody said what {service} {operation} takes"),
        }
        Ok(())
    }
}
