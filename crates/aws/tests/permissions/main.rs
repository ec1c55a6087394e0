//! Every function may do exactly what it does: `infra/functions.json` holds what all functions are seen to call
//! while they do all that they can, and nothing else.

#[path = "../stand_in/mod.rs"]
mod stand_in;
#[path = "../support/mod.rs"]
mod support;

mod deliveries;
mod recorder;
mod requests;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use recorder::{Permissions, Recorder};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Functions {
    functions: BTreeMap<String, Function>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    permissions: BTreeMap<String, BTreeSet<String>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_may_do_exactly_what_it_does() {
    let functions: Functions =
        serde_json::from_str(include_str!("../../../../infra/functions.json")).expect("functions with permissions");
    let allowed: Permissions =
        functions.functions.into_iter().map(|(name, function)| (name, function.permissions)).collect();
    let recorder = Recorder::default();
    steps::run(&recorder).await;
    requests::run(&recorder).await;
    deliveries::run(&recorder).await;
    let seen = recorder.seen();
    let missing = beyond(&seen, &allowed);
    let idle = beyond(&allowed, &seen);
    assert!(missing.is_empty() && idle.is_empty(), "missing:\n{}\ntoo much:\n{}", missing.concat(), idle.concat());
    assert_eq!(seen.keys().collect::<Vec<_>>(), allowed.keys().collect::<Vec<_>>(), "all functions were run");
}

/// What one has and the other has not.
fn beyond(one: &Permissions, other: &Permissions) -> Vec<String> {
    let mut beyond = Vec::new();
    for (function, aliases) in one {
        for (alias, actions) in aliases {
            let known = other.get(function).and_then(|aliases| aliases.get(alias));
            let more = actions.iter().filter(|action| !known.is_some_and(|known| known.contains(*action)));
            beyond.extend(more.map(|action| format!("{function} {alias} {action}\n")));
        }
    }
    beyond
}
