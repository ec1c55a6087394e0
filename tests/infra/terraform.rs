//! `infra/terraform`: whether Terraform and checkov accept the modules, and whether every workflow has its own.
#![allow(clippy::print_stderr, reason = "whoever runs the tests is told what was left out")]

use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use super::{lint, tool};
use crate::support::{self, root};

fn modules() -> PathBuf {
    root().join("infra/terraform")
}

/// Terraform in a folder of the modules; nothing where it is not installed.
fn terraform(module: &Path, data: &Path, arguments: &[&str]) -> Option<Output> {
    match support::terraform::terraform(module, data).args(arguments).arg("-no-color").output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("SKIPPED: terraform is not installed, so its modules were not checked");
            None
        }
        output => Some(output.expect("terraform starts")),
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_modules_are_formatted() {
    let data = TempDir::new().expect("a temporary folder");
    let Some(output) = terraform(&modules(), data.path(), &["fmt", "-check", "-recursive"]) else { return };
    assert!(output.status.success(), "run `terraform fmt -recursive infra/terraform`:\n{}", said(&output));
}

#[test]
fn terraform_accepts_the_modules() {
    // All workflows' modules are the same but for the name: see below.
    for module in ["shared", "workflows/checkout"] {
        let (folder, data) = (modules().join(module), TempDir::new().expect("a temporary folder"));
        let arguments = ["init", "-backend=false"];
        let Some(output) = terraform(&folder, data.path(), &arguments) else { return };
        if !output.status.success() && said(&output).contains("Failed to query available provider packages") {
            eprintln!(
                "SKIPPED: Terraform cannot fetch its AWS provider, so {module} was not checked: {}",
                said(&output)
            );
            return;
        }
        assert!(output.status.success(), "{module}: {}", said(&output));
        let output = terraform(&folder, data.path(), &["validate"]).expect("it was there a moment ago");
        assert!(output.status.success(), "{module}: {}", said(&output));
    }
}

#[test]
fn every_workflow_that_takes_orders_has_a_module_that_names_it() {
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for entry in std::fs::read_dir(root().join("workflows")).expect("there are workflows") {
        let folder = entry.expect("it can be listed").path();
        let triggers = folder.join("triggers.json");
        // A follow-up has neither: it is deployed with what it follows.
        if !triggers.is_file() || !read(triggers).contains("\"Api\"") {
            continue;
        }
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let module = modules().join("workflows").join(&name);
        assert!(read(module.join("main.tf")).contains(&format!("workflow = \"{name}\"")), "{name}");
        for shared in ["provider.tf", "stack.tf"] {
            let common = read(modules().join("workflows/common").join(shared));
            assert_eq!(read(module.join(shared)), common, "{name}: {shared} is a link to the common one");
        }
    }
}

#[test]
fn checkov_accepts_the_modules() {
    let folder = modules().to_string_lossy().into_owned();
    let arguments = ["--directory", &folder, "--framework", "terraform", "--quiet", "--compact", "--skip-download"];
    lint(&tool("checkov"), &arguments);
}
