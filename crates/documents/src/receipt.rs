//! Receipts.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::Offset;
use order::{Order, PaymentEventKind, PaymentStatus, PricedLine, Pricing};

use crate::Shop;
use crate::pdf::{Canvas, Information, Style, Weight};
use crate::text::{address_lines, plain_line};

/// What a receipt says: a priced order, who sold it, and the date on it.
#[derive(Debug, Clone, Copy)]
pub struct ReceiptData<'a> {
    order: &'a Order,
    pricing: &'a Pricing,
    shop: &'a Shop,
    issued_at: Timestamp,
}

impl<'a> ReceiptData<'a> {
    /// The receipt of an order; nothing when the order has no prices yet.
    pub fn of(order: &'a Order, shop: &'a Shop, issued_at: Timestamp) -> Option<Self> {
        order.pricing.as_ref().map(|pricing| Self { order, pricing, shop, issued_at })
    }
}

/// A receipt as a PDF of as many A4 pages as its lines need.
///
/// The same data gives the same bytes. Characters that the embedded font has not (it has Latin, Greek
/// and Cyrillic) show as U+FFFD. The payment token is never part of it.
pub fn receipt_pdf(receipt: &ReceiptData<'_>) -> Vec<u8> {
    let title = format!("Receipt {}", receipt.order.id());
    let shop_name = plain_line(&receipt.shop.name);
    let mut sheet = Sheet { canvas: Canvas::new(), y: MARGIN };
    sheet.letterhead(receipt.shop, &shop_name);
    sheet.particulars(receipt);
    sheet.lines(receipt.pricing);
    sheet.sums(receipt);
    sheet.footers(&title);
    sheet.canvas.finish(&Information { title: &title, author: &shop_name, created_at: receipt.issued_at })
}

// All lengths in points. A page has a margin all around; the footer stands in the lower one.
const MARGIN: f32 = 48.0;
const LEFT: f32 = MARGIN;
const RIGHT: f32 = Canvas::WIDTH - MARGIN;
const MIDDLE: f32 = 310.0;
const BOTTOM: f32 = Canvas::HEIGHT - 64.0;
const FOOTER: f32 = Canvas::HEIGHT - 36.0;
/// From one baseline to the next within a paragraph.
const LEADING: f32 = 12.0;
/// Labels such as "Order" stand left of their values.
const LABEL_WIDTH: f32 = 80.0;
/// Room that sums and payment need together: they are not torn apart.
const SUMS_HEIGHT: f32 = 140.0;

// The columns of the table: those of text from their left edge, those of numbers to their right one.
const NAME: f32 = 146.0;
const QUANTITY: f32 = 378.0;
const UNIT_PRICE: f32 = 462.0;
const SKU_WIDTH: f32 = 92.0;
const NAME_WIDTH: f32 = 188.0;
const PRICE_WIDTH: f32 = 80.0;
const QUANTITY_WIDTH: f32 = 42.0;

const BODY: Style = Style { weight: Weight::Regular, size: 9.0, gray: 0.0 };
const STRONG: Style = Style { weight: Weight::Bold, size: 9.0, gray: 0.0 };
const QUIET: Style = Style { weight: Weight::Regular, size: 9.0, gray: 0.4 };
const TITLE: Style = Style { weight: Weight::Bold, size: 18.0, gray: 0.0 };
const TOTAL: Style = Style { weight: Weight::Bold, size: 11.0, gray: 0.0 };
const RULE_GRAY: f32 = 0.75;

/// The receipt being laid out, and how far down its current page it has come.
struct Sheet {
    canvas: Canvas,
    y: f32,
}

impl Sheet {
    /// Who the receipt is from.
    fn letterhead(&mut self, shop: &Shop, name: &str) {
        self.y += TITLE.size;
        self.canvas.text_to(RIGHT, self.y, "Receipt", TITLE);
        let room = RIGHT - LEFT - 120.0;
        for line in self.wrapped(name, TITLE, room, 2) {
            self.canvas.text(LEFT, self.y, &line, TITLE);
            self.y += TITLE.size + 4.0;
        }
        for line in [Some(shop.email.as_str()), shop.url.as_deref()].into_iter().flatten() {
            self.paragraph(LEFT, &plain_line(line), QUIET, RIGHT - LEFT, 1);
        }
        self.canvas.rule(LEFT, RIGHT, self.y, RULE_GRAY);
        self.y += 22.0;
    }

