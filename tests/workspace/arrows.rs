//! The dependency arrows of ARCHITECTURE.md: whatever is not listed here is a broken build.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate of the workspace may depend on within the workspace.
const ARROWS: &[(&str, &[&str])] = &[
    ("adapter", &["order", "ports"]),
    ("api", &["order", "ports"]),
    ("asl", &[]),
    ("aws", &["adapter", "documents", "order", "ports", "steps", "triggers"]),
    ("contract", &["documents", "order", "ports", "steps"]),
    ("documents", &["order"]),
    ("engine", &["asl", "store"]),
    ("infra", &["asl", "triggers", "workflows"]),
    ("lambda", &["adapter", "api", "aws", "documents", "order", "ports", "steps", "triggers", "workflows"]),
    ("local", &["adapter", "order", "ports", "store", "triggers"]),
    ("order", &[]),
    (
        "orderflow",
        &[
            "api",
            "asl",
            "documents",
            "engine",
            "infra",
            "local",
            "order",
            "ports",
            "steps",
            "store",
            "triggers",
            "workflows",
        ],
    ),
    ("ports", &["order"]),
    ("steps", &["documents", "order", "ports", "triggers"]),
    ("store", &[]),
    ("triggers", &[]),
    ("workflows", &["asl", "steps", "triggers"]),
];

#[test]
fn the_arrows_of_the_architecture_hold() {
    let manifest = crate::support::root().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata answers");
    let packages: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(packages, allowed.keys().copied().collect(), "every crate has its row in the table of arrows");
    for package in &metadata.packages {
        let dependencies = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| dependency.name.as_str())
            .filter(|name| packages.contains(name));
        for dependency in dependencies {
            assert!(
                allowed[package.name.as_str()].contains(&dependency),
                "{} must not depend on {dependency}",
                package.name
            );
        }
    }
}
