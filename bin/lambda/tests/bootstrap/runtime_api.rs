//! Lambda's Runtime API, as much of it as a bootstrap needs
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>), and the bootstrap that asks it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

/// The trace that every invocation is part of.
pub const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// How long an invocation may take unless a test says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The zip that is shipped, when the tests are about it.
pub fn shipped() -> Option<PathBuf> {
    std::env::var_os("ORDERFLOW_TEST_BOOTSTRAP").map(PathBuf::from)
}

/// The program that is tested.
pub fn program() -> PathBuf {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| match shipped() {
        None => env!("CARGO_BIN_EXE_bootstrap").into(),
        Some(path) => {
            let zip = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("shipped");
            zip::ZipArchive::new(zip).and_then(|mut zip| zip.extract(&folder)).expect("it is a zip");
            folder.join("bootstrap")
        }
    });
    PROGRAM.clone()
}

/// What came back of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What the function answered.
    Response(Value),
    /// The error it failed with: `errorType` and `errorMessage`.
    Error(Value),
}

impl Answer {
    /// The response.
    #[track_caller]
    pub fn response(self) -> Value {
        match self {
            Answer::Response(value) => value,
            Answer::Error(error) => panic!("the function failed: {error}"),
        }
    }

    /// The message of the error, which must have that name.
    #[track_caller]
    pub fn error(self, name: &str) -> String {
        match self {
            Answer::Error(error) if error["errorType"] == name => error["errorMessage"].to_string(),
            other => panic!("it was to fail as {name}, but {other:?}"),
        }
    }
}

/// A running bootstrap.
pub struct Bootstrap {
    child: Child,
    waiting: mpsc::UnboundedSender<Invocation>,
    answers: Answers,
    /// When it asked for its first invocation.
    ready: oneshot::Receiver<Instant>,
    started: Instant,
    log: Arc<Mutex<String>>,
    count: u32,
}

type Answers = Arc<Mutex<HashMap<String, oneshot::Sender<Answer>>>>;

struct Invocation {
    id: String,
    event: String,
    timeout: Duration,
}

struct Api {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    answers: Answers,
    ready: Mutex<Option<oneshot::Sender<Instant>>>,
}

impl Bootstrap {
    /// Starts the bootstrap as that function, with nothing in its environment but these variables and what
    /// Lambda itself sets.
    pub async fn start(function: &str, environment: &[(String, String)]) -> Self {
        let (waiting, queue) = mpsc::unbounded_channel();
        let (ready, is_ready) = oneshot::channel();
        let answers = Answers::default();
        let api = Arc::new(Api { waiting: queue.into(), answers: answers.clone(), ready: Mutex::new(Some(ready)) });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(respond))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(fail))
            .with_state(api);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let started = Instant::now();
        let mut child = Command::new(program())
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", format!("shop-checkout-{function}"))
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("ORDERFLOW_FUNCTION", function)
            .envs(environment.iter().cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the bootstrap starts");
        let log = Arc::new(Mutex::new(String::new()));
        tokio::spawn(collect(child.stdout.take().expect("it is piped"), log.clone()));
        tokio::spawn(collect(child.stderr.take().expect("it is piped"), log.clone()));
        Self { child, waiting, answers, ready: is_ready, started, log, count: 0 }
    }

    /// How long it took from its start until it asked for its first invocation.
    pub async fn init_time(&mut self) -> Duration {
        let ready = (&mut self.ready).await.expect("it asks for an invocation");
        ready.duration_since(self.started)
    }

    /// Invokes the function.
    pub async fn invoke(&mut self, event: &Value) -> Answer {
        self.invoke_with(event.to_string(), TIMEOUT).await
    }

    /// Invokes the function with any text, and so much time to answer.
    pub async fn invoke_with(&mut self, event: String, timeout: Duration) -> Answer {
        self.count += 1;
        let id = format!("request-{}", self.count);
        let (answer, answered) = oneshot::channel();
        self.answers.lock().expect("no test panics with it").insert(id.clone(), answer);
        self.waiting.send(Invocation { id, event, timeout }).expect("somebody takes it");
        match tokio::time::timeout(timeout + Duration::from_secs(10), answered).await {
            Ok(answer) => answer.expect("the bootstrap answers"),
            Err(_) => panic!("the bootstrap never answered; its log: {}", self.log()),
        }
    }

    /// The code that it ended with by itself.
    pub async fn exit_code(&mut self) -> i32 {
        let status = self.child.wait().await.expect("it can be waited for");
        // What it wrote last is read a moment later.
        tokio::time::sleep(Duration::from_millis(50)).await;
        status.code().expect("nobody ended it")
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no test panics with it").clone()
    }
}

async fn collect(mut output: impl AsyncReadExt + Unpin, log: Arc<Mutex<String>>) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut piece).await {
        log.lock().expect("no test panics with it").push_str(&String::from_utf8_lossy(&piece[..length]));
    }
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    if let Some(ready) = api.ready.lock().expect("no test panics with it").take() {
        // A test that does not ask for it has dropped the other end.
        let _ = ready.send(Instant::now());
    }
    let Some(invocation) = api.waiting.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let deadline = SystemTime::now() + invocation.timeout;
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970").as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:f".to_owned()),
        ("lambda-runtime-trace-id", TRACE.to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, invocation.event)
}

async fn respond(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    settle(&api, &id, Answer::Response(serde_json::from_slice(&body).expect("a response is JSON")))
}

async fn fail(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    settle(&api, &id, Answer::Error(serde_json::from_slice(&body).expect("an error is JSON")))
}

fn settle(api: &Api, id: &str, answer: Answer) -> StatusCode {
    let waiting = api.answers.lock().expect("no test panics with it").remove(id);
    // A test may have given up.
    drop(waiting.expect("it was invoked").send(answer));
    StatusCode::ACCEPTED
}
