//! JSONPath in the dialect of Step Functions: the one of Jayway's library (which AWS uses), not the
//! one of RFC 9535. A path is compiled once and then only walked.

mod filter;
mod parse;
mod reference;
mod template;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use crate::context::Context;
use crate::random::Random;

use filter::Filter;
pub(crate) use parse::{Cursor, Invalid, literal};
pub(crate) use reference::{Conflict, ReferencePath};
pub(crate) use template::{Expression, Template, TemplateError};

/// What paths and functions are evaluated against.
pub(crate) struct Data<'a> {
    /// `$`
    pub(crate) input: &'a Value,
    /// `$$`
    pub(crate) context: &'a Context<'a>,
    /// For `States.UUID` and `States.MathRandom`.
    pub(crate) random: &'a Random,
}

impl<'a> Data<'a> {
    /// The same context with another `$`.
    pub(crate) fn with_input<'b>(&'b self, input: &'b Value) -> Data<'b>
    where
        'a: 'b,
    {
        Data { input, context: self.context, random: self.random }
    }
}

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    text: String,
    root: Root,
    segments: Vec<Segment>,
    /// Whether the path names one place. If not, its value is a list, empty when nothing fits.
    definite: bool,
}

/// What a path starts from. Workflow variables (`$name`) will be a third.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    /// `$`
    Input,
    /// `$$`
    Context,
}

#[derive(Debug, Clone)]
enum Segment {
    Name(String),
    Names(Vec<String>),
    Index(i64),
    Indices(Vec<i64>),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: usize,
    },
    Wildcard,
    Filter(Filter),
    /// `..`: the segment after it applies to the node and everything below it.
    Descend,
    Function(Function),
}

/// The functions that may end a path. Jayway's, undocumented but used: `$.items.length()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Length,
    Min,
    Max,
    Avg,
    Sum,
}

/// A definite path leads nowhere: `matched` segments of it exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotFound {
    matched: usize,
}

impl Path {
    /// Compiles a whole text.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let mut cursor = Cursor::new(text);
        let path = Self::parse_at(&mut cursor)?;
        cursor.expect_end()?;
        Ok(path)
    }

    /// Whether the path names one place.
    pub(crate) fn is_definite(&self) -> bool {
        self.definite
    }

    /// The path as the definition has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the path starts from the context object.
    pub(crate) fn is_of_context(&self) -> bool {
        self.root == Root::Context
    }

    /// Whether the path is `$` alone.
    pub(crate) fn is_whole_input(&self) -> bool {
        self.root == Root::Input && self.segments.is_empty()
    }

    /// The value the path leads to.
    pub(crate) fn resolve<'a>(&self, data: &Data<'a>) -> Result<Cow<'a, Value>, NotFound> {
        if self.root == Root::Input {
            return self.select(data.input);
        }
        // Most paths into the context object are short, and building it means copying the input.
        if let Some((value, done)) = data.context.shortcut(self.leading_names()) {
            let rest = walk(&self.segments[done..], value);
            return rest.map(Cow::Borrowed).map_err(|NotFound { matched }| NotFound { matched: done + matched });
        }
        self.select(data.context.value())
    }

    /// The names that a path of names and indices starts with; none for other paths.
    fn leading_names(&self) -> [Option<&str>; 3] {
        let plain = self.segments.iter().all(|segment| matches!(segment, Segment::Name(_) | Segment::Index(_)));
        [0, 1, 2].map(|place| match self.segments.get(place) {
            Some(Segment::Name(name)) if plain => Some(name.as_str()),
            _ => None,
        })
    }

    /// What is wrong, in Jayway's words, which AWS passes on.
    pub(crate) fn explain(&self, not_found: NotFound) -> String {
        let missing = not_found.matched + 1;
        let mut text = String::from(if missing < self.segments.len() {
            "Missing property in path $"
        } else {
            "No results for path: $"
        });
        for segment in self.segments.iter().take(missing) {
            match segment {
                Segment::Name(name) => write!(text, "['{name}']"),
                Segment::Index(index) => write!(text, "[{index}]"),
                _ => Ok(()),
            }
            .expect("writing to a string cannot fail");
        }
        text
    }

    fn select<'a>(&self, root: &'a Value) -> Result<Cow<'a, Value>, NotFound> {
        let (segments, function) = match self.segments.split_last() {
            Some((Segment::Function(function), segments)) => (segments, Some(*function)),
            _ => (&self.segments[..], None),
        };
        let value = if self.definite {
            Cow::Borrowed(walk(segments, root)?)
        } else {
            let found = collect(segments, root);
            Cow::Owned(Value::Array(found.into_iter().cloned().collect()))
        };
        match function {
            None => Ok(value),
            Some(function) => function.apply(&value).map(Cow::Owned).ok_or(NotFound { matched: segments.len() }),
        }
    }
}