    /// Which order, when, for whom, where to.
    fn particulars(&mut self, receipt: &ReceiptData<'_>) {
        self.labelled("Order", receipt.order.id().as_str(), RIGHT - LEFT);
        self.labelled("Date", &date(receipt.issued_at), RIGHT - LEFT);
        self.y += LEADING;

        let placed = &receipt.order.placed;
        // The id helps the shop where name or address are missing, and says nothing to the customer else.
        let customer: Vec<Cow<'_, str>> = [
            placed.customer.name.as_deref(),
            placed.customer.email.as_ref().map(order::Email::as_str),
            placed.customer.id.as_ref().map(order::CustomerId::as_str),
        ]
        .into_iter()
        .flatten()
        .map(plain_line)
        .filter(|line| !line.is_empty())
        .take(2)
        .collect();
        let address = placed.shipping_address.as_ref().map(address_lines).unwrap_or_default();
        let top = self.y;
        let after_customer = self.block(LEFT, "Customer", &customer);
        self.y = top;
        let after_address = self.block(MIDDLE, "Shipping address", &address);
        self.y = after_customer.max(after_address) + LEADING;
    }

    /// A heading and lines below it; nothing at all without lines. Returns where it ends.
    fn block(&mut self, left: f32, heading: &str, lines: &[impl AsRef<str>]) -> f32 {
        if !lines.is_empty() {
            self.paragraph(left, heading, STRONG, MIDDLE - LEFT, 1);
            self.y += 2.0;
        }
        for line in lines {
            self.paragraph(left, line.as_ref(), BODY, RIGHT - MIDDLE, 2);
        }
        self.y
    }

    /// The table of what was bought, over as many pages as it takes.
    fn lines(&mut self, pricing: &Pricing) {
        let currency = pricing.totals.total.currency().code();
        let (unit_price, amount) = (format!("Price ({currency})"), format!("Amount ({currency})"));
        let heading = |sheet: &mut Sheet| {
            let y = sheet.y;
            sheet.canvas.text(LEFT, y, "Item", STRONG);
            sheet.canvas.text(NAME, y, "Description", STRONG);
            sheet.canvas.text_to(QUANTITY, y, "Quantity", STRONG);
            sheet.canvas.text_to(UNIT_PRICE, y, &unit_price, STRONG);
            sheet.canvas.text_to(RIGHT, y, &amount, STRONG);
            sheet.canvas.rule(LEFT, RIGHT, y + 6.0, RULE_GRAY);
            sheet.y += LEADING + 8.0;
        };
        heading(self);
        for line in &pricing.lines {
            // An identifier is never cut; it has at most 64 characters.
            let skus = self.wrapped(line.sku.as_str(), BODY, SKU_WIDTH, usize::MAX);
            let name = plain_line(&line.name);
            let names = self.wrapped(&name, BODY, NAME_WIDTH, 3);
            let rows = skus.len().max(names.len()).max(1);
            if self.y + LEADING * (rows - 1) as f32 > BOTTOM {
                self.new_page();
                heading(self);
            }
            self.line(line, &skus, &names);
            self.y += LEADING * rows as f32 + 3.0;
        }
        self.canvas.rule(LEFT, RIGHT, self.y - 8.0, RULE_GRAY);
        self.y += LEADING;
    }

    fn line(&mut self, line: &PricedLine, skus: &[Cow<'_, str>], names: &[Cow<'_, str>]) {
        for (column, texts) in [(LEFT, skus), (NAME, names)] {
            let mut y = self.y;
            for text in texts {
                self.canvas.text(column, y, text, BODY);
                y += LEADING;
            }
        }
        self.number(QUANTITY, &line.quantity.units().to_string(), QUANTITY_WIDTH);
        self.number(UNIT_PRICE, &line.unit_price.amount(), PRICE_WIDTH);
        self.number(RIGHT, &line.amount().amount(), PRICE_WIDTH);
    }

    /// A number that ends at `right`. It is never cut: one that is too long for its column is smaller.
    fn number(&mut self, right: f32, text: &str, room: f32) {
        let width = self.canvas.width(text, BODY);
        let size = if width > room { BODY.size * room / width } else { BODY.size };
        self.canvas.text_to(right, self.y, text, Style { size, ..BODY });
    }

    /// Sums on the right, how they were paid on the left.
    fn sums(&mut self, receipt: &ReceiptData<'_>) {
        if self.y + SUMS_HEIGHT > BOTTOM {
            self.new_page();
        }
        let top = self.y;
        let totals = &receipt.pricing.totals;
        for (label, sum) in [("Subtotal", totals.subtotal), ("Shipping", totals.shipping), ("Tax", totals.tax)] {
            self.canvas.text(MIDDLE, self.y, label, BODY);
            self.canvas.text_to(RIGHT, self.y, &sum.to_string(), BODY);
            self.y += LEADING + 3.0;
        }
        self.canvas.rule(MIDDLE, RIGHT, self.y - 8.0, RULE_GRAY);
        self.y += 8.0;
        self.canvas.text(MIDDLE, self.y, "Total", TOTAL);
        self.canvas.text_to(RIGHT, self.y, &totals.total.to_string(), TOTAL);
        self.y = top;
        self.payment(receipt);
    }

    fn payment(&mut self, receipt: &ReceiptData<'_>) {
        let payment = receipt.order.payment();
        let money = |minor| order::Money::new(minor, receipt.pricing.totals.total.currency()).to_string();
        let room = MIDDLE - LEFT - 20.0;
        self.labelled("Payment", status_words(payment.status), room);
        if payment.captured > 0 {
            self.labelled("Charged", &money(payment.captured), room);
        }
        if payment.refunded > 0 {
            self.labelled("Refunded", &money(payment.refunded), room);
        }
        self.labelled("Method", &method_words(receipt.order.placed.payment_method.as_deref()), room);
        if let Some(reference) = reference(receipt.order) {
            self.labelled("Reference", &plain_line(reference), room);
        }
    }

    /// Which receipt this is and which page of how many, at the foot of every page.
    fn footers(&mut self, title: &str) {
        let count = self.canvas.page_count();
        for index in 0..count {
            self.canvas.go_to_page(index);
            self.canvas.text(LEFT, FOOTER, title, Style { size: 8.0, ..QUIET });
            let page = format!("Page {} of {count}", index + 1);
            self.canvas.text_to(RIGHT, FOOTER, &page, Style { size: 8.0, ..QUIET });
        }
    }

    fn new_page(&mut self) {
        self.canvas.add_page();
        self.y = MARGIN + LEADING;
    }

    /// A label and its value, which has `room` together with it.
    fn labelled(&mut self, label: &str, value: &str, room: f32) {
        self.canvas.text(LEFT, self.y, label, QUIET);
        self.paragraph(LEFT + LABEL_WIDTH, value, BODY, room - LABEL_WIDTH, 3);
    }

    /// Writes a text below what is there, in at most `most` lines.
    fn paragraph(&mut self, left: f32, text: &str, style: Style, room: f32, most: usize) {
        for line in self.wrapped(text, style, room, most) {
            self.canvas.text(left, self.y, &line, style);
            self.y += LEADING;
        }
    }

    /// Breaks a text into lines no wider than `room`: between words where it can be, else between
    /// characters. Of a text that needs more than `most` lines the last one ends in an ellipsis.
    fn wrapped<'t>(&self, text: &'t str, style: Style, room: f32, most: usize) -> Vec<Cow<'t, str>> {
        let mut lines = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let fits = self.fitting(rest, style, room);
            if fits == rest.len() {
                lines.push(Cow::Borrowed(rest));
                break;
            }
            if lines.len() + 1 == most {
                let kept = &rest[..self.fitting(rest, style, room - self.canvas.width("…", style))];
                lines.push(Cow::Owned(format!("{}…", kept.trim_end())));
                break;
            }
            let at_word = rest[..fits].rfind(' ').filter(|_| !rest[fits..].starts_with(' ')).unwrap_or(fits);
            lines.push(Cow::Borrowed(rest[..at_word].trim_end()));
            rest = rest[at_word..].trim_start();
        }
        lines
    }

    /// How many bytes of a text fit, at least its first character.
    fn fitting(&self, text: &str, style: Style, room: f32) -> usize {
        let mut used = 0.0;
        for (index, c) in text.char_indices() {
            used += self.canvas.width(c.encode_utf8(&mut [0; 4]), style);
            if used > room && index > 0 {
                return index;
            }
        }
        text.len()
    }
}

