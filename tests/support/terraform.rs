//! Where Terraform takes its providers from: its registry, or a folder in the layout of `terraform providers mirror`
//! that `ORDERFLOW_TEST_TERRAFORM_PROVIDERS` names.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Terraform in a folder, asked nothing by anybody, which keeps what it downloads in another folder.
pub fn terraform(module: &Path, data: &Path) -> Command {
    let mut command = Command::new("terraform");
    command.arg(format!("-chdir={}", module.display()));
    command.env("TF_DATA_DIR", data).env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0").env("CHECKPOINT_DISABLE", "1");
    if let Some(file) = providers(data) {
        command.env("TF_CLI_CONFIG_FILE", file);
    }
    command
}

/// A file for `TF_CLI_CONFIG_FILE`, written into a folder, when the registry is not to be asked.
pub fn providers(folder: &Path) -> Option<PathBuf> {
    let providers = std::env::var_os("ORDERFLOW_TEST_TERRAFORM_PROVIDERS").filter(|providers| !providers.is_empty())?;
    let text = format!("provider_installation {{\n  filesystem_mirror {{ path = {providers:?} }}\n}}\n");
    let file = folder.join("providers.tfrc");
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, text)).expect("the folder can be written to");
    Some(file)
}
