-- What a listing is narrowed by stands in the index that it walks, so that orders which do not fit are passed over
-- without being read.
DROP INDEX orders_by_status;
CREATE INDEX orders_by_status ON orders (status, placed_at, number, total, workflow);
DROP INDEX orders_by_workflow;
CREATE INDEX orders_by_workflow ON orders (workflow, placed_at, number, total);

-- What the orders of a customer we know come to: counted with each order and each payment, in minor units.
CREATE TABLE customer_orders (
    customer_id TEXT NOT NULL PRIMARY KEY,
    orders      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE customer_spending (
    customer_id TEXT NOT NULL,
    currency    TEXT NOT NULL,
    minor       INTEGER NOT NULL,
    PRIMARY KEY (customer_id, currency)
) STRICT, WITHOUT ROWID;

-- The same from the books themselves. An amount has all the digits of its currency, so that without its point it is
-- in minor units.
CREATE VIEW customer_orders_in_books AS
SELECT customer_id, COUNT(*) AS orders FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id;
CREATE VIEW customer_spending_in_books AS
SELECT o.customer_id, p.event ->> '$.amount.currency' AS currency,
       SUM(CASE p.event ->> '$.event' WHEN 'captured' THEN 1 ELSE -1 END
           * CAST(replace(p.event ->> '$.amount.amount', '.', '') AS INTEGER)) AS minor
FROM payment_events p JOIN orders o ON o.number = p.order_number
WHERE o.customer_id IS NOT NULL AND p.event ->> '$.event' IN ('captured', 'refunded')
GROUP BY 1, 2;
INSERT INTO customer_orders SELECT * FROM customer_orders_in_books;
INSERT INTO customer_spending SELECT * FROM customer_spending_in_books;
