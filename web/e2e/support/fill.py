"""Fills a stopped server's database with what would take long to happen.

fill.py DATABASE hour          the last hour is like the minutes that there are, busier and quieter
fill.py DATABASE orders COUNT  copies of the orders in it, a second apart
"""

import sqlite3
import sys


def hour(connection):
    connection.execute(
        """WITH RECURSIVE minutes(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM minutes WHERE k < 58),
                latest AS (SELECT measure, MAX(value) AS value FROM rollups GROUP BY measure)
           INSERT OR IGNORE INTO rollups (second, measure, value)
           SELECT (SELECT MAX(second) FROM rollups) - 60 * k, measure,
                  CASE WHEN measure GLOB 'alarm-value/*' THEN value ELSE value * (1 + k * 7 % 5 + k / 12) END
           FROM minutes, latest"""
    )


def orders(connection, count):
    columns = [name for (_, name, *_) in connection.execute("PRAGMA table_info(orders)")]
    changed = {
        "number": "1000000 + n",
        "id": "'many-' || printf('%07d', n)",
        "placed_at": "placed_at - n * 1000000",
        "placed": "json_set(placed, '$.id', 'many-' || printf('%07d', n))",
    }
    copied = ", ".join(changed.get(name, name) for name in columns)
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


database, what, *more = sys.argv[1:]
with sqlite3.connect(database) as connection:
    {"hour": hour, "orders": orders}[what](connection, *map(int, more))