/// Follows segments that each name one child.
fn walk<'a>(segments: &[Segment], root: &'a Value) -> Result<&'a Value, NotFound> {
    let mut node = root;
    for (matched, segment) in segments.iter().enumerate() {
        node = match segment {
            Segment::Name(name) => node.get(name.as_str()),
            Segment::Index(index) => at(node, *index),
            _ => None,
        }
        .ok_or(NotFound { matched })?;
    }
    Ok(node)
}

/// The element at an index, counted from the end when negative.
fn at(node: &Value, index: i64) -> Option<&Value> {
    let items = node.as_array()?;
    let place = if index < 0 {
        items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
    } else {
        usize::try_from(index).ok()?
    };
    items.get(place)
}

/// Follows segments of any kind to all the places they lead to, in document order.
fn collect<'a>(segments: &[Segment], root: &'a Value) -> Vec<&'a Value> {
    let mut nodes = vec![root];
    let mut descended = false;
    for segment in segments {
        let mut found = Vec::new();
        if matches!(segment, Segment::Descend) {
            for node in &nodes {
                below(node, &mut found);
            }
            nodes = found;
            descended = true;
            continue;
        }
        for node in &nodes {
            // Elsewhere a filter looks into a list; below `..` the list's own elements are already
            // among the nodes, and each would be found twice.
            children(segment, root, node, descended, &mut found);
        }
        nodes = found;
        descended = false;
    }
    nodes
}

/// A node and everything below it.
fn below<'a>(node: &'a Value, found: &mut Vec<&'a Value>) {
    found.push(node);
    match node {
        Value::Array(items) => items.iter().for_each(|item| below(item, found)),
        Value::Object(members) => members.values().for_each(|member| below(member, found)),
        _ => {}
    }
}

fn children<'a>(segment: &Segment, root: &'a Value, node: &'a Value, descended: bool, found: &mut Vec<&'a Value>) {
    match segment {
        Segment::Name(name) => found.extend(node.get(name.as_str())),
        Segment::Names(names) => {
            found.extend(names.iter().filter_map(|name| node.get(name.as_str())));
        }
        Segment::Index(index) => found.extend(at(node, *index)),
        Segment::Indices(indices) => {
            found.extend(indices.iter().filter_map(|index| at(node, *index)));
        }
        Segment::Slice { start, end, step } => {
            if let Value::Array(items) = node {
                let bound = |index: i64| {
                    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                    let place = if index < 0 { length.saturating_add(index) } else { index };
                    usize::try_from(place.clamp(0, length)).unwrap_or(0)
                };
                let (from, to) = (start.map_or(0, bound), end.map_or(items.len(), bound));
                if from < to {
                    found.extend(items[from..to].iter().step_by(*step));
                }
            }
        }
        Segment::Wildcard => match node {
            Value::Array(items) => found.extend(items),
            Value::Object(members) => found.extend(members.values()),
            _ => {}
        },
        Segment::Filter(filter) => match node {
            Value::Array(items) if !descended => {
                found.extend(items.iter().filter(|item| filter.accepts(root, item)));
            }
            Value::Object(_) if filter.accepts(root, node) => found.push(node),
            _ => {}
        },
        // The parser allows a function at the end only, and `collect` handles the other.
        Segment::Descend | Segment::Function(_) => {}
    }
}

