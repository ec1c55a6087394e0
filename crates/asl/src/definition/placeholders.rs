//! The placeholders `${Name}` of a definition, which CloudFormation calls definition substitutions.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::json;
use crate::diagnostic::{Diagnostic, code};

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{([A-Za-z0-9_]+)\}").expect("the expression is valid"));

/// Replaces every placeholder `${Name}` within the strings of a definition by what `resolve` gives for
/// its name, and leaves the rest of the text as it is.
///
/// # Errors
///
/// The text is not a JSON object, or a name has no value: one finding for each place.
pub fn substitute(text: &str, resolve: impl Fn(&str) -> Option<String>) -> Result<String, Vec<Diagnostic>> {
    let definition = json::parse(text)?;
    let mut values = HashMap::new();
    let mut missing = Vec::new();
    for_each_string(&definition, "", &mut |location, content| {
        for captures in PLACEHOLDER.captures_iter(content) {
            let name = &captures[1];
            let value = values.entry(name.to_owned()).or_insert_with(|| resolve(name));
            if value.is_none() {
                missing.push(Diagnostic::error(
                    code::UNRESOLVED_PLACEHOLDER,
                    location,
                    format!("Placeholder '${{{name}}}' has no value"),
                ));
            }
        }
    });
    if !missing.is_empty() {
        return Err(missing);
    }
    let replaced = PLACEHOLDER.replace_all(text, |captures: &Captures<'_>| {
        match values.get(&captures[1]) {
            Some(Some(value)) => escaped(value),
            // Not within a string as JSON has it (as `"\u0024{Name}"` would be): left alone.
            _ => captures[0].to_owned(),
        }
    });
    Ok(replaced.into_owned())
}

/// A text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Visits every string, also the names of members.
fn for_each_string(value: &Value, location: &str, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(content) => visit(location, content),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for_each_string(item, &format!("{location}[{index}]"), visit);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let location = format!("{location}/{name}");
                visit(&location, name);
                for_each_string(member, &location, visit);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(name: &str) -> Option<String> {
        match name {
            "Arn" => Some("arn:aws:lambda:x".to_owned()),
            "Quote" => Some("a\"b\\c".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn placeholders_are_replaced_and_layout_is_kept() {
        assert_eq!(
            substitute("{ \"a\":\t[\"${Arn}:${Arn}\"],\n \"${Quote}\": \"$.x {}\" }", resolve),
            Ok("{ \"a\":\t[\"arn:aws:lambda:x:arn:aws:lambda:x\"],\n \"a\\\"b\\\\c\": \"$.x {}\" }".to_owned())
        );
    }

    #[test]
    fn unknown_placeholders_are_found_with_their_places() {
        let text = r#"{"States":{"A":{"Resource":"${None}","List":["${Arn}","x${Other}"]}}}"#;
        let found: Vec<_> =
            substitute(text, resolve).expect_err("two are unknown").iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "UNRESOLVED_PLACEHOLDER: Placeholder '${None}' has no value at /States/A/Resource",
                "UNRESOLVED_PLACEHOLDER: Placeholder '${Other}' has no value at /States/A/List[1]"
            ]
        );
        assert!(substitute("{", resolve).is_err());
    }
}
