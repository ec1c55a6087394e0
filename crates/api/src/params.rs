//! Query parameters, read one by one: all that is wrong is told, and what nobody asked for is wrong.

use std::str::FromStr;

use axum::extract::Query;
use axum::http::Uri;
use order::Invalid;

use crate::problem::Problem;

/// The most entries of a page.
const MAX_LIMIT: usize = 500;

/// How many entries a page has when nobody says.
const DEFAULT_LIMIT: usize = 50;

/// The parameters that are not read yet, and what was found wrong with the others.
pub(crate) struct Params {
    unread: Vec<(String, String)>,
    known: Vec<&'static str>,
    invalid: Vec<Invalid>,
}

/// Which page of a listing.
pub(crate) struct Paging {
    pub cursor: Option<String>,
    pub limit: usize,
}

impl Params {
    pub(crate) fn of(uri: &Uri) -> Self {
        // Pairs of texts take any query.
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs);
        Self { unread: pairs.unwrap_or_default(), known: Vec::new(), invalid: Vec::new() }
    }

    /// Takes a parameter as text.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let position = self.unread.iter().position(|(given, _)| given == name)?;
        let (_, value) = self.unread.remove(position);
        if self.unread.iter().any(|(given, _)| given == name) {
            self.unread.retain(|(given, _)| given != name);
            self.refuse(name, "the parameter only once");
            return None;
        }
        Some(value)
    }

    /// Takes a parameter that may be given several times, each as `read` understands it.
    pub(crate) fn each<T>(&mut self, name: &'static str, expected: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        self.known.push(name);
        let mut values = Vec::new();
        for (_, text) in self.unread.extract_if(.., |(given, _)| given == name).collect::<Vec<_>>() {
            match read(&text) {
                Some(value) => values.push(value),
                None => self.refuse(name, expected),
            }
        }
        values
    }

    /// Takes a parameter that `read` understands; `expected` says what that is.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            self.refuse(name, expected);
        }
        value
    }

    /// Takes `cursor` and `limit`.
    pub(crate) fn paging(&mut self) -> Paging {
        let cursor = self.text("cursor");
        let limit = self.read("limit", "a whole number from 1 to 500", |text| {
            usize::from_str(text).ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))
        });
        Paging { cursor, limit: limit.unwrap_or(DEFAULT_LIMIT) }
    }

    /// Notes a parameter that is wrong.
    pub(crate) fn refuse(&mut self, name: &str, expected: impl Into<String>) {
        self.invalid.push(Invalid { field: name.to_owned(), expected: expected.into() });
    }

    /// Ends the reading: what is left over is unknown.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.unread) {
            let expected = if self.known.is_empty() {
                "no parameter".to_owned()
            } else {
                format!("no such parameter; known are {}", self.known.join(", "))
            };
            self.refuse(&name, expected);
        }
        if self.invalid.is_empty() { Ok(()) } else { Err(Problem::fields(self.invalid)) }
    }

    /// Ends the reading: what is left over is somebody else's to judge.
    pub(crate) fn finish_with_rest(self) -> Result<Vec<(String, String)>, Problem> {
        if self.invalid.is_empty() { Ok(self.unread) } else { Err(Problem::fields(self.invalid)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::of(&format!("/x?{query}").parse().unwrap())
    }

    #[test]
    fn what_is_given_is_read() {
        let mut given = params("q=caf%C3%A9+au&limit=7&cursor=abc");
        let paging = given.paging();
        assert_eq!((paging.cursor.as_deref(), paging.limit), (Some("abc"), 7));
        assert_eq!(given.text("q").as_deref(), Some("café au"));
        assert!(given.finish().is_ok());
        assert_eq!(params("").paging().limit, DEFAULT_LIMIT);
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        for limit in ["0", "501", "-1", "1.5", "many", ""] {
            let mut given = params(&format!("limit={limit}&nope=1&q=a&q=b"));
            given.paging();
            given.text("q");
            let problem = given.finish().unwrap_err();
            let fields: Vec<_> = problem.invalid.iter().map(|invalid| invalid.field.as_str()).collect();
            assert_eq!(fields, ["limit", "q", "nope"], "limit={limit}");
            assert_eq!(problem.invalid[2].expected, "no such parameter; known are cursor, limit, q");
        }
    }
}
