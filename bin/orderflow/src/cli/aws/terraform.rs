//! Deploying with Terraform: the modules of the project's folder, in a state of their own for each name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::tool::Account;
use crate::cli::Failure;

/// A root module that is applied or destroyed.
pub struct Root {
    /// Its folder.
    pub folder: PathBuf,
    /// What its state is kept under: one for each deployment's name.
    pub workspace: String,
    /// Its variables.
    pub variables: Map<String, Value>,
}

impl Root {
    /// The root module of that name below the project's `infra/terraform`.
    ///
    /// # Errors
    ///
    /// When the folder is not there.
    pub fn of(project: &Path, path: &str, workspace: &str, variables: Map<String, Value>) -> Result<Self, Failure> {
        let folder = project.join("infra/terraform").join(path);
        if !folder.is_dir() {
            let message = format!("there is no {}: give --project the folder of the project", folder.display());
            return Err(Failure::input(message));
        }
        Ok(Self { folder, workspace: workspace.to_owned(), variables })
    }

    /// The names of its variables, in order.
    ///
    /// # Errors
    ///
    /// When its files cannot be read.
    pub fn declared(&self) -> Result<Vec<String>, Failure> {
        declared(&self.folder)
    }

    /// Whether it has a variable of that name.
    ///
    /// # Errors
    ///
    /// When its files cannot be read.
    pub fn declares(&self, name: &str) -> Result<bool, Failure> {
        Ok(self.declared()?.iter().any(|known| known == name))
    }

    /// Plans and applies, once it is prepared. What a failed run has created stays in the state, and the same command
    /// goes on.
    pub async fn apply(&self, account: &Account) -> Result<(), Failure> {
        self.with_variables(account, &["apply", "-input=false", "-auto-approve"]).await
    }

    /// Applies what has changed of one of its resources.
    pub async fn apply_only(&self, account: &Account, resource: &str) -> Result<(), Failure> {
        self.with_variables(account, &["apply", "-input=false", "-auto-approve", &format!("-target={resource}")]).await
    }

    /// Removes everything of it.
    pub async fn destroy(&self, account: &Account) -> Result<(), Failure> {
        self.prepare(account).await?;
        self.with_variables(account, &["destroy", "-input=false", "-auto-approve"]).await
    }

    /// What it answers with.
    pub async fn outputs(&self, account: &Account) -> Result<BTreeMap<String, String>, Failure> {
        let arguments = [self.here(), "output".to_owned(), "-json".to_owned()];
        let output = account.output("terraform", &arguments).await?;
        let answer: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::refused(format!("terraform output: its answer is not JSON: {error}")))?;
        let rows = answer.as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(rows.map(|(name, row)| (name.clone(), text(&row["value"]))).collect())
    }

    /// Fetches the providers, and takes the deployment's own state.
    pub async fn prepare(&self, account: &Account) -> Result<(), Failure> {
        account.show("terraform", &[self.here().as_str(), "init", "-input=false", "-no-color"]).await?;
        let select =
            [self.here(), "workspace".to_owned(), "select".to_owned(), "-or-create".to_owned(), self.workspace.clone()];
        account.show("terraform", &select).await
    }

    async fn with_variables(&self, account: &Account, arguments: &[&str]) -> Result<(), Failure> {
        let mut all = vec![self.here()];
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        all.push("-no-color".to_owned());
        for (name, value) in &self.variables {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.push(format!("-var={name}={value}"));
        }
        account.show("terraform", &all).await
    }

    fn here(&self) -> String {
        format!("-chdir={}", self.folder.display())
    }
}

/// The names of a module's variables, as its files declare them.
fn declared(folder: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error: std::io::Error| Failure::input(format!("cannot read {}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "tf") {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            names.extend(text.lines().filter_map(variable).map(str::to_owned));
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The name in a line such as `variable "name" {`.
fn variable(line: &str) -> Option<&str> {
    line.strip_prefix("variable \"")?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_s_variables_are_those_its_files_declare() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join("infra/terraform/workflows/checkout");
        std::fs::create_dir_all(&folder).unwrap();
        let text = "variable \"stage\" {}\nvariable \"name\" {\n  type = string\n}\n# variable \"no\" {}\n";
        std::fs::write(folder.join("main.tf"), text).unwrap();
        std::fs::write(folder.join("notes.md"), "variable \"other\" {}\n").unwrap();
        let root = Root::of(project.path(), "workflows/checkout", "orderflow", Map::new());
        let root = root.unwrap_or_else(|_| unreachable!("it is there"));
        assert_eq!(root.declared().ok(), Some(vec!["name".to_owned(), "stage".to_owned()]));
        assert_eq!(root.declares("stage").ok(), Some(true));
        assert!(Root::of(project.path(), "workflows/none", "orderflow", Map::new()).is_err());
    }
}
