//! What a home without a console answers, and what is wrong with requests whoever answers them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api::Console;
use async_trait::async_trait;
use jiff::Timestamp;
use order::Status;
use ports::{Change, NewOperatorAction, OperatorAction, OperatorActionFilter, OperatorLog, Page, StepError, Writer};
use serde_json::json;
use tokio::sync::watch;

use crate::world::World;

const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:checkout:A-1";

#[tokio::test]
async fn what_a_home_does_not_offer_is_said_so() {
    let world = World::with(|state| state.console = Console::default()).await;
    world.place("A-1", "?wait=10").await.expect(200);
    world.operator("PUT", "/customers/ANA", Some(json!({"email": "ana@example.com"}))).await.expect(201);
    for (method, path, body) in [
        ("GET", "/operator-actions".to_owned(), None),
        ("GET", "/stats".to_owned(), None),
        ("GET", "/stats/workflows".to_owned(), None),
        ("GET", "/alarms/OrdersQueueDepthAlarm/points".to_owned(), None),
        ("GET", "/shop".to_owned(), None),
        ("GET", "/customers?with=totals".to_owned(), None),
        ("GET", "/inventory/tea/reservations".to_owned(), None),
        ("GET", "/workflows/checkout/problems".to_owned(), None),
        ("POST", "/workflows/checkout/test".to_owned(), Some(json!({"input": {}}))),
        ("POST", "/quote".to_owned(), Some(json!({"items": [{"sku": "tea", "quantity": 1}]}))),
        ("POST", "/customers/ANA/erase".to_owned(), Some(json!({}))),
        ("POST", "/customers/erase".to_owned(), Some(json!({"email": "ana@example.com"}))),
        ("POST", "/orders/A-1/mails/7/resend".to_owned(), Some(json!({}))),
        ("POST", format!("/executions/{ARN}/redrive"), Some(json!({}))),
        ("POST", format!("/executions/{ARN}/redrive/preview"), Some(json!({}))),
    ] {
        let answer = world.operator(method, &path, body).await;
        answer.expect_problem(501, "not-available", &[]);
    }
    // What follows from the order and its execution alone is told without the rest.
    let timeline = world.operator("GET", "/orders/A-1/timeline", None).await.expect(200);
    assert!(timeline["entries"].as_array().unwrap().iter().any(|entry| entry["title"] == "Confirm succeeded"));
    let why = world.operator("GET", "/orders/A-1/explanation", None).await.expect(200);
    let offered: Vec<_> = why["can_do"].as_array().unwrap().iter().map(|remedy| remedy["action"].clone()).collect();
    assert_eq!(offered, [json!("cancel"), json!("refund"), json!("reopen_link")]);
    assert!(world.operator("GET", "/customers/ANA", None).await.expect(200).get("totals").is_none());
}

#[tokio::test]
async fn an_execution_is_shown_state_by_state() {
    let world = World::new().await;
    world.place("A-1", "?wait=10").await.expect(200);
    let view = world.operator("GET", &format!("/executions/{ARN}/states"), None).await.expect(200);
    let told: Vec<_> =
        view["states"].as_array().unwrap().iter().map(|state| (&state["name"], &state["status"])).collect();
    let (validate, confirm, done) = (json!("Validate"), json!("Confirm"), json!("succeeded"));
    assert_eq!(told, [(&validate, &done), (&confirm, &done)]);
    let confirmed = &view["states"][1];
    assert_eq!(
        (&confirmed["input"], confirmed["attempts"].as_array().unwrap().len()),
        (&json!({"order_id": "A-1"}), 1)
    );
    world.operator("GET", &format!("/executions/{ARN}x/states"), None).await.expect_problem(404, "not-found", &[]);
}

/// Keeps what operators do in memory, and takes its time to begin while it is held up.
struct Log {
    kept: Mutex<Vec<OperatorAction>>,
    going_on: watch::Sender<bool>,
}

impl Default for Log {
    fn default() -> Self {
        Self { kept: Mutex::default(), going_on: watch::Sender::new(true) }
    }
}

#[async_trait]
impl OperatorLog for Log {
    async fn begin(&self, action: &NewOperatorAction) -> ports::Result<i64> {
        self.going_on.subscribe().wait_for(|going_on| *going_on).await.unwrap();
        let mut kept = self.kept.lock().unwrap();
        let id = i64::try_from(kept.len()).unwrap();
        kept.push(OperatorAction {
            id,
            at: action.at,
            actor: action.actor.clone(),
            action: action.action.to_owned(),
            order_id: action.order_id.clone(),
            subject: action.subject.clone(),
            reason: action.reason.clone(),
            outcome: None,
        });
        Ok(id)
    }

    async fn end(&self, id: i64, outcome: &str) -> ports::Result<()> {
        self.kept.lock().unwrap()[usize::try_from(id).unwrap()].outcome = Some(outcome.to_owned());
        Ok(())
    }

    async fn unended(&self, _: &str, _: Timestamp) -> ports::Result<Vec<OperatorAction>> {
        Ok(Vec::new())
    }

