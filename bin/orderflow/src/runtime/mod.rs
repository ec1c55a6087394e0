//! The embedded home, assembled: store, engine, adapters, steps, workflows, pumps, HTTP.

mod commit;
mod console;
mod environment;
mod executions;
mod handlers;
mod hooks;
mod inside;
mod measurements;
mod pumps;
mod redrives;
mod rehearsals;
mod shoppers;
mod tasks;
pub mod web;
mod wiring;

use std::sync::Arc;
use std::time::Duration;

use api::{Intake, IntakeAuth, WorkflowView};
use axum::Router;
use documents::Shop;
use engine::Engine;
use jiff::SignedDuration;
use local::{
    AuditRules, Backoff, BookAuditor, CatalogReader, CustomerReader, FailureRate, FollowUp, Mailer, MessageReader,
    ObjectReceipts, OrderReader, ReceiptLinks, SimulatedGateway, SmtpSettings, Webhooks,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use ports::{Clock, Ports};
use serde_json::Value;
use steps::Context;
use store::Store;
use tokio::sync::watch;
use triggers::Origin;
use workflows::Workflow;

use crate::config::Config;
use crate::keys::Keys;
use commit::{Committer, Home};
use environment::{SystemClock, SystemIds};
use executions::EngineExecutions;
use handlers::StepHandlers;
use inside::Inside;
use measurements::Measurements;
use pumps::{Alarms, Pumps, Surroundings};

/// Buckets of everything that is measured in seconds: from a commit's tenth of a millisecond to a wait's minute.
const SECONDS: [f64; 14] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
const DATABASE: &str = "orderflow.db";
const DEMO_PRODUCTS: &str = include_str!("../../demo/products.csv");
const DEMO_CUSTOMERS: &str = include_str!("../../demo/customers.csv");

/// The running system.
pub struct Runtime {
    engine: Engine,
    pumps: Pumps,
    router: Router,
    operator_key: String,
    stopping: watch::Sender<bool>,
}

impl Runtime {
    /// Opens everything, brings back what was under way, and starts the pumps. An error is a message for
    /// the person who started the program; nothing is half started then.
    pub async fn open(config: Config, keys: Keys) -> Result<Runtime, String> {
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| format!("no metrics: {error}"))?;
        let origin = Origin { account: config.engine.account_id.clone(), region: config.engine.region.clone() };
        let workflows = load_workflows(&config, &origin)?;
        if let Some(unknown) =
            config.gateway.failure_rates.keys().find(|name| !workflows.iter().any(|workflow| workflow.name == **name))
        {
            return Err(format!("gateway.failure_rates.{unknown}: there is no workflow of this name"));
        }
        let wiring = Arc::new(wiring::assemble(&workflows, &config, origin.clone())?);

        let database = config.data.join(DATABASE);
        let store =
            Store::open(&database, &[local::MIGRATIONS, engine::MIGRATIONS]).map_err(|error| error.to_string())?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = Arc::new(SystemIds(origin));
        let base_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
        let base_url = base_url.trim_end_matches('/').to_owned();
        let gateway = SimulatedGateway::new(store.clone(), clock.clone(), failure_rates(&config));
        let receipts = open_receipts(&config, &keys, &base_url, &clock)?;
        let ports = Ports {
            orders: Arc::new(OrderReader::new(store.clone())),
            catalog: Arc::new(CatalogReader::new(store.clone())),
            customers: Arc::new(CustomerReader::new(store.clone())),
            payments: Arc::new(gateway.clone()),
            receipts: receipts.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let shop =
            Shop { name: config.shop.name.clone(), email: config.shop.email.clone(), url: config.public_url.clone() };
        let context = Context { ports: ports.clone(), shop: shop.clone() };

        let home = Home::new(store.clone(), wiring.clone());
        // Whatever the configuration can have wrong is found before anything goes on.
        let webhooks = Webhooks::new(
            store.clone(),
            wiring.clone(),
            &keys.webhooks,
            Backoff::default(),
            &home.signals,
            clock.clone(),
        );
        let webhooks = webhooks.map_err(|error| format!("webhooks cannot be sent: {error}"))?;
        let mailer = open_mailer(&config, &home, receipts.clone(), &clock)?;
        let measurements = Arc::new(Measurements::default());
        let tasks = tasks::Tasks {
            home: Arc::downgrade(&home),
            context: context.clone(),
            clock: clock.clone(),
            measurements: measurements.clone(),
        };
        let engine = open_engine(&config, &home, tasks).await?;
        for workflow in &workflows {
            let put = engine.put_state_machine(&workflow.name, &workflow.definition).await;
            put.map_err(|error| format!("the workflow {} cannot be put in place: {error}", workflow.name))?;
        }
        let recovered = engine.recover().await.map_err(|error| error.to_string())?;
        if recovered.resumed > 0 {
            tracing::info!(executions = recovered.resumed, "executions go on where they were");
        }
        for arn in &recovered.unreadable {
            tracing::error!(execution = arn, "an execution cannot be read by this version; it is left as it is");
        }

        let step_handlers = Arc::new(StepHandlers { home: home.clone(), context });
        let around = Surroundings { home: home.clone(), handlers: step_handlers.clone(), clock: clock.clone() };
        let alarms = Alarms::open(&workflows, &around).await?;
        let tick = Duration::from_secs(config.alarms.evaluate_every_seconds);
        let mut pumps = Pumps::start(&workflows, &around, alarms, tick, measurements);
        pumps.add_worker(keep_metrics(metrics.clone()));
        pumps.add_worker(webhooks.run());
        if let Some(mailer) = mailer {
            pumps.add_worker(mailer.run());
        }

        let auditor = BookAuditor::new(store.clone(), audit_rules(&workflows), Arc::new(hooks::JournalStates), ids);
        let console = console::assemble(&config, &workflows, &store, &wiring, &engine);
        let (stopping, is_stopping) = watch::channel(false);
        let state = api::State {
            ports,
            writer: Arc::new(Committer(home.clone())),
            handlers: step_handlers,
            messages: Arc::new(MessageReader::new(store.clone(), wiring, home.signals.clone(), clock)),
            auditor: Arc::new(auditor),
            executions: Arc::new(EngineExecutions(engine.clone())),
            console,
            keys: api::Keys::new(&keys.operator, &keys.signing),
            base_url: Some(base_url),
            intakes: workflows.iter().flat_map(intakes).collect(),
            workflows: workflows.iter().map(|workflow| view(workflow, &engine)).collect(),
            receipts: Arc::new(hooks::Documents { shop, links: receipts.links().clone() }),
            gateway: Some(Arc::new(hooks::Gateway(gateway))),
            readiness: Arc::new(hooks::Writable(store)),
            metrics: Some(Arc::new(hooks::Prometheus(metrics))),
            streams_answers: true,
            stopping: is_stopping,
        };
        let router = api::router(state).map_err(|error| error.to_string())?;
        Ok(Runtime { engine, pumps, router, operator_key: keys.operator, stopping })
    }

    /// What answers requests.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Tells requests that wait, and open event streams, to let go.
    pub fn begin_stopping(&self) {
        self.stopping.send_replace(true);
    }

    /// Ends everything; what is not done goes on at the next start.
    pub async fn shut_down(self) {
        self.begin_stopping();
        self.pumps.stop().await;
        self.engine.shutdown().await;
    }

    /// Gives an empty inventory the demo's catalogue and customers, by the same imports that an operator has.
    pub async fn fill_empty_inventory(&self) -> Result<(), String> {
        let inside = self.inside();
        let inventory = inside.get("/inventory?limit=1").await?;
        if inventory["items"].as_array().is_some_and(|items| !items.is_empty()) {
            return Ok(());
        }
        inside.post_csv("/customers/import", DEMO_CUSTOMERS).await?;
        inside.post_csv("/inventory/import", DEMO_PRODUCTS).await?;
        Ok(())
    }

    /// Simulated shoppers, who come as long as the future is awaited.
    pub fn shoppers(&self, orders_per_minute: u16) -> impl Future<Output = ()> + Send + 'static {
        shoppers::come(self.inside(), orders_per_minute)
    }

    /// Its interface, asked from within.
    fn inside(&self) -> Inside {
        Inside::new(self.router(), self.operator_key.clone())
    }
}

