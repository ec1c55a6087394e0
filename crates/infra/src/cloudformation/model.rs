//! A schema of our OpenAPI description as a model of API Gateway, which knows JSON Schema of draft 4.

use serde_json::{Map, Value};

/// Keywords that draft 4 has; the others only describe.
const KEYWORDS: [&str; 17] = [
    "additionalProperties",
    "anyOf",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "not",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
];

/// The model of a schema. It demands what the schema demands and forbids nothing that the schema lets through.
#[must_use]
pub fn model(schema: &Value) -> Value {
    let mut model = Map::new();
    model.insert("$schema".to_owned(), "http://json-schema.org/draft-04/schema#".into());
    if let Value::Object(members) = narrowed(schema) {
        model.extend(members);
    }
    Value::Object(model)
}

fn narrowed(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let kept = members.iter().filter(|(keyword, _)| KEYWORDS.contains(&keyword.as_str()));
    let narrowed = kept.map(|(keyword, value)| {
        let value = match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => properties
                .iter()
                .map(|(name, property)| (name.clone(), narrowed(property)))
                .collect::<Map<_, _>>()
                .into(),
            ("items" | "not" | "additionalProperties", inner) => narrowed(inner),
            ("anyOf" | "oneOf", Value::Array(options)) => options.iter().map(narrowed).collect(),
            (_, plain) => plain.clone(),
        };
        (keyword.clone(), value)
    });
    Value::Object(narrowed.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_describes_is_left_out_and_what_demands_stays() {
        let schema = json!({
            "type": "object",
            "description": "An order.",
            "required": ["items"],
            "properties": {
                "example": { "type": ["string", "null"], "examples": ["A-1"] },
                "items": { "type": "array", "items": { "type": "integer", "format": "int64", "minimum": 1 } },
                "address": { "oneOf": [{ "type": "null" }, { "type": "object", "title": "Address" }] },
            },
        });
        let expected = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "required": ["items"],
            "properties": {
                "example": { "type": ["string", "null"] },
                "items": { "type": "array", "items": { "type": "integer", "minimum": 1 } },
                "address": { "oneOf": [{ "type": "null" }, { "type": "object" }] },
            },
        });
        assert_eq!(model(&schema), expected);
    }
}
