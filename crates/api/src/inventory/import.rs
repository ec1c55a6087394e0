//! Products from a CSV file.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use order::{Currency, Invalid, Sku};
use ports::Change;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::fields::{LONGEST_LINE, parse_price};
use crate::inventory::put::{self, MAX_STOCK};
use crate::operators::Deed;
use crate::problem::Problem;
use crate::request::CsvBody;
use crate::table::{self, Row};

const COLUMNS: [&str; 5] = ["sku", "name", "unit_price", "currency", "stock"];

/// What was imported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// How many lines.
    #[schema(example = 77)]
    pub imported: usize,
}

/// Creates or changes products from a CSV file with the columns `sku,name,unit_price,currency,stock`.
/// `stock` is how many units are there, counted; where it is empty, the stock stays as it is. All lines
/// or none: every line that is wrong is told.
#[utoipa::path(
    post, path = "/inventory/import", tag = "inventory", operation_id = "import_products",
    request_body(content = String, content_type = "text/csv",
                 example = "sku,name,unit_price,currency,stock\nNW-001,Chai,18.00,USD,39\n"),
    responses((status = 200, description = "All lines were imported", body = Imported)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    CsvBody(text): CsvBody,
) -> Result<Json<Imported>, Problem> {
    let products = read(&text, app.state.ports.clock.now())?;
    let imported = products.len();
    let deed = Deed::new("import_products").on(format!("{imported} lines"));
    let importing = async { Ok(app.state.writer.apply(products.into_iter().flatten().collect()).await?) };
    app.on_behalf(&operator, deed, importing).await?;
    Ok(Json(Imported { imported }))
}

/// The changes of each line.
fn read(text: &str, at: Timestamp) -> Result<Vec<Vec<Change>>, Problem> {
    let mut seen = HashSet::new();
    table::read(text, &COLUMNS, |row| product(row, &mut seen, at))
}

fn product(row: &Row<'_>, seen: &mut HashSet<Sku>, at: Timestamp) -> Result<Vec<Change>, Vec<Invalid>> {
    let mut invalid = Vec::new();
    let sku = Sku::parse(row.text("sku")).map_err(|wrong| invalid.push(wrong.at("sku"))).ok();
    if let Some(sku) = &sku
        && !seen.insert(sku.clone())
    {
        invalid.push(Invalid::new("each sku only once").at("sku"));
    }
    let name = row.text("name");
    if name.is_empty() || name.chars().count() > LONGEST_LINE || name.chars().any(char::is_control) {
        invalid.push(Invalid::new(format!("a text of 1 to {LONGEST_LINE} characters")).at("name"));
    }
    let currency = Currency::parse(row.text("currency")).map_err(|wrong| invalid.push(wrong.at("currency"))).ok();
    let unit_price = currency.and_then(|currency| {
        parse_price(row.text("unit_price"), currency).map_err(|wrong| invalid.push(wrong.at("unit_price"))).ok()
    });
    let stock = match row.optional("stock").map(|stock| stock.parse::<i64>()) {
        None => None,
        Some(Ok(stock)) if (0..=MAX_STOCK).contains(&stock) => Some(stock),
        Some(_) => {
            invalid.push(Invalid::new(format!("a whole number from 0 to {MAX_STOCK}")).at("stock"));
            None
        }
    };
    match sku.zip(unit_price) {
        Some((sku, unit_price)) if invalid.is_empty() => {
            Ok(put::changes(sku, name.to_owned(), unit_price, stock, "import", at))
        }
        _ => Err(invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_cell_is_told() {
        let text = "sku,name,unit_price,currency,stock\n\
                    a,A,1.00,USD,5\n\
                    ,B,1.00,USD,5\n\
                    c,,1.999,USD,-1\n\
                    d,D,1.00,XXL,many\n\
                    a,A,-1.00,USD,\n";
        let problem = read(text, Timestamp::UNIX_EPOCH).unwrap_err();
        let fields: Vec<_> = problem.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "line 3/sku",
                "line 4/name",
                "line 4/unit_price",
                "line 4/stock",
                "line 5/currency",
                "line 5/stock",
                "line 6/sku",
                "line 6/unit_price"
            ]
        );
    }

    #[test]
    fn a_line_is_a_product_and_its_count() {
        let changes =
            read("currency,stock,sku,name,unit_price\nUSD,39,NW-001,Chai,18.00\nUSD,,x,X,1\n", Timestamp::UNIX_EPOCH);
        let changes = changes.unwrap();
        assert_eq!(changes[0].len(), 2);
        assert!(matches!(&changes[0][1], Change::CountStock { on_hand: 39, .. }));
        assert_eq!(changes[1].len(), 1, "no count, no change of stock");
    }
}