fn date(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).date().to_string()
}

fn status_words(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::None => "Not paid",
        PaymentStatus::Declined => "Declined",
        PaymentStatus::Authorised => "Authorised",
        PaymentStatus::Paid => "Paid",
        PaymentStatus::PartiallyRefunded => "Partly refunded",
        PaymentStatus::Refunded => "Refunded",
    }
}

/// The way of paying as a customer says it; `creditCard` is the word of one of the order forms.
fn method_words(method: Option<&str>) -> Cow<'_, str> {
    match method {
        None => Cow::Borrowed("Card"),
        Some("creditCard") => Cow::Borrowed("Credit card"),
        Some(other) => plain_line(other),
    }
}

/// What the payment provider calls the payment: its reference for the last thing it took or set aside.
fn reference(order: &Order) -> Option<&str> {
    order
        .payment_events
        .iter()
        .rev()
        .find(|event| matches!(event.kind, PaymentEventKind::Captured | PaymentEventKind::Authorised))
        .map(|event| event.reference.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words_then_between_characters_and_ends_in_an_ellipsis() {
        let sheet = Sheet { canvas: Canvas::new(), y: 0.0 };
        let width = |text: &str| sheet.canvas.width(text, BODY) + 0.01;
        for (text, room, most, lines) in [
            ("", 50.0, 3, vec![]),
            ("Chai", 50.0, 3, vec!["Chai"]),
            ("one two three", width("one two"), 3, vec!["one two", "three"]),
            ("one two three", width("one two "), 3, vec!["one two", "three"]),
            ("one two three", width("one tw"), 3, vec!["one", "two", "three"]),
            ("aaaaaaa", width("aaa"), 3, vec!["aaa", "aaa", "a"]),
            ("șșșșșșș", width("șșș"), usize::MAX, vec!["șșș", "șșș", "ș"]),
            ("one two three", width("one tw"), 1, vec!["one…"]),
            ("aaaaaaa", width("aa…"), 2, vec!["aaa", "aa…"]),
            ("abc", 0.0, 2, vec!["a", "b…"]),
        ] {
            assert_eq!(sheet.wrapped(text, BODY, room, most), lines, "{text:?}");
        }
    }
}
