//! Reference paths: those that name one place, also one that does not exist yet.

use serde_json::{Map, Value};

use super::{Invalid, Path, Root, Segment};

/// A path made of names and indices only, from the input: the place where a result is put.
#[derive(Debug, Clone)]
pub(crate) struct ReferencePath {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(usize),
}

/// The place cannot be made: a name is asked of something that is no object, an index of something
/// that is no list or is shorter. Carries what it was applied to, as nothing was changed.
#[derive(Debug)]
pub(crate) struct Conflict {
    pub(crate) path: String,
    pub(crate) input: Value,
}

impl ReferencePath {
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let path = Path::parse(text)?;
        let refuse = |message| Invalid { message, position: 0 };
        if path.root != Root::Input {
            return Err(refuse("a reference path starts with a single '$'"));
        }
        let steps = path
            .segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Name(name) => Ok(Step::Name(name)),
                Segment::Index(index) => usize::try_from(index)
                    .map(Step::Index)
                    .map_err(|_| refuse("a reference path has no negative index")),
                _ => Err(refuse("a reference path names exactly one place")),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { text: path.text, steps })
    }

    /// Puts `result` at the place within `input`, making objects on the way where nothing is.
    pub(crate) fn put(&self, mut input: Value, result: Value) -> Result<Value, Conflict> {
        match place(&self.steps, &mut input) {
            Some(place) => {
                *place = result;
                Ok(input)
            }
            None => Err(Conflict { path: self.text.clone(), input }),
        }
    }
}

/// Finds the place, or makes it. Checks first that it can be made, so that a conflict changes nothing.
fn place<'a>(steps: &[Step], root: &'a mut Value) -> Option<&'a mut Value> {
    let mut node: &Value = root;
    for (done, step) in steps.iter().enumerate() {
        node = match (step, node) {
            (Step::Name(name), Value::Object(members)) => match members.get(name) {
                Some(member) => member,
                None if steps[done + 1..].iter().all(|step| matches!(step, Step::Name(_))) => break,
                None => return None,
            },
            (Step::Index(index), Value::Array(items)) => items.get(*index)?,
            _ => return None,
        };
    }
    let mut node = root;
    for step in steps {
        node = match step {
            Step::Name(name) => {
                if node.is_null() {
                    *node = Value::Object(Map::new());
                }
                node.as_object_mut()?.entry(name.as_str()).or_insert(Value::Null)
            }
            Step::Index(index) => node.get_mut(*index)?,
        };
    }
    Some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_put_where_the_path_says() {
        for (path, input, expected) in [
            ("$", r#"{"a":1}"#, Some("0")),
            ("$", "null", Some("0")),
            ("$.b", r#"{"a":1}"#, Some(r#"{"a":1,"b":0}"#)),
            ("$.a", r#"{"a":1}"#, Some(r#"{"a":0}"#)),
            ("$['a b'].c", "{}", Some(r#"{"a b":{"c":0}}"#)),
            ("$.a.b.c", r#"{"a":{}}"#, Some(r#"{"a":{"b":{"c":0}}}"#)),
            ("$.a[1]", r#"{"a":[1,2,3]}"#, Some(r#"{"a":[1,0,3]}"#)),
            ("$.a[1].b", r#"{"a":[1,{}]}"#, Some(r#"{"a":[1,{"b":0}]}"#)),
            ("$.a[3]", r#"{"a":[1,2,3]}"#, None),
            ("$.a[0]", "{}", None),
            ("$.a", "\"text\"", None),
            ("$.a", "[]", None),
            ("$.a.b", r#"{"a":"text"}"#, None),
            ("$[0]", r#"{"a":1}"#, None),
        ] {
            let input: Value = serde_json::from_str(input).expect("JSON");
            let result = ReferencePath::parse(path).expect(path).put(input.clone(), Value::from(0));
            match (result, expected) {
                (Ok(output), Some(expected)) => assert_eq!(output.to_string(), expected, "{path}"),
                (Err(conflict), None) => assert_eq!(conflict.input, input, "{path} changed its input"),
                (result, _) => panic!("{path}: {result:?}"),
            }
        }
    }

    #[test]
    fn paths_to_many_places_are_no_reference_paths() {
        for text in ["$.a[*]", "$..a", "$.a[1:2]", "$$.a", "$.a[-1]", "$.a.length()", "a"] {
            assert!(ReferencePath::parse(text).is_err(), "{text}");
        }
    }
}
