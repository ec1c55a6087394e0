//! Typed reading of an object's fields. What is wrong is noted, and reading goes on.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::number;
use crate::path::{Invalid, Path, ReferencePath, Template};

/// An object of a definition, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) object: &'a Map<String, Value>,
    pub(super) location: &'a str,
}

/// What has been found so far.
pub(super) type Findings = Vec<Diagnostic>;

impl<'a> Fields<'a> {
    /// Reads `value` as an object.
    pub(super) fn of(value: &'a Value, location: &'a str, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self { object, location }),
            _ => {
                findings.push(expected("Object", location));
                None
            }
        }
    }

    /// Where a field stands.
    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.location)
    }

    /// Where the object itself stands, in AWS's form.
    pub(super) fn here(&self) -> String {
        if self.location.is_empty() { "/".to_owned() } else { self.location.to_owned() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Notes the fields of `names` that are missing, in one finding as AWS does.
    pub(super) fn require(&self, names: &[&str], findings: &mut Findings) {
        let missing: Vec<_> = names.iter().copied().filter(|name| !self.has(name)).collect();
        if !missing.is_empty() {
            let message = format!("These fields are required: [{}]", missing.join(", "));
            findings.push(Diagnostic::schema(self.here(), message));
        }
    }

    /// Notes the fields that are neither known nor to come.
    pub(super) fn allow(&self, known: &[&str], to_come: &[&str], findings: &mut Findings) {
        for name in self.object.keys().map(String::as_str) {
            if to_come.contains(&name) {
                findings.push(Diagnostic::not_supported_yet(self.at(name), &format!("Field '{name}'")));
            } else if !known.contains(&name) {
                let message = format!("Field '{name}' is not supported");
                findings.push(Diagnostic::schema(self.here(), message));
            }
        }
    }

    /// Notes when more than one of `names` is there, or none where one is needed.
    pub(super) fn exclusive(&self, names: &[&str], needed: bool, findings: &mut Findings) {
        let count = names.iter().filter(|name| self.has(name)).count();
        let names = names.join(", ");
        let message = match (needed, count) {
            (true, 1) | (false, 0 | 1) => return,
            (true, _) => format!("Exactly one of these fields is required: [{names}]"),
            (false, _) => format!("Only one of these fields is allowed: [{names}]"),
        };
        findings.push(Diagnostic::schema(self.here(), message));
    }

    pub(super) fn string(&self, name: &str, findings: &mut Findings) -> Option<&'a str> {
        let value = self.get(name)?;
        let string = value.as_str();
        if string.is_none() {
            findings.push(expected("String", &self.at(name)));
        }
        string
    }

    pub(super) fn boolean(&self, name: &str, findings: &mut Findings) -> Option<bool> {
        let value = self.get(name)?;
        let boolean = value.as_bool();
        if boolean.is_none() {
            findings.push(expected("Boolean", &self.at(name)));
        }
        boolean
    }

    /// An integer of a range.
    pub(super) fn integer(&self, name: &str, min: u64, max: u64, findings: &mut Findings) -> Option<u64> {
        let integer = match self.get(name)? {
            Value::Number(number) => number::as_integer(number),
            _ => None,
        };
        let Some(integer) = integer else {
            findings.push(expected("Integer", &self.at(name)));
            return None;
        };
        match u64::try_from(integer) {
            Ok(integer) if (min..=max).contains(&integer) => Some(integer),
            _ => {
                let message = format!("Value must be between {min} and {max}");
                findings.push(Diagnostic::schema(self.at(name), message));
                None
            }
        }
    }

    /// A number of a range.
    pub(super) fn float(&self, name: &str, range: RangeInclusive<f64>, findings: &mut Findings) -> Option<f64> {
        let Some(float) = self.get(name)?.as_f64() else {
            findings.push(expected("Number", &self.at(name)));
            return None;
        };
        if !range.contains(&float) {
            let message = match range.end() {
                end if end.is_finite() => format!("Value must be between {} and {end}", range.start()),
                _ => format!("Value must be at least {:?}", range.start()),
            };
            findings.push(Diagnostic::schema(self.at(name), message));
        }
        Some(float)
    }

    pub(super) fn array(&self, name: &str, findings: &mut Findings) -> Option<&'a [Value]> {
        match self.get(name)? {
            Value::Array(items) => Some(items),
            _ => {
                findings.push(expected("Array", &self.at(name)));
                None
            }
        }
    }

    /// A list that has something in it.
    pub(super) fn filled_array(&self, name: &str, findings: &mut Findings) -> &'a [Value] {
        let items = self.array(name, findings);
        if items.is_some_and(<[Value]>::is_empty) {
            findings.push(Diagnostic::schema(self.at(name), "Value cannot be empty"));
        }
        items.unwrap_or_default()
    }

    /// A path that may lead to many places.
    pub(super) fn path(&self, name: &str, findings: &mut Findings) -> Option<Path> {
        let path = self.string(name, findings).map(Path::parse)?;
        if let Err(invalid) = &path {
            let location = self.at(name);
            findings.push(
                bad_path(&location, invalid)
                    .unwrap_or_else(|| Diagnostic::schema(location, "Value must be a valid JSONPath.")),
            );
        }
        path.ok()
    }

    /// A path that names one place, of the input or the context object.
    pub(super) fn definite_path(&self, name: &str, findings: &mut Findings) -> Option<Path> {
        let text = self.string(name, findings)?;
        let location = self.at(name);
        findings.push(match Path::parse(text) {
            Ok(path) if path.is_definite() => return Some(path),
            Ok(_) => no_reference_path(&location, "Reference path must name exactly one place"),
            Err(invalid) => bad_reference_path(&location, text, &invalid),
        });
        None
    }

    /// A path that names one place of the input, which need not exist.
    pub(super) fn reference_path(&self, name: &str, findings: &mut Findings) -> Option<ReferencePath> {
        let text = self.string(name, findings)?;
        match ReferencePath::parse(text) {
            Ok(path) => Some(path),
            Err(invalid) => {
                findings.push(bad_reference_path(&self.at(name), text, &invalid));
                None
            }
        }
    }

    pub(super) fn template(&self, name: &str, findings: &mut Findings) -> Option<Template> {
        let location = self.at(name);
        Some(Template::parse(self.get(name)?, &mut |field, invalid| {
            findings.push(bad_expression(&location, field, invalid.as_ref()));
        }))
    }
}

