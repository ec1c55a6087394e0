//! Reads products and customers from CSV: all lines or none.
//!
//! Comma-separated with a header line (RFC 4180): fields may be quoted, lines may end in CR LF, a byte
//! order mark is passed over. The columns may come in any order.

use std::collections::HashMap;
use std::fmt;

use csv::ByteRecord;
use jiff::Timestamp;
use order::{Address, Country, Currency, Customer, CustomerId, Email, EntryKind, Invalid, Money, Sku};
use ports::Change;

/// The most errors that are told at once.
const MOST_ERRORS: usize = 100;

/// The most units a file may say are in stock.
const MOST_STOCK: i64 = 1_000_000_000;

const REASON: &str = "imported";

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LineError {
    /// The line's number in the file, from 1; the header is 1.
    pub line: u64,
    /// The column's name; empty when it is about the whole line.
    pub column: String,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": expected {}", self.expected)
    }
}

/// Reads products, `sku,name,unit_price,currency,stock`. The stock of a product that `exists` is brought
/// to the counted number; a new one receives it.
///
/// # Errors
///
/// Every line that is wrong, up to a hundred.
pub fn products(csv: &[u8], exists: impl Fn(&Sku) -> bool, at: Timestamp) -> Result<Vec<Change>, Vec<LineError>> {
    let columns = ["sku", "name", "unit_price", "currency", "stock"];
    let mut seen: HashMap<Sku, u64> = HashMap::new();
    read(csv, &columns, &["sku", "name", "unit_price", "currency", "stock"], |fields| {
        let sku = fields.parse("sku", Sku::parse)?;
        once(&mut seen, &sku, fields.line).map_err(|error| error.at("sku"))?;
        let currency = fields.parse("currency", |code| Currency::parse(&code))?;
        let unit_price = fields.parse("unit_price", |text| match Money::parse(&text, currency)? {
            price if price.minor() < 0 => Err(Invalid::new("a price that is not negative")),
            price => Ok(price),
        })?;
        let stock = fields.parse("stock", |text| {
            let units = text.parse().ok().filter(|units| (0..=MOST_STOCK).contains(units));
            units.ok_or_else(|| Invalid::new(format!("a whole number from 0 to {MOST_STOCK}")))
        })?;
        let name = fields.required("name")?;
        let reason = Some(REASON.to_owned());
        let level = if exists(&sku) {
            Some(Change::CountStock { sku: sku.clone(), on_hand: stock, reason, at })
        } else if stock > 0 {
            Some(Change::MoveStock { sku: sku.clone(), kind: EntryKind::Received, units: stock, reason, at })
        } else {
            None
        };
        let product = Change::PutProduct { sku, name, unit_price, at };
        Ok(std::iter::once(product).chain(level).collect())
    })
}

/// Reads customers, `customer_id,company,contact,email,address,city,region,postal_code,country`. All but
/// the id and the mail address may be empty; an address without a country cannot be.
///
/// # Errors
///
/// Every line that is wrong, up to a hundred.
pub fn customers(csv: &[u8]) -> Result<Vec<Change>, Vec<LineError>> {
    let columns = ["customer_id", "company", "contact", "email", "address", "city", "region", "postal_code", "country"];
    let mut seen: HashMap<CustomerId, u64> = HashMap::new();
    read(csv, &columns, &["customer_id", "email"], |fields| {
        let id = fields.parse("customer_id", CustomerId::parse)?;
        once(&mut seen, &id, fields.line).map_err(|error| error.at("customer_id"))?;
        let email = fields.parse("email", Email::parse)?;
        let (company, contact) = (fields.optional("company"), fields.optional("contact"));
        let [street, city, region, postal_code] =
            ["address", "city", "region", "postal_code"].map(|column| fields.optional(column));
        let somewhere = [&street, &city, &region, &postal_code].into_iter().any(Option::is_some);
        let address = if somewhere || fields.optional("country").is_some() {
            let country = fields.parse("country", Country::parse)?;
            let name = contact.clone().or_else(|| company.clone());
            Some(Address { name, street, city, region, postal_code, country })
        } else {
            None
        };
        Ok(vec![Change::PutCustomer(Customer { id, company, contact, email, address })])
    })
}

/// The fields of one line, by column.
struct Fields {
    line: u64,
    values: HashMap<&'static str, String>,
}

