//! CloudFormation on the templates of `infra/cloudformation`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::account::between;
use crate::deployment::{Deployment, Made};
use crate::stand_in::root;

const PATIENCE: Duration = Duration::from_secs(300);

/// Makes a stack, and reads what it answers with.
pub async fn create(deployment: &Deployment, stack: &str) -> Made {
    let path = root().join(format!("infra/cloudformation/{stack}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let template: Value = serde_json::from_str(&text).expect("a template is JSON");
    // Larger than CloudFormation takes in a request.
    let object = format!("{}-artifacts/{stack}.json", deployment.name);
    deployment.account().put(&object, text.into_bytes()).await;
    let mut input = vec![
        named(deployment, stack),
        ("TemplateURL".to_owned(), format!("{}/{object}", deployment.account().endpoint())),
        ("Capabilities.member.1".to_owned(), "CAPABILITY_NAMED_IAM".to_owned()),
    ];
    let declared = |name: &str| template["Parameters"].get(name).is_some();
    let given = deployment.parameters(stack).into_iter().filter(|(name, _)| declared(name));
    for (index, (name, value)) in given.enumerate() {
        input.push((format!("Parameters.member.{}.ParameterKey", index + 1), name.to_owned()));
        input.push((format!("Parameters.member.{}.ParameterValue", index + 1), value));
    }
    call(deployment, "CreateStack", &input).await;
    let described = reached(deployment, stack, "CREATE_COMPLETE").await;
    let outputs = between(&described, "OutputKey").into_iter().zip(between(&described, "OutputValue"));
    Made {
        resources: resources(deployment, stack).await,
        outputs: outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

/// How many resources a stack has made.
async fn resources(deployment: &Deployment, stack: &str) -> usize {
    let (mut count, mut next) = (0, None);
    loop {
        let token = next.map(|token: String| ("NextToken".to_owned(), token));
        let input: Vec<(String, String)> = std::iter::once(named(deployment, stack)).chain(token).collect();
        let page = call(deployment, "ListStackResources", &input).await;
        count += between(&page, "LogicalResourceId").len();
        match between(&page, "NextToken").first() {
            Some(token) => next = Some((*token).to_owned()),
            None => return count,
        }
    }
}

/// Removes a stack. What it keeps by its own word, tables above all, stays.
pub async fn delete(deployment: &Deployment, stack: &str) {
    call(deployment, "DeleteStack", &[named(deployment, stack)]).await;
    reached(deployment, stack, "DELETE_COMPLETE").await;
}

/// Waits until the stack is in a state; gives its description.
async fn reached(deployment: &Deployment, stack: &str, wanted: &str) -> String {
    let started = Instant::now();
    loop {
        let listed = call(deployment, "ListStacks", &[]).await;
        let name = format!("<StackName>{}</StackName>", named(deployment, stack).1);
        let row = between(&listed, "member").into_iter().find(|row| row.contains(&name)).unwrap_or_default();
        let status = between(row, "StackStatus").first().copied().unwrap_or_default();
        if status == wanted {
            let exists = wanted != "DELETE_COMPLETE";
            let input = [named(deployment, stack)];
            return if exists { call(deployment, "DescribeStacks", &input).await } else { String::new() };
        }
        if ["FAILED", "ROLLBACK"].iter().any(|word| status.contains(word)) {
            let events = call(deployment, "DescribeStackEvents", &[named(deployment, stack)]).await;
            panic!("{stack} is {status}: {:?}", between(&events, "ResourceStatusReason"));
        }
        assert!(started.elapsed() < PATIENCE, "{stack} is {status:?} after {PATIENCE:?}, expected {wanted}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn call(deployment: &Deployment, action: &str, input: &[(String, String)]) -> String {
    deployment.account().query("cloudformation", "2010-05-15", action, input).await
}

fn named(deployment: &Deployment, stack: &str) -> (String, String) {
    ("StackName".to_owned(), format!("{}-{stack}", deployment.name))
}
