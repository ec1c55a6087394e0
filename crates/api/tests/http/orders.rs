//! Reading orders, following them, and what comes after.

use axum::body::Body;
use axum::http::Request;
use futures::StreamExt;
use order::Status;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::shop::order_id;
use crate::world::World;

/// A confirmed order with its access token.
async fn confirmed(world: &World, id: &str) -> String {
    let body = world.place(id, "?wait=10").await.expect(200);
    assert_eq!(body["status"], "confirmed");
    body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_order_is_shown_as_documented() {
    let world = World::new().await;
    let token = confirmed(&world, "A-1").await;
    let mut body = world.anybody("GET", &format!("/orders/A-1?token={token}"), None).await.expect(200);
    for row in body["history"].as_array_mut().unwrap() {
        assert!(row.as_object_mut().unwrap().remove("at").is_some());
    }
    assert!(body.as_object_mut().unwrap().remove("placed_at").is_some());
    let money = |amount: &str| json!({"amount": amount, "currency": "USD"});
    let expected = json!({
        "order_id": "A-1",
        "workflow": "checkout",
        "status": "confirmed",
        "customer": {"email": "ana@example.com"},
        "items": [{"sku": "tea", "name": "Tea", "quantity": 1, "unit_price": money("18.00"), "amount": money("18.00")}],
        "totals": {"subtotal": money("18.00"), "shipping": money("15.00"), "tax": money("0.00"), "total": money("33.00")},
        "payment": {"status": "paid", "charged": money("33.00"), "reference": "ch_1"},
        "receipt_url": "/orders/A-1/receipt?expires=later&signature=good",
        "history": [{"status": "placed"}, {"status": "confirmed"}],
        "execution_arn": "arn:aws:states:us-east-1:123456789012:execution:checkout:A-1",
    });
    assert_eq!(body, expected);
    assert!(!body.to_string().contains("tok_secret"));
}

#[tokio::test]
async fn an_order_that_is_not_priced_shows_what_is_known() {
    let world = World::new().await;
    world.place("slow-1", "").await.expect(202);
    let body = world.operator("GET", "/orders/slow-1", None).await.expect(200);
    assert_eq!(body["items"], json!([{"sku": "tea", "quantity": 1}]));
    assert_eq!(body["payment"], json!({"status": "none"}));
    for absent in ["totals", "receipt_url", "reason"] {
        assert!(body.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn only_the_token_or_the_key_open_an_order() {
    let world = World::new().await;
    confirmed(&world, "A-1").await;
    let other = confirmed(&world, "A-2").await;
    for page in ["", "/receipt", "/events"] {
        let path = format!("/orders/A-1{page}");
        world.anybody("GET", &path, None).await.expect_problem(401, "unauthorized", &[]);
        let wrong = world.anybody("GET", &format!("{path}?token={other}"), None).await;
        let mut wrong = wrong.expect_problem(404, "order-not-found", &[]);
        // Nobody learns from the answer whether the order exists.
        let unknown = world.anybody("GET", &format!("/orders/A-9{page}?token={other}"), None).await;
        let mut unknown = unknown.expect_problem(404, "order-not-found", &[]);
        for problem in [&mut wrong, &mut unknown] {
            problem.as_object_mut().unwrap().retain(|name, _| name != "request_id" && name != "instance");
        }
        assert_eq!(wrong, unknown);
    }
    world.operator("GET", "/orders/A-9", None).await.expect_problem(404, "order-not-found", &[]);
    // The token may come as the bearer, too.
    let token = world.keys.access_token(&order_id("A-1"));
    let request = Request::get("/orders/A-1").header("authorization", format!("Bearer {token}"));
    world.send(request.body(Body::empty()).unwrap()).await.expect(200);
}

#[tokio::test]
async fn orders_are_listed_by_what_fits() {
    let world = World::new().await;
    confirmed(&world, "A-1").await;
    confirmed(&world, "A-2").await;
    world.place("short-1", "?wait=10").await.expect(200);
    let ids = |body: &Value| -> Vec<String> {
        body["items"].as_array().unwrap().iter().map(|order| order["order_id"].as_str().unwrap().to_owned()).collect()
    };
    let all = world.operator("GET", "/orders", None).await.expect(200);
    assert_eq!(ids(&all), ["A-1", "A-2", "short-1"]);
    assert!(all.get("next_cursor").is_none());
    let first = world.operator("GET", "/orders?limit=2", None).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.operator("GET", &format!("/orders?limit=2&cursor={cursor}"), None).await.expect(200);
    assert_eq!(ids(&second), ["short-1"]);
    let rejected = world.operator("GET", "/orders?status=rejected&workflow=checkout", None).await.expect(200);
    assert_eq!(ids(&rejected), ["short-1"]);
    assert_eq!(rejected["items"][0]["reason"], "tea: 40 wanted, 39 available");
    let later = world.operator("GET", "/orders?placed_after=2999-01-01", None).await.expect(200);
    assert!(ids(&later).is_empty());

    let wrong = "/orders?status=gone&workflow=none&placed_after=then&limit=0&sort=up";
    let fields = ["status", "workflow", "placed_after", "limit", "sort"];
    world.operator("GET", wrong, None).await.expect_problem(400, "invalid-request", &fields);
    world.operator("GET", "/orders?cursor=x", None).await.expect_problem(400, "invalid-request", &["cursor"]);
    world.anybody("GET", "/orders", None).await.expect_problem(401, "unauthorized", &[]);
    let token = world.keys.access_token(&order_id("A-1"));
    world.anybody("GET", &format!("/orders?token={token}"), None).await.expect_problem(401, "unauthorized", &[]);
}

#[tokio::test]
async fn a_receipt_opens_by_token_key_and_link() {
    let world = World::new().await;
    let token = confirmed(&world, "A-1").await;
    let page = "/orders/A-1/receipt";
    for path in [format!("{page}?token={token}"), format!("{page}?expires=later&signature=good")] {
        let answer = world.anybody("GET", &path, None).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "%PDF-1.7 kept"), "{path}");
        assert_eq!(answer.headers["content-type"], "application/pdf");
        assert_eq!(answer.headers["content-disposition"], "inline; filename=\"receipt-A-1.pdf\"");
    }
    let expired = world.anybody("GET", &format!("{page}?expires=earlier&signature=good"), None).await;
    expired.expect_problem(410, "link-expired", &[]);
    let forged = world.anybody("GET", &format!("{page}?expires=later&signature=bad"), None).await;
    forged.expect_problem(404, "order-not-found", &[]);
    let half = world.anybody("GET", &format!("{page}?expires=later"), None).await;
    half.expect_problem(400, "invalid-request", &["signature"]);
    world.place("slow-1", "").await.expect(202);
    world.operator("GET", "/orders/slow-1/receipt", None).await.expect_problem(404, "not-found", &[]);
}

#[tokio::test]
async fn a_browser_with_a_link_is_sent_on_to_the_object_store() {
    let world = World::new().await;
    let token = confirmed(&world, "A-1").await;
    world.shop.give_directly("https://objects.example");
    let link = "/orders/A-1/receipt?expires=later&signature=good";
    let sent_on = world.anybody("GET", link, None).await;
    assert_eq!(sent_on.status, 303);
    assert_eq!(sent_on.headers["location"], "https://objects.example/receipts/A-1.pdf");
    let program = world.anybody("GET", &format!("/orders/A-1/receipt?token={token}"), None).await;
    assert_eq!(program.status, 200);
    world.shop.lose_receipts();
    let made_again = world.anybody("GET", link, None).await;
    assert_eq!(made_again.text, "%PDF-1.7 made again");
}

#[tokio::test]
async fn a_lost_receipt_is_made_again() {
    let world = World::new().await;
    confirmed(&world, "A-1").await;
    world.shop.lose_receipts();
    for _ in 0..2 {
        let answer = world.operator("GET", "/orders/A-1/receipt", None).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "%PDF-1.7 made again"));
    }
}

