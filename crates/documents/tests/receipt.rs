//! Receipts as a PDF reader sees them.

// A reader that is not installed is skipped, and that is said.
#![allow(clippy::print_stderr)]

mod fixture;

use std::io::Write;
use std::process::{Command, Stdio};

use documents::{ReceiptData, receipt_pdf};
use fixture::{event, order, shop};
use jiff::Timestamp;
use order::{Order, PaymentEventKind, Quantity, Sku};

fn issued_at() -> Timestamp {
    "2026-03-05T23:59:58Z".parse().expect("a timestamp")
}

fn receipt(order: &Order) -> Vec<u8> {
    receipt_pdf(&ReceiptData::of(order, &shop(), issued_at()).expect("the order is priced"))
}

/// The text of each page, as pdf-extract finds it.
fn pages(pdf: &[u8]) -> Vec<String> {
    pdf_extract::extract_text_from_mem_by_pages(pdf).expect("a PDF that can be read")
}

/// The text of all pages, with white space evened out.
fn text(pdf: &[u8]) -> String {
    evened(&pages(pdf).concat())
}

fn evened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text as poppler's pdftotext finds it; nothing where that is not installed.
fn pdftotext(pdf: &[u8]) -> Option<String> {
    let child = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        say("SKIPPED: pdftotext (package poppler-utils) is not installed, so only pdf-extract read the receipt");
        return None;
    };
    child.stdin.take().expect("it was piped").write_all(pdf).expect("pdftotext reads its input");
    let output = child.wait_with_output().expect("pdftotext ends");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "pdftotext complains: {complaints}");
    Some(evened(&String::from_utf8(output.stdout).expect("UTF-8 was asked for")))
}

#[test]
fn a_receipt_says_everything() {
    let mut order = order();
    order.payment_events.push(event(PaymentEventKind::Refunded, 787));
    let pdf = receipt(&order);
    assert!(pdf.len() < 40_000, "{} bytes", pdf.len());
    for text in [Some(text(&pdf)), pdftotext(&pdf)].into_iter().flatten() {
        for shown in [
            "Northwind Traders",
            "Receipt",
            "orders@northwind.example",
            "https://northwind.example",
            "Order NW-10248",
            "Date 2026-03-05",
            "Ana Pop",
            "ana@example.com",
            "Strada Lungă 7",
            "700001 Iași",
            "Price (USD)",
            "NW-001 Chai 2 18.00 36.00",
            "NW-003 Aniseed Syrup 3 0.99 2.97",
            "Subtotal 38.97 USD",
            "Shipping 15.00 USD",
            "Tax 3.90 USD",
            "Total 57.87 USD",
            "Partly refunded",
            "Charged 57.87 USD",
            "Refunded 7.87 USD",
            "Method Card",
            "Reference ch_0042",
            "Page 1 of 1",
        ] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
        assert!(!text.contains("tok_"), "{text}");
    }
    assert!(!String::from_utf8_lossy(&pdf).contains("tok_"));
}

#[test]
fn an_order_without_prices_has_no_receipt() {
    let mut order = order();
    order.pricing = None;
    assert!(ReceiptData::of(&order, &shop(), issued_at()).is_none());
}

#[test]
fn the_scripts_of_our_customers_can_be_read_back() {
    for name in [
        "Ștefan Țurcanu-Brâncuși, înălțător",
        "Jürgen Größmann, Straße der Äpfel",
        "Zażółć gęślą jaźń, Łódź",
        "Příliš žluťoučký kůň, Žďár",
        "François Lefèvre, Cœur-Noël",
        "Γιώργος Παπαδόπουλος, Θεσσαλονίκη",
        "Дмитро Їжакевич, Київ",
        "Мария Щербакова, Съезд",
        "Őry Hűvös, Åse Ødegård",
        "Nguyễn Thị Hường",
    ] {
        let mut order = order();
        order.placed.customer.name = Some(name.into());
        order.pricing.as_mut().unwrap().lines[0].name = name.into();
        let shop = documents::Shop { name: name.into(), ..shop() };
        let pdf = receipt_pdf(&ReceiptData::of(&order, &shop, issued_at()).unwrap());
        for text in [Some(text(&pdf)), pdftotext(&pdf)].into_iter().flatten() {
            assert!(text.matches(name).count() >= 2, "{name} in {text}");
        }
    }
}

