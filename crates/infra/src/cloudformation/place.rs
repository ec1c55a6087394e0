//! Where a function stands: in the shared stack or in a workflow's. It decides the function's name, what the aliases of
//! `infra/functions.json` mean, and the values of its environment.

use serde_json::{Map, Value, json};

use super::queues::queue_id;
use super::topics::topic_id;
use super::values::{arn, arn_text, attribute, import, reference, text};
use crate::facts::Resource;
use crate::workflow::Workflow;

/// A stack that has functions.
pub(super) enum Place<'w> {
    Shared,
    Workflow(&'w Workflow),
}

impl Place<'_> {
    /// What the names of everything in it begin with.
    pub(super) fn prefix(&self) -> String {
        match self {
            Self::Shared => "${Name}".to_owned(),
            Self::Workflow(workflow) => format!("${{Name}}-{}", workflow.name),
        }
    }

    /// The same, as a value of its own.
    pub(super) fn prefix_value(&self) -> Value {
        text(self.prefix())
    }

    pub(super) fn function_name(&self, function: &str) -> String {
        format!("{}-{function}", self.prefix())
    }

    /// The name that the outbox of a workflow goes by. The shared functions know every workflow's.
    fn outbox(&self) -> String {
        match self {
            Self::Shared => "${Name}-*-outbox".to_owned(),
            Self::Workflow(_) => format!("{}-outbox", self.prefix()),
        }
    }

    /// What a permission on an alias is about; empty where there is no such thing.
    pub(super) fn resources(&self, alias: Resource) -> Vec<Value> {
        let bindings = match self {
            Self::Shared => None,
            Self::Workflow(workflow) => Some(&workflow.bindings),
        };
        match alias {
            Resource::Alarms => vec![arn("cloudwatch", &format!("alarm:{}-*", self.prefix()))],
            Resource::Bus => vec![arn("events", "event-bus/${Name}")],
            Resource::Data => vec![arn("dynamodb", "table/${Name}-data")],
            Resource::DataIndex => vec![arn("dynamodb", "table/${Name}-data/index/*")],
            Resource::Outbox => vec![arn("dynamodb", &format!("table/{}", self.outbox()))],
            Resource::OutboxIndex => vec![arn("dynamodb", &format!("table/{}/index/*", self.outbox()))],
            Resource::OutboxStream => vec![arn("dynamodb", &format!("table/{}/stream/*", self.outbox()))],
            Resource::Receipts => vec![text(format!("{}/receipts/*", bucket_arn("receipts")))],
            // Secrets Manager appends six characters of its own to a secret's name.
            Resource::Secret => vec![arn("secretsmanager", "secret:${Name}/keys-??????")],
            Resource::Mail => vec![
                match self {
                    Self::Shared => super::mail::identity_arn(),
                    Self::Workflow(_) => import("MailIdentityArn"),
                },
                arn("ses", "configuration-set/${Name}"),
            ],
            Resource::Streamed => {
                let tables = bindings.into_iter().flat_map(|bindings| bindings.tables.keys());
                tables.map(|table| arn("dynamodb", &format!("table/${{Name}}-{table}"))).collect()
            }
            Resource::Topics => {
                let topics = bindings.into_iter().flat_map(|bindings| bindings.topics.keys());
                topics.map(|topic| reference(&topic_id(topic))).collect()
            }
            Resource::Queues => {
                let queues = bindings.into_iter().flat_map(|bindings| bindings.queue_names());
                queues.map(|queue| arn("sqs", &format!("${{Name}}-{queue}"))).collect()
            }
            Resource::StateMachines => {
                self.machines().map(|name| arn("states", &machine_path("stateMachine", name))).collect()
            }
            Resource::Executions => {
                self.machines().map(|name| arn("states", &format!("{}:*", machine_path("execution", name)))).collect()
            }
        }
    }

    /// The variables that every function of the stack has beside its own name, without `ORDERFLOW_`.
    pub(super) fn variables(&self) -> Vec<(&'static str, Value)> {
        let mut variables = vec![
            ("DATA_TABLE", text("${Name}-data")),
            ("EVENT_BUS", reference("Name")),
            ("LOG", reference("LogLevel")),
            ("MAIL_CONFIGURATION_SET", reference("Name")),
            ("RECEIPTS_BUCKET", text("${Name}-receipts-${AWS::AccountId}-${AWS::Region}")),
            ("SECRET", text("${Name}/keys")),
        ];
        match self {
            Self::Shared => variables.extend([
                ("LINK_EXPIRES_HOURS", reference("LinkExpiresHours")),
                ("MAIL_FROM", reference("MailFrom")),
                ("SHOP_NAME", reference("ShopName")),
                ("STOCK_SHARDS", reference("StockShards")),
                ("WORKFLOW", "shared".into()),
            ]),
            Self::Workflow(workflow) => {
                variables.extend([
                    ("ALARMS", object(workflow.bindings.alarms.keys(), |alarm| format!("{}-{alarm}", self.prefix()))),
                    ("FAILURE_RATES", text(format!(r#"{{"{}":${{PaymentFailureRate}}}}"#, workflow.name))),
                    ("LINK_EXPIRES_HOURS", import("LinkExpiresHours")),
                    ("MAIL_FROM", import("MailFrom")),
                    ("OUTBOX_TABLE", text(self.outbox())),
                    ("PUBLIC_URL", super::api::public_url(workflow)),
                    ("QUEUES", object(workflow.bindings.queue_names(), |queue| format!("${{{}}}", queue_id(queue)))),
                    ("SHOP_NAME", import("ShopName")),
                    (
                        "STATE_MACHINES",
                        object(self.machines(), |name| arn_text("states", &machine_path("stateMachine", name))),
                    ),
                    ("STOCK_SHARDS", import("StockShards")),
                    ("STREAMED_TABLES", streamed_tables(workflow)),
                    ("TOPICS", object(workflow.bindings.topics.keys(), |topic| format!("${{{}}}", topic_id(topic)))),
                    ("WORKFLOW", workflow.name.as_str().into()),
                ]);
            }
        }
        variables.sort_by_key(|(name, _)| *name);
        variables
    }

    /// Where its functions are when they are in a network of their own.
    pub(super) fn network(&self) -> Value {
        match self {
            Self::Shared => json!({
                "SubnetIds": [reference("PrivateSubnetA"), reference("PrivateSubnetB")],
                "SecurityGroupIds": [attribute("FunctionsSecurityGroup", "GroupId")],
            }),
            Self::Workflow(_) => json!({
                "SubnetIds": { "Fn::Split": [",", import("PrivateSubnets")] },
                "SecurityGroupIds": [import("FunctionsSecurityGroup")],
            }),
        }
    }

    /// What the function is for, for whoever lists functions.
    pub(super) fn describe(&self, function: &str) -> String {
        match self {
            Self::Shared => format!("OrderFlow: {function}, for all workflows"),
            Self::Workflow(workflow) => format!("OrderFlow: {function} of the workflow {}", workflow.name),
        }
    }

    fn machines(&self) -> impl Iterator<Item = &str> {
        let machines = match self {
            Self::Shared => &[][..],
            Self::Workflow(workflow) => workflow.machines.as_slice(),
        };
        machines.iter().map(|machine| machine.name.as_str())
    }
}

/// The ARN of a bucket of this installation: their names are the whole world's.
pub(super) fn bucket_arn(bucket: &str) -> String {
    format!("arn:${{AWS::Partition}}:s3:::${{Name}}-{bucket}-${{AWS::AccountId}}-${{AWS::Region}}")
}

/// The name of a bucket of this installation.
pub(super) fn bucket_name(bucket: &str) -> Value {
    text(format!("${{Name}}-{bucket}-${{AWS::AccountId}}-${{AWS::Region}}"))
}

fn machine_path(kind: &str, machine: &str) -> String {
    format!("{kind}:${{Name}}-{machine}")
}

/// The one table whose items are the workflow's orders: the one with a stream.
fn streamed_tables(workflow: &Workflow) -> Value {
    let streamed = workflow.bindings.tables.iter().filter(|(_, table)| table.stream_view_type.is_some());
    let tables: Map<String, Value> =
        streamed.map(|(name, _)| (workflow.name.clone(), json!(format!("${{Name}}-{name}")))).collect();
    text(Value::Object(tables).to_string())
}

/// A JSON object as text, its values filled in by CloudFormation.
fn object<N: AsRef<str>>(names: impl IntoIterator<Item = N>, value: impl Fn(&str) -> String) -> Value {
    let members: Map<String, Value> =
        names.into_iter().map(|name| (name.as_ref().to_owned(), value(name.as_ref()).into())).collect();
    text(Value::Object(members).to_string())
}