/// An event of a stream.
#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

fn events(text: &str) -> Vec<Event> {
    let blocks = text.split("\n\n").filter(|block| block.contains("event:"));
    blocks
        .map(|block| {
            let line =
                |prefix: &str| block.lines().find_map(|line| line.strip_prefix(prefix)).unwrap().trim().to_owned();
            Event { name: line("event:"), id: line("id:"), data: serde_json::from_str(&line("data:")).unwrap() }
        })
        .collect()
}

#[tokio::test]
async fn the_events_of_an_order_that_ended_are_all_of_them() {
    let world = World::new().await;
    let token = confirmed(&world, "A-1").await;
    let answer = world.anybody("GET", &format!("/orders/A-1/events?token={token}"), None).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let all = events(&answer.text);
    let told: Vec<_> = all
        .iter()
        .map(|event| match event.name.as_str() {
            "state" => format!("{} {}", event.data["type"].as_str().unwrap(), event.data["state"].as_str().unwrap()),
            name => format!("{name} {}", event.data["status"].as_str().unwrap()),
        })
        .collect();
    assert_eq!(told.first().unwrap(), "status placed");
    assert_eq!(told.last().unwrap(), "end confirmed");
    for expected in
        ["TaskStateEntered Validate", "TaskStateExited Validate", "TaskStateExited Confirm", "status confirmed"]
    {
        assert!(told.contains(&expected.to_owned()), "{expected}: {told:?}");
    }
    assert_eq!(all.last().unwrap().data["execution_status"], "SUCCEEDED");

    // From anywhere in the middle on, it is the rest.
    for (index, event) in all.iter().enumerate().take(all.len() - 1) {
        let request = Request::get(format!("/orders/A-1/events?token={token}")).header("last-event-id", &event.id);
        let rest = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(events(&rest.text), all[index + 1..], "after {}", event.id);
    }
    let request = Request::get(format!("/orders/A-1/events?token={token}")).header("last-event-id", "what");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    answer.expect_problem(400, "invalid-request", &["Last-Event-ID"]);
}

