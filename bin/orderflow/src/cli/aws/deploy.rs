//! `orderflow deploy`: a workflow and what it shares with others, onto AWS, in one command.

use std::collections::BTreeMap;
use std::path::PathBuf;

use api::Shop;
use clap::Args;
use serde_json::{Map, Value, json};
use workflows::Workflow;

use super::cloudformation::{self, Stack};
use super::tool::Account;
use super::{Deployment, With, doctor, parameters, smoke, terraform, web};
use crate::cli::{Failure, export};

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow deploy --workflow checkout --with cloudformation --parameter MailFrom=orders@shop.example
  orderflow deploy --workflow queued-orders --with terraform --profile shop --region eu-central-1 \\
      --parameter MailFrom=orders@shop.example --parameter NotificationEmailName=ops@shop.example

Creates what is missing and changes what differs: run again after a failure, or with a newer bootstrap, it goes on
from there. The bootstrap is made by `make lambda`.")]
pub struct Options {
    #[command(flatten)]
    deployment: Deployment,
    /// The functions' code, zipped
    #[arg(long, default_value = "target/lambda/bootstrap.zip", value_name = "ZIP")]
    bootstrap: PathBuf,
    /// Place no order to see that it works
    #[arg(long)]
    no_smoke_test: bool,
}

pub async fn run(options: Options) -> Result<(), Failure> {
    let Deployment { workflow, with, account, .. } = &options.deployment;
    let workflow = find(workflow)?;
    if !options.bootstrap.is_file() {
        let message = format!("there is no {}: make it with `make lambda`", options.bootstrap.display());
        return Err(Failure::input(message));
    }
    let place = Place::of(account).await?;
    let Deployed { outputs, shared } = match with {
        With::Cloudformation => with_cloudformation(&options, &workflow, &place).await?,
        With::Terraform => with_terraform(&options, &workflow, &place).await?,
    };
    if let (Shop::WORKFLOW, Some(bucket)) = (workflow.name.as_str(), web::bucket(&shared)) {
        eprintln!("uploading the web app");
        web::upload(account, bucket).await?;
    }
    let web_url =
        shared.iter().filter(|(name, value)| ["WebUrl", "web_url"].contains(&name.as_str()) && *value != "null");
    for (name, value) in outputs.iter().chain(web_url) {
        println!("{name} = {value}");
    }
    if options.no_smoke_test {
        return Ok(());
    }
    let url = api_url(&outputs).map(|url| reachable(&url, account.endpoint_url.as_deref()));
    let (Some(url), Some(intake)) = (url, intake(&workflow)) else {
        eprintln!("{} has no API; no order was placed to test it", workflow.name);
        return Ok(());
    };
    eprintln!("placing an order of one unit of a test product");
    println!("{}", smoke::order(&url, &operator_key(&options.deployment).await?, &intake).await?);
    Ok(())
}

/// What came of it.
struct Deployed {
    /// The workflow's.
    outputs: BTreeMap<String, String>,
    /// Those of what it shares with others.
    shared: BTreeMap<String, String>,
}

impl Deployed {
    /// The API that the web app is to find, where there is such an app and this is its workflow.
    fn api_of_web(&self, workflow: &Workflow) -> Option<web::Api> {
        web::bucket(&self.shared).filter(|_| workflow.name == Shop::WORKFLOW)?;
        web::Api::of(&api_url(&self.outputs)?)
    }
}

/// Where it goes.
struct Place {
    account_id: String,
    region: String,
}

impl Place {
    async fn of(account: &Account) -> Result<Self, Failure> {
        let identity = account.aws(&["sts", "get-caller-identity"]).await?;
        let account_id = identity["Account"].as_str().unwrap_or_default().to_owned();
        let region = doctor::region(account).await;
        let region = region.ok_or_else(|| Failure::input("no region: give --region, or set one in the profile"))?;
        Ok(Self { account_id, region })
    }
}

