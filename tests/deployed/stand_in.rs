//! ministack, which stands in for AWS: a server of this test's own, or the one that `ORDERFLOW_TEST_MINISTACK` names.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// It reads all of Python's AWS before it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that stands in for AWS.
pub struct StandIn {
    endpoint: String,
    /// A shell that ends the server when its standard input closes, however this process ends.
    _guard: Option<Child>,
}

impl StandIn {
    /// Starts one, or takes the one that is named.
    pub async fn start() -> Self {
        if let Ok(endpoint) = std::env::var("ORDERFLOW_TEST_MINISTACK") {
            return Self { endpoint, _guard: None };
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = port.expect("a port is free").port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let guard = Command::new("sh")
            .args(["-c", r#""$@" & server=$!; cat > /dev/null; kill $server"#, "sh"])
            .arg(find("ministack"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // The functions inherit it, and call what stands in for AWS themselves.
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_HOST", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let started = Instant::now();
        while reqwest::get(format!("{endpoint}/_ministack/health")).await.is_err() {
            assert!(started.elapsed() < PATIENCE, "ministack did not come up within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Self { endpoint, _guard: Some(guard) }
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

/// The program in the project's own environment, else on the path.
pub fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(root().join(".venv/bin"))
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed: `make tools` installs it"))
}
