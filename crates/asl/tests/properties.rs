//! Whatever the definition and the answers: nothing panics, checkpoints are complete, and histories
//! hang together.

#![allow(dead_code, reason = "not every test uses all of the shared simulation")]

mod support;

use asl::{Event, Moment, StateMachine, placeholders};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use support::{Simulation, start_of};

/// JSON of a few levels, with the names that the definitions below ask for.
fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..100).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec!["", "a", "b", "2026-01-01T00:00:07Z", "{\"x\":1}", "\u{1F600}"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(vec!["a", "b", "items"]), inner), 0..4).prop_map(|members| {
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

fn path() -> impl Strategy<Value = &'static str> {
    select(vec![
        "$",
        "$.a",
        "$.b",
        "$.a.b",
        "$.items",
        "$.items[0]",
        "$.items[*].a",
        "$..b",
        "$$.State.Name",
        "$.items[?(@.a)]",
    ])
}

fn definite_path() -> impl Strategy<Value = &'static str> {
    select(vec!["$", "$.a", "$.b", "$.a.b", "$.items[0]"])
}

fn template() -> impl Strategy<Value = Value> {
    let call = select(vec![
        "States.Format('{}', $.a)",
        "States.MathAdd($.a, 1)",
        "States.UUID()",
        "States.ArrayLength($.items)",
        "States.StringToJson($.b)",
        "States.Array($, $$.Execution.Name)",
        "States.MathRandom(1, 9)",
    ]);
    prop_oneof![
        path().prop_map(|path| json!({"a.$": path, "b": {"items": [1, {"a.$": "$"}]}})),
        call.prop_map(|call| json!({"items.$": call})),
        data(),
    ]
    .prop_filter("names that end in .$ only where meant", |template| template.is_object())
}

/// One state by itself; where it leads is added by [`level`].
fn state(depth: u32) -> BoxedStrategy<Value> {
    let flow = (
        proptest::option::of(prop_oneof![path().prop_map(Value::from), Just(Value::Null)]),
        proptest::option::of(template()),
        proptest::option::of(prop_oneof![definite_path().prop_map(Value::from), Just(Value::Null)]),
        proptest::option::of(prop_oneof![path().prop_map(Value::from), Just(Value::Null)]),
    );
    let simple = prop_oneof![
        Just(json!({"Type": "Pass"})),
        data().prop_map(|result| json!({"Type": "Pass", "Result": result})),
        Just(json!({"Type": "Task", "Resource": "arn:aws:lambda:x", "TimeoutSeconds": 9})),
        Just(json!({"Type": "Task", "Resource": "arn:aws:states:::sns:publish"})),
        Just(json!({"Type": "Task", "Resource": "arn:aws:states:::activity:a", "HeartbeatSeconds": 4})),
        Just(json!({"Type": "Task", "Resource": "arn:aws:states:eu:1:activity:a", "HeartbeatSeconds": 4})),
    ];
    let waits = prop_oneof![
        Just(json!({"Type": "Wait", "Seconds": 3})),
        definite_path().prop_map(|path| json!({"Type": "Wait", "SecondsPath": path})),
        definite_path().prop_map(|path| json!({"Type": "Wait", "TimestampPath": path})),
    ];
    let ends = prop_oneof![
        Just(json!({"Type": "Succeed"})),
        Just(json!({"Type": "Fail", "Error": "Deliberate"})),
        definite_path().prop_map(|path| json!({"Type": "Fail", "ErrorPath": path, "Cause": "c"})),
    ];
    let worker = if depth == 0 {
        simple.boxed()
    } else {
        prop_oneof![
            3 => simple,
            1 => vec(level(depth - 1), 1..3).prop_map(|branches| json!({"Type": "Parallel", "Branches": branches})),
            1 => (level(depth - 1), 0u64..3, proptest::option::of(0u64..3)).prop_map(|(inner, width, tolerated)| {
                let mut map = json!({"Type": "Map", "ItemProcessor": inner, "MaxConcurrency": width});
                if let Some(tolerated) = tolerated {
                    map["ToleratedFailureCount"] = tolerated.into();
                }
                map
            }),
        ]
        .boxed()
    };
    let errors =
        select(vec!["States.ALL", "States.Timeout", "Deliberate", "States.TaskFailed", "States.IntrinsicFailure"]);
    let worker = (worker, flow, proptest::option::of((errors.clone(), 0u64..3)), proptest::option::of(errors))
        .prop_map(|(mut state, (input, parameters, result, output), retry, catch)| {
            for (name, value) in
                [("InputPath", input), ("Parameters", parameters), ("ResultPath", result), ("OutputPath", output)]
            {
                if let Some(value) = value {
                    state[name] = value;
                }
            }
            if state["Type"] != "Pass" {
                if let Some((error, attempts)) = retry {
                    state["Retry"] =
                        json!([{"ErrorEquals": [error], "MaxAttempts": attempts, "JitterStrategy": "FULL"}]);
                }
                if let Some(error) = catch {
                    state["Catch"] = json!([{"ErrorEquals": [error]}]);
                }
            }
            state
        });
    let choice = (definite_path(), data()).prop_map(|(variable, value)| {
        let rule = match value {
            Value::Number(number) => json!({"Variable": variable, "NumericLessThan": number}),
            Value::String(text) => json!({"Variable": variable, "StringGreaterThan": text}),
            _ => json!({"And": [{"Variable": variable, "IsPresent": true}, {"Not": {"Variable": variable, "IsNull": true}}]}),
        };
        json!({"Type": "Choice", "Choices": [rule]})
    });
    prop_oneof![5 => worker, 1 => waits, 1 => choice, 1 => ends].boxed()
}

