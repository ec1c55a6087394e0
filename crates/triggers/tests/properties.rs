//! Random patterns and events: nothing panics, and the matcher agrees with one that is too simple to be wrong.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use triggers::Pattern;

/// Any JSON, with the names and words that mean something to patterns among its parts.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("exists".to_owned()),
        Just("prefix".to_owned()),
        Just("numeric".to_owned()),
        Just("anything-but".to_owned()),
        Just("wildcard".to_owned()),
        Just("cidr".to_owned()),
        Just("equals-ignore-case".to_owned()),
        Just("$or".to_owned()),
        Just(">".to_owned()),
        Just("<=".to_owned()),
        Just("10.0.0.0/8".to_owned()),
        "[a-c.*\\\\]{0,4}",
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..5)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Leaves from so few values that random patterns do match.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        (0..3_i64).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ]
}

fn entry() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => leaf(),
        1 => "[ab]{0,2}".prop_map(|text| json!({"prefix": text})),
        1 => "[ab]{0,2}".prop_map(|text| json!({"suffix": text})),
        1 => "[ab]{0,2}".prop_map(|text| json!({"anything-but": text})),
        1 => any::<bool>().prop_map(|flag| json!({"exists": flag})),
        1 => (0..3_i64).prop_map(|bound| json!({"numeric": [">=", bound]})),
    ]
}

fn object(value: BoxedStrategy<Value>, least: usize) -> BoxedStrategy<Value> {
    prop::collection::hash_map("[xyz]", value, least..3)
        .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>()))
        .boxed()
}

fn pattern() -> BoxedStrategy<Value> {
    let entries = prop::collection::vec(entry(), 1..3).prop_map(Value::from).boxed();
    let inner = object(entries.clone(), 1);
    object(prop_oneof![2 => entries, 1 => inner].boxed(), 1)
}

/// Objects without lists, so that a field has one value at most.
fn event() -> BoxedStrategy<Value> {
    let inner = object(leaf().boxed(), 0);
    object(prop_oneof![2 => leaf(), 1 => inner].boxed(), 0)
}

/// The rules as one would say them, for events without lists.
fn naive(pattern: &Value, event: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, pattern)| naive(pattern, event.and_then(|event| event.get(name))))
        }
        Value::Array(entries) => {
            let leaf = event.filter(|value| !value.is_object());
            entries.iter().any(|entry| naive_entry(entry, leaf))
        }
        _ => false,
    }
}

fn naive_entry(entry: &Value, leaf: Option<&Value>) -> bool {
    let Some(expression) = entry.as_object() else {
        return leaf == Some(entry);
    };
    let (name, operand) = expression.iter().next().expect("one operator");
    let text = leaf.and_then(Value::as_str);
    let operand_text = operand.as_str().unwrap_or_default();
    match name.as_str() {
        "exists" => leaf.is_some() == (operand == &json!(true)),
        "prefix" => text.is_some_and(|text| text.starts_with(operand_text)),
        "suffix" => text.is_some_and(|text| text.ends_with(operand_text)),
        "anything-but" => leaf.is_some_and(|leaf| leaf != operand),
        "numeric" => leaf.and_then(Value::as_f64).is_some_and(|number| number >= operand[1].as_f64().expect("a bound")),
        other => panic!("not generated: {other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_pattern_never_panics(pattern in any_json(), event in any_json()) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            pattern.matches(&event);
        }
    }

    #[test]
    fn matching_agrees_with_the_naive_evaluator(pattern in pattern(), event in event()) {
        let compiled = Pattern::parse(&pattern).expect("generated patterns are good");
        prop_assert_eq!(compiled.matches(&event), naive(&pattern, Some(&event)));
    }

    /// Within a list, a pattern matches when it matches the element alone, unless it asks for absence:
    /// that is asked of the whole list.
    #[test]
    fn a_list_matches_when_an_element_does(pattern in pattern(), events in prop::collection::vec(event(), 1..4)) {
        prop_assume!(!pattern.to_string().contains("\"exists\":false"));
        let compiled = Pattern::parse(&json!({"list": pattern})).expect("generated patterns are good");
        let any = events.iter().any(|event| naive(&pattern, Some(event)));
        prop_assert_eq!(compiled.matches(&json!({"list": events})), any);
    }

    #[test]
    fn triggers_never_panic(document in any_json()) {
        let _ = triggers::Triggers::parse(&document.to_string());
    }
}
