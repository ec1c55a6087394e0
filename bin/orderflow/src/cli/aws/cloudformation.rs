//! Deploying with the AWS CLI: templates made on the spot, a bucket for what they refer to, two stacks.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::tool::Account;
use crate::cli::Failure;

/// Between two looks at what a stack is doing.
const LOOK: Duration = Duration::from_secs(3);

/// A stack to be.
pub struct Stack {
    pub name: String,
    pub template: Value,
    pub parameters: BTreeMap<String, String>,
}

/// The bucket that holds the functions' code and the templates, made when it is not there.
pub async fn artifacts_bucket(account: &Account, name: &str, id: &str, region: &str) -> Result<String, Failure> {
    let bucket = bucket_name(name, id, region);
    let present = account.output("aws", &["s3api", "head-bucket", "--bucket", &bucket]).await?.status.success();
    if !present {
        let place = format!("LocationConstraint={region}");
        let mut create = vec!["s3api", "create-bucket", "--bucket", &bucket];
        // The first region is the one that must not be named (S3 API, CreateBucket).
        if region != "us-east-1" {
            create.extend(["--create-bucket-configuration", &place]);
        }
        account.aws(&create).await?;
        let closed = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
        let block =
            ["s3api", "put-public-access-block", "--bucket", &bucket, "--public-access-block-configuration", closed];
        account.aws(&block).await?;
    }
    Ok(bucket)
}

/// The name of the bucket for what is deployed.
pub fn bucket_name(name: &str, id: &str, region: &str) -> String {
    format!("{name}-artifacts-{id}-{region}")
}

/// Puts a file into the bucket under a name that its content decides, and gives that name.
pub async fn upload(account: &Account, bucket: &str, file: &std::path::Path) -> Result<String, Failure> {
    let content =
        std::fs::read(file).map_err(|error| Failure::input(format!("cannot read {}: {error}", file.display())))?;
    let digest: String = Sha256::digest(&content).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let key = format!("bootstrap-{digest}.zip");
    let present = account.output("aws", &["s3api", "head-object", "--bucket", bucket, "--key", &key]).await?;
    if !present.status.success() {
        let path = file.to_string_lossy();
        account.aws(&["s3api", "put-object", "--bucket", bucket, "--key", &key, "--body", &path]).await?;
    }
    Ok(key)
}

/// Creates or updates a stack and waits for it, telling what happens meanwhile. A stack whose creation was
/// rolled back holds nothing; it is removed first, so that the same command resumes.
pub async fn deploy(account: &Account, stack: &Stack, bucket: &str) -> Result<(), Failure> {
    if status(account, &stack.name).await?.as_deref() == Some("ROLLBACK_COMPLETE") {
        eprintln!("{}: an earlier creation was rolled back; removing what it left", stack.name);
        remove(account, &stack.name).await?;
    }
    let folder = std::env::temp_dir().join(format!("{}-{}", stack.name, uuid::Uuid::now_v7()));
    let unwritten = |error: std::io::Error| Failure::input(format!("cannot write the template: {error}"));
    std::fs::create_dir_all(&folder).map_err(unwritten)?;
    let file = folder.join("template.json");
    std::fs::write(&file, stack.template.to_string()).map_err(unwritten)?;
    let path = file.to_string_lossy().into_owned();
    let mut arguments: Vec<String> =
        ["cloudformation", "deploy", "--stack-name", &stack.name, "--template-file", &path].map(str::to_owned).into();
    arguments.extend(["--s3-bucket", bucket, "--s3-prefix", "templates"].map(str::to_owned));
    arguments.extend(["--capabilities", "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset"].map(str::to_owned));
    arguments.push("--parameter-overrides".to_owned());
    arguments.extend(stack.parameters.iter().map(|(name, value)| format!("{name}={value}")));
    let seen = events(account, &stack.name).await.into_iter().map(|event| event.id).collect();
    let outcome = watched(account, &stack.name, seen, account.output("aws", &arguments)).await;
    std::fs::remove_dir_all(&folder).ok();
    let output = outcome?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::refused(format!("{}: {}\nRun the same command again once this is mended.", stack.name, said.trim())))
}

/// Removes a stack and waits until it is gone; one that is not there is no failure.
pub async fn remove(account: &Account, name: &str) -> Result<(), Failure> {
    if status(account, name).await?.is_none() {
        return Ok(());
    }
    let seen = events(account, name).await.into_iter().map(|event| event.id).collect();
    account.aws(&["cloudformation", "delete-stack", "--stack-name", name]).await?;
    let wait = ["cloudformation", "wait", "stack-delete-complete", "--stack-name", name];
    let output = watched(account, name, seen, account.output("aws", &wait)).await?;
    match status(account, name).await? {
        None => Ok(()),
        Some(status) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Failure::refused(format!("{name} is {status}: {}", said.trim())))
        }
    }
}

/// The outputs of a stack.
pub async fn outputs(account: &Account, name: &str) -> Result<BTreeMap<String, String>, Failure> {
    let answer = account.aws(&["cloudformation", "describe-stacks", "--stack-name", name]).await?;
    let rows = answer["Stacks"][0]["Outputs"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    Ok(rows.iter().map(|row| (text(&row["OutputKey"]), text(&row["OutputValue"]))).collect())
}

/// The status of a stack; nothing when there is none of that name.
pub async fn status(account: &Account, name: &str) -> Result<Option<String>, Failure> {
    let output =
        account.output("aws", &["cloudformation", "describe-stacks", "--stack-name", name, "--output", "json"]).await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // The AWS CLI has no exit code of its own for this.
        return if said.contains("does not exist") { Ok(None) } else { Err(Failure::refused(said.trim())) };
    }
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::refused(format!("what the AWS CLI answers about {name} is not JSON: {error}")))?;
    let status = answer["Stacks"][0]["StackStatus"].as_str().map(str::to_owned);
    Ok(status.filter(|status| status != "DELETE_COMPLETE"))
}

/// Waits for something while telling what happens to a stack.
async fn watched<T>(
    account: &Account,
    name: &str,
    mut seen: HashSet<String>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            outcome = &mut work => {
                tell(account, name, &mut seen).await;
                return outcome;
            }
            () = tokio::time::sleep(LOOK) => tell(account, name, &mut seen).await,
        }
    }
}

struct Event {
    id: String,
    words: String,
}

async fn tell(account: &Account, name: &str, seen: &mut HashSet<String>) {
    for event in events(account, name).await {
        if seen.insert(event.id) {
            eprintln!("  {}", event.words);
        }
    }
}

/// What has happened to a stack, oldest first; nothing when there is no such stack.
async fn events(account: &Account, name: &str) -> Vec<Event> {
    let answer = account.aws(&["cloudformation", "describe-stack-events", "--stack-name", name]).await;
    let answer = answer.unwrap_or(Value::Null);
    let rows = answer["StackEvents"].as_array().cloned().unwrap_or_default();
    rows.iter().rev().map(event).collect()
}

fn event(row: &Value) -> Event {
    let text = |member: &str| row[member].as_str().unwrap_or("");
    let reason = text("ResourceStatusReason");
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let words =
        format!("{:<28} {:<36} {}{because}", text("ResourceStatus"), text("LogicalResourceId"), text("ResourceType"));
    Event { id: text("EventId").to_owned(), words }
}
