//! Mails to customers.
//!
//! What a mail says is one small template a kind, `templates/words/`, in plain text with a blank line
//! between paragraphs. Two layouts put those words, the order and the shop's signature together: as
//! text and as HTML. So nothing is worded twice, and only one place knows of markup.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};
use order::{Money, Order, PaymentStatus, PricedLine};
use serde::{Deserialize, Serialize};

use crate::Shop;
use crate::text::{address_lines, plain_line};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// The order is paid and confirmed.
    OrderConfirmed,
    /// The order was refused: invalid or out of stock.
    OrderRejected,
    /// The payment was refused.
    PaymentFailed,
    /// The order could not be completed because of an outage.
    OrderFailed,
    /// The order was called off.
    OrderCancelled,
    /// The order was handed to the carrier.
    OrderShipped,
    /// The order has arrived.
    OrderDelivered,
    /// The order came back.
    OrderReturned,
}

impl MailKind {
    /// All of them.
    pub const ALL: [MailKind; 8] = [
        MailKind::OrderConfirmed,
        MailKind::OrderRejected,
        MailKind::PaymentFailed,
        MailKind::OrderFailed,
        MailKind::OrderCancelled,
        MailKind::OrderShipped,
        MailKind::OrderDelivered,
        MailKind::OrderReturned,
    ];

    /// The stable name, `snake_case`. Also the name of its template.
    pub fn name(self) -> &'static str {
        match self {
            MailKind::OrderConfirmed => "order_confirmed",
            MailKind::OrderRejected => "order_rejected",
            MailKind::PaymentFailed => "payment_failed",
            MailKind::OrderFailed => "order_failed",
            MailKind::OrderCancelled => "order_cancelled",
            MailKind::OrderShipped => "order_shipped",
            MailKind::OrderDelivered => "order_delivered",
            MailKind::OrderReturned => "order_returned",
        }
    }

    /// What the mail says in a line. An order id has only letters, digits, `-`, `_` and `.`, so the line
    /// is safe as a header as it is.
    fn subject(self, order: &Order) -> String {
        let id = order.id();
        match self {
            MailKind::OrderConfirmed => format!("Your order {id} is confirmed"),
            MailKind::OrderRejected => format!("We could not take your order {id}"),
            MailKind::PaymentFailed => format!("The payment for your order {id} did not go through"),
            MailKind::OrderFailed => format!("We could not complete your order {id}"),
            MailKind::OrderCancelled => format!("Your order {id} is cancelled"),
            MailKind::OrderShipped => format!("Your order {id} is on its way"),
            MailKind::OrderDelivered => format!("Your order {id} has been delivered"),
            MailKind::OrderReturned => format!("Your return of order {id} has arrived"),
        }
    }
}

/// A mail's content, the same in two forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedMail {
    /// One line, with the order's id.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As an HTML document that needs nothing from outside.
    pub html: String,
}

/// Writes a mail about an order.
///
/// `receipt_url` is a link to the receipt, where there is one to give. Whatever customers wrote is text
/// in both forms, never markup, and stays on its line.
pub fn render_mail(kind: MailKind, order: &Order, shop: &Shop, receipt_url: Option<&str>) -> RenderedMail {
    let subject = kind.subject(order);
    let view = Value::from(Serde(View::of(kind, order, shop, receipt_url)));
    let words = render(WORDS[kind as usize].0, view.clone());
    let paragraphs: Vec<String> = words
        .split("\n\n")
        .map(|paragraph| plain_line(paragraph).into_owned())
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    let page = context! { subject => &subject, paragraphs, ..view };
    RenderedMail { text: render("layout.txt", page.clone()), html: render("layout.html", page), subject }
}

/// The templates of the kinds, in the order of [`MailKind::ALL`].
const WORDS: [(&str, &str); MailKind::ALL.len()] = [
    ("order_confirmed.txt", include_str!("../templates/words/order_confirmed.txt")),
    ("order_rejected.txt", include_str!("../templates/words/order_rejected.txt")),
    ("payment_failed.txt", include_str!("../templates/words/payment_failed.txt")),
    ("order_failed.txt", include_str!("../templates/words/order_failed.txt")),
    ("order_cancelled.txt", include_str!("../templates/words/order_cancelled.txt")),
    ("order_shipped.txt", include_str!("../templates/words/order_shipped.txt")),
    ("order_delivered.txt", include_str!("../templates/words/order_delivered.txt")),
    ("order_returned.txt", include_str!("../templates/words/order_returned.txt")),
];
const SHARED: [(&str, &str); 3] = [
    ("money.txt", include_str!("../templates/words/money.txt")),
    ("layout.txt", include_str!("../templates/layout.txt")),
    ("layout.html", include_str!("../templates/layout.html")),
];

/// The compiled templates. HTML is escaped by the name's ending; a misspelt name is an error, not a gap.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.expect("the default delimiters are valid"));
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in WORDS.into_iter().chain(SHARED) {
        templates.add_template(name, source).expect("the templates of this crate are compiled by its tests");
    }
    templates
});

