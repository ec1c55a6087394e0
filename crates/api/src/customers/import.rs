//! Customers from a CSV file.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use order::{Address, Country, Customer, CustomerId, Email, Invalid};
use ports::Change;

use crate::access::Operator;
use crate::app::Shared;
use crate::fields::LONGEST_LINE;
use crate::inventory::import::Imported;
use crate::operators::Deed;
use crate::problem::Problem;
use crate::request::CsvBody;
use crate::table::{self, Row};

const COLUMNS: [&str; 9] =
    ["customer_id", "company", "contact", "email", "address", "city", "region", "postal_code", "country"];

/// Creates or changes customers from a CSV file with the columns
/// `customer_id,company,contact,email,address,city,region,postal_code,country`. All lines or none: every
/// line that is wrong is told.
#[utoipa::path(
    post, path = "/customers/import", tag = "customers", operation_id = "import_customers",
    request_body(content = String, content_type = "text/csv",
                 example = "customer_id,company,contact,email,address,city,region,postal_code,country\nALFKI,Alfreds Futterkiste,Maria Anders,alfki@example.com,Obere Str. 57,Berlin,,12209,DE\n"),
    responses((status = 200, description = "All lines were imported", body = Imported)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    CsvBody(text): CsvBody,
) -> Result<Json<Imported>, Problem> {
    let customers = read(&text)?;
    let imported = customers.len();
    let deed = Deed::new("import_customers").on(format!("{imported} lines"));
    let changes = customers.into_iter().map(Change::PutCustomer).collect();
    app.on_behalf(&operator, deed, async { Ok(app.state.writer.apply(changes).await?) }).await?;
    Ok(Json(Imported { imported }))
}

fn read(text: &str) -> Result<Vec<Customer>, Problem> {
    let mut seen = HashSet::new();
    table::read(text, &COLUMNS, |row| customer(row, &mut seen))
}

fn customer(row: &Row<'_>, seen: &mut HashSet<CustomerId>) -> Result<Customer, Vec<Invalid>> {
    let mut invalid = Vec::new();
    for column in ["company", "contact", "address", "city", "region", "postal_code"] {
        let text = row.text(column);
        if text.chars().count() > LONGEST_LINE || text.chars().any(char::is_control) {
            invalid.push(Invalid::new(format!("a text of at most {LONGEST_LINE} characters")).at(column));
        }
    }
    let id = CustomerId::parse(row.text("customer_id")).map_err(|wrong| invalid.push(wrong.at("customer_id"))).ok();
    if let Some(id) = &id
        && !seen.insert(id.clone())
    {
        invalid.push(Invalid::new("each id only once").at("customer_id"));
    }
    let email = Email::parse(row.text("email")).map_err(|wrong| invalid.push(wrong.at("email"))).ok();
    let has_address =
        ["address", "city", "region", "postal_code", "country"].iter().any(|column| !row.text(column).is_empty());
    let address = has_address.then(|| Country::parse(row.text("country"))).and_then(|country| match country {
        Ok(country) => Some(Address {
            name: None,
            street: row.optional("address"),
            city: row.optional("city"),
            region: row.optional("region"),
            postal_code: row.optional("postal_code"),
            country,
        }),
        Err(wrong) => {
            invalid.push(wrong.at("country"));
            None
        }
    });
    match id.zip(email) {
        Some((id, email)) if invalid.is_empty() => {
            let (company, contact) = (row.optional("company"), row.optional("contact"));
            Ok(Customer { id, company, contact, email, address })
        }
        _ => Err(invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "customer_id,company,contact,email,address,city,region,postal_code,country\n";

    #[test]
    fn a_line_is_a_customer() {
        let text = format!(
            "{HEADER}ALFKI,Alfreds,Maria,alfki@example.com,Obere Str. 57,Berlin,,12209,DE\nB,,,b@example.com,,,,,\n"
        );
        let customers = read(&text).unwrap();
        let address = customers[0].address.as_ref().unwrap();
        assert_eq!((address.street.as_deref(), address.region.as_deref()), (Some("Obere Str. 57"), None));
        assert_eq!(customers[1].address, None);
    }

    #[test]
    fn every_wrong_cell_is_told() {
        let text = format!("{HEADER}A,,,nobody,,,,,\nA,,,a@example.com,,Berlin,,,\n,,,a@example.com,,,,,XX\n");
        let problem = read(&text).unwrap_err();
        let fields: Vec<_> = problem.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
        assert_eq!(
            fields,
            ["line 2/email", "line 3/customer_id", "line 3/country", "line 4/customer_id", "line 4/country"]
        );
    }
}