/// Folds samples into their buckets, so that they take no memory while nobody looks.
async fn keep_metrics(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

fn load_workflows(config: &Config, origin: &Origin) -> Result<Vec<Workflow>, String> {
    let surroundings = workflows::Surroundings { origin, parameters: &config.parameters };
    workflows::load(config.workflows.as_deref(), &surroundings).map_err(|findings| {
        let lines: Vec<String> = findings.iter().map(|finding| format!("\n  {finding}")).collect();
        format!("the workflows are not right, so nothing was started:{}", lines.concat())
    })
}

fn failure_rates(config: &Config) -> std::collections::BTreeMap<String, FailureRate> {
    let rates = config.gateway.failure_rates.iter();
    rates.map(|(workflow, share)| (workflow.clone(), FailureRate { share: *share, seed: workflow.clone() })).collect()
}

fn open_receipts(
    config: &Config,
    keys: &Keys,
    base_url: &str,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<ObjectReceipts>, String> {
    let valid_for = SignedDuration::from_hours(i64::from(config.receipts.link_expires_hours));
    let links = ReceiptLinks::new(&keys.signing, base_url, valid_for);
    let folder = config.data.join("objects").to_string_lossy().into_owned();
    let location = config.receipts.url.as_deref().unwrap_or(&folder);
    let receipts = ObjectReceipts::open(location, links, clock.clone());
    receipts.map(Arc::new).map_err(|error| format!("receipts.url: {error}"))
}

/// What sends mail, where it is not kept in the mailbox.
fn open_mailer(
    config: &Config,
    home: &Home,
    receipts: Arc<ObjectReceipts>,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Mailer>, String> {
    let Some(url) = &config.mail.smtp_url else { return Ok(None) };
    let settings = SmtpSettings {
        url: url.clone(),
        from: config.shop.email.clone(),
        from_name: config.shop.name.clone(),
        backoff: Backoff::of_mail(),
    };
    let mailer = Mailer::new(home.store.clone(), receipts, &settings, &home.signals, clock.clone());
    mailer.map(Some).map_err(|error| format!("mail.smtp_url: {error}"))
}

async fn open_engine(config: &Config, home: &Arc<Home>, tasks: tasks::Tasks) -> Result<Engine, String> {
    let settings = engine::Config {
        region: config.engine.region.clone(),
        account_id: config.engine.account_id.clone(),
        role_arn: format!("arn:aws:iam::{}:role/orderflow", config.engine.account_id),
        max_concurrent_tasks: config.engine.max_concurrent_tasks,
        ..engine::Config::default()
    };
    let system = Arc::new(engine::SystemClock::default());
    let engine =
        Engine::open(home.store.clone(), settings, Arc::new(tasks), system).map_err(|error| error.to_string())?;
    home.set_engine(engine.clone());
    Ok(engine)
}

fn audit_rules(workflows: &[Workflow]) -> AuditRules {
    // A workflow issues receipts when one of its states makes one.
    let issuing = workflows.iter().filter(|workflow| workflow.definition.contains(":function:GenerateReceipt"));
    let follow_ups = workflows.iter().flat_map(|workflow| &workflow.bindings.follow_ups).filter_map(|name| {
        let suffix = api::follow_up_suffix(name)?;
        Some(FollowUp { workflow: name.clone(), suffix })
    });
    AuditRules {
        receipt_issuing: issuing.map(|workflow| workflow.name.clone()).collect(),
        follow_ups: follow_ups.collect(),
        simulated_gateway: true,
    }
}

fn intakes(workflow: &Workflow) -> Vec<Intake> {
    let apis = workflow.bindings.api.iter();
    let intakes = apis.filter_map(|api| {
        let handler = match &api.handler {
            triggers::document::Consumer::Step(step) => step.clone(),
            triggers::document::Consumer::Workflow => return None,
        };
        Some(Intake {
            workflow: workflow.name.clone(),
            methods: api.methods.iter().filter_map(|method| method.as_str().parse().ok()).collect(),
            path: api.path.clone(),
            handler,
            auth: match api.auth {
                triggers::document::Auth::None => IntakeAuth::None,
                // An identity provider is not among what the embedded home has: the operator's key stands for it.
                triggers::document::Auth::Key | triggers::document::Auth::Jwt => IntakeAuth::Key,
            },
            example: workflow.example.clone(),
        })
    });
    intakes.collect()
}

fn view(workflow: &Workflow, engine: &Engine) -> WorkflowView {
    let arn = engine.state_machine(&workflow.name).ok().flatten().map(|record| record.arn);
    WorkflowView {
        name: workflow.name.clone(),
        description: workflow.comment.clone().unwrap_or_default(),
        state_machine_arn: arn.unwrap_or_default(),
        definition: serde_json::from_str(&workflow.definition).unwrap_or(Value::Null),
        triggers: workflow.triggers.clone(),
        example_order: workflow.example.clone(),
    }
}
