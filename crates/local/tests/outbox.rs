//! Mails and webhooks leave, are tried again, and are given up.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use bytes::Bytes;
use contract::{Home, TOPIC};
use jiff::SignedDuration;
use local::{Backoff, MailMode, Mailer, SIGNATURE_HEADER, SmtpSettings, Subscription, Webhooks, webhook_signature};
use order::{Email, OrderId};
use ports::{Attachment, Change, Clock, DeliveryState, Mail, Messages, Receipts, TopicMessage};
use serde_json::Value;
use support::Shop;

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn quick() -> Backoff {
    Backoff { first: SignedDuration::from_secs(10), longest: SignedDuration::from_secs(10), attempts: 2 }
}

/// Serves each connection with that function, on a thread of its own; the port.
fn serve<T: Send + 'static>(handle: fn(TcpStream, &Sender<T>)) -> (u16, Receiver<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || handle(stream, &sender));
        }
    });
    (port, receiver)
}

async fn received<T: Send + 'static>(receiver: Receiver<T>) -> (T, Receiver<T>) {
    let wait = move || {
        let value = receiver.recv_timeout(PATIENCE).expect("something arrives");
        (value, receiver)
    };
    tokio::task::spawn_blocking(wait).await.unwrap()
}

/// Waits until it holds; what is written down comes a moment after what is sent.
async fn eventually<F: AsyncFn() -> bool>(what: &str, holds: F) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come about");
}

/// Enough of RFC 5321: takes every mail but those to `nobody@` and `locked-out@`, and says what it got.
fn smtp(stream: TcpStream, mails: &Sender<String>) {
    let mut writer = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut say = |text: &str| writer.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    say("220 mail.example.com ESMTP");
    while let Some(line) = lines.next() {
        match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "RCPT" if line.contains("locked-out@") => say("535 who are you"),
            "RCPT" if line.contains("nobody@") => say("550 no such mailbox nobody@example.com"),
            "DATA" => {
                say("354 go on");
                let mail: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                mails.send(mail.join("\n")).unwrap();
                say("250 taken");
            }
            "QUIT" => {
                say("221 bye");
                return;
            }
            _ => say("250 ok"),
        }
    }
}

fn mail(shop: &Shop, key: &str, to: &str, attachments: Vec<Attachment>) -> Change {
    Change::SendMail(Mail {
        key: key.into(),
        order_id: OrderId::parse("O-1").unwrap(),
        kind: "order_confirmed".into(),
        to: Email::parse(to).unwrap(),
        to_name: Some("Ștefan Pop".into()),
        subject: "Your order O-1".into(),
        text: "Thank you.".into(),
        html: "<p>Thank you.</p>".into(),
        attachments,
        at: shop.clock.now(),
    })
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        url: format!("smtp://127.0.0.1:{port}"),
        from: Email::parse("shop@example.com").unwrap(),
        from_name: "The Shop".into(),
        backoff: quick(),
    }
}

fn mailer(shop: &Shop, port: u16) -> Mailer {
    let receipts = Arc::new(shop.receipts.clone());
    Mailer::new(shop.store.clone(), receipts, &settings(port), &shop.signals, shop.clock.clone()).unwrap()
}

async fn state(shop: &Shop, id: i64) -> (DeliveryState, u32, Option<String>) {
    let view = shop.message_reader().mail(id).await.unwrap().unwrap();
    (view.delivery.state, view.delivery.attempts, view.delivery.last_error)
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_with_its_attachment_and_a_refused_one_is_given_up() {
    let shop = Shop::with(|wiring| wiring.mail = MailMode::Send, BTreeMap::new());
    let (port, mails) = serve(smtp);
    let worker = tokio::spawn(mailer(&shop, port).run());
    shop.receipts.put("receipts/O-1.pdf", Bytes::from_static(b"%PDF-1.7 receipt")).await.unwrap();
    let attachment = Attachment {
        file_name: "receipt-O-1.pdf".into(),
        media_type: "application/pdf".into(),
        object_key: "receipts/O-1.pdf".into(),
    };
    shop.apply(vec![mail(&shop, "O-1/outcome", "ana@example.com", vec![attachment])]).await;
    let (text, mails) = received(mails).await;
    for part in [
        "From: \"The Shop\" <shop@example.com>",
        "Subject: Your order O-1",
        "text/plain",
        "text/html",
        "filename=\"receipt-O-1.pdf\"",
        "JVBERi0xLjcgcmVjZWlwdA==",
        "Message-ID: <",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    eventually("delivery", async || state(&shop, 1).await.0 == DeliveryState::Delivered).await;

    shop.apply(vec![mail(&shop, "O-1/shipped", "nobody@example.com", vec![])]).await;
    eventually("giving up", async || state(&shop, 2).await.0 == DeliveryState::Dead).await;
    let (_, attempts, error) = state(&shop, 2).await;
    // Nothing of the server's words, which name the recipient.
    assert_eq!((attempts, error.as_deref()), (1, Some("the mail server did not take it: code 550")));
    let letters = shop.message_reader().dead_letters(None, 10).await.unwrap().items;
    assert_eq!((letters[0].id.as_str(), letters[0].kind.as_str()), ("mail-2", "mail"));

    // A password that is wrong is put right one day; the mail is good.
    shop.apply(vec![mail(&shop, "O-1/delivered", "locked-out@example.com", vec![])]).await;
    eventually("the first attempt", async || state(&shop, 3).await.1 == 1).await;
    assert_eq!(state(&shop, 3).await.0, DeliveryState::Pending);

    let backlogs = shop.message_reader().backlogs().await.unwrap();
    let mail = backlogs.iter().find(|backlog| backlog.kind == "mail").unwrap();
    assert_eq!((mail.waiting, mail.dead), (1, 1));
    worker.abort();
    drop(mails);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_a_server_that_is_down_and_is_sent_again_on_demand() {
    let shop = Shop::with(|wiring| wiring.mail = MailMode::Send, BTreeMap::new());
    // A port that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let worker = tokio::spawn(mailer(&shop, port).run());
    shop.apply(vec![mail(&shop, "O-1/outcome", "ana@example.com", vec![])]).await;
    eventually("the first attempt", async || state(&shop, 1).await.1 == 1).await;
    assert_eq!(state(&shop, 1).await.0, DeliveryState::Pending);
    shop.advance(SignedDuration::from_secs(11));
    shop.signals.wake(local::Wakeups::MAIL);
    eventually("giving up", async || state(&shop, 1).await.0 == DeliveryState::Dead).await;
    worker.abort();

    let (port, mails) = serve(smtp);
    let worker = tokio::spawn(mailer(&shop, port).run());
    shop.message_reader().redeliver("mail-1").await.unwrap();
    let _mail = received(mails).await;
    eventually("delivery", async || state(&shop, 1).await.0 == DeliveryState::Delivered).await;
    worker.abort();
}

#[test]
fn captured_mail_stays_where_it_is() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let shop = Shop::new();
        shop.apply(vec![mail(&shop, "O-1/outcome", "ana@example.com", vec![])]).await;
        assert_eq!(state(&shop, 1).await, (DeliveryState::Captured, 0, None));
    });
}

