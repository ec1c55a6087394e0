//! A deployment: the shared stack and those of the workflows, made and removed by one of the two tools.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::account::{ACCOUNT, Account, REGION};
use crate::stand_in::root;
use crate::{cloudformation, terraform};

/// All that are deployed; the follow-ups of `checkout` come with it.
pub const WORKFLOWS: [&str; 6] =
    ["checkout", "confirmed-orders", "emag-orderflow", "order-app", "queued-orders", "receipt-orders"];

/// What deploys.
#[derive(Debug, Clone, Copy)]
pub enum Tool {
    Terraform,
    CloudFormation,
}

/// Where an API answers: its id and stage.
#[derive(Debug, Clone)]
pub struct Api {
    pub id: String,
    pub stage: String,
}

impl Api {
    /// From its URL on AWS: `https://{id}.execute-api.{region}.amazonaws.com/{stage}`.
    pub fn of_url(url: &str) -> Self {
        let parts = url.strip_prefix("https://").and_then(|url| url.split_once('.').zip(url.rsplit_once('/')));
        let ((id, _), (_, stage)) = parts.unwrap_or_else(|| panic!("{url:?} is not the URL of an API"));
        Self { id: id.to_owned(), stage: stage.to_owned() }
    }
}

/// What came of one run of the tool.
pub struct Made {
    pub resources: usize,
    pub outputs: Vec<(String, String)>,
}

/// A deployment under way.
pub struct Deployment {
    /// What everything's name begins with: not the default, so that nothing goes by the default.
    pub name: String,
    tool: Tool,
    account: Account,
    artifacts_bucket: String,
    artifact_key: String,
    /// What the tool keeps.
    folder: TempDir,
    rows: Mutex<Vec<Row>>,
    /// Held by what must not run beside itself.
    pub alone: tokio::sync::Mutex<()>,
}

struct Row {
    stack: String,
    resources: usize,
    deployed: Duration,
    removed: Duration,
}

impl Deployment {
    /// Uploads the functions' zip.
    pub async fn prepare(tool: Tool, account: Account) -> Self {
        let zip = bootstrap();
        let bytes = std::fs::read(&zip).unwrap_or_else(|error| {
            panic!("{}: {error}: `make lambda` builds it, or ORDERFLOW_TEST_BOOTSTRAP names another", zip.display())
        });
        let name = format!("test{:x}", std::process::id());
        let (bucket, key) = (format!("{name}-artifacts"), "bootstrap.zip".to_owned());
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        account.put(&bucket, place.into_bytes()).await;
        account.put(&format!("{bucket}/{key}"), bytes).await;
        let folder = TempDir::new().expect("a temporary folder");
        Self {
            name,
            tool,
            account,
            artifacts_bucket: bucket,
            artifact_key: key,
            folder,
            rows: Mutex::new(Vec::new()),
            alone: tokio::sync::Mutex::default(),
        }
    }

    /// Makes what all workflows share.
    pub async fn deploy_shared(&self) {
        self.make("shared").await;
    }

    /// Makes a workflow's stack; gives where its API answers.
    pub async fn deploy(&self, workflow: &str) -> Api {
        let made = self.make(workflow).await;
        let url = made.outputs.iter().find(|(name, _)| ["ApiUrl", "api_url"].contains(&name.as_str()));
        Api::of_url(&url.unwrap_or_else(|| panic!("{workflow} has an API: {:?}", made.outputs)).1)
    }

    /// Removes a workflow's stack.
    pub async fn remove(&self, workflow: &str) {
        let started = Instant::now();
        match self.tool {
            Tool::Terraform => terraform::destroy(self, workflow).await,
            Tool::CloudFormation => cloudformation::delete(self, workflow).await,
        }
        let mut rows = self.rows.lock().expect("nobody panicked with it");
        if let Some(row) = rows.iter_mut().find(|row| row.stack == workflow) {
            row.removed = started.elapsed();
        }
    }

    /// Removes what all workflows share.
    pub async fn remove_shared(&self) {
        self.remove("shared").await;
    }

    /// Nothing waits in the queues of what could not be delivered.
    pub async fn nothing_was_left_over(&self) {
        for stack in
            WORKFLOWS.into_iter().map(|workflow| format!("{}-{workflow}", self.name)).chain([self.name.clone()])
        {
            let url = format!("{}/{}/{stack}-failures", self.account.endpoint(), ACCOUNT);
            let input = json!({ "QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"] });
            let answer = self.account.call("sqs", "AmazonSQS.GetQueueAttributes", input).await;
            assert_eq!(answer["Attributes"]["ApproximateNumberOfMessages"], "0", "{stack}-failures holds something");
        }
    }

    /// Prints what was made and how long it took.
    pub fn report(&self) {
        for row in self.rows.lock().expect("nobody panicked with it").iter() {
            let Row { stack, resources, deployed, removed } = row;
            eprintln!(
                "{:?} {stack}: {resources} resources, deployed in {deployed:.0?}, removed in {removed:.0?}",
                self.tool
            );
        }
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What both tools are told of a stack, by CloudFormation's names.
    pub fn parameters(&self, stack: &str) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("Name", self.name.clone()),
            ("ArtifactsBucket", self.artifacts_bucket.clone()),
            ("ArtifactKey", self.artifact_key.clone()),
            ("Architecture", "x86_64".to_owned()),
            ("DeletionProtection", "false".to_owned()),
        ];
        if stack == "shared" {
            parameters.push(("MailFrom", "shop@example.com".to_owned()));
            parameters.push(("OperatorKey", "operator-key-of-the-deployment".to_owned()));
            // CloudFormation of the stand-in knows no logs of a firewall.
            let firewall = matches!(self.tool, Tool::Terraform);
            parameters.push(("EnableWaf", firewall.to_string()));
        } else {
            parameters.extend([
                // What the stand-in does not know.
                ("EnableTracingGroup", "false".to_owned()),
                ("EnableWaf", "false".to_owned()),
                // It takes neither filters nor enrichment into account: `pipe` does the pipe's work.
                ("PipeState", "STOPPED".to_owned()),
                ("IntakeAuthorization", "jwt".to_owned()),
            ]);
        }
        parameters
    }

    async fn make(&self, stack: &str) -> Made {
        let started = Instant::now();
        let made = match self.tool {
            Tool::Terraform => terraform::apply(self, stack).await,
            Tool::CloudFormation => cloudformation::create(self, stack).await,
        };
        let row = Row {
            stack: stack.to_owned(),
            resources: made.resources,
            deployed: started.elapsed(),
            removed: Duration::ZERO,
        };
        eprintln!("{:?} {stack}: {} resources in {:.0?}", self.tool, row.resources, row.deployed);
        self.rows.lock().expect("nobody panicked with it").push(row);
        made
    }
}

/// The functions' zip.
pub fn bootstrap() -> PathBuf {
    match std::env::var_os("ORDERFLOW_TEST_BOOTSTRAP") {
        Some(path) => path.into(),
        None => root().join("target/lambda/bootstrap.zip"),
    }
}
