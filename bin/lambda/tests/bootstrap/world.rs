//! A deployment as the functions find it: tables, a bucket, a secret, and the environment that names them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use adapter::ReceiptLinks;
use async_trait::async_trait;
use aws::{
    Applier, CatalogReader, Clients, CustomerReader, Destinations, ObjectReceipts, OrderReader, SimulatedGateway,
    SystemClock, SystemIds, TableNames, tables,
};
use aws_sdk_dynamodb::types::AttributeValue;
use contract::{ALERTS_TOPIC, ORDERS_QUEUE, QUEUE, TOPIC};
use jiff::SignedDuration;
use ports::{Change, Clock, Ports, Result};
use serde_json::{Map, Value, json};

use crate::runtime_api::Bootstrap;
use crate::stand_in::{create_table, moto, unique};

pub const OPERATOR: &str = "the-operators-key-of-these-tests";
pub const SIGNING: &str = "the-signing-key-of-these-tests";
const REGION: &str = "eu-central-1";

/// A deployment of its own.
pub struct World {
    pub clients: Clients,
    pub data: String,
    pub outbox: String,
    bucket: String,
    secret: String,
    endpoint: String,
    streamed: BTreeMap<String, String>,
    state_machines: BTreeMap<String, String>,
}

impl World {
    pub async fn new() -> Self {
        let stand_in = moto();
        let clients = Clients::new(&stand_in.config().await);
        let name = unique("shop");
        let (data, outbox) = (format!("{name}-data"), format!("{name}-checkout-outbox"));
        create_table(&clients.dynamodb, &data, &tables::DATA).await;
        create_table(&clients.dynamodb, &outbox, &tables::OUTBOX).await;
        let mut streamed = BTreeMap::new();
        for (workflow, table) in [("emag-orderflow", "orders"), ("order-app", "order-app-orders")] {
            let table = format!("{name}-{table}");
            create_table(&clients.dynamodb, &table, &STREAMED).await;
            streamed.insert(workflow.to_owned(), table);
        }
        let bucket = format!("{name}-receipts");
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuCentral1)
            .build();
        let create = clients.s3.create_bucket().bucket(&bucket).create_bucket_configuration(place);
        create.send().await.expect("the bucket is created");
        let secret = format!("{name}/keys");
        let keys = json!({ "operator_key": OPERATOR, "signing_key": SIGNING }).to_string();
        let create = clients.secrets.create_secret().name(&secret).secret_string(keys);
        create.send().await.expect("the secret is created");
        let machine = |workflow: &str| format!("arn:aws:states:{REGION}:123456789012:stateMachine:shop-{workflow}");
        let workflows = ["checkout", "cancellation", "emag-orderflow", "order-app", "queued-orders"];
        let state_machines = workflows.map(|workflow| (workflow.to_owned(), machine(workflow))).into();
        let endpoint = stand_in.endpoint().to_owned();
        Self { clients, data, outbox, bucket, secret, endpoint, streamed, state_machines }
    }

    /// The environment of a function of the workflow `checkout`.
    pub fn environment(&self) -> Vec<(String, String)> {
        let topic = |name: &str| (name.to_owned(), format!("arn:aws:sns:{REGION}:123456789012:{name}"));
        let queue = |name: &str| (name.to_owned(), format!("{}/123456789012/{name}", self.endpoint));
        let names = |pairs: BTreeMap<String, String>| json!(pairs).to_string();
        [
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("ORDERFLOW_WORKFLOW", "checkout".to_owned()),
            ("ORDERFLOW_DATA_TABLE", self.data.clone()),
            ("ORDERFLOW_OUTBOX_TABLE", self.outbox.clone()),
            ("ORDERFLOW_STREAMED_TABLES", names(self.streamed.clone())),
            ("ORDERFLOW_RECEIPTS_BUCKET", self.bucket.clone()),
            ("ORDERFLOW_TOPICS", names([TOPIC, ALERTS_TOPIC, "order-confirmed", "order-errors"].map(topic).into())),
            ("ORDERFLOW_QUEUES", names([QUEUE, ORDERS_QUEUE].map(queue).into())),
            ("ORDERFLOW_EVENT_BUS", "default".to_owned()),
            ("ORDERFLOW_STATE_MACHINES", names(self.state_machines.clone())),
            ("ORDERFLOW_SECRET", self.secret.clone()),
            ("ORDERFLOW_MAIL_FROM", "shop@example.com".to_owned()),
            ("ORDERFLOW_PUBLIC_URL", "https://shop.example.com".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Starts the bootstrap as that function of this deployment.
    pub async fn start(&self, function: &str) -> Bootstrap {
        Bootstrap::start(function, &self.environment()).await
    }

    /// Runs a step as its function does, once.
    pub async fn run(&self, step: &str, input: &Value) -> Value {
        self.start(step).await.invoke(input).await.response()
    }

    /// The table that shows a workflow's orders.
    pub fn streamed(&self, workflow: &str) -> &str {
        &self.streamed[workflow]
    }

    /// Ten units of A at 18.00 USD.
    pub async fn stock(&self) {
        let price = json!({ "amount": "18.00", "currency": "USD" });
        let items = json!([{ "sku": "A", "name": "Product A", "unit_price": price, "stock": 10 }]);
        self.run("SeedInventory", &json!({ "items": items })).await;
    }

    fn applier(&self) -> Applier {
        let tables =
            TableNames { data: self.data.clone(), outbox: self.outbox.clone(), streamed: self.streamed.clone() };
        let topics = [TOPIC, ALERTS_TOPIC, "order-confirmed", "order-errors"];
        let destinations = Destinations {
            topics: topics.map(str::to_owned).into(),
            queues: [QUEUE, ORDERS_QUEUE].map(str::to_owned).into(),
        };
        Applier::new(self.clients.dynamodb.clone(), tables, destinations, 1, clock())
    }
}

/// All items of a table.
pub async fn items(world: &World, table: &str) -> Vec<HashMap<String, AttributeValue>> {
    let scan = world.clients.dynamodb.scan().table_name(table).consistent_read(true).send().await;
    scan.expect("the table is read").items.unwrap_or_default()
}

/// An item as a stream shows it.
pub fn image(item: &HashMap<String, AttributeValue>) -> Value {
    let members: Map<String, Value> = item.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
    Value::Object(members)
}

fn shown(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(truth) => json!({ "BOOL": truth }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(shown).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        other => panic!("no item has {other:?}"),
    }
}

/// That environment, its services somewhere else.
pub fn at_endpoint(mut environment: Vec<(String, String)>, endpoint: &str) -> Vec<(String, String)> {
    environment.retain(|(name, _)| name != "AWS_ENDPOINT_URL");
    environment.push(("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned()));
    environment
}

/// A table that shows a workflow's orders.
const STREAMED: tables::Table = tables::Table {
    partition_key: "order_id",
    sort_key: None,
    indexes: &[],
    stream_view_type: Some("NEW_AND_OLD_IMAGES"),
    time_to_live: "ttl",
};

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

#[async_trait]
impl contract::Home for World {
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        self.applier().apply(&changes).await
    }

    fn ports(&self) -> Ports {
        let dynamodb = &self.clients.dynamodb;
        let links = ReceiptLinks::new(SIGNING.as_bytes(), "https://shop.example.com", SignedDuration::from_hours(168));
        let gateway = SimulatedGateway::new(dynamodb.clone(), &self.data, BTreeMap::new(), clock());
        Ports {
            orders: Arc::new(OrderReader::new(dynamodb.clone(), &self.data)),
            catalog: Arc::new(CatalogReader::new(dynamodb.clone(), &self.data)),
            customers: Arc::new(CustomerReader::new(dynamodb.clone(), &self.data)),
            payments: Arc::new(gateway),
            receipts: Arc::new(ObjectReceipts::new(self.clients.s3.clone(), &self.bucket, links, clock())),
            clock: clock(),
            ids: Arc::new(SystemIds::new(self.state_machines.clone())),
        }
    }

    /// The clock is the system's, here as in the bootstrap.
    fn advance(&self, _: SignedDuration) {}

    /// What is written down is compared where the adapters are tested; here it is what is answered.
    async fn snapshot(&self) -> String {
        String::new()
    }
}
