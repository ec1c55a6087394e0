//! Deploying with the AWS CLI: templates made on the spot, a bucket for what they refer to, two stacks.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::tool::Account;
use crate::cli::Failure;

/// Between two looks at what a stack is doing.
const LOOK: Duration = Duration::from_secs(3);

/// Where a stack is whose creation came to nothing. It cannot be updated, and holds nothing that anybody has used.
const NEVER_CREATED: [&str; 4] = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"];

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
pub async fn upload(account: &Account, bucket: &str, file: &Path) -> Result<String, Failure> {
    let content =
        std::fs::read(file).map_err(|error| Failure::input(format!("cannot read {}: {error}", file.display())))?;
    let digest: String = Sha256::digest(&content).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let key = format!("{}-{digest}.{}", part(file.file_stem()), part(file.extension()));
    let present = account.output("aws", &["s3api", "head-object", "--bucket", bucket, "--key", &key]).await?;
    if !present.status.success() {
        let path = file.to_string_lossy();
        account.aws(&["s3api", "put-object", "--bucket", bucket, "--key", &key, "--body", &path]).await?;
    }
    Ok(key)
}

/// Creates or updates a stack and waits for it, telling what happens meanwhile. Whatever an earlier command has begun
/// comes to its end first; a creation that came to nothing is removed, so that the same command goes on.
pub async fn deploy(account: &Account, stack: &Stack, bucket: &str, region: &str) -> Result<(), Failure> {
    let name = &stack.name;
    let mut watch = Watch::begin(account, name).await;
    let mut present = watch.settled().await?;
    if let Some(left) = present.take_if(|found| NEVER_CREATED.contains(&found.status.as_str())) {
        eprintln!("{name} is {}: removing what an earlier command has left", left.status);
        remove(account, name).await?;
    }
    let folder = TempDir::new().map_err(unwritten)?;
    let template = folder.path().join("template.json");
    std::fs::write(&template, stack.template.to_string()).map_err(unwritten)?;
    let template =
        object_url(account.endpoint_url.as_deref(), region, bucket, &upload(account, bucket, &template).await?);
    let request = json!({
        "StackName": name,
        "TemplateURL": template,
        "Parameters": parameters(stack, present.as_ref()),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    });
    // Everybody on this machine can read a program's arguments, and nobody but this user the folder.
    let input = folder.path().join("request.json");
    std::fs::write(&input, request.to_string()).map_err(unwritten)?;
    let verb = if present.is_some() { "update-stack" } else { "create-stack" };
    let input = format!("file://{}", input.display());
    match account.aws(&["cloudformation", verb, "--cli-input-json", &input]).await {
        Ok(_) => {}
        // The AWS CLI has no exit code of its own for this.
        Err(failure) if failure.message.contains("No updates are to be performed") => return Ok(()),
        Err(failure) => return Err(failure),
    }
    let is = watch.settled().await?.map_or_else(|| "gone".to_owned(), |found| found.status);
    if is == "CREATE_COMPLETE" || is == "UPDATE_COMPLETE" {
        return Ok(());
    }
    let because = watch.failed.map(|words| format!(": {words}")).unwrap_or_default();
    Err(Failure::refused(format!("{name} is {is}{because}\nRun the same command again once this is mended.")))
}

fn unwritten(error: std::io::Error) -> Failure {
    Failure::input(format!("cannot write what the AWS CLI is to read: {error}"))
}

/// Those that are given; of the others, those that the stack has keep their values.
fn parameters(stack: &Stack, present: Option<&Found>) -> Vec<Value> {
    let given = stack.parameters.iter();
    let given = given.map(|(name, value)| json!({ "ParameterKey": name, "ParameterValue": value }));
    let kept = present.into_iter().flat_map(|found| &found.parameters).filter(|name| {
        stack.template["Parameters"].get(name.as_str()).is_some() && !stack.parameters.contains_key(*name)
    });
    given.chain(kept.map(|name| json!({ "ParameterKey": name, "UsePreviousValue": true }))).collect()
}

/// Where CloudFormation finds an object.
fn object_url(endpoint: Option<&str>, region: &str, bucket: &str, key: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    match endpoint {
        Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com{china}/{key}"),
    }
}

