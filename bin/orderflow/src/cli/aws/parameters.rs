//! Parameters of a deployment, checked before anything is created.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

/// `NAME=VALUE` as the command line has it.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// The parameters of a template that are given, or `set` by the deployment itself.
///
/// # Errors
///
/// Every parameter that is missing, or whose value its declaration does not allow, in a line each.
pub fn of_template(
    declared: &Value,
    given: &[(String, String)],
    set: &[(&str, String)],
) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut values = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, declaration) in declared.as_object().into_iter().flatten() {
        let own = set.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let value = given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value).or(own);
        match value {
            Some(value) => match refusal(declaration, value) {
                None => drop(values.insert(name.clone(), value.clone())),
                Some(expected) => problems.push(format!("parameter {name}: expected {expected}")),
            },
            None if declaration["Default"].is_null() => {
                let about = declaration["Description"].as_str().unwrap_or("it has no default");
                problems.push(format!("parameter {name} is missing: {about}"));
            }
            None => {}
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// The names that none of the templates declares.
pub fn unknown(templates: &[&Value], given: &[(String, String)]) -> Vec<String> {
    let declared = |name: &str| templates.iter().any(|parameters| parameters.get(name).is_some());
    let names = templates.iter().filter_map(|parameters| parameters.as_object());
    let mut known: Vec<&str> = names.flat_map(|names| names.keys().map(String::as_str)).collect();
    known.sort_unstable();
    known.dedup();
    let unknown = given.iter().filter(|(name, _)| !declared(name));
    unknown.map(|(name, _)| format!("there is no parameter {name}; there are {}", known.join(", "))).collect()
}

/// What a declaration expects instead of a value.
fn refusal(declaration: &Value, value: &str) -> Option<String> {
    if let Some(allowed) = declaration["AllowedValues"].as_array() {
        let allowed: Vec<String> =
            allowed.iter().map(|allowed| allowed.as_str().map_or_else(|| allowed.to_string(), str::to_owned)).collect();
        if !allowed.iter().any(|allowed| allowed == value) {
            return Some(format!("one of {}", allowed.join(", ")));
        }
    }
    if let Some(pattern) = declaration["AllowedPattern"].as_str() {
        let matches = Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(value));
        if !matches {
            let words = declaration["ConstraintDescription"].as_str().map(str::to_owned);
            return Some(words.unwrap_or_else(|| format!("something like {pattern}")));
        }
    }
    if declaration["Type"] == "Number" {
        let Ok(number) = value.parse::<f64>() else { return Some("a number".to_owned()) };
        let limit = |name: &str| declaration[name].as_f64();
        if limit("MinValue").is_some_and(|least| number < least) || limit("MaxValue").is_some_and(|most| number > most)
        {
            let (least, most) = (&declaration["MinValue"], &declaration["MaxValue"]);
            return Some(format!("a number from {least} to {most}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared() -> Value {
        json!({
            "Name": { "Type": "String" },
            "Email": { "Type": "String", "AllowedPattern": "|[^@]+@[^@]+", "ConstraintDescription": "a mail address", "Default": "" },
            "Method": { "Type": "String", "AllowedValues": ["GET", "POST"], "Default": "GET" },
            "Days": { "Type": "Number", "MinValue": 1, "MaxValue": 365, "Default": 30 },
            "Key": { "Type": "String", "Description": "Where the bootstrap is." },
        })
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_given_goes_before_what_is_set_and_defaults_stay_away() {
        let set = [("Name", "orderflow".to_owned()), ("Key", "zip".to_owned())];
        let values = of_template(&declared(), &given(&[("Method", "POST"), ("Key", "other")]), &set).unwrap();
        let expected = [("Key", "other"), ("Method", "POST"), ("Name", "orderflow")];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn every_wrong_or_missing_parameter_is_named() {
        let wrong = given(&[("Email", "nobody"), ("Method", "PUT"), ("Days", "0")]);
        let problems = of_template(&declared(), &wrong, &[("Name", "a".to_owned())]).unwrap_err().join("\n");
        for words in [
            "Email: expected a mail address",
            "Method: expected one of GET, POST",
            "Days: expected a number from 1 to 365",
            "Key is missing: Where the bootstrap is.",
        ] {
            assert!(problems.contains(words), "{problems}");
        }
        let problems = of_template(&declared(), &given(&[("Days", "many")]), &[]).unwrap_err();
        assert!(problems.iter().any(|problem| problem == "parameter Days: expected a number"), "{problems:?}");
    }

    #[test]
    fn a_parameter_that_nobody_declares_is_named_with_those_that_are() {
        let declared = declared();
        assert!(unknown(&[&declared], &given(&[("Days", "1")])).is_empty());
        let told = unknown(&[&declared, &json!({ "Web": {} })], &given(&[("Dayz", "1")]));
        assert_eq!(told, ["there is no parameter Dayz; there are Days, Email, Key, Method, Name, Web"]);
        assert!(pair("x").is_err() && pair("=x").is_err());
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
    }
}