pub(super) fn expected(kind: &str, location: &str) -> Diagnostic {
    let location = if location.is_empty() { "/" } else { location };
    Diagnostic::schema(location, format!("Expected value of type {kind}"))
}

/// A path or a call was expected.
pub(super) fn bad_expression(location: &str, field: &str, invalid: Option<&Invalid>) -> Diagnostic {
    invalid.and_then(|invalid| bad_path(location, invalid)).unwrap_or_else(|| {
        let message =
            format!("The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call");
        Diagnostic::schema(location, message)
    })
}

/// The finding for a path that is right, but not run yet.
fn bad_path(location: &str, invalid: &Invalid) -> Option<Diagnostic> {
    invalid.is_variable().then(|| Diagnostic::not_supported_yet(location, "A variable in a path"))
}

fn bad_reference_path(location: &str, text: &str, invalid: &Invalid) -> Diagnostic {
    bad_path(location, invalid).unwrap_or_else(|| {
        let reason =
            if text.starts_with('$') { invalid.to_string() } else { "Reference path didn't start with '$'".to_owned() };
        no_reference_path(location, &reason)
    })
}

pub(super) fn no_reference_path(location: &str, reason: &str) -> Diagnostic {
    Diagnostic::schema(location, format!("Value is not a Reference Path: {reason}"))
}