/// States that lead to each other at random, but always also onwards to an end.
fn level(depth: u32) -> BoxedStrategy<Value> {
    (vec((state(depth), any::<prop::sample::Index>(), any::<u32>()), 1..5))
        .prop_map(|states| {
            let count = states.len();
            // Names must be unique in the whole machine.
            let names: Vec<String> =
                states.iter().enumerate().map(|(index, (.., salt))| format!("S{index}-{salt}")).collect();
            let mut level = Map::new();
            for (index, (mut state, elsewhere, _)) in states.into_iter().enumerate() {
                let next = names.get(index + 1);
                let anywhere = &names[elsewhere.index(count)];
                if state["Type"] == "Choice" && next.is_none() {
                    state = json!({"Type": "Pass"});
                }
                // An end in the middle would leave what follows unreached.
                if matches!(state["Type"].as_str(), Some("Succeed" | "Fail")) && next.is_some() {
                    state = json!({"Type": "Pass"});
                }
                match (state["Type"].as_str(), next) {
                    (Some("Choice"), next) => {
                        state["Choices"][0]["Next"] = anywhere.as_str().into();
                        state["Default"] = next.map_or(Value::Null, |next| next.as_str().into());
                    }
                    (Some("Succeed" | "Fail"), _) => {}
                    (_, Some(next)) => state["Next"] = next.as_str().into(),
                    (_, None) => state["End"] = true.into(),
                }
                if let Some(catchers) = state.get_mut("Catch") {
                    catchers[0]["Next"] = anywhere.as_str().into();
                }
                level.insert(names[index].clone(), state);
            }
            json!({"StartAt": names[0], "States": level})
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The simulation itself checks, at each step, that a checkpoint read back does the same.
    #[test]
    fn executions_hang_together(
        definition in level(2),
        input in data(),
        answers in vec((0u8..8, any::<prop::sample::Index>(), data()), 0..60),
    ) {
        let text = definition.to_string();
        let machine = StateMachine::parse(&text)
            .map_err(|found| TestCaseError::fail(format!("{found:?} in {text}")))?;
        let mut simulation = Simulation::start(&machine, start_of(input));
        for (kind, which, output) in answers {
            if !simulation.execution.status().is_running() {
                break;
            }
            let task = (!simulation.open.is_empty()).then(|| which.index(simulation.open.len()));
            match (kind, task) {
                (0..=3, Some(place)) => {
                    let task = simulation.open.remove(place).task;
                    simulation.apply(Event::TaskSucceeded { task, output });
                }
                (4, Some(place)) => {
                    let task = simulation.open.remove(place).task;
                    let (error, cause) = ("Deliberate".to_owned(), "why".to_owned());
                    simulation.apply(Event::TaskFailed { task, error, cause });
                }
                (5, Some(place)) => {
                    let task = simulation.open[place].task;
                    simulation.apply(Event::TaskStarted { task, worker_name: None });
                    simulation.apply(Event::TaskHeartbeat { task });
                }
                (6, _) => {
                    let late = Event::TaskSucceeded { task: asl::TaskId(u64::MAX), output };
                    let moment = Moment { now: simulation.now, random: 0 };
                    prop_assert!(simulation.execution.apply(&machine, late, moment).is_err());
                }
                _ => {
                    prop_assert!(task.is_some() || !simulation.timers.is_empty(), "waits for nothing: {text}");
                    simulation.fire_next_timer();
                }
            }
        }
        for (index, event) in simulation.history.iter().enumerate() {
            prop_assert_eq!(event.id, index as u64 + 1, "ids have no gaps");
            prop_assert!(event.previous_event_id < event.id);
        }
        if !simulation.execution.status().is_running() {
            let last = simulation.history.last().map(asl::HistoryEvent::type_name).unwrap_or_default();
            prop_assert!(last.starts_with("Execution"), "{}", last);
            prop_assert!(simulation.open.is_empty() && simulation.timers.is_empty());
        }
    }

    #[test]
    fn broken_definitions_are_refused_not_panicked_on(
        definition in level(1),
        cut in any::<prop::sample::Index>(),
        length in 0usize..12,
        garbage in ".{0,8}",
    ) {
        let text = definition.to_string();
        let characters: Vec<char> = text.chars().collect();
        let start = cut.index(characters.len());
        let end = (start + length).min(characters.len());
        let broken: String = characters[..start].iter().copied()
            .chain(garbage.chars())
            .chain(characters[end..].iter().copied())
            .collect();
        if let Err(found) = StateMachine::parse(&broken) {
            prop_assert!(!found.is_empty());
        }
        let _ = placeholders::substitute(&broken, |name| Some(name.to_owned()));
    }

    #[test]
    fn arbitrary_expressions_are_refused_not_panicked_on(text in r"[$.\[\]'a-c0-3:,*?()@=!&| \\-]{0,24}") {
        for expression in [format!("$.{text}"), format!("$[{text}]"), format!("$[?({text})]"), format!("States.Format({text})"), text] {
            let definition = json!({"StartAt": "A", "States": {"A": {
                "Type": "Pass", "Parameters": {"x.$": expression}, "ResultPath": expression, "InputPath": expression, "End": true
            }}});
            if let Ok(machine) = StateMachine::parse(&definition.to_string()) {
                Simulation::start(&machine, start_of(json!({"a": [1, {"b": 2, "c": "x"}], "b": {"a": null}})));
            }
        }
    }
}
