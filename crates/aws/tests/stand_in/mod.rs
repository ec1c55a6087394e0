//! What stands in for AWS: a server of the tests' own, or one that the environment names.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws::tables::{Index, Table};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};

/// How long a server may take to come up: it reads all of Python's AWS first.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that stands in for AWS. It goes with the process.
pub struct StandIn {
    endpoint: String,
    /// Ends the server when its standard input closes, which it does whichever way this process ends.
    _guard: Option<Child>,
}

/// moto: strict on single calls. `ORDERFLOW_TEST_MOTO` names a running one, which must answer one request after
/// the other, as `moto.py` does.
pub fn moto() -> &'static StandIn {
    static MOTO: OnceLock<StandIn> = OnceLock::new();
    MOTO.get_or_init(|| {
        // The Python that has moto is where its server is.
        let python = || find("moto_server").with_file_name("python3");
        StandIn::start("ORDERFLOW_TEST_MOTO", python, |command, port| {
            command.args(["-c", include_str!("moto.py"), "-H", "127.0.0.1", "-p", &port.to_string()]);
            command.env("MOTO_ALLOW_NONEXISTENT_REGION", "true");
        })
    })
}

/// ministack: the services together. `ORDERFLOW_TEST_MINISTACK` names a running one.
pub fn ministack() -> &'static StandIn {
    static MINISTACK: OnceLock<StandIn> = OnceLock::new();
    MINISTACK.get_or_init(|| {
        StandIn::start(
            "ORDERFLOW_TEST_MINISTACK",
            || find("ministack"),
            |command, port| {
                let path = std::env::var_os("PATH").unwrap_or_default();
                command
                    .env_clear()
                    .env("PATH", path)
                    .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
                    .env("BIND_HOST", "127.0.0.1")
                    .env("GATEWAY_PORT", port.to_string())
                    .env("MINISTACK_HOST", "127.0.0.1");
            },
        )
    })
}

impl StandIn {
    fn start(variable: &str, program: impl Fn() -> PathBuf, configure: impl FnOnce(&mut Command, u16)) -> Self {
        if let Ok(endpoint) = std::env::var(variable) {
            return Self { endpoint, _guard: None };
        }
        let (program, port) = (program(), free_port());
        let mut command = Command::new("sh");
        command.args(["-c", r#""$@" & server=$!; cat > /dev/null; kill $server"#, "sh"]).arg(&program);
        configure(&mut command, port);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guard = command.spawn().expect("a shell starts");
        let (address, started) = (SocketAddr::from(([127, 0, 0, 1], port)), Instant::now());
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < PATIENCE, "{} did not come up within {PATIENCE:?}", program.display());
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { endpoint: format!("http://{address}"), _guard: Some(guard) }
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The configuration of clients that talk to it.
    pub async fn config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .endpoint_url(&self.endpoint)
            // A client that could speak TLS would read all certificates of the system first.
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .load()
            .await
    }
}

/// A name that no other test has.
pub fn unique(name: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Creates a table as the templates do.
pub async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str, table: &Table) {
    let mut attributes = vec![table.partition_key];
    attributes.extend(table.sort_key);
    for Index { partition_key, sort_key, .. } in table.indexes {
        attributes.push(partition_key);
        attributes.extend(*sort_key);
    }
    attributes.sort_unstable();
    attributes.dedup();
    let attributes = attributes.into_iter().map(|name| {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        attribute.build().expect("name and type are given")
    });
    let indexes: Vec<GlobalSecondaryIndex> = table
        .indexes
        .iter()
        .map(|index| {
            let projection = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(key_schema(index.partition_key, index.sort_key)))
                .projection(projection);
            index.build().expect("name and keys are given")
        })
        .collect();
    let stream = table.stream_view_type.map(|view| {
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::from(view));
        stream.build().expect("it says whether it is enabled")
    });
    client
        .create_table()
        .table_name(name)
        .set_attribute_definitions(Some(attributes.collect()))
        .set_key_schema(Some(key_schema(table.partition_key, table.sort_key)))
        // DynamoDB takes no empty list.
        .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
        .set_stream_specification(stream)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .expect("the table is created");
}

fn key_schema(partition_key: &str, sort_key: Option<&str>) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("name and type are given")
    };
    let mut schema = vec![element(partition_key, KeyType::Hash)];
    schema.extend(sort_key.map(|name| element(name, KeyType::Range)));
    schema
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// The program in the project's own environment, else on the path.
fn find(program: &str) -> PathBuf {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(own)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed: `make tools` does it"))
}
