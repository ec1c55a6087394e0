//! The home's parts, put together of what a function's environment says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use adapter::audit::AuditRules;
use adapter::{FailureRate, ReceiptLinks, Sender, SenderError};
use async_trait::async_trait;
use aws::{
    Alarms, Applier, BookAuditor, BounceRecorder, Carriers, CatalogReader, Clients, CustomerReader, Deliverer,
    Destinations, EventBus, Keys, KeysError, Mailer, MessageReader, ObjectReceipts, OrderReader, Queues, SettingError,
    Settings, SimulatedGateway, Starter, StateMachines, StockShards, SystemClock, SystemIds, TableNames,
    TopicPublisher,
};
use bytes::Bytes;
use documents::Shop;
use jiff::SignedDuration;
use order::OrderId;
use ports::{Clock, Ids, Ports, Receipts, Result as StepResult, StepError};
use serde_json::Value;
use steps::Context;

use crate::functions::Steps;

/// What every function may do. A function is told the keys, and which bucket is whose, when it may use them.
const PERMISSIONS: &str = include_str!("../../../infra/functions.json");

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment does not say what is needed.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The keys cannot be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// There is no such function.
    #[error("ORDERFLOW_FUNCTION is wrong: expected the name of a step or of a function of the home, found {0}")]
    UnknownFunction(String),
    /// There is no such workflow.
    #[error("ORDERFLOW_WORKFLOW is wrong: expected one of {known}, found {found}")]
    UnknownWorkflow {
        /// What there is.
        known: String,
        /// What was asked for.
        found: String,
    },
    /// Some other variable of this program's own.
    #[error("{variable} is wrong: expected {expected}")]
    Wrong {
        /// Its name.
        variable: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Mail cannot come from that address.
    #[error("ORDERFLOW_MAIL_FROM is wrong: {0}")]
    Sender(#[from] SenderError),
    /// An intake's route cannot be served.
    #[error(transparent)]
    Route(#[from] api::RouteError),
}

/// What a function is put together of.
pub struct Home {
    settings: Settings,
    clients: Clients,
    clock: Arc<dyn Clock>,
    /// The aliases of `infra/functions.json` that the function has permissions on.
    resources: BTreeSet<String>,
}

impl Home {
    pub fn new(settings: Settings, clients: Clients) -> Self {
        let functions: Value = serde_json::from_str(PERMISSIONS).expect("the file is part of the program");
        // The handler of an intake is no function that is deployed: it runs within `Api`, and may do what that may.
        let functions = &functions["Functions"];
        let function = functions.get(settings.function()).unwrap_or(&functions["Api"]);
        let permissions = function["Permissions"].as_object();
        let resources = permissions.into_iter().flatten().map(|(alias, _)| alias.clone()).collect();
        Self { settings, clients, clock: Arc::new(SystemClock), resources }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The steps, with everything that they read and whatever applies their changes.
    pub async fn steps(&self) -> Result<Steps, StartError> {
        let links = match self.may_use("secret") {
            true => Some(self.links(&self.keys().await?)),
            false => None,
        };
        self.steps_with(links)
    }

    /// The steps, where the keys are known.
    pub fn steps_with(&self, links: Option<ReceiptLinks>) -> Result<Steps, StartError> {
        // Who stores receipts is not told the keys: it needs the bucket alone.
        let bucket = match self.may_use("receipts") {
            true => Some(self.receipts(ReceiptLinks::new(&[], "", SignedDuration::ZERO))?),
            false => None,
        };
        let receipts = Arc::new(AllowedReceipts { bucket, links, clock: self.clock() });
        let context = Context { ports: self.ports(receipts)?, shop: self.shop()? };
        Ok(Steps { context, writer: Arc::new(self.applier()?) })
    }

    fn ports(&self, receipts: Arc<dyn Receipts>) -> Result<Ports, StartError> {
        let (dynamodb, data) = (self.clients.dynamodb.clone(), self.settings.data_table()?);
        let rates = self.settings.failure_rates.iter();
        let rates: BTreeMap<_, _> = rates
            .map(|(workflow, share)| (workflow.clone(), FailureRate { share: *share, seed: workflow.clone() }))
            .collect();
        Ok(Ports {
            orders: Arc::new(OrderReader::new(dynamodb.clone(), data)),
            catalog: Arc::new(CatalogReader::new(dynamodb.clone(), data)),
            customers: Arc::new(CustomerReader::new(dynamodb.clone(), data)),
            payments: Arc::new(SimulatedGateway::new(dynamodb, data, rates, self.clock())),
            receipts,
            clock: self.clock(),
            ids: Arc::new(SystemIds::new(self.settings.state_machines.clone())),
        })
    }

    /// The shop that mails and receipts speak for.
    fn shop(&self) -> Result<Shop, StartError> {
        let email = self.settings.mail_from().cloned()?;
        Ok(Shop { name: self.settings.shop_name.clone(), email, url: self.settings.public_url.clone() })
    }

    /// What applies changes.
    pub fn applier(&self) -> Result<Applier, StartError> {
        let destinations = Destinations {
            topics: self.settings.topics.keys().cloned().collect(),
            queues: self.settings.queues.keys().cloned().collect(),
        };
        let dynamodb = self.clients.dynamodb.clone();
        Ok(Applier::new(dynamodb, self.tables()?, destinations, self.settings.stock_shards, self.clock()))
    }

    fn tables(&self) -> Result<TableNames, StartError> {
        let outbox = if self.may_use("outbox") { self.settings.outbox_table()? } else { "" };
        Ok(TableNames {
            data: self.settings.data_table()?.to_owned(),
            outbox: outbox.to_owned(),
            streamed: self.settings.streamed_tables.clone(),
        })
    }

    /// What spreads the stock of hot products.
    pub fn shards(&self) -> Result<StockShards, StartError> {
        Ok(StockShards::new(self.clients.dynamodb.clone(), self.settings.data_table()?, self.settings.stock_shards))
    }

    /// The executions of the workflow and of what follows it.
    pub fn executions(&self) -> StateMachines {
        StateMachines::new(self.clients.step_functions.clone(), self.settings.state_machines.clone())
    }

    /// What was sent and waits to be.
    pub fn messages(&self) -> Result<MessageReader, StartError> {
        let alarms = Alarms::new(self.clients.cloudwatch.clone(), self.settings.alarms.clone());
        let topics = (self.clients.sns.clone(), self.settings.topics.clone());
        let (dynamodb, outbox) = (self.clients.dynamodb.clone(), self.settings.outbox_table()?);
        Ok(MessageReader::new(dynamodb, outbox, topics, self.queues(), alarms, self.clock()))
    }

    /// What looks through the books.
    pub fn auditor(
        &self,
        rules: AuditRules,
        executions: Arc<StateMachines>,
        ids: Arc<dyn Ids>,
    ) -> Result<BookAuditor, StartError> {
        let (dynamodb, workflow) = (self.clients.dynamodb.clone(), self.settings.workflow()?);
        Ok(BookAuditor::new(dynamodb, &self.tables()?, workflow, rules, executions, ids))
    }

    /// What carries out what is in the outbox.
    pub fn deliverer(&self) -> Result<Deliverer, StartError> {
        let from = self.settings.mail_from()?;
        let sender = Sender::new(from, &self.settings.shop_name)?;
        // It attaches receipts and writes no links to them, so it needs no key.
        let receipts = Arc::new(self.receipts(ReceiptLinks::new(&[], "", SignedDuration::ZERO))?);
        let configuration_set = self.settings.mail_configuration_set.clone();
        let carriers = Carriers {
            mail: Mailer::new(self.clients.ses.clone(), sender, receipts, configuration_set),
            topics: TopicPublisher::new(self.clients.sns.clone(), self.settings.topics.clone()),
            queues: self.queues(),
            events: EventBus::new(self.clients.events.clone(), self.settings.event_bus()?),
            executions: Starter::new(self.clients.step_functions.clone(), self.settings.state_machines.clone()),
        };
        let outbox = self.settings.outbox_table()?;
        Ok(Deliverer::new(self.clients.dynamodb.clone(), outbox, carriers, self.clock()))
    }

    /// What writes down which mails did not arrive.
    pub fn bounces(&self) -> BounceRecorder {
        BounceRecorder::new(self.clients.dynamodb.clone(), self.clock())
    }

    /// The shop's keys.
    pub async fn keys(&self) -> Result<Keys, StartError> {
        Ok(Keys::read(&self.clients.secrets, self.settings.secret()?).await?)
    }

    /// Links to receipts, signed with those keys.
    pub fn links(&self, keys: &Keys) -> ReceiptLinks {
        let valid_for = SignedDuration::from_hours(self.settings.link_expires_hours.into());
        ReceiptLinks::new(keys.signing.as_bytes(), self.settings.public_url.as_deref().unwrap_or_default(), valid_for)
    }

    fn receipts(&self, links: ReceiptLinks) -> Result<ObjectReceipts, StartError> {
        Ok(ObjectReceipts::new(self.clients.s3.clone(), self.settings.receipts_bucket()?, links, self.clock()))
    }

    fn queues(&self) -> Queues {
        Queues::new(self.clients.sqs.clone(), self.settings.queues.clone())
    }

    fn may_use(&self, resource: &str) -> bool {
        self.resources.contains(resource)
    }
}

/// Receipts as a function may have them. Without the bucket it writes of them and neither reads nor stores any. Without
/// the keys their links are the receipt's address, which opens for who has the order's access token.
struct AllowedReceipts {
    bucket: Option<ObjectReceipts>,
    links: Option<ReceiptLinks>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Receipts for AllowedReceipts {
    async fn put(&self, object_key: &str, content: Bytes) -> StepResult<()> {
        self.bucket.as_ref().ok_or_else(no_bucket)?.put(object_key, content).await
    }

    async fn get(&self, object_key: &str) -> StepResult<Option<Bytes>> {
        self.bucket.as_ref().ok_or_else(no_bucket)?.get(object_key).await
    }

    async fn direct_link(&self, object_key: &str) -> StepResult<Option<String>> {
        match &self.bucket {
            Some(bucket) => bucket.direct_link(object_key).await,
            None => Ok(None),
        }
    }

    fn link(&self, order_id: &OrderId, _: &str) -> String {
        match &self.links {
            Some(links) => links.link(order_id, self.clock.now()),
            None => format!("/orders/{order_id}/receipt"),
        }
    }
}

fn no_bucket() -> StepError {
    StepError::unavailable("this function has no access to the bucket of receipts")
}
