//! What starts a workflow and what follows it: queues, alarms, webhooks.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::support::{Server, checkout, copy_workflows};

/// A web server that refuses the first requests and keeps what it was sent.
async fn webhook(refuse_first: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = received.clone();
    tokio::spawn(async move {
        let mut seen = 0;
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let read = connection.read(&mut buffer).await.unwrap_or(0);
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request);
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.lines().find_map(|line| {
                        line.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>())
                    });
                    length.is_some_and(|length| length.is_ok_and(|length| body.len() >= length))
                });
                if whole || read == 0 {
                    break;
                }
            }
            seen += 1;
            let status = if seen <= refuse_first { "500 Internal Server Error" } else { "200 OK" };
            keep.lock().await.push(String::from_utf8_lossy(&request).into_owned());
            let _ = connection
                .write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
                .await;
        }
    });
    (url, received)
}

#[tokio::test]
async fn a_webhook_is_signed_and_tried_again() {
    let (url, received) = webhook(1).await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("orderflow.toml");
    std::fs::write(
        &config,
        format!("[[subscriptions]]\ntopic = \"order-confirmed\"\nprotocol = \"http\"\nendpoint = \"{url}\"\n"),
    )
    .unwrap();
    let server = Server::start_with(&["--config", config.to_str().unwrap()]);
    server.stock("A", 5).await;
    server.place("/orders", &checkout("w-1", "A", 1)).await;
    server.eventually("the webhook is delivered", || async { received.lock().await.len() >= 2 }).await;
    let requests = received.lock().await.clone();
    assert!(requests[1].to_lowercase().contains("signature"), "{}", requests[1]);
    let body: Value = serde_json::from_str(requests[1].split_once("\r\n\r\n").unwrap().1).expect("the body is JSON");
    assert_eq!(body["Type"], "Notification");
    assert!(body["Message"].as_str().unwrap().contains("w-1"));
    let delivered = async || {
        let messages = server.get("/topics/order-confirmed/messages").await.expect(200);
        let delivery = messages["items"][0]["deliveries"][0].clone();
        let expected = (&json!(url), &json!("delivered"), &json!(2));
        (&delivery["endpoint"], &delivery["state"], &delivery["attempts"]) == expected
    };
    server.eventually("both attempts are written down", delivered).await;
    server.audit().await;
}

#[tokio::test]
async fn queues_topics_and_alarms_can_be_looked_at() {
    let server = Server::start();
    let queues = server.get("/queues").await.expect(200);
    let names: Vec<&str> =
        queues["items"].as_array().unwrap().iter().filter_map(|queue| queue["name"].as_str()).collect();
    assert!(names.contains(&"OrdersQueue"), "{names:?}");
    let alarms = server.get("/alarms").await.expect(200);
    let names: Vec<&str> =
        alarms["items"].as_array().unwrap().iter().filter_map(|alarm| alarm["name"].as_str()).collect();
    for name in ["OrdersQueueDepthAlarm", "OrderProcessingWorkflowFailureAlarm"] {
        assert!(names.contains(&name), "{names:?}");
    }
    server.get("/topics/none/messages").await.expect(404);
}

#[tokio::test]
async fn a_failed_execution_raises_the_alarm_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("orderflow.toml");
    std::fs::write(&config, "[alarms]\nevaluate_every_seconds = 1\n").unwrap();
    // The same workflow with short periods: nobody waits a minute for a test.
    let workflows = folder.path().join("workflows");
    copy_workflows(&workflows);
    let triggers = workflows.join("queued-orders/triggers.json");
    let mut declared: Value = serde_json::from_str(&std::fs::read_to_string(&triggers).unwrap()).unwrap();
    declared["Alarms"]["OrderProcessingWorkflowFailureAlarm"]["Period"] = 10.into();
    std::fs::write(&triggers, declared.to_string()).unwrap();
    let server =
        Server::start_with(&["--config", config.to_str().unwrap(), "--workflows", workflows.to_str().unwrap()]);
    server.stock("A", 5).await;
    let body = json!({ "OrderID": "al-1", "ProductID": "A", "Quantity": 9, "CustomerEmail": "ana@example.com" });
    let failed = server.place("/queued-orders/order", &body).await;
    assert_eq!(failed["status"], "FAILED");
    let state = || async {
        let alarms = server.get("/alarms").await.expect(200);
        let alarm = alarms["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|alarm| alarm["name"] == "OrderProcessingWorkflowFailureAlarm")
            .cloned();
        alarm.expect("the alarm is there")["state"].as_str().unwrap().to_owned()
    };
    server.eventually("the alarm is raised", || async { state().await == "ALARM" }).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let told = server.messages("CriticalAlertsTopic").await;
    let raised = told
        .iter()
        .filter(|message| message["message"].as_str().unwrap_or_default().contains("\"NewStateValue\":\"ALARM\""))
        .count();
    assert_eq!(raised, 1, "one notification a transition: {told:#?}");
}
