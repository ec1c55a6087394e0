//! From the text of a path to its segments.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::filter::{Filter, Operand, Relation};
use super::{Function, Path, Root, Segment};

/// How deep conditions of a filter may be nested. More is refused, so that no text can exhaust the
/// stack.
const MAX_FILTER_NESTING: usize = 32;

/// A text that is not a path (or not a function call), and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {position}")]
pub(crate) struct Invalid {
    pub(crate) message: &'static str,
    pub(crate) position: usize,
}

/// What is wrong with a path from a workflow variable (`$name`): nothing, but that it is to come.
const VARIABLE: &str = "a workflow variable";

impl Invalid {
    /// Whether the text is a path of a part of the language that is not run yet.
    pub(crate) fn is_variable(&self) -> bool {
        self.message == VARIABLE
    }
}

/// A place in a text that is being read. Shared with the functions, whose arguments are paths.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The text from `start` up to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.position]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        Some(next)
    }

    /// Goes past `expected` when it comes next.
    pub(crate) fn eat(&mut self, expected: &str) -> bool {
        let found = self.text[self.position..].starts_with(expected);
        if found {
            self.position += expected.len();
        }
        found
    }

    pub(crate) fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|next| next.is_ascii_whitespace()) {
            self.next();
        }
    }

    /// Goes past all that `fits`.
    pub(crate) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let start = self.position;
        while self.peek().is_some_and(&fits) {
            self.next();
        }
        self.since(start)
    }

    pub(crate) fn expect(&mut self, expected: &str, message: &'static str) -> Result<(), Invalid> {
        if self.eat(expected) { Ok(()) } else { Err(self.invalid(message)) }
    }

    pub(crate) fn expect_end(&self) -> Result<(), Invalid> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.invalid("unexpected text")),
        }
    }

    pub(crate) fn invalid(&self, message: &'static str) -> Invalid {
        Invalid { message, position: self.position }
    }

    /// A text between quotes, which may contain quotes after a backslash.
    pub(crate) fn quoted(&mut self) -> Result<String, Invalid> {
        let Some(quote @ ('\'' | '"')) = self.next() else {
            return Err(self.invalid("expected a quote"));
        };
        let mut content = String::new();
        loop {
            match self.next() {
                None => return Err(self.invalid("a quote is not closed")),
                Some(end) if end == quote => return Ok(content),
                Some('\\') => match self.next() {
                    None => return Err(self.invalid("a quote is not closed")),
                    Some('n') => content.push('\n'),
                    Some('t') => content.push('\t'),
                    Some('r') => content.push('\r'),
                    Some(escaped) => content.push(escaped),
                },
                Some(plain) => content.push(plain),
            }
        }
    }

    /// A JSON number.
    pub(crate) fn number(&mut self) -> Result<Value, Invalid> {
        let start = self.position;
        self.take_while(|next| next.is_ascii_digit() || matches!(next, '-' | '+' | '.' | 'e' | 'E'));
        match serde_json::from_str::<Value>(self.since(start)) {
            Ok(number @ Value::Number(_)) => Ok(number),
            _ => Err(self.invalid("expected a number")),
        }
    }
}

impl Path {
    /// Reads a path that starts here and ends where its grammar ends.
    pub(crate) fn parse_at(cursor: &mut Cursor<'_>) -> Result<Self, Invalid> {
        let start = cursor.position();
        cursor.expect("$", "a path starts with '$'")?;
        let root = if cursor.eat("$") { Root::Context } else { Root::Input };
        if root == Root::Input && cursor.peek().is_some_and(char::is_alphabetic) {
            return Err(cursor.invalid(VARIABLE));
        }
        let segments = segments(cursor, 0)?;
        Ok(Self { text: cursor.since(start).to_owned(), root, definite: is_definite(&segments), segments })
    }
}

pub(super) fn is_definite(segments: &[Segment]) -> bool {
    segments.iter().all(|segment| matches!(segment, Segment::Name(_) | Segment::Index(_) | Segment::Function(_)))
}

