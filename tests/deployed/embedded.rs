//! The embedded home: the binary on a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The shop as it is deployed, which signs mails.
const CONFIGURATION: &str = r#"
public_url = "https://shop.example"
[shop]
name = "OrderFlow"
email = "shop@example.com"
"#;

/// A server that ends with this value.
pub struct Embedded {
    process: Child,
    url: String,
    folder: TempDir,
}

impl Embedded {
    /// Starts it, and reads where it listens.
    pub fn start(operator_key: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let configuration = folder.path().join("orderflow.toml");
        std::fs::write(&configuration, CONFIGURATION).expect("the folder can be written to");
        let mut process = Command::new(env!("CARGO_BIN_EXE_orderflow"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .arg("--config")
            .arg(&configuration)
            .env("RUST_LOG", "warn")
            .env("ORDERFLOW_ADMIN_KEY", operator_key)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server says where it listens");
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("the server did not start: {line}")).to_owned();
        Self { process, url, folder }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it keeps its database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // It may have ended on its own; a test says so where it matters.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
