//! Terraform on the modules of `infra/terraform`, with everything that it writes outside of them.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::account::REGION;
use crate::deployment::{Deployment, Made};
use crate::stand_in::root;
use crate::support;

/// Makes a stack, and reads what it answers with.
pub async fn apply(deployment: &Deployment, stack: &str) -> Made {
    {
        // A cache of providers serves one at a time.
        let _alone = deployment.alone.lock().await;
        terraform(deployment, stack, "init", &["-input=false"]).await;
    }
    let applied = terraform(deployment, stack, "apply", &changing(deployment, stack)).await;
    let state = format!("-state={}", state(deployment, stack).display());
    let outputs = terraform(deployment, stack, "output", &["-json", &state]).await;
    let outputs: Value = serde_json::from_str(&outputs).expect("outputs are JSON");
    let outputs = outputs.as_object().into_iter().flatten();
    Made {
        resources: added(&applied),
        outputs: outputs
            .map(|(name, row)| (name.clone(), row["value"].as_str().unwrap_or_default().to_owned()))
            .collect(),
    }
}

/// Removes a stack.
pub async fn destroy(deployment: &Deployment, stack: &str) {
    // Nobody but the state's owner has changed anything.
    let arguments = [changing(deployment, stack), vec!["-refresh=false".to_owned()]].concat();
    terraform(deployment, stack, "destroy", &arguments).await;
}

/// Arguments of what changes something: the variables that the module declares, and the state.
fn changing(deployment: &Deployment, stack: &str) -> Vec<String> {
    let declared = declared(stack);
    let mut arguments: Vec<String> = ["-input=false", "-auto-approve", "-parallelism=6"].map(str::to_owned).into();
    arguments.push(format!("-state={}", state(deployment, stack).display()));
    let own = [
        ("endpoint_url".to_owned(), deployment.account().endpoint().to_owned()),
        ("region".to_owned(), REGION.to_owned()),
    ];
    let given = deployment.parameters(stack).into_iter().map(|(name, value)| (snake_case(name), value));
    let given = given.chain(own).filter(|(name, _)| declared.contains(&format!("variable \"{name}\"")));
    arguments.extend(given.map(|(name, value)| format!("-var={name}={value}")));
    arguments
}

async fn terraform(deployment: &Deployment, stack: &str, command: &str, arguments: &[impl AsRef<str>]) -> String {
    let cache = deployment.folder().join("plugins");
    std::fs::create_dir_all(&cache).expect("a folder in a temporary one");
    let data = deployment.folder().join(stack);
    let output = Command::from(support::terraform(&module(stack), &data))
        .args([command, "-no-color"])
        .args(arguments.iter().map(AsRef::as_ref))
        .env("TF_PLUGIN_CACHE_DIR", cache)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|error| panic!("terraform is your system's to install: {error}"));
    let (told, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "terraform {command} of {stack}: {told}\n{complained}");
    told.into_owned()
}

fn module(stack: &str) -> PathBuf {
    let modules = root().join("infra/terraform");
    if stack == "shared" { modules.join(stack) } else { modules.join("workflows").join(stack) }
}

fn state(deployment: &Deployment, stack: &str) -> PathBuf {
    deployment.folder().join(format!("{stack}.tfstate"))
}

/// The text of a module's files, where its variables are declared.
fn declared(stack: &str) -> String {
    let files =
        std::fs::read_dir(module(stack)).expect("the module is there").map(|file| file.expect("it is there").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "tf"));
    files.map(|path| std::fs::read_to_string(path).expect("a module's file is text")).collect()
}

/// `Apply complete! Resources: 68 added, 0 changed, 0 destroyed.`
fn added(told: &str) -> usize {
    let count = told.split("Resources: ").nth(1).and_then(|rest| rest.split(' ').next());
    count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("Terraform does not say what it added: {told}"))
}

/// `MailFrom` as Terraform writes it: `mail_from`.
fn snake_case(name: &str) -> String {
    let lower =
        |letter: char| if letter.is_uppercase() { format!("_{}", letter.to_lowercase()) } else { letter.to_string() };
    name.chars().map(lower).collect::<String>().trim_start_matches('_').to_owned()
}
