//! What holds for the sums of customers at every moment.

use rusqlite::Connection;

use crate::sql::all;

/// Rows that the counters have and the books have not, or the other way round.
const DIFFERENCES: &str = "
    WITH counted AS (SELECT customer_id, '' AS currency, orders AS sum FROM customer_orders
                     UNION ALL SELECT customer_id, currency, minor FROM customer_spending),
         booked AS (SELECT customer_id, '' AS currency, orders AS sum FROM customer_orders_in_books
                    UNION ALL SELECT customer_id, currency, minor FROM customer_spending_in_books)
    SELECT customer_id, currency FROM (SELECT * FROM counted EXCEPT SELECT * FROM booked)
    UNION SELECT customer_id, currency FROM (SELECT * FROM booked EXCEPT SELECT * FROM counted)";

pub(super) fn violations(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    all(connection, DIFFERENCES, [], |row| {
        let (customer, currency): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(match currency.as_str() {
            "" => format!("customer {customer}: the number of orders is not that of the orders"),
            _ => format!("customer {customer}: what was spent in {currency} is not the sum of the payments"),
        })
    })
}
