"""Fills a stopped server's database with copies of the orders in it, a second apart: many_orders.py DATABASE COUNT."""

import sqlite3
import sys

database, count = sys.argv[1], int(sys.argv[2])
connection = sqlite3.connect(database)
columns = [name for (_, name, *_) in connection.execute("PRAGMA table_info(orders)")]
changed = {
    "number": "1000000 + n",
    "id": "'many-' || printf('%07d', n)",
    "placed_at": "placed_at - n * 1000000",
    "placed": "json_set(placed, '$.id', 'many-' || printf('%07d', n))",
}
copied = ", ".join(changed.get(name, name) for name in columns)
with connection:
    (kinds,) = connection.execute("SELECT COUNT(*) FROM orders").fetchone()
    connection.execute(
        f"""WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < {count}),
                 kinds AS (SELECT *, row_number() OVER (ORDER BY number) - 1 AS kind FROM orders)
            INSERT INTO orders ({", ".join(columns)})
            SELECT {copied} FROM counter JOIN kinds ON kind = n % {kinds}"""
    )
    connection.execute(
        """INSERT INTO order_history (order_number, position, status, reason, at)
           SELECT number, 0, status, reason, placed_at FROM orders WHERE number > 1000000"""
    )
