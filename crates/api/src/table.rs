//! CSV files, read as a whole: every line that is wrong is told, and one wrong line refuses the file.

use std::collections::HashMap;

use order::Invalid;

use crate::problem::Problem;

/// How many wrong lines are told; a file with more is of the wrong kind altogether.
const MAX_TOLD: usize = 100;

/// One line: its values by column.
pub(crate) struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The value of a column, trimmed. The column is one of those the table was read with.
    pub(crate) fn text(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|index| self.record.get(*index)).unwrap_or_default().trim()
    }

    /// The value of a column; nothing where it is empty.
    pub(crate) fn optional(&self, column: &str) -> Option<String> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// Reads a table that has exactly those columns, in any order. `read` reads a row, and names the columns
/// that are wrong with it.
pub(crate) fn read<T>(
    text: &str,
    columns: &[&str],
    mut read: impl FnMut(&Row<'_>) -> Result<T, Vec<Invalid>>,
) -> Result<Vec<T>, Problem> {
    // What spreadsheets put before the first column's name.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| Problem::field("line 1", unreadable(&error)))?.clone();
    let by_name = check_columns(&headers, columns)?;
    let mut rows = Vec::new();
    let mut invalid = Vec::new();
    let mut record = csv::StringRecord::new();
    while invalid.len() < MAX_TOLD {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                match read(&Row { columns: &by_name, record: &record }) {
                    Ok(row) => rows.push(row),
                    Err(wrong) => invalid.extend(wrong.into_iter().map(|wrong| wrong.at(format_args!("line {line}")))),
                }
            }
            Err(error) => {
                let line = error.position().map_or(line, csv::Position::line);
                invalid.push(Invalid { field: format!("line {line}"), expected: unreadable(&error) });
            }
        }
    }
    if !invalid.is_empty() {
        return Err(Problem::fields(invalid));
    }
    if rows.is_empty() {
        return Err(Problem::field("line 2", "at least one line below the names of the columns"));
    }
    Ok(rows)
}

fn check_columns(headers: &csv::StringRecord, columns: &[&str]) -> Result<HashMap<String, usize>, Problem> {
    let mut by_name = HashMap::new();
    let mut invalid = Vec::new();
    let mut refuse = |name: &str, expected: String| {
        invalid.push(Invalid { field: format!("line 1/{name}"), expected });
    };
    for (index, header) in headers.iter().enumerate() {
        let name = header.trim();
        if !columns.contains(&name) {
            refuse(name, format!("no such column; known are {}", columns.join(", ")));
        } else if by_name.insert(name.to_owned(), index).is_some() {
            refuse(name, "the column only once".to_owned());
        }
    }
    for column in columns {
        if !by_name.contains_key(*column) {
            refuse(column, "a column of that name".to_owned());
        }
    }
    if invalid.is_empty() { Ok(by_name) } else { Err(Problem::fields(invalid)) }
}

fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{expected_len} values as in the first line, not {len}")
        }
        _ => format!("CSV: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Result<Vec<(String, i64)>, Problem> {
        read(text, &["name", "number"], |row| {
            let number = row.text("number").parse().map_err(|_| vec![Invalid::new("a number").at("number")])?;
            Ok((row.text("name").to_owned(), number))
        })
    }

    #[test]
    fn a_table_is_read_whatever_the_order_of_its_columns() {
        let text = "\u{feff}number, name\n1,a\n2,\"b, \"\"c\"\"\nd\"\n";
        assert_eq!(numbers(text).unwrap(), [("a".to_owned(), 1), ("b, \"c\"\nd".to_owned(), 2)]);
    }

    #[test]
    fn every_wrong_line_is_told() {
        let table = [
            ("name,number\na,x\nb,2\n\"c\n\",y\nd,1,2\n", vec!["line 2/number", "line 4/number", "line 6"]),
            ("name\na\n", vec!["line 1/number"]),
            ("name,number,number,age\n", vec!["line 1/number", "line 1/age"]),
            ("name,number\n", vec!["line 2"]),
            ("", vec!["line 1/name", "line 1/number"]),
        ];
        for (text, expected) in table {
            let problem = numbers(text).unwrap_err();
            let fields: Vec<_> = problem.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(fields, expected, "{text}");
        }
    }
}