#[test]
fn what_the_font_has_not_is_replaced_and_nothing_panics() {
    let mut order = order();
    order.placed.customer.name = Some("漢字 😀 العربية\u{0}\u{202E}\n\u{10FFFF}".into());
    order.pricing.as_mut().unwrap().lines[0].name = String::new();
    let shop = documents::Shop { name: " \n".into(), url: None, ..shop() };
    let pdf = receipt_pdf(&ReceiptData::of(&order, &shop, issued_at()).unwrap());
    assert!(text(&pdf).contains("\u{FFFD}\u{FFFD} \u{FFFD}"), "{}", text(&pdf));
}

#[test]
fn the_longest_words_and_numbers_stay_readable() {
    let mut order = order();
    let sku = "W".repeat(64);
    let price = "92233720368.54";
    let line = &mut order.pricing.as_mut().unwrap().lines[0];
    line.sku = Sku::parse(sku.clone()).unwrap();
    line.name = "Unabhängigkeitserklärung ".repeat(40);
    line.quantity = Quantity::new(1_000_000).unwrap();
    line.unit_price = order::Money::parse(price, line.unit_price.currency()).unwrap();
    let amount = line.amount().amount();
    order.placed.id = order::OrderId::parse("x".repeat(64)).unwrap();
    let text: String = text(&receipt(&order)).split(' ').collect();
    assert!(text.contains('…'), "{text}");
    for whole in [&sku, &"x".repeat(64), "1000000", price, amount.as_str()] {
        assert!(text.contains(whole), "{whole} in {text}");
    }
}

#[test]
fn a_thousand_lines_go_over_pages_with_a_heading_each() {
    let mut order = order();
    let pricing = order.pricing.as_mut().unwrap();
    let line = pricing.lines[0].clone();
    pricing.lines = (0..1_000)
        .map(|n| {
            let sku = Sku::parse(format!("SKU-{n:04}")).unwrap();
            order::PricedLine { sku, name: format!("Product number {n}"), ..line.clone() }
        })
        .collect();
    let pages = pages(&receipt(&order));
    assert!((20..40).contains(&pages.len()), "{} pages", pages.len());
    let mut lines_on_page = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let page = evened(page);
        assert!(page.contains(&format!("Page {} of {}", index + 1, pages.len())), "{page}");
        let lines = page.matches("SKU-").count();
        assert!(lines == 0 || page.contains("Description"), "{page}");
        lines_on_page.push(lines);
    }
    assert_eq!(lines_on_page.iter().sum::<usize>(), 1_000, "{lines_on_page:?}");
    let all = evened(&pages.concat());
    for n in 0..1_000 {
        assert!(all.contains(&format!("SKU-{n:04}")), "SKU-{n:04}");
    }
    assert!(evened(pages.last().unwrap()).contains("57.87 USD"));
}

#[test]
fn the_sums_stay_together_however_many_lines_come_before() {
    let mut order = order();
    let line = order.pricing.as_ref().unwrap().lines[0].clone();
    let mut counts = Vec::new();
    for lines in 1..60 {
        order.pricing.as_mut().unwrap().lines = vec![line.clone(); lines];
        let pages = pages(&receipt(&order));
        let last = evened(pages.last().unwrap());
        for together in ["Subtotal", "Tax", "57.87 USD", "ch_0042"] {
            assert!(last.contains(together), "{together} with {lines} lines in {last}");
        }
        counts.push(pages.len());
    }
    assert!(counts.is_sorted() && counts[0] == 1 && counts[58] == 2, "{counts:?}");
}

#[test]
fn the_same_order_gives_the_same_bytes() {
    assert_eq!(receipt(&order()), receipt(&order()));
    let later = "2026-03-06T00:00:00Z".parse().unwrap();
    let other = receipt_pdf(&ReceiptData::of(&order(), &shop(), later).unwrap());
    assert_ne!(receipt(&order()), other);
}

#[test]
fn the_file_says_what_it_is() {
    let pdf = receipt(&order());
    let raw = String::from_utf8_lossy(&pdf);
    for entry in ["/Title(Receipt NW-10248)", "/Author(Northwind Traders)", "/CreationDate(D:20260305235958Z)"] {
        assert!(raw.contains(entry), "{entry}");
    }
}

/// Says something that the test runner does not swallow, as it does what macros print.
fn say(what: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "{what}").expect("somebody listens");
}
