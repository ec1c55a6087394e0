-- What an operator looks things up by. The total is in ten-thousandths of the currency's unit, so that orders of
-- all currencies can be compared by the number on them.
ALTER TABLE orders ADD COLUMN total INTEGER;
UPDATE orders SET total = CAST(round(CAST(json_extract(pricing, '$.totals.total.amount') AS REAL) * 10000) AS INTEGER)
WHERE pricing IS NOT NULL;
-- Holds all that a search looks at, so that orders which do not fit are passed over without being read.
DROP INDEX orders_by_time;
CREATE INDEX orders_by_time ON orders (placed_at, number, total, id, customer_name, customer_email);

-- What operators did: written before the deed, completed after it.
CREATE TABLE operator_actions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    order_id TEXT,
    subject  TEXT,
    reason   TEXT,
    outcome  TEXT
) STRICT;
CREATE INDEX operator_actions_by_order ON operator_actions (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX operator_actions_unended ON operator_actions (action) WHERE outcome IS NULL;

-- A message is looked at with all its ways out.
CREATE INDEX topic_deliveries_by_message ON topic_deliveries (message_id);

-- Sums by minute; after two days by hour.
CREATE TABLE rollups (
    second  INTEGER NOT NULL,
    measure TEXT NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (second, measure)
) STRICT, WITHOUT ROWID;
