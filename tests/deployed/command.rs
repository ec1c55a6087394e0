//! `orderflow deploy` and `destroy`, as somebody types them who has read the README: what is wrong is refused before
//! anything is created, a deployment that broke off goes on with the same command, and what is there is told.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use crate::account::{ACCOUNT, Account, REGION, between};
use crate::deployment::{Tool, bootstrap};
use crate::stand_in::root;
use crate::support;

/// What the stand-in does not know.
const UNKNOWN_THERE: [&str; 3] = ["EnableWaf=false", "EnableTracingGroup=false", "DeletionProtection=false"];

/// The command, for one workflow and tool.
pub struct Orderflow {
    account: Account,
    tool: Tool,
    workflow: &'static str,
    name: String,
    /// A checkout of the project, so that Terraform's state is nobody else's.
    project: TempDir,
}

/// How it ended.
struct Ended {
    succeeded: bool,
    told: String,
}

impl Orderflow {
    pub fn new(account: &Account, tool: Tool, workflow: &'static str) -> Self {
        let project = TempDir::new().expect("a temporary folder");
        copy(&root().join("infra"), &project.path().join("infra"));
        symlink(root().join("workflows"), project.path().join("workflows")).expect("a link can be made");
        // What one tool keeps is not in the way of the other.
        let name = format!("{}{:x}", format!("{tool:?}").to_lowercase().split_at(2).0, std::process::id());
        Self { account: account.clone(), tool, workflow, name, project }
    }

    /// What is wrong with parameters is told, and nothing has been created.
    pub async fn refuses_what_is_wrong(&self) {
        let sender = "MailFrom=shop@example.com";
        for (given, named) in [
            (vec![], "MailFrom"),
            (vec!["MailFrom=nobody"], "MailFrom"),
            (vec![sender, "ThrottleRate=-1"], "ThrottleRate"),
            (vec![sender, "Trottle=1"], "Trottle"),
        ] {
            let ended = self.run("deploy", &given, &["--no-smoke-test"]).await;
            assert!(!ended.succeeded, "{:?} with {given:?} is refused", self.tool);
            assert!(ended.told.contains(named), "{:?} with {given:?}: {named} is named: {}", self.tool, ended.told);
            let bucket = format!("{}-artifacts-{ACCOUNT}-{REGION}", self.name);
            assert!(!self.account.has_bucket(&bucket).await, "{:?} with {given:?} has created {bucket}", self.tool);
        }
    }

    /// A creation that fails half-way, here because somebody has an event bus of that name, is rolled back, and says what
    /// to do.
    pub async fn is_rolled_back_when_it_fails(&self) {
        let bus = json!({ "Name": self.name });
        self.account.call("events", "AWSEvents.CreateEventBus", bus.clone()).await;
        let ended = self.run("deploy", &parameters(), &["--no-smoke-test"]).await;
        assert!(!ended.succeeded, "{}", ended.told);
        let because = format!("is ROLLBACK_COMPLETE: EventBus: EventBus already exists: {}", self.name);
        assert!(ended.told.contains(&because), "{}", ended.told);
        assert!(ended.told.contains("Run the same command again"), "{}", ended.told);
        let tables = self.account.call("dynamodb", "DynamoDB_20120810.ListTables", json!({})).await;
        assert!(!tables.to_string().contains(&self.name), "nothing is left of it: {tables}: {}", ended.told);
        self.account.call("events", "AWSEvents.DeleteEventBus", bus).await;
    }

    /// Deploys, places an order, and deploys again.
    pub async fn deploys(&self) {
        for _ in 0..2 {
            let ended = self.run("deploy", &parameters(), &[]).await;
            assert!(ended.succeeded, "{:?}: {}", self.tool, ended.told);
            assert!(ended.told.contains("execute-api"), "{:?}: the API's URL is told: {}", self.tool, ended.told);
            assert!(
                ended.told.contains("is confirmed after"),
                "{:?}: an order went through: {}",
                self.tool,
                ended.told
            );
        }
    }