fn render(name: &str, view: Value) -> String {
    let template = TEMPLATES.get_template(name).expect("the list of templates names every one");
    // Every name that a template uses is always there, as a value or as none; the tests go through
    // every kind with and without each of them.
    template.render(view).expect("the templates use only what a mail's view has")
}

/// What the templates see. Every text is on one line, every amount written out.
#[derive(Serialize)]
struct View<'a> {
    order_id: &'a str,
    shop_name: String,
    shop_email: &'a str,
    shop_url: Option<String>,
    /// Whom to greet.
    customer: Option<String>,
    /// Why, without the full stop at its end.
    reason: Option<String>,
    /// Where the customer's money is.
    money: MoneyView,
    lines: Vec<LineView<'a>>,
    totals: Option<TotalsView>,
    address: Vec<String>,
    receipt_url: Option<&'a str>,
}

/// Where the customer's money is.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum MoneyView {
    /// Nothing was taken or set aside.
    Untouched,
    /// Set aside and not taken.
    SetAside { amount: String },
    /// Taken, and none of it given back.
    Taken { amount: String },
    /// Taken, and some of it given back.
    PartlyBack { amount: String, back: String, rest: String },
    /// Taken, and all of it given back.
    Back { amount: String },
}

#[derive(Serialize)]
struct LineView<'a> {
    sku: &'a str,
    quantity: i64,
    /// Name and prices, once the order is priced.
    priced: Option<PricedView>,
}

#[derive(Serialize)]
struct PricedView {
    name: String,
    unit_price: String,
    amount: String,
}

#[derive(Serialize)]
struct TotalsView {
    subtotal: String,
    shipping: String,
    tax: String,
    total: String,
}

impl<'a> View<'a> {
    fn of(kind: MailKind, order: &'a Order, shop: &'a Shop, receipt_url: Option<&'a str>) -> Self {
        let placed = &order.placed;
        let one_line = |text: &str| Some(plain_line(text).into_owned()).filter(|line| !line.is_empty());
        let lines = match &order.pricing {
            Some(pricing) => pricing.lines.iter().map(LineView::priced).collect(),
            None => placed
                .lines
                .iter()
                .map(|line| LineView { sku: line.sku.as_str(), quantity: line.quantity.units(), priced: None })
                .collect(),
        };
        Self {
            order_id: order.id().as_str(),
            shop_name: plain_line(&shop.name).into_owned(),
            shop_email: shop.email.as_str(),
            shop_url: shop.url.as_deref().and_then(one_line),
            customer: placed.customer.name.as_deref().and_then(one_line),
            reason: reason(kind, order).as_deref().and_then(one_line).map(|text| text.trim_end_matches('.').to_owned()),
            money: MoneyView::of(order),
            lines,
            totals: order.pricing.as_ref().map(|pricing| TotalsView {
                subtotal: pricing.totals.subtotal.to_string(),
                shipping: pricing.totals.shipping.to_string(),
                tax: pricing.totals.tax.to_string(),
                total: pricing.totals.total.to_string(),
            }),
            address: placed.shipping_address.as_ref().map(address_lines).unwrap_or_default(),
            receipt_url,
        }
    }
}

impl<'a> LineView<'a> {
    fn priced(line: &'a PricedLine) -> Self {
        Self {
            sku: line.sku.as_str(),
            quantity: line.quantity.units(),
            priced: Some(PricedView {
                name: plain_line(&line.name).into_owned(),
                unit_price: line.unit_price.to_string(),
                amount: line.amount().to_string(),
            }),
        }
    }
}

impl MoneyView {
    fn of(order: &Order) -> Self {
        let payment = order.payment();
        // Without events nothing was touched, and no amount is written.
        let Some(currency) = order.payment_events.first().map(|event| event.amount.currency()) else {
            return MoneyView::Untouched;
        };
        let written = |minor| Money::new(minor, currency).to_string();
        match payment.status {
            PaymentStatus::None | PaymentStatus::Declined => MoneyView::Untouched,
            PaymentStatus::Authorised => MoneyView::SetAside { amount: written(payment.authorised) },
            PaymentStatus::Paid => MoneyView::Taken { amount: written(payment.captured) },
            PaymentStatus::PartiallyRefunded => MoneyView::PartlyBack {
                amount: written(payment.captured),
                back: written(payment.refunded),
                rest: written(payment.kept()),
            },
            PaymentStatus::Refunded => MoneyView::Back { amount: written(payment.refunded) },
        }
    }
}

/// Why the order is where it is: its own reason, or what the payment provider said.
fn reason(kind: MailKind, order: &Order) -> Option<String> {
    let decline = || order.payment().decline.filter(|_| kind == MailKind::PaymentFailed);
    order.reason.clone().or_else(|| decline().map(|decline| decline.words().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_everywhere() {
        for (place, kind) in MailKind::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(kind as usize, place);
            assert_eq!(WORDS[place].0, format!("{}.txt", kind.name()));
        }
    }

    #[test]
    fn every_template_compiles() {
        assert_eq!(TEMPLATES.templates().count(), WORDS.len() + SHARED.len());
    }
}