#[tokio::test]
async fn the_events_of_a_running_order_come_as_they_happen() {
    let world = World::new().await;
    let token = world.place("slow-1", "").await.expect(202)["access_token"].as_str().unwrap().to_owned();
    let request = Request::get(format!("/orders/slow-1/events?token={token}")).body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("TaskStateEntered") {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(!text.contains("event: end"));
    world.shop.open_gate();
    while let Some(piece) = body.next().await {
        text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
    }
    let all = events(&text);
    assert_eq!(all.last().unwrap().name, "end");
    assert_eq!(all.iter().filter(|event| event.name == "status").count(), 2);
}

#[tokio::test]
async fn an_ending_server_lets_event_streams_go() {
    let world = World::new().await;
    let token = world.place("slow-1", "").await.expect(202)["access_token"].as_str().unwrap().to_owned();
    let path = format!("/orders/slow-1/events?token={token}");
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        world.stopping.send_replace(true);
    };
    let (answer, ()) = tokio::join!(world.anybody("GET", &path, None), stop);
    assert!(answer.text.contains("event: status") && !answer.text.contains("event: end"));
}

#[tokio::test]
async fn a_shopper_calls_an_order_off() {
    let world = World::new().await;
    let token = confirmed(&world, "A-1").await;
    world.anybody("POST", "/orders/A-1/cancel", None).await.expect_problem(401, "unauthorized", &[]);
    let path = format!("/orders/A-1/cancel?token={token}&wait=10");
    let body = world.anybody("POST", &path, None).await.expect(200);
    assert_eq!(body["status"], "cancelled");
    assert!(body["links"]["self"].as_str().unwrap().ends_with(&token));
    // Again, it is done.
    assert_eq!(world.anybody("POST", &path, None).await.expect(200)["status"], "cancelled");
    let accepted = world.operator("POST", "/orders/A-1/cancel", None).await.expect(202);
    assert_eq!(accepted["execution_arn"], "arn:aws:states:us-east-1:123456789012:execution:cancellation:A-1-cancel");
    assert_eq!(accepted["links"]["self"], "/orders/A-1", "the operator's links need the operator's key");
}

#[tokio::test]
async fn a_try_that_came_too_early_can_be_repeated() {
    let world = World::new().await;
    confirmed(&world, "twice-1").await;
    let path = "/orders/twice-1/cancel?wait=10";
    world.operator("POST", path, None).await.expect_problem(409, "order-in-progress", &[]);
    let body = world.operator("POST", path, None).await.expect(200);
    assert_eq!(body["status"], "cancelled");
}

#[tokio::test]
async fn what_the_status_does_not_allow_is_refused_with_its_reason() {
    let world = World::new().await;
    confirmed(&world, "A-1").await;
    let shipped = world.operator("POST", "/orders/A-1/ship?wait=10", None).await.expect(200);
    assert_eq!(shipped["status"], "shipped");
    let problem = world.operator("POST", "/orders/A-1/cancel", None).await.expect_problem(409, "status-refused", &[]);
    let expected = "the order is shipped and cannot become cancelled: it has been shipped; it can be returned";
    assert_eq!(problem["detail"], expected);
    world.place("slow-1", "").await.expect(202);
    for step in ["ship", "deliver", "return"] {
        let path = format!("/orders/slow-1/{step}");
        world.operator("POST", &path, None).await.expect_problem(409, "status-refused", &[]);
        let token = world.keys.access_token(&order_id("slow-1"));
        let shopper = world.anybody("POST", &format!("{path}?token={token}"), None).await;
        shopper.expect_problem(401, "unauthorized", &[]);
    }
    world.shop.set_status("A-1", Status::Returned, None);
    world.operator("POST", "/orders/A-1/ship", None).await.expect_problem(409, "status-refused", &[]);
    world.operator("POST", "/orders/none/ship", None).await.expect_problem(404, "order-not-found", &[]);
}