    /// The web app is in its bucket, and says where its distribution has the API.
    pub async fn has_the_web_app(&self) {
        let input = [("StackName".to_owned(), format!("{}-shared", self.name))];
        let shared = self.account.query("cloudformation", "2010-05-15", "DescribeStacks", &input).await;
        let parameters = between(&shared, "Parameters").concat();
        assert!(parameters.contains(".execute-api."), "the distribution knows the API: {parameters}");
        if !root().join("web/dist/index.html").is_file() {
            eprintln!("SKIPPED in part: the web app was not built before the server, so none was uploaded (make web)");
            return;
        }
        let page = self.account.object(&self.web_bucket(), "index.html").await.expect("the page is uploaded");
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains(r#"name="api-base" content="/api""#), "{page}");
        let script = page.split("src=\"/").nth(1).and_then(|rest| rest.split('"').next()).expect("it has a script");
        assert!(self.account.object(&self.web_bucket(), script).await.is_some(), "{script} is there");
    }

    fn web_bucket(&self) -> String {
        format!("{}-web-{ACCOUNT}-{REGION}", self.name)
    }

    /// A deployment that fails, before it begins or half-way, leaves the tables as they are.
    pub async fn keeps_tables_when_it_fails(&self) {
        let before = self.rows().await;
        assert!(before > 0, "{:?}: there is an order to lose", self.tool);
        let mut given = parameters();
        given.push("StockShards=0");
        let ended = self.run("deploy", &given, &["--no-smoke-test"]).await;
        assert!(!ended.succeeded && ended.told.contains("StockShards"), "{:?}: {}", self.tool, ended.told);
        // Functions whose code is nowhere.
        let mut given = parameters();
        given.push("ArtifactKey=no-such.zip");
        let ended = self.run("deploy", &given, &["--no-smoke-test"]).await;
        assert!(!ended.succeeded && ended.told.contains("is UPDATE_ROLLBACK_COMPLETE: "), "{}", ended.told);
        assert_eq!(self.rows().await, before, "{}", ended.told);
    }

    /// How much the table has that everything is in.
    async fn rows(&self) -> i64 {
        let table = json!({ "TableName": format!("{}-data", self.name), "Select": "COUNT" });
        let counted = self.account.call("dynamodb", "DynamoDB_20120810.Scan", table).await;
        counted["Count"].as_i64().unwrap_or_else(|| panic!("the table can be counted: {counted}"))
    }

    /// Removes everything.
    pub async fn destroys(&self) {
        let ended = self.run("destroy", &parameters(), &["--shared", "--yes"]).await;
        assert!(ended.succeeded, "{:?}: {}", self.tool, ended.told);
        assert!(ended.told.contains(&format!("{}-{} is removed", self.name, self.workflow)), "{}", ended.told);
        assert!(!self.account.has_bucket(&self.web_bucket()).await, "the web app is gone: {}", ended.told);
    }

    async fn run(&self, command: &str, given: &[&str], more: &[&str]) -> Ended {
        let with = match self.tool {
            Tool::Terraform => "terraform",
            Tool::CloudFormation => "cloudformation",
        };
        let mut orderflow = orderflow();
        orderflow.args([command, "--workflow", self.workflow, "--with", with, "--name", &self.name]);
        orderflow.args(["--region", REGION, "--endpoint-url", self.account.endpoint()]);
        orderflow.arg("--project").arg(self.project.path()).args(more);
        if command == "deploy" {
            orderflow.arg("--bootstrap").arg(bootstrap());
        }
        for parameter in given {
            orderflow.args(["--parameter", parameter]);
        }
        if let Some(providers) = support::providers(self.project.path()) {
            orderflow.env("TF_CLI_CONFIG_FILE", providers);
        }
        ended(orderflow).await
    }
}

/// Tells what would fail in an account: here, that nobody has verified the sender of mails.
pub async fn doctor_tells_what_would_fail(account: &Account) {
    let mut doctor = orderflow();
    doctor.args(["doctor", "--aws", "--region", REGION, "--endpoint-url", account.endpoint()]);
    doctor.args(["--mail-from", "shop@example.com"]);
    let Ended { succeeded, told } = ended(doctor).await;
    for line in [
        format!("ok       credentials                  arn:aws:iam::{ACCOUNT}:root"),
        format!("ok       region                       {REGION}"),
    ] {
        assert!(told.contains(&line), "{told}");
    }
    for what in ["Lambda concurrency", "Step Functions", "SES sending", "SES rate", "SES sender"] {
        assert!(told.contains(what), "{what} is looked at: {told}");
    }
    assert!(!succeeded && told.contains("FAILS    SES sender") && told.contains("1 thing would fail"), "{told}");
}

/// The binary, with the project's own tools.
fn orderflow() -> Command {
    let mut orderflow = Command::new(env!("CARGO_BIN_EXE_orderflow"));
    let own = root().join(".venv/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path)));
    orderflow.env("PATH", path.expect("no folder's name has a colon in it"));
    orderflow.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").stdin(Stdio::null());
    orderflow
}

async fn ended(mut orderflow: Command) -> Ended {
    let output = orderflow.output().await.expect("the binary runs");
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    Ended { succeeded: output.status.success(), told }
}

fn parameters() -> Vec<&'static str> {
    let mut parameters = vec!["MailFrom=shop@example.com"];
    parameters.extend(UNKNOWN_THERE);
    parameters
}

/// A folder with everything in it, but for what Terraform has left there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("it can be listed") {
        let entry = entry.expect("it can be listed");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let left_there = entry.file_name().to_string_lossy().starts_with(".terraform");
        if left_there {
            continue;
        }
        if source.is_dir() {
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).expect("a file can be copied");
        }
    }
}