/// The workflow of that name, of those that are built in.
///
/// # Errors
///
/// Without one, with the names there are.
pub fn find(name: &str) -> Result<Workflow, Failure> {
    let workflows = export::workflows(None)?;
    let names: Vec<String> = workflows.iter().map(|workflow| workflow.name.clone()).collect();
    let found = workflows.into_iter().find(|workflow| workflow.name == name);
    found.ok_or_else(|| Failure::input(format!("--workflow {name}: there are {}", names.join(", "))))
}

async fn with_cloudformation(options: &Options, workflow: &Workflow, place: &Place) -> Result<Deployed, Failure> {
    let Deployment { name, account, parameters: given, .. } = &options.deployment;
    let templates = export::templates(&workflow.name)?;
    let bucket = cloudformation::bucket_name(name, &place.account_id, &place.region);
    let unknown = parameters::unknown(&[&templates[0]["Parameters"], &templates[1]["Parameters"]], given);
    check(unknown, &templates, given, &own_parameters(name, &bucket, "bootstrap.zip", A_KEY))?;
    let operator_key = existing_operator_key(&options.deployment).await?.unwrap_or_else(fresh_operator_key);
    let bucket = cloudformation::artifacts_bucket(account, name, &place.account_id, &place.region).await?;
    let key = cloudformation::upload(account, &bucket, &options.bootstrap).await?;
    let mut set = own_parameters(name, &bucket, &key, &operator_key).to_vec();
    let [shared, own] = templates;
    let names = ["shared", &workflow.name].map(|stack| format!("{name}-{stack}"));
    let deploy = async |stack: &str, template: &Value, set: &[(&str, String)]| {
        let parameters = parameters::of_template(&template["Parameters"], given, set);
        let parameters = parameters.map_err(|problems| Failure::input(problems.join("\n  ")))?;
        let stack = Stack { name: stack.to_owned(), template: template.clone(), parameters };
        eprintln!("{}", stack.name);
        cloudformation::deploy(account, &stack, &bucket, &place.region).await?;
        cloudformation::outputs(account, &stack.name).await
    };
    let deployed =
        Deployed { shared: deploy(&names[0], &shared, &set).await?, outputs: deploy(&names[1], &own, &set).await? };
    if let Some(web::Api { domain, stage }) = deployed.api_of_web(workflow) {
        // The web app is shared, and comes before the API that it asks.
        set.extend([("ApiDomain", domain), ("ApiStage", stage)]);
        deploy(&names[0], &shared, &set).await?;
    }
    Ok(deployed)
}

/// Stands for the operator's key while nothing is looked at but the other parameters.
const A_KEY: &str = "an-operator-key-to-be-made";

/// Parameters that the deployment itself knows.
fn own_parameters(name: &str, bucket: &str, key: &str, operator_key: &str) -> [(&'static str, String); 4] {
    let values = [("Name", name), ("ArtifactsBucket", bucket), ("ArtifactKey", key), ("OperatorKey", operator_key)];
    values.map(|(name, value)| (name, value.to_owned()))
}

/// Everything that can be wrong with parameters is told before anything is created.
fn check(
    mut problems: Vec<String>,
    templates: &[Value; 2],
    given: &[(String, String)],
    set: &[(&str, String)],
) -> Result<(), Failure> {
    for template in templates {
        problems.extend(parameters::of_template(&template["Parameters"], given, set).err().unwrap_or_default());
    }
    problems.sort_unstable();
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(Failure::input(problems.join("\n  "))) }
}

/// Parameters by the templates' names, where they were given by those of Terraform's variables.
fn by_template(templates: &[Value; 2], given: &[(String, String)]) -> Vec<(String, String)> {
    let declared = templates.iter().filter_map(|template| template["Parameters"].as_object()).flat_map(Map::keys);
    let names: BTreeMap<String, &String> = declared.map(|name| (snake_case(name), name)).collect();
    let named = |name: &str| names.get(&snake_case(name)).map_or_else(|| name.to_owned(), |name| (*name).clone());
    given.iter().map(|(name, value)| (named(name), value.clone())).collect()
}