impl Function {
    fn apply(self, value: &Value) -> Option<Value> {
        if self == Self::Length {
            return match value {
                Value::Array(items) => Some(items.len().into()),
                Value::Object(members) => Some(members.len().into()),
                Value::String(text) => Some(text.chars().count().into()),
                _ => None,
            };
        }
        let numbers: Vec<f64> = value.as_array()?.iter().filter_map(Value::as_f64).collect();
        if numbers.is_empty() {
            return None;
        }
        #[allow(clippy::cast_precision_loss, reason = "no list is that long")]
        let result = match self {
            Self::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Sum => numbers.iter().sum(),
            Self::Avg | Self::Length => numbers.iter().sum::<f64>() / numbers.len() as f64,
        };
        Some(result.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `path | value`, with `!` before what `explain` says when nothing is found.
    const SELECTIONS: &str = r#"
        $                                | {"a":{"b":1,"c d":2},"list":[{"n":1,"s":"x"},{"n":2,"s":"y"},{"n":3}],"words":["p","q","r","s"]}
        $.a.b                            | 1
        $['a']['c d']                    | 2
        $["a"].b                         | 1
        $.list[0].n                      | 1
        $.list[-1].n                     | 3
        $.words[1:3]                     | ["q","r"]
        $.words[:1]                      | ["p"]
        $.words[-2:]                     | ["r","s"]
        $.words[::2]                     | ["p","r"]
        $.words[0,2]                     | ["p","r"]
        $.list[*].n                      | [1,2,3]
        $.list.*.s                       | ["x","y"]
        $..n                             | [1,2,3]
        $..['n','s']                     | [1,"x",2,"y",3]
        $.a.*                            | [1,2]
        $['a','words']                   | [{"b":1,"c d":2},["p","q","r","s"]]
        $.list[?(@.n > 1)].n             | [2,3]
        $.list[?(@.s)].n                 | [1,2]
        $.list[?(!@.s)].n                | [3]
        $.list[?(@.n == 1 || @.s == 'y')].n | [1,2]
        $.list[?(@.n >= 2 && @.n <= 2)].s | ["y"]
        $.list[?(@.s =~ /X/i)].n         | [1]
        $.list[?(@.n in [1, 3])].n       | [1,3]
        $.list[?(@.n nin [1, 3])].n      | [2]
        $.list[?(@.n == $.a.b)].s        | ["x"]
        $.list[?(@.n != null)].n         | [1,2,3]
        $..[?(@.s == "y")].n             | [2]
        $.words.length()                 | 4
        $.list.length()                  | 3
        $.list[*].n.sum()                | 6.0
        $.none[1:2].x                    | []
        $.list[?(@.n > 9)]               | []
        $.none                           | ! No results for path: $['none']
        $.a.none                         | ! No results for path: $['a']['none']
        $.none.b.c                       | ! Missing property in path $['none']
        $.words[9]                       | ! No results for path: $['words'][9]
        $.a.b.c                          | ! No results for path: $['a']['b']['c']
    "#;

    #[test]
    fn paths_select() {
        let document = json!({
            "a": {"b": 1, "c d": 2},
            "list": [{"n": 1, "s": "x"}, {"n": 2, "s": "y"}, {"n": 3}],
            "words": ["p", "q", "r", "s"]
        });
        for line in SELECTIONS.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line.rsplit_once(" | ").expect("a line has two parts");
            let path = Path::parse(text.trim()).unwrap_or_else(|invalid| panic!("{text}: {invalid}"));
            let found = match path.select(&document) {
                Ok(value) => value.to_string(),
                Err(not_found) => format!("! {}", path.explain(not_found)),
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn bad_paths_are_refused() {
        for text in [
            "",
            "a",
            "$.",
            "$..",
            "$x",
            "$.a.",
            "$.a[",
            "$.a[]",
            "$.a['b",
            "$.a[1:2:0]",
            "$.a b",
            "$.a[?(@.b ==)]",
            "$.a[?(@.b == 1]",
            "$.a.length().b",
            "$.a.nothing()",
            "$.a[1,'b']",
            "$.a[99999999999999999999]",
            "$.a[?(@.b =~ /(/)]",
            "$ .a",
            "$.a,$.b",
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        let nested = format!("$[?({}@.a{})]", "(".repeat(5000), ")".repeat(5000));
        assert!(Path::parse(&nested).is_err(), "nesting must be bounded");
    }
}
