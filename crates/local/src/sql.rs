//! What every query here needs: times and JSON in columns, cached statements.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A time as it is stored: microseconds since the epoch. What is finer is cut off.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored time. One outside what a time can be, which nothing here writes, becomes the nearest one.
pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The time in that column.
pub(crate) fn time_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(time)
}

/// The JSON document in that column.
pub(crate) fn json_at<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(column, serde_json::from_str(row.get_ref(column)?.as_str()?))
}

/// The JSON document in that column, where there is one.
pub(crate) fn json_opt_at<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => parsed(column, serde_json::from_str(text)).map(Some),
        None => Ok(None),
    }
}

/// The checked value of the text in that column.
pub(crate) fn checked_at<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: TryFrom<String>,
    T::Error: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    parsed(column, T::try_from(text))
}

/// The value of a stable name in that column.
pub(crate) fn named_at<T>(row: &Row<'_>, column: usize, from_name: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let name = row.get_ref(column)?.as_str()?;
    parsed(column, from_name(name).ok_or(UnknownName))
}

#[derive(Debug, thiserror::Error)]
#[error("a stored name is not one of those this version knows")]
struct UnknownName;

/// The error's own text may quote what is stored, which may be personal: it stays out of the message.
#[derive(Debug, thiserror::Error)]
#[error("a stored value cannot be read")]
struct Unreadable;

fn parsed<T, E>(column: usize, result: Result<T, E>) -> rusqlite::Result<T> {
    result.map_err(|_| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(Unreadable)))
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the domain's values have no maps with keys that are no text")
}

/// Runs a statement that is prepared once; how many rows it changed.
pub(crate) fn execute(connection: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute(params)
}

/// The one row of a query, if there is one.
pub(crate) fn optional<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// All rows of a query.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// A `LIKE` pattern for text that has this piece in it; to be used with `ESCAPE '\'`.
pub(crate) fn containing(piece: &str) -> String {
    let mut pattern = String::with_capacity(piece.len() + 2);
    pattern.push('%');
    for c in piece.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