fn segments(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Vec<Segment>, Invalid> {
    let mut segments = Vec::new();
    loop {
        if cursor.eat("..") {
            segments.push(Segment::Descend);
            segments.push(match cursor.peek() {
                Some('[') => bracket(cursor, nesting)?,
                _ => dotted(cursor)?,
            });
        } else if cursor.eat(".") {
            segments.push(dotted(cursor)?);
        } else if cursor.peek() == Some('[') {
            segments.push(bracket(cursor, nesting)?);
        } else {
            return Ok(segments);
        }
        if matches!(segments.last(), Some(Segment::Function(_))) {
            return Ok(segments);
        }
    }
}

/// What follows a dot: a name, `*`, or a function.
fn dotted(cursor: &mut Cursor<'_>) -> Result<Segment, Invalid> {
    if cursor.eat("*") {
        return Ok(Segment::Wildcard);
    }
    let name =
        cursor.take_while(|next| !next.is_whitespace() && !next.is_control() && !".[](),'\"*=<>!&|?/".contains(next));
    if name.is_empty() {
        return Err(cursor.invalid("expected a name"));
    }
    if !cursor.eat("()") {
        return Ok(Segment::Name(name.to_owned()));
    }
    Ok(Segment::Function(match name {
        "length" | "size" => Function::Length,
        "min" => Function::Min,
        "max" => Function::Max,
        "avg" => Function::Avg,
        "sum" => Function::Sum,
        _ => return Err(cursor.invalid("unknown function")),
    }))
}

fn bracket(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Segment, Invalid> {
    cursor.expect("[", "expected '['")?;
    cursor.skip_spaces();
    let segment = match cursor.peek() {
        Some('*') => {
            cursor.next();
            Segment::Wildcard
        }
        Some('?') => {
            cursor.next();
            cursor.skip_spaces();
            cursor.expect("(", "expected '(' after '?'")?;
            let filter = any_of(cursor, nesting + 1)?;
            cursor.skip_spaces();
            cursor.expect(")", "expected ')' after the filter")?;
            Segment::Filter(filter)
        }
        Some('\'' | '"') => {
            let mut names = vec![cursor.quoted()?];
            cursor.skip_spaces();
            while cursor.eat(",") {
                cursor.skip_spaces();
                names.push(cursor.quoted()?);
                cursor.skip_spaces();
            }
            match names.len() {
                1 => Segment::Name(names.remove(0)),
                _ => Segment::Names(names),
            }
        }
        _ => numbers(cursor)?,
    };
    cursor.skip_spaces();
    cursor.expect("]", "expected ']'")?;
    Ok(segment)
}

/// `1`, `1,2`, `1:2`, `:2`, `1:`, `::2`
fn numbers(cursor: &mut Cursor<'_>) -> Result<Segment, Invalid> {
    let first = integer(cursor)?;
    cursor.skip_spaces();
    if cursor.eat(":") {
        cursor.skip_spaces();
        let end = integer(cursor)?;
        cursor.skip_spaces();
        let step = if cursor.eat(":") {
            cursor.skip_spaces();
            let step = integer(cursor)?.unwrap_or(1);
            match usize::try_from(step) {
                Ok(step) if step > 0 => step,
                _ => return Err(cursor.invalid("a step must be positive")),
            }
        } else {
            1
        };
        return Ok(Segment::Slice { start: first, end, step });
    }
    let Some(first) = first else {
        return Err(cursor.invalid("expected a name, an index, a slice, '*' or '?'"));
    };
    let mut indices = vec![first];
    while cursor.eat(",") {
        cursor.skip_spaces();
        let index = integer(cursor)?;
        indices.push(index.ok_or_else(|| cursor.invalid("expected an index"))?);
        cursor.skip_spaces();
    }
    Ok(match indices.len() {
        1 => Segment::Index(first),
        _ => Segment::Indices(indices),
    })
}

fn integer(cursor: &mut Cursor<'_>) -> Result<Option<i64>, Invalid> {
    let start = cursor.position();
    cursor.eat("-");
    cursor.take_while(|next| next.is_ascii_digit());
    match cursor.since(start) {
        "" => Ok(None),
        digits => match digits.parse() {
            Ok(integer) => Ok(Some(integer)),
            Err(_) => Err(cursor.invalid("an index is too large")),
        },
    }
}

fn any_of(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, Invalid> {
    let mut filters = vec![all_of(cursor, nesting)?];
    cursor.skip_spaces();
    while cursor.eat("||") {
        filters.push(all_of(cursor, nesting)?);
        cursor.skip_spaces();
    }
    Ok(match filters.len() {
        1 => filters.remove(0),
        _ => Filter::Any(filters),
    })
}

fn all_of(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, Invalid> {
    let mut filters = vec![condition(cursor, nesting)?];
    cursor.skip_spaces();
    while cursor.eat("&&") {
        filters.push(condition(cursor, nesting)?);
        cursor.skip_spaces();
    }
    Ok(match filters.len() {
        1 => filters.remove(0),
        _ => Filter::All(filters),
    })
}

fn condition(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, Invalid> {
    if nesting > MAX_FILTER_NESTING {
        return Err(cursor.invalid("the filter is nested too deeply"));
    }
    cursor.skip_spaces();
    if cursor.eat("!") {
        return Ok(Filter::Not(Box::new(condition(cursor, nesting + 1)?)));
    }
    if cursor.eat("(") {
        let inner = any_of(cursor, nesting + 1)?;
        cursor.skip_spaces();
        cursor.expect(")", "expected ')'")?;
        return Ok(inner);
    }
    let left = operand(cursor, nesting)?;
    cursor.skip_spaces();
    for (sign, relation) in [
        ("==", Relation::Equal),
        ("!=", Relation::NotEqual),
        ("<=", Relation::LessOrEqual),
        (">=", Relation::GreaterOrEqual),
        ("<", Relation::Less),
        (">", Relation::Greater),
        ("in", Relation::In),
        ("nin", Relation::NotIn),
    ] {
        if cursor.eat(sign) {
            cursor.skip_spaces();
            let right = operand(cursor, nesting)?;
            return Ok(Filter::Compare(left, relation, right));
        }
    }
    if cursor.eat("=~") {
        cursor.skip_spaces();
        return Ok(Filter::Matches(left, pattern(cursor)?));
    }
    match left {
        Operand::Literal(_) => Err(cursor.invalid("a literal alone is no condition")),
        path => Ok(Filter::Exists(path)),
    }
}

fn operand(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Operand, Invalid> {
    if nesting > MAX_FILTER_NESTING {
        return Err(cursor.invalid("the filter is nested too deeply"));
    }
    match cursor.peek() {
        Some('@') => {
            cursor.next();
            Ok(Operand::Node(segments(cursor, nesting + 1)?))
        }
        Some('$') => {
            cursor.next();
            Ok(Operand::Root(segments(cursor, nesting + 1)?))
        }
        Some('[') => {
            cursor.next();
            let mut items = Vec::new();
            cursor.skip_spaces();
            while !cursor.eat("]") {
                items.push(literal(cursor)?);
                cursor.skip_spaces();
                if !cursor.eat(",") && cursor.peek() != Some(']') {
                    return Err(cursor.invalid("expected ',' or ']'"));
                }
                cursor.skip_spaces();
            }
            Ok(Operand::Literal(Value::Array(items)))
        }
        _ => literal(cursor).map(Operand::Literal),
    }
}

/// A quoted text, a number, `true`, `false` or `null`.
pub(crate) fn literal(cursor: &mut Cursor<'_>) -> Result<Value, Invalid> {
    match cursor.peek() {
        Some('\'' | '"') => cursor.quoted().map(Value::String),
        Some(digit) if digit == '-' || digit.is_ascii_digit() => cursor.number(),
        _ if cursor.eat("true") => Ok(Value::Bool(true)),
        _ if cursor.eat("false") => Ok(Value::Bool(false)),
        _ if cursor.eat("null") => Ok(Value::Null),
        _ => Err(cursor.invalid("expected a value")),
    }
}

/// `/regular expression/i`. As in Jayway it has to fit the whole text.
fn pattern(cursor: &mut Cursor<'_>) -> Result<Regex, Invalid> {
    cursor.expect("/", "expected '/'")?;
    let start = cursor.position();
    loop {
        match cursor.next() {
            None => return Err(cursor.invalid("a regular expression is not closed")),
            Some('\\') => {
                cursor.next();
            }
            Some('/') => break,
            Some(_) => {}
        }
    }
    let expression = cursor.since(start);
    let expression = &expression[..expression.len() - 1];
    RegexBuilder::new(&format!("^(?:{expression})$"))
        .case_insensitive(cursor.eat("i"))
        .build()
        .map_err(|_| cursor.invalid("invalid regular expression"))
}