/// Removes a stack and waits until it is gone; one that is not there is no failure.
pub async fn remove(account: &Account, name: &str) -> Result<(), Failure> {
    if describe(account, name).await?.is_none() {
        return Ok(());
    }
    let mut watch = Watch::begin(account, name).await;
    account.aws(&["cloudformation", "delete-stack", "--stack-name", name]).await?;
    // It is as it was for a moment yet.
    tokio::time::sleep(LOOK).await;
    match watch.settled().await? {
        None => Ok(()),
        Some(found) => {
            let because = watch.failed.map(|words| format!(": {words}")).unwrap_or_default();
            Err(Failure::refused(format!("{name} is {}{because}", found.status)))
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

/// A stack that is there.
pub struct Found {
    status: String,
    /// The names of its parameters.
    parameters: Vec<String>,
}

impl Found {
    /// Whether CloudFormation is at work on it. One that is under review waits for a person.
    fn is_changing(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && self.status != "REVIEW_IN_PROGRESS"
    }
}

/// The stack of that name, if there is one.
pub async fn describe(account: &Account, name: &str) -> Result<Option<Found>, Failure> {
    let answer = match account.aws(&["cloudformation", "describe-stacks", "--stack-name", name]).await {
        Ok(answer) => answer,
        // The AWS CLI has no exit code of its own for this.
        Err(failure) if failure.message.contains("does not exist") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let stack = &answer["Stacks"][0];
    let names = stack["Parameters"].as_array().into_iter().flatten();
    let parameters = names.filter_map(|row| row["ParameterKey"].as_str().map(str::to_owned)).collect();
    let found = stack["StackStatus"].as_str().map(|status| Found { status: status.to_owned(), parameters });
    Ok(found.filter(|found| found.status != "DELETE_COMPLETE"))
}

/// Follows what happens to a stack.
struct Watch<'a> {
    account: &'a Account,
    name: &'a str,
    /// What was told already, or was before.
    seen: HashSet<String>,
    /// The first thing that went wrong.
    failed: Option<String>,
}

impl<'a> Watch<'a> {
    async fn begin(account: &'a Account, name: &'a str) -> Self {
        let seen = events(account, name).await.into_iter().map(|event| event.id).collect();
        Self { account, name, seen, failed: None }
    }

    /// Waits until nothing is under way any more, telling what happens; how the stack is then, if it is there.
    async fn settled(&mut self) -> Result<Option<Found>, Failure> {
        loop {
            let found = describe(self.account, self.name).await?;
            for event in events(self.account, self.name).await {
                if self.seen.insert(event.id) {
                    eprintln!("  {}", event.words);
                    self.failed = self.failed.take().or(event.failure);
                }
            }
            if !found.as_ref().is_some_and(Found::is_changing) {
                return Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

struct Event {
    id: String,
    words: String,
    /// What failed and why, if something did.
    failure: Option<String>,
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
    let (status, resource, reason) = (text("ResourceStatus"), text("LogicalResourceId"), text("ResourceStatusReason"));
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let words = format!("{status:<28} {resource:<36} {}{because}", text("ResourceType"));
    let failure = status.ends_with("_FAILED").then(|| format!("{resource}{because}"));
    Event { id: text("EventId").to_owned(), words, failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_again_stays_as_it_is() {
        let template = json!({ "Parameters": { "A": {}, "B": {}, "C": {} } });
        let stack = Stack { name: "s".into(), template, parameters: [("A".into(), "1".into())].into() };
        assert_eq!(parameters(&stack, None), [json!({ "ParameterKey": "A", "ParameterValue": "1" })]);
        // `Old` is of an earlier template; `C` is new, and has a default.
        let parameters_there = ["A", "B", "Old"].map(str::to_owned).into();
        let found = Found { status: "CREATE_COMPLETE".into(), parameters: parameters_there };
        assert_eq!(
            parameters(&stack, Some(&found)),
            [
                json!({ "ParameterKey": "A", "ParameterValue": "1" }),
                json!({ "ParameterKey": "B", "UsePreviousValue": true }),
            ]
        );
    }

    #[test]
    fn a_template_is_found_in_every_partition_and_on_a_stand_in() {
        assert_eq!(object_url(None, "eu-central-1", "b", "k"), "https://b.s3.eu-central-1.amazonaws.com/k");
        assert_eq!(object_url(None, "cn-north-1", "b", "k"), "https://b.s3.cn-north-1.amazonaws.com.cn/k");
        assert_eq!(object_url(Some("http://127.0.0.1:4566/"), "us-east-1", "b", "k"), "http://127.0.0.1:4566/b/k");
    }
}