impl Fields {
    fn optional(&self, column: &str) -> Option<String> {
        self.values.get(column).filter(|value| !value.is_empty()).cloned()
    }

    fn required(&self, column: &str) -> Result<String, Invalid> {
        self.optional(column).ok_or_else(|| Invalid::new("a value").at(column))
    }

    fn parse<T>(&self, column: &str, parse: impl FnOnce(String) -> Result<T, Invalid>) -> Result<T, Invalid> {
        parse(self.values.get(column).cloned().unwrap_or_default()).map_err(|error| error.at(column))
    }
}

fn once<K: std::hash::Hash + Eq + Clone>(seen: &mut HashMap<K, u64>, key: &K, line: u64) -> Result<(), Invalid> {
    match seen.insert(key.clone(), line) {
        None => Ok(()),
        Some(first) => Err(Invalid::new(format!("each only once; line {first} has it already"))),
    }
}

fn read(
    csv: &[u8],
    columns: &[&'static str],
    required: &[&str],
    mut line: impl FnMut(&Fields) -> Result<Vec<Change>, Invalid>,
) -> Result<Vec<Change>, Vec<LineError>> {
    let csv = csv.strip_prefix("\u{feff}".as_bytes()).unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(csv);
    let header = header(&mut reader, columns, required).map_err(|error| vec![error])?;
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    let mut record = ByteRecord::new();
    loop {
        let read = reader.read_byte_record(&mut record);
        // A record knows where it begins; the reader is already past it.
        let number = record.position().map_or_else(|| reader.position().line(), csv::Position::line);
        match read {
            Ok(false) => break,
            Ok(true) => {
                let outcome = fields(&record, &header, number).and_then(|fields| {
                    line(&fields).map_err(|Invalid { field: column, expected }| LineError {
                        line: number,
                        column,
                        expected,
                    })
                });
                match outcome {
                    Ok(more) => changes.extend(more),
                    Err(error) => errors.push(error),
                }
            }
            Err(error) => {
                errors.push(whole_line(number, &format!("comma-separated values ({error})")));
                break;
            }
        }
        if errors.len() == MOST_ERRORS {
            break;
        }
    }
    if errors.is_empty() { Ok(changes) } else { Err(errors) }
}

/// The column that stands at each place.
fn header(
    reader: &mut csv::Reader<&[u8]>,
    columns: &[&'static str],
    required: &[&str],
) -> Result<Vec<&'static str>, LineError> {
    let expected = format!("a header line {}", columns.join(","));
    let found = reader.byte_headers().map_err(|_| whole_line(1, &expected))?;
    let mut header = Vec::with_capacity(found.len());
    for name in found {
        let known = columns.iter().find(|column| column.as_bytes() == name);
        match known {
            Some(column) if !header.contains(column) => header.push(*column),
            _ => {
                let column = String::from_utf8_lossy(name).into_owned();
                return Err(LineError { line: 1, column, expected });
            }
        }
    }
    match required.iter().find(|column| !header.contains(*column)) {
        Some(missing) => Err(LineError { line: 1, column: (*missing).to_owned(), expected }),
        None => Ok(header),
    }
}

fn fields(record: &ByteRecord, header: &[&'static str], line: u64) -> Result<Fields, LineError> {
    if record.len() != header.len() {
        return Err(whole_line(line, &format!("{} fields, as in the header, not {}", header.len(), record.len())));
    }
    let values = header.iter().zip(record).map(|(column, bytes)| match std::str::from_utf8(bytes) {
        Ok(text) => Ok((*column, text.to_owned())),
        Err(_) => Err(LineError { line, column: (*column).to_owned(), expected: "text in UTF-8".to_owned() }),
    });
    Ok(Fields { line, values: values.collect::<Result<_, _>>()? })
}

fn whole_line(line: u64, expected: &str) -> LineError {
    LineError { line, column: String::new(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTS: &str = "sku,name,unit_price,currency,stock\n";
    const CUSTOMERS: &str = "customer_id,company,contact,email,address,city,region,postal_code,country\n";

    fn at() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    #[test]
    fn products_are_read_with_quotes_mark_and_carriage_returns() {
        let csv = "\u{feff}sku,name,unit_price,currency,stock\r\nNW-1,\"Tea, \"\"green\"\"\",18.00,USD,39\r\nNW-2,Soap,1,EUR,0\r\nNW-3,Old,2,EUR,7\r\n";
        let changes = products(csv.as_bytes(), |sku| sku.as_str() == "NW-3", at()).unwrap();
        let seen: Vec<String> = changes
            .iter()
            .map(|change| match change {
                Change::PutProduct { sku, name, unit_price, .. } => format!("{sku} {name} {unit_price}"),
                Change::MoveStock { sku, kind, units, .. } => format!("{sku} {} {units}", kind.name()),
                Change::CountStock { sku, on_hand, .. } => format!("{sku} counted {on_hand}"),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [
            "NW-1 Tea, \"green\" 18.00 USD",
            "NW-1 received 39",
            "NW-2 Soap 1.00 EUR",
            "NW-3 Old 2.00 EUR",
            "NW-3 counted 7",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn customers_are_read_with_and_without_an_address() {
        let csv = format!(
            "{CUSTOMERS}ALFKI,Alfreds,Maria,alfki@example.com,Obere Str. 57,Berlin,,12209,DE\nX,,,x@example.com,,,,,\n"
        );
        let changes = customers(csv.as_bytes()).unwrap();
        let Change::PutCustomer(first) = &changes[0] else { panic!("{changes:?}") };
        let address = first.address.as_ref().unwrap();
        assert_eq!(
            (address.city.as_deref(), address.region.as_deref(), address.country.code()),
            (Some("Berlin"), None, "DE")
        );
        let Change::PutCustomer(second) = &changes[1] else { panic!("{changes:?}") };
        assert_eq!((&second.address, &second.company), (&None, &None));
    }

    #[test]
    fn each_wrong_line_is_named_with_its_column() {
        for (rows, line, column, expected) in [
            ("a b,Tea,1,USD,1\n", 2, "sku", "visible characters"),
            (",Tea,1,USD,1\n", 2, "sku", "visible characters"),
            ("A,,1,USD,1\n", 2, "name", "a value"),
            ("A,Tea,1.005,USD,1\n", 2, "unit_price", "at most 2 decimals"),
            ("A,Tea,-1,USD,1\n", 2, "unit_price", "not negative"),
            ("A,Tea,1,XXX9,1\n", 2, "currency", "ISO 4217"),
            ("A,Tea,1,USD,-1\n", 2, "stock", "whole number"),
            ("A,Tea,1,USD,1.5\n", 2, "stock", "whole number"),
            ("A,Tea,1,USD,99999999999999999999\n", 2, "stock", "whole number"),
            ("A,Tea,1,USD\n", 2, "", "5 fields"),
            ("A,Tea,1,USD,1\nB,\"two\nlines\",1,USD,1\nA,Tea,1,USD,1\n", 5, "sku", "line 2 has it"),
        ] {
            let errors = products(format!("{PRODUCTS}{rows}").as_bytes(), |_| false, at()).unwrap_err();
            assert_eq!(errors.len(), 1, "{rows}: {errors:?}");
            assert_eq!((errors[0].line, errors[0].column.as_str()), (line, column), "{rows}");
            assert!(errors[0].expected.contains(expected), "{rows}: {}", errors[0]);
        }
    }

    #[test]
    fn wrong_bytes_headers_and_addresses_are_named() {
        let mut csv = PRODUCTS.as_bytes().to_vec();
        csv.extend(b"A,T\xffa,1,USD,1\n");
        let error = &products(&csv, |_| false, at()).unwrap_err()[0];
        assert_eq!(error.to_string(), "line 2, name: expected text in UTF-8");
        for (header, column) in
            [("sku,name\n", "unit_price"), ("sku,name,unit_price,currency,stock,colour\n", "colour"), ("", "sku")]
        {
            let error = &products(header.as_bytes(), |_| false, at()).unwrap_err()[0];
            assert_eq!((error.line, error.column.as_str()), (1, column), "{header}");
        }
        for (row, column) in [
            ("A,,,no-mail,,,,,\n", "email"),
            ("A,,,a@example.com,Street,,,,\n", "country"),
            ("A,,,a@example.com,,,,,XX\n", "country"),
        ] {
            let error = &customers(format!("{CUSTOMERS}{row}").as_bytes()).unwrap_err()[0];
            assert_eq!(error.column, column, "{row}");
        }
    }
}