async fn with_terraform(options: &Options, workflow: &Workflow, place: &Place) -> Result<Deployed, Failure> {
    let Deployment { name, account, parameters: given, .. } = &options.deployment;
    let mut roots = roots(&options.deployment, workflow)?;
    // The variables take the same values as the templates' parameters. Terraform would look at those of the workflow
    // once everything that workflows share is there.
    let templates = export::templates(&workflow.name)?;
    let bucket = cloudformation::bucket_name(name, &place.account_id, &place.region);
    let set = own_parameters(name, &bucket, "bootstrap.zip", A_KEY);
    check(Vec::new(), &templates, &by_template(&templates, given), &set)?;
    let bucket = cloudformation::artifacts_bucket(account, name, &place.account_id, &place.region).await?;
    let key = cloudformation::upload(account, &bucket, &options.bootstrap).await?;
    for root in &mut roots {
        root.prepare(account).await?;
        root.variables.insert("artifacts_bucket".to_owned(), json!(bucket));
        root.variables.insert("artifact_key".to_owned(), json!(key));
    }
    let [mut shared, own] = roots;
    let is_given = shared.variables.contains_key("api_domain");
    let point_web_to = |api: Option<&web::Api>, shared: &mut terraform::Root| {
        if let Some(web::Api { domain, stage }) = api.filter(|_| !is_given) {
            shared.variables.insert("api_domain".to_owned(), json!(domain));
            shared.variables.insert("api_stage".to_owned(), json!(stage));
        }
    };
    // What an earlier run has told stays, whichever workflow this one is for: the web app is not to lose its API.
    let before = web::Api::told(&shared.outputs(account).await?);
    point_web_to(before.as_ref(), &mut shared);
    shared.apply(account).await?;
    own.apply(account).await?;
    let deployed = Deployed { outputs: own.outputs(account).await?, shared: shared.outputs(account).await? };
    let api = deployed.api_of_web(workflow);
    if api.is_some() && api != before && !is_given {
        point_web_to(api.as_ref(), &mut shared);
        shared.apply_only(account, "aws_cloudfront_distribution.web").await?;
    }
    Ok(deployed)
}

/// The two root modules of a workflow, each with those of the given parameters that it declares.
///
/// # Errors
///
/// When a parameter is declared by neither.
pub fn roots(deployment: &Deployment, workflow: &Workflow) -> Result<[terraform::Root; 2], Failure> {
    let Deployment { name, account, project, parameters: given, .. } = deployment;
    let of_workflow = |parameter: &str| workflow.triggers["Parameters"].get(parameter).is_some();
    let mut common = Map::from_iter([("name".to_owned(), json!(name))]);
    for (variable, value) in [("region", &account.region), ("endpoint_url", &account.endpoint_url)] {
        if let Some(value) = value {
            common.insert(variable.to_owned(), json!(value));
        }
    }
    let mut own = common.clone();
    let of_triggers: Map<String, Value> = given
        .iter()
        .filter(|(parameter, _)| of_workflow(parameter))
        .map(|(parameter, value)| (parameter.clone(), json!(value)))
        .collect();
    own.insert("parameters".to_owned(), Value::Object(of_triggers));
    let folder = format!("workflows/{}", workflow.name);
    let mut roots =
        [terraform::Root::of(project, "shared", name, common)?, terraform::Root::of(project, &folder, name, own)?];
    for (parameter, value) in given.iter().filter(|(parameter, _)| !of_workflow(parameter)) {
        let variable = snake_case(parameter);
        let mut declared = false;
        for root in &mut roots {
            if root.declares(&variable)? {
                root.variables.insert(variable.clone(), json!(value));
                declared = true;
            }
        }
        if !declared {
            let mut known = roots[0].declared()?;
            known.extend(roots[1].declared()?);
            known.sort_unstable();
            known.dedup();
            let message = format!("there is no parameter {parameter}; there are {}", known.join(", "));
            return Err(Failure::input(message));
        }
    }
    Ok(roots)
}

/// `MailFrom` as Terraform writes it: `mail_from`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (place, character) in name.char_indices() {
        if character.is_ascii_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// Where the API is, as either tool answers it.
fn api_url(outputs: &BTreeMap<String, String>) -> Option<String> {
    ["ApiUrl", "api_url"].into_iter().find_map(|name| outputs.get(name)).filter(|url| !url.is_empty()).cloned()
}

