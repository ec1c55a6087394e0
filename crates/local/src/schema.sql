-- Times are microseconds since the epoch; documents that are only read whole are JSON.

CREATE TABLE orders (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    workflow       TEXT NOT NULL,
    status         TEXT NOT NULL,
    status_word    TEXT NOT NULL,
    reason         TEXT,
    customer_id    TEXT,
    customer_name  TEXT,
    customer_email TEXT COLLATE NOCASE,
    placed_at      INTEGER NOT NULL,
    execution_arn  TEXT NOT NULL,
    receipt        TEXT,
    placed         TEXT NOT NULL,
    pricing        TEXT
) STRICT;
-- A listing is newest first within one of these; each ends in the same two columns (the row's number
-- is part of every index), so a page starts where the last one ended without counting.
CREATE INDEX orders_by_time ON orders (placed_at);
CREATE INDEX orders_by_status ON orders (status, placed_at);
CREATE INDEX orders_by_workflow ON orders (workflow, placed_at);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at) WHERE customer_id IS NOT NULL;
CREATE INDEX orders_by_email ON orders (customer_email, placed_at) WHERE customer_email IS NOT NULL;

CREATE TABLE order_history (
    order_number INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    status       TEXT NOT NULL,
    reason       TEXT,
    at           INTEGER NOT NULL,
    PRIMARY KEY (order_number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment_events (
    order_number INTEGER NOT NULL,
    key          TEXT NOT NULL,
    position     INTEGER NOT NULL,
    event        TEXT NOT NULL,
    PRIMARY KEY (order_number, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    key          TEXT NOT NULL PRIMARY KEY,
    request_hash TEXT NOT NULL,
    order_id     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE products (
    sku         TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    on_hand     INTEGER NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reserved    INTEGER NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND on_hand),
    sold        INTEGER NOT NULL DEFAULT 0 CHECK (sold >= 0)
) STRICT, WITHOUT ROWID;

-- What moved. `round` counts how often an order held the product: a hold that ran out can be followed
-- by another one.
CREATE TABLE stock_ledger (
    sequence     INTEGER PRIMARY KEY,
    sku          TEXT NOT NULL,
    kind         TEXT NOT NULL,
    units        INTEGER NOT NULL,
    order_number INTEGER,
    round        INTEGER NOT NULL DEFAULT 0,
    reason       TEXT,
    at           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX stock_ledger_once ON stock_ledger (order_number, sku, kind, round) WHERE order_number IS NOT NULL;
CREATE INDEX stock_ledger_by_product ON stock_ledger (sku);
CREATE TRIGGER stock_ledger_no_update BEFORE UPDATE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'the stock ledger is only added to'); END;
CREATE TRIGGER stock_ledger_no_delete BEFORE DELETE ON stock_ledger
BEGIN SELECT RAISE(ABORT, 'the stock ledger is only added to'); END;

-- Where an order's units are: held, released, sold or returned.
CREATE TABLE reservations (
    order_number INTEGER NOT NULL,
    sku          TEXT NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity > 0),
    state        TEXT NOT NULL,
    round        INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (order_number, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_held ON reservations (expires_at) WHERE state = 'held';

CREATE TABLE customers (
    id      TEXT NOT NULL PRIMARY KEY,
    company TEXT,
    contact TEXT,
    email   TEXT NOT NULL,
    address TEXT
) STRICT, WITHOUT ROWID;

-- Outbox and mailbox in one: what was captured or delivered stays to be read.
CREATE TABLE mails (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    order_id        TEXT NOT NULL,
    kind            TEXT NOT NULL,
    recipient       TEXT NOT NULL COLLATE NOCASE,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    dead_at         INTEGER,
    last_error      TEXT,
    subject         TEXT NOT NULL,
    mail            TEXT NOT NULL
) STRICT;
CREATE INDEX mails_by_order ON mails (order_id);
CREATE INDEX mails_by_recipient ON mails (recipient);
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE state = 'pending';
CREATE INDEX mails_dead ON mails (dead_at) WHERE state = 'dead';

CREATE TABLE topic_messages (
    id      INTEGER PRIMARY KEY,
    topic   TEXT NOT NULL,
    key     TEXT NOT NULL,
    subject TEXT,
    message TEXT NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (topic, key)
) STRICT;
CREATE INDEX topic_messages_newest ON topic_messages (topic);

CREATE TABLE topic_deliveries (
    id              INTEGER PRIMARY KEY,
    message_id      INTEGER NOT NULL,
    endpoint        TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    dead_at         INTEGER,
    last_error      TEXT
) STRICT;
CREATE INDEX topic_deliveries_due ON topic_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX topic_deliveries_dead ON topic_deliveries (dead_at) WHERE state = 'dead';

-- The logs that pumps follow. Their numbers never come again after pruning: hence AUTOINCREMENT.
CREATE TABLE events (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL UNIQUE,
    source      TEXT NOT NULL,
    detail_type TEXT NOT NULL,
    detail      TEXT NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE TABLE stream_records (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL,
    old_image  TEXT,
    new_image  TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX stream_records_by_table ON stream_records (table_name);

CREATE TABLE cursors (
    name     TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `sent_to` is where a message was sent, `queue` where it is now: the same, or the dead-letter queue.
-- A deleted message stays for a while without its body, so that sending it again is still no change.
CREATE TABLE queue_messages (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    queue             TEXT NOT NULL,
    sent_to           TEXT NOT NULL,
    key               TEXT NOT NULL,
    body              TEXT NOT NULL,
    sent_at           INTEGER NOT NULL,
    visible_at        INTEGER NOT NULL,
    receive_count     INTEGER NOT NULL DEFAULT 0,
    first_received_at INTEGER,
    moved_at          INTEGER,
    deleted_at        INTEGER,
    UNIQUE (sent_to, key)
) STRICT;
CREATE INDEX queue_messages_next ON queue_messages (queue, visible_at) WHERE deleted_at IS NULL;
CREATE INDEX queue_messages_moved ON queue_messages (moved_at) WHERE moved_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX queue_messages_deleted ON queue_messages (deleted_at) WHERE deleted_at IS NOT NULL;

-- The simulated payment gateway's own books.
CREATE TABLE gateway_events (
    sequence INTEGER PRIMARY KEY,
    key      TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL,
    event    TEXT NOT NULL
) STRICT;
CREATE INDEX gateway_events_by_order ON gateway_events (order_id);
CREATE TABLE gateway_timeouts (
    key TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE metric_points (
    series       TEXT NOT NULL,
    second       INTEGER NOT NULL,
    sample_count REAL NOT NULL,
    sum          REAL NOT NULL,
    minimum      REAL NOT NULL,
    maximum      REAL NOT NULL,
    PRIMARY KEY (series, second)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarms (
    name   TEXT NOT NULL PRIMARY KEY,
    rule   TEXT NOT NULL,
    state  TEXT NOT NULL,
    reason TEXT NOT NULL,
    since  INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE alarm_history (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    old_state TEXT NOT NULL,
    new_state TEXT NOT NULL,
    reason    TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX alarm_history_by_alarm ON alarm_history (name);