/// What a webhook got: its headers in lower case, and its body.
type Request = (BTreeMap<String, String>, String);

/// Answers 204, or 500 to a path of `/broken`.
fn http(stream: TcpStream, requests: &Sender<Request>) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let status = if line.contains("/broken") { "500 Oh" } else { "204 Fine" };
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        requests.send((headers, String::from_utf8(body).unwrap())).unwrap();
        writer.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap();
        line.clear();
    }
}

fn publish(shop: &Shop, key: &str) -> Change {
    Change::Publish(TopicMessage {
        topic: TOPIC.into(),
        key: key.into(),
        subject: Some("Order completed".into()),
        message: r#"{"order_id":"O-1"}"#.into(),
        at: shop.clock.now(),
    })
}

fn webhooks(shop: &Shop) -> Webhooks {
    let (store, wiring, clock) = (shop.store.clone(), shop.wiring.clone(), shop.clock.clone());
    Webhooks::new(store, wiring, b"shared", quick(), &shop.signals, clock).unwrap()
}

fn shop_with_webhook(port: u16, path: &str) -> Shop {
    let url = format!("http://127.0.0.1:{port}{path}");
    let subscription = Subscription::parse("http", &url).unwrap();
    Shop::with(|wiring| drop(wiring.topics.insert(TOPIC.into(), vec![subscription])), BTreeMap::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_a_signed_notification_once() {
    let (port, requests) = serve(http);
    let shop = shop_with_webhook(port, "/hook");
    let worker = tokio::spawn(webhooks(&shop).run());
    for _ in 0..2 {
        shop.apply(vec![publish(&shop, "O-1/Published")]).await;
    }
    let ((headers, body), requests) = received(requests).await;
    let notification: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(notification["Type"], "Notification");
    assert_eq!(notification["Message"], r#"{"order_id":"O-1"}"#);
    assert_eq!(headers["x-amz-sns-message-id"], notification["MessageId"].as_str().unwrap());
    let expected = webhook_signature(b"shared", shop.clock.now().as_second(), &body);
    assert_eq!(headers[SIGNATURE_HEADER], expected);
    eventually("delivery", async || {
        let sql = "SELECT COUNT(*) FROM topic_deliveries WHERE state = 'delivered'";
        shop.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0))) == 1
    })
    .await;
    assert!(requests.try_recv().is_err(), "it came twice");
    worker.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_fails_is_given_up_and_tried_again_on_demand() {
    let (port, requests) = serve(http);
    let shop = shop_with_webhook(port, "/broken");
    let worker = tokio::spawn(webhooks(&shop).run());
    shop.apply(vec![publish(&shop, "O-1/Published")]).await;
    let ((_, first), requests) = received(requests).await;
    let attempts = || {
        let sql = "SELECT attempts FROM topic_deliveries";
        shop.read(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0)))
    };
    eventually("the first failure", async || attempts() == 1).await;
    shop.advance(SignedDuration::from_secs(11));
    shop.signals.wake(local::Wakeups::DELIVERIES);
    let ((_, second), requests) = received(requests).await;
    assert_eq!(first, second, "a repetition can be told by its MessageId");
    let reader = shop.message_reader();
    eventually("giving up", async || !reader.dead_letters(None, 10).await.unwrap().items.is_empty()).await;
    let letter = reader.dead_letters(None, 10).await.unwrap().items.remove(0);
    assert_eq!((letter.kind.as_str(), letter.attempts), ("topic_delivery", 2));
    assert_eq!(letter.last_error.as_deref(), Some("it answered 500"));
    assert_eq!(letter.content["topic"], TOPIC);
    reader.redeliver(&letter.id).await.unwrap();
    let _third = received(requests).await;
    worker.abort();
}
