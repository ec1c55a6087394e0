//! Every mail as its reader gets it.

mod fixture;

use documents::{MailKind, render_mail};
use fixture::{event, order, shop};
use order::{Decline, Order, PaymentEventKind};

/// The order of the fixture as it is when that mail goes out.
fn order_for(kind: MailKind) -> Order {
    let mut order = order();
    let captured = event(PaymentEventKind::Captured, 5_787);
    let (reason, events) = match kind {
        MailKind::OrderConfirmed | MailKind::OrderShipped | MailKind::OrderDelivered => (None, vec![captured]),
        MailKind::OrderRejected => (Some("NW-003 is sold out: 3 wanted, 2 available"), vec![]),
        MailKind::PaymentFailed => {
            (None, vec![event(PaymentEventKind::Declined { reason: Decline::InsufficientFunds }, 5_787)])
        }
        MailKind::OrderFailed => {
            (Some("the warehouse could not be reached"), vec![captured, event(PaymentEventKind::Refunded, 5_787)])
        }
        MailKind::OrderCancelled => (Some("you asked us to."), vec![captured]),
        MailKind::OrderReturned => (None, vec![captured, event(PaymentEventKind::Refunded, 297)]),
    };
    order.reason = reason.map(str::to_owned);
    order.payment_events = events;
    order
}

#[test]
fn every_kind_reads_well() {
    for kind in MailKind::ALL {
        let mail = render_mail(kind, &order_for(kind), &shop(), Some("https://shop.example/r/1?sig=a&exp=2"));
        assert!(mail.subject.contains("NW-10248"), "{}", mail.subject);
        insta::assert_snapshot!(kind.name(), format!("Subject: {}\n\n{}", mail.subject, mail.text));
        for shown in ["NW-10248", "Aniseed Syrup", "NW-003", "2.97 USD", "57.87 USD", "Iași", "Northwind Traders"] {
            assert!(mail.text.contains(shown), "{shown} in the text of {}", kind.name());
            assert!(mail.html.contains(shown), "{shown} in the HTML of {}", kind.name());
        }
    }
}

#[test]
fn html_is_one_document_without_anything_from_outside() {
    let mail = render_mail(
        MailKind::OrderConfirmed,
        &order_for(MailKind::OrderConfirmed),
        &shop(),
        Some("https://shop.example/r/1?sig=a&exp=2"),
    );
    insta::assert_snapshot!("order_confirmed_html", mail.html);
    for outside in ["<img", "<script", "<link", "url(", "src="] {
        assert!(!mail.html.contains(outside), "{outside}");
    }
}

#[test]
fn the_money_is_accounted_for_in_every_state() {
    use PaymentEventKind::{Authorised, Captured, Refunded};
    for (kind, events, sentence) in [
        (MailKind::OrderRejected, vec![], "Nothing was charged."),
        (
            MailKind::OrderRejected,
            vec![event(Authorised, 5_787)],
            "the 57.87 USD set aside for this order will be released.",
        ),
        (MailKind::OrderFailed, vec![event(Captured, 5_787)], "The 57.87 USD you paid will be sent back to you"),
        (
            MailKind::OrderCancelled,
            vec![event(Captured, 5_787), event(Refunded, 787)],
            "sent 7.87 USD of your 57.87 USD back to you the way you paid; the remaining 50.00 USD will follow.",
        ),
        (
            MailKind::OrderReturned,
            vec![event(Captured, 5_787), event(Refunded, 787)],
            "sent 7.87 USD of your 57.87 USD back to you the way you paid. Your bank",
        ),
        (
            MailKind::PaymentFailed,
            vec![event(Captured, 5_787), event(Refunded, 5_787)],
            "We have sent 57.87 USD back to you the way you paid.",
        ),
    ] {
        let mut order = order();
        order.payment_events = events;
        let mail = render_mail(kind, &order, &shop(), None);
        assert!(mail.text.contains(sentence), "{sentence} in {}", mail.text);
        assert!(mail.html.contains(sentence), "{sentence} in {}", mail.html);
    }
}

#[test]
fn a_refusal_gives_its_reason_in_plain_words() {
    for (kind, reason, sentence) in [
        (
            MailKind::OrderRejected,
            Some("NW-017 is sold out: 40 wanted, 39 available"),
            "We could not take your order: NW-017 is sold out: 40 wanted, 39 available.\n",
        ),
        (
            MailKind::OrderRejected,
            Some("there is no product x."),
            "We could not take your order: there is no product x.\n",
        ),
        (MailKind::OrderRejected, None, "We could not take your order.\n"),
        (MailKind::PaymentFailed, Some("the card has expired"), "did not go through: the card has expired.\n"),
        (MailKind::PaymentFailed, None, "did not go through.\n"),
        (MailKind::OrderFailed, None, "because of a problem on our side.\n"),
        (MailKind::OrderCancelled, None, "Your order is cancelled. It will not be sent.\n"),
        (MailKind::OrderReturned, None, "What you sent back has arrived. Thank you.\n"),
    ] {
        let mut order = order();
        order.payment_events.clear();
        order.reason = reason.map(str::to_owned);
        let text = render_mail(kind, &order, &shop(), None).text;
        assert!(text.contains(sentence), "{sentence} in {text}");
    }
}

#[test]
fn an_order_of_which_little_is_known_has_its_mails_too() {
    for kind in MailKind::ALL {
        let mut order = order();
        order.pricing = None;
        order.payment_events.clear();
        order.placed.customer = order::Contact::default();
        order.placed.shipping_address = None;
        let shop = documents::Shop { url: None, ..shop() };
        let mail = render_mail(kind, &order, &shop, None);
        assert!(mail.text.starts_with("Hello,\n\n"), "{}", mail.text);
        assert!(mail.text.contains("\n  2 x NW-001\n  3 x NW-003\n"), "{}", mail.text);
        for absent in ["Total", "Shipping address", "receipt"] {
            assert!(!mail.text.contains(absent), "{absent} in {}", mail.text);
            assert!(!mail.html.contains(absent), "{absent} in {}", mail.html);
        }
        assert!(!mail.text.contains("\n\n\n"), "{}", mail.text);
    }
}

#[test]
fn what_customers_write_is_never_markup() {
    let hostile = "<script>alert(1)</script>\r\nBcc: x@y.zz\n\n{{ 7*7 }} & \"q\"";
    for kind in MailKind::ALL {
        let mut order = order();
        order.reason = Some(hostile.into());
        order.placed.customer.name = Some(hostile.into());
        let address = order.placed.shipping_address.as_mut().unwrap();
        address.street = Some(hostile.into());
        order.pricing.as_mut().unwrap().lines[0].name = hostile.into();
        order.placed.payment_method = Some(hostile.into());
        let shop = documents::Shop { name: hostile.into(), ..shop() };
        let mail = render_mail(kind, &order, &shop, Some("https://x.example/\"><script>"));
        assert!(!mail.html.contains("<script"), "{}", mail.html);
        assert!(mail.html.contains("&lt;script&gt;"));
        assert!(!mail.html.contains("x.example&#x2f;\">"), "{}", mail.html);
        assert!(mail.text.contains("{{ 7*7 }}") && !mail.text.contains("49"), "{}", mail.text);
        assert!(!mail.text.contains("\nBcc:") && !mail.text.contains('\r'), "{}", mail.text);
        assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    }
}

#[test]
fn the_payment_token_is_not_told() {
    for kind in MailKind::ALL {
        let mail = render_mail(kind, &order(), &shop(), None);
        assert!(!mail.text.contains("tok_visa") && !mail.html.contains("tok_visa"));
    }
}
