//! Mail by SMTP: the binary speaks to a mail server that the test plays.

use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::support::{Server, checkout, paid_with};

/// What the mail server was given: each mail with its envelope.
type Delivered = Arc<Mutex<Vec<Mail>>>;

#[derive(Clone)]
struct Mail {
    from: String,
    to: String,
    message: String,
}

/// A mail server on that listener. It does not know `nobody@example.com`.
async fn mail_server(listener: TcpListener, delivered: Delivered) {
    while let Ok((connection, _)) = listener.accept().await {
        tokio::spawn(conversation(connection, delivered.clone()));
    }
}

/// Enough of RFC 5321 for one client. Ends when the client leaves.
async fn conversation(connection: TcpStream, delivered: Delivered) -> std::io::Result<()> {
    let (reader, mut writer) = connection.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 mail.example.com ESMTP\r\n").await?;
    let mut mail = Mail { from: String::new(), to: String::new(), message: String::new() };
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
            "MAIL" => {
                mail.from = line;
                "250 ok"
            }
            "RCPT" if line.contains("nobody@example.com") => "550 no such mailbox",
            "RCPT" => {
                mail.to = line;
                "250 ok"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                mail.message.clear();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.message.push_str(&line);
                    mail.message.push('\n');
                }
                delivered.lock().await.push(mail.clone());
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

/// A server that sends mail to that port.
fn shop_with_mail(port: u16) -> Server {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("orderflow.toml");
    let text = format!("[mail]\nsmtp_url = \"smtp://127.0.0.1:{port}\"\n\n[shop]\nname = \"Țesături & Söhne\"\n");
    std::fs::write(&config, text).expect("the configuration is written");
    Server::start_with(&["--config", config.to_str().expect("a plain path")])
}

fn to(mut order: Value, address: &str) -> Value {
    order["customer"]["email"] = address.into();
    order
}

/// The decoded body of the part of that media type.
fn part(message: &str, media_type: &str) -> Vec<u8> {
    use base64::Engine as _;
    let start = message.find(&format!("Content-Type: {media_type}")).unwrap_or_else(|| panic!("no {media_type}"));
    let (head, rest) = message[start..].split_once("\n\n").expect("a part has a head");
    let body = rest.split("\n--").next().unwrap_or_default();
    if head.to_lowercase().contains("base64") {
        let text: String = body.split_whitespace().collect();
        base64::engine::general_purpose::STANDARD.decode(text).expect("the part is base64")
    } else {
        body.replace("=\n", "").into_bytes()
    }
}

#[tokio::test]
async fn the_customer_gets_one_mail_in_both_forms_with_the_receipt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = shop_with_mail(listener.local_addr().unwrap().port());
    let delivered = Delivered::default();
    tokio::spawn(mail_server(listener, delivered.clone()));
    server.stock("A", 5).await;
    assert_eq!(server.place("/orders", &checkout("m-1", "A", 1)).await["status"], "confirmed");
    server.eventually("the mail arrives", || async { !delivered.lock().await.is_empty() }).await;

    let mail = delivered.lock().await[0].clone();
    assert!(mail.from.contains("<orders@shop.example>") && mail.to.contains("<ana@example.com>"));
    for head in ["Subject: Your order m-1 is confirmed", "Message-ID: <", "Date: ", "filename=\"receipt-m-1.pdf\""] {
        assert!(mail.message.contains(head), "{head} is not in {}", mail.message);
    }
    let text = String::from_utf8(part(&mail.message, "text/plain")).unwrap();
    assert!(text.contains("Thank you for your order") && !text.contains('<'), "{text}");
    let html = String::from_utf8(part(&mail.message, "text/html")).unwrap();
    assert!(html.contains("Thank you for your order") && html.contains("</html>"), "{html}");
    let receipt = pdf_extract::extract_text_from_mem(&part(&mail.message, "application/pdf")).expect("a PDF");
    assert!(receipt.contains("m-1") && receipt.contains("Brașov"), "{receipt}");

    // A refused payment is told too, without a receipt.
    server.place("/orders", &paid_with(checkout("m-2", "A", 1), "tok_declined")).await;
    server.eventually("the second mail arrives", || async { delivered.lock().await.len() == 2 }).await;
    assert!(!delivered.lock().await[1].message.contains("application/pdf"));
    let mailbox = || async { server.mails("m-1").await };
    server.eventually("it is known as delivered", || async { mailbox().await[0]["state"] == "delivered" }).await;
    server.audit().await;
}

#[tokio::test]
async fn a_mail_waits_for_a_mail_server_that_is_down() {
    // Bound and let go: nobody listens there until the test says so.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = shop_with_mail(address.port());
    server.stock("A", 5).await;
    assert_eq!(
        server.place("/orders", &checkout("m-1", "A", 1)).await["status"],
        "confirmed",
        "mail holds up no order"
    );
    let waiting = || async {
        let mail = server.mails("m-1").await.remove(0);
        mail["state"] == "pending" && mail["attempts"] == 1 && mail["last_error"].is_string()
    };
    server.eventually("the first attempt fails", waiting).await;
    let metrics = server.request(reqwest::Method::GET, "/metrics").bearer_auth(crate::support::KEY);
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("orderflow_backlog{kind=\"mail\"} 1"), "{metrics}");

    let delivered = Delivered::default();
    tokio::spawn(mail_server(TcpListener::bind(address).await.unwrap(), delivered.clone()));
    server.eventually("the mail arrives", || async { delivered.lock().await.len() == 1 }).await;
    server.audit().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_a_dead_letter_and_can_be_redelivered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = shop_with_mail(listener.local_addr().unwrap().port());
    tokio::spawn(mail_server(listener, Delivered::default()));
    server.stock("A", 5).await;
    server.place("/orders", &to(checkout("m-1", "A", 1), "nobody@example.com")).await;
    let letters = || async { server.get("/dead-letters").await.expect(200)["items"].as_array().unwrap().clone() };
    server.eventually("it is given up", || async { !letters().await.is_empty() }).await;
    let letter = letters().await.remove(0);
    assert_eq!((&letter["kind"], &letter["attempts"]), (&"mail".into(), &1.into()), "{letter:#}");
    assert_eq!(letter["last_error"], "the mail server did not take it: code 550");
    let id = letter["id"].as_str().unwrap();
    let redelivered_at = letter["at"].clone();
    server.post(&format!("/dead-letters/{id}/redeliver"), &Value::Null).await.expect(202);
    // The mailbox is still unknown: it comes back as a letter of its own time.
    let again = || async { letters().await.first().is_some_and(|letter| letter["at"] != redelivered_at) };
    server.eventually("it was tried again", again).await;
    server.audit().await;
}