/// The same URL where there is something else than AWS: stand-ins answer for every API below their own address.
fn reachable(url: &str, endpoint: Option<&str>) -> String {
    let parts = url.strip_prefix("https://").and_then(|rest| rest.split_once(".execute-api."));
    let stage = url.rsplit_once('/').map(|(_, stage)| stage);
    match (endpoint, parts, stage) {
        (Some(endpoint), Some((id, _)), Some(stage)) => {
            format!("{}/_aws/execute-api/{id}/{stage}", endpoint.trim_end_matches('/'))
        }
        _ => url.to_owned(),
    }
}

fn intake(workflow: &Workflow) -> Option<smoke::Intake> {
    let api = workflow.bindings.api.first()?;
    Some(smoke::Intake::of(infra::route(&workflow.name, &api.path), workflow.example.as_ref()?))
}

/// The operator's key of what was deployed.
async fn operator_key(deployment: &Deployment) -> Result<String, Failure> {
    let key = existing_operator_key(deployment).await?;
    key.ok_or_else(|| Failure::refused(format!("there is no secret {} with an operator_key", secret(deployment))))
}

/// The operator's key, where the deployment has one already: another one would make all access tokens void.
async fn existing_operator_key(deployment: &Deployment) -> Result<Option<String>, Failure> {
    let secret = secret(deployment);
    let filter = format!("Key=name,Values={secret}");
    let found = deployment.account.aws(&["secretsmanager", "list-secrets", "--filters", &filter]).await?;
    // The filter finds names that begin so, too.
    let is_there = found["SecretList"].as_array().into_iter().flatten().any(|found| found["Name"] == secret);
    if !is_there {
        return Ok(None);
    }
    let answer = deployment.account.aws(&["secretsmanager", "get-secret-value", "--secret-id", &secret]).await?;
    let keys: Value = serde_json::from_str(answer["SecretString"].as_str().unwrap_or_default()).unwrap_or(Value::Null);
    Ok(keys["operator_key"].as_str().map(str::to_owned))
}

/// 244 random bits in hexadecimal digits.
fn fresh_operator_key() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn secret(deployment: &Deployment) -> String {
    format!("{}/keys", deployment.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_of_a_parameter_serves_both_tools() {
        for (name, snake) in [("MailFrom", "mail_from"), ("Name", "name"), ("mail_from", "mail_from")] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_the_templates_names() {
        let parameters = json!({ "Parameters": {
            "MailFrom": { "Type": "String", "Description": "the sender" },
            "ThrottleRate": { "Type": "Number", "MinValue": 1, "MaxValue": 10, "Default": 5 },
        } });
        let templates = [parameters.clone(), json!({ "Parameters": {} })];
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let given = by_template(&templates, &[pair("throttle_rate", "0"), pair("region", "x")]);
        assert_eq!(given, [pair("ThrottleRate", "0"), pair("region", "x")]);
        let failure = check(Vec::new(), &templates, &given, &[]).expect_err("both are wrong");
        assert!(failure.message.contains("parameter MailFrom is missing: the sender"), "{}", failure.message);
        assert!(failure.message.contains("parameter ThrottleRate: expected"), "{}", failure.message);
        let given = by_template(&templates, &[pair("mail_from", "a@b.example")]);
        assert!(check(Vec::new(), &templates, &given, &[]).is_ok());
        assert!(fresh_operator_key().len() >= 24 && fresh_operator_key() != fresh_operator_key());
    }

    #[test]
    fn an_api_is_reached_where_the_services_are() {
        let url = "https://abc123.execute-api.eu-central-1.amazonaws.com/live";
        assert_eq!(reachable(url, None), url);
        let stand_in = reachable(url, Some("http://127.0.0.1:4566/"));
        assert_eq!(stand_in, "http://127.0.0.1:4566/_aws/execute-api/abc123/live");
    }

    #[test]
    fn a_workflow_that_is_not_there_is_named_with_those_that_are() {
        let failure = find("chekout").expect_err("there is none");
        assert!(failure.message.contains("--workflow chekout: there are "), "{}", failure.message);
        assert!(failure.message.contains("checkout"), "{}", failure.message);
    }
}
