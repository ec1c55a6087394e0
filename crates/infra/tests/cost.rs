//! Prices of the workflows that come with the program.

use std::collections::BTreeMap;

use infra::cost::{CostError, Shares, estimate, regions, requirements};
use infra::{Facts, Workflow};
use triggers::Origin;
use workflows::Surroundings;

const SOLD: Shares = Shares { out_of_stock: 0.0, declined: 0.0 };

fn workflows() -> Vec<Workflow> {
    let origin = Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
    let surroundings = Surroundings { origin: &origin, parameters: &BTreeMap::new() };
    Workflow::all(&workflows::load(None, &surroundings).expect("they are right")).expect("they can be deployed")
}

fn workflow(name: &str) -> Workflow {
    workflows().into_iter().find(|workflow| workflow.name == name).expect("it is built in")
}

fn per_order(name: &str, shares: Shares, line: &str) -> f64 {
    let estimate = estimate(&workflow(name), &Facts::built_in(), shares, "us-east-1").expect("it has a price");
    estimate.lines.iter().find(|found| found.name == line).map_or(0.0, |found| found.per_order)
}

fn assert_near(found: f64, expected: f64, about: &str) {
    assert!((found - expected).abs() < 1e-9, "{about}: {found}, expected {expected}");
}

#[test]
fn transitions_are_counted_along_the_documents_paths() {
    let transitions = |name, shares| per_order(name, shares, "Step Functions: state transitions");
    let declined = Shares { out_of_stock: 0.0, declined: 1.0 };
    let out_of_stock = Shares { out_of_stock: 1.0, declined: 0.0 };
    for (name, shares, expected, path) in [
        ("checkout", SOLD, 11.0, "start, 5 to the sale, Announce, its 3 states, OrderConfirmed"),
        (
            "checkout",
            declined,
            9.0,
            "start, 4 to the refusal, FailOrder, PublishOrderFailed, HowItFailed, OrderRefused",
        ),
        ("checkout", out_of_stock, 6.0, "start, ValidateOrder, and the same four"),
        ("emag-orderflow", SOLD, 10.0, "start and the nine of the document"),
        ("receipt-orders", SOLD, 8.0, "start and the document's seven"),
        ("order-app", SOLD, 8.0, "start, ReadOrder and the document's six"),
        ("confirmed-orders", SOLD, 8.0, "start and the document's seven"),
        ("queued-orders", SOLD, 4.0, "start and the document's three"),
        ("queued-orders", declined, 6.0, "start, two to the refusal, OrderFailed, NotifyOrderError, its Fail state"),
    ] {
        assert_near(transitions(name, shares), expected, &format!("{name}: {path}"));
    }
}

#[test]
fn a_share_of_refusals_weighs_what_they_take() {
    let half = Shares { out_of_stock: 0.0, declined: 0.5 };
    assert_near(per_order("queued-orders", half, "Step Functions: state transitions"), 5.0, "4 and 6");
    assert_near(per_order("queued-orders", half, "EventBridge: events"), 1.0, "OrderConfirmed or OrderFailed");
}

#[test]
fn every_workflow_has_a_price_in_every_region() {
    for workflow in workflows() {
        for region in regions() {
            let estimate = estimate(&workflow, &Facts::built_in(), Shares::default(), region).expect("it has a price");
            assert!(estimate.dollars_per_million() > 0.0);
            assert!(estimate.lines.windows(2).all(|pair| pair[0].dollars_per_million >= pair[1].dollars_per_million));
        }
    }
}

#[test]
fn an_orders_mail_is_one() {
    for workflow in workflows() {
        for shares in [SOLD, Shares { out_of_stock: 1.0, declined: 0.0 }, Shares { out_of_stock: 0.0, declined: 1.0 }] {
            let mails = per_order(&workflow.name, shares, "SES: mails");
            assert_near(mails, 1.0, &format!("{} for {shares:?}", workflow.name));
        }
    }
}

#[test]
fn requirements_grow_with_the_rate_and_fall_with_the_shards() {
    let of = |rate: f64, shards: u32| {
        let found = requirements(&workflow("checkout"), &Facts::built_in(), SOLD, "us-east-1", rate, (1.0, shards));
        let items = found.expect("it can be walked").items;
        let needed = |name: &str| {
            items.iter().find(|item| item.name.starts_with(name)).map(|item| item.needed).expect("it is asked for")
        };
        (needed("Step Functions: StartExecution"), needed("DynamoDB: write units a second of a partition (one counter"))
    };
    assert_near(of(100.0, 1).0, 100.0, "an execution an order");
    assert_near(of(100.0, 1).1, 800.0, "reserved and sold, each a counter and an entry of the ledger, two units each");
    assert_near(of(100.0, 10).1, 80.0, "over ten counters");
}

#[test]
fn wrong_shares_and_regions_are_refused() {
    let workflow = workflow("checkout");
    let too_many = Shares { out_of_stock: 0.6, declined: 0.6 };
    assert_eq!(estimate(&workflow, &Facts::built_in(), too_many, "us-east-1"), Err(CostError::Shares));
    let nowhere = estimate(&workflow, &Facts::built_in(), SOLD, "nowhere").expect_err("it is no region");
    assert_eq!(nowhere.to_string(), "there are no prices for nowhere: expected one of eu-central-1, us-east-1");
}