    async fn list(&self, _: &OperatorActionFilter, _: Option<&str>, _: usize) -> ports::Result<Page<OperatorAction>> {
        Ok(Page { items: self.kept.lock().unwrap().iter().rev().cloned().collect(), next_cursor: None })
    }
}

#[tokio::test]
async fn what_operators_do_is_written_down_with_its_outcome() {
    let log = Arc::new(Log::default());
    let world = World::with(|state| state.console.operator_log = Some(log.clone())).await;
    world.place("A-1", "?wait=10").await.expect(200);
    world.operator("POST", "/orders/A-1/ship?wait=10", None).await.expect(200);
    world.operator("POST", "/orders/A-1/cancel", None).await.expect_problem(409, "status-refused", &[]);
    let movement = |units: i64| Some(json!({"kind": "adjusted", "units": units, "reason": "counted"}));
    world.operator("POST", "/inventory/tea/movements", movement(-3)).await.expect(201);
    world.operator("POST", "/inventory/tea/movements", movement(-99)).await.expect_problem(422, "out-of-stock", &[]);
    world.operator("POST", "/dead-letters/mail-7/redeliver", None).await.expect(202);
    // A shopper who calls off an order of their own is no operator.
    world.place("A-2", "?wait=10").await.expect(200);
    let token = world.keys.access_token(&crate::shop::order_id("A-2"));
    world.anybody("POST", &format!("/orders/A-2/cancel?wait=10&token={token}"), None).await.expect(200);

    let told = world.operator("GET", "/operator-actions", None).await.expect(200);
    let rows: Vec<_> = told["items"].as_array().unwrap().iter().rev().map(|action| action["action"].clone()).collect();
    assert_eq!(rows, ["ship", "move_stock", "move_stock", "redeliver"]);
    let outcomes: Vec<_> = log.kept.lock().unwrap().iter().map(|action| action.outcome.clone().unwrap()).collect();
    assert_eq!((outcomes[0].as_str(), outcomes[1].as_str(), outcomes[3].as_str()), ("done", "done", "done"));
    assert!(outcomes[2].contains("tea"), "why it was refused: {outcomes:?}");
    assert_eq!(told["items"][3]["order_id"], "A-1");
    assert_eq!(told["items"][2]["reason"], "counted");
    assert!(log.kept.lock().unwrap().iter().all(|action| action.actor == "operator key"));
}

/// Writes nothing: it does not answer.
struct Away;

#[async_trait]
impl Writer for Away {
    async fn apply(&self, _: Vec<Change>) -> ports::Result<()> {
        Err(StepError::unavailable("the disk is full"))
    }
}

#[tokio::test]
async fn an_outage_leaves_open_what_came_of_it() {
    let log = Arc::new(Log::default());
    let world = World::with(|state| {
        state.console.operator_log = Some(log.clone());
        state.writer = Arc::new(Away);
    })
    .await;
    let movement = json!({"kind": "received", "units": 5, "reason": "delivery"});
    let answer = world.operator("POST", "/inventory/tea/movements", Some(movement)).await;
    answer.expect_problem(503, "service-unavailable", &[]);
    let outcomes: Vec<_> = log.kept.lock().unwrap().iter().map(|action| action.outcome.clone()).collect();
    assert_eq!(outcomes, [None], "whether it was done is not known");
}

#[tokio::test]
async fn what_was_begun_is_done_also_when_nobody_waits_for_the_answer() {
    let log = Arc::new(Log::default());
    let world = World::with(|state| state.console.operator_log = Some(log.clone())).await;
    log.going_on.send_replace(false);
    let movement = json!({"kind": "received", "units": 5, "reason": "delivery"});
    let asking = world.operator("POST", "/inventory/tea/movements", Some(movement));
    let hung_up = tokio::time::timeout(Duration::from_millis(50), asking).await;
    assert!(hung_up.is_err(), "it was being worked on");
    log.going_on.send_replace(true);
    let deadline = Instant::now() + Duration::from_secs(10);
    while log.kept.lock().unwrap().first().and_then(|action| action.outcome.clone()).as_deref() != Some("done") {
        assert!(Instant::now() < deadline, "the request was dropped half-way");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let tea = world.operator("GET", "/inventory/tea", None).await.expect(200);
    assert_eq!(tea["on_hand"], 15);
}

#[tokio::test]
async fn an_order_that_was_refused_is_not_refunded() {
    let world = World::new().await;
    world.place("short-1", "?wait=10").await.expect(200);
    let body = json!({"reason": "x"});
    let answer = world.operator("POST", "/orders/short-1/refund", Some(body)).await;
    answer.expect_problem(409, "status-refused", &[]);
    world.place("A-1", "?wait=10").await.expect(200);
    world.shop.set_status("A-1", Status::Returned, None);
    let answer = world.operator("POST", "/orders/A-1/refund", Some(json!({"reason": "x"}))).await;
    answer.expect_problem(409, "status-refused", &[]);
}
