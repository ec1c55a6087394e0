//! The home on AWS, deployed as a whole: the shared stack and all six workflows, with Terraform and with CloudFormation,
//! to ministack, which runs the functions' bootstrap as processes. Orders go through each workflow's API with a token of
//! the user pool, and come to their ends; then everything is removed.
//!
//! `make infra` runs these tests. They take minutes and need Terraform and the project's Python tools, so that
//! `cargo test` alone says that it leaves them out. `ORDERFLOW_TEST_BOOTSTRAP` names the zip of the functions; without it,
//! it is what `make lambda` made.
#![allow(clippy::print_stderr, reason = "the figures are what these tests are read for")]

mod account;
mod cloudformation;
mod command;
mod deployment;
mod differential;
mod embedded;
mod generated;
mod listener;
mod orders;
mod pipe;
mod shop;
mod stand_in;
#[path = "../support/terraform.rs"]
mod support;
mod terraform;

use std::collections::BTreeMap;
use std::time::Instant;

use futures::future::join_all;
use tokio::task::JoinSet;

use crate::account::Account;
use crate::command::Orderflow;
use crate::deployment::{Deployment, Tool, WORKFLOWS};
use crate::differential::{Heard, Home};
use crate::embedded::Embedded;
use crate::listener::Listener;
use crate::pipe::Pipe;
use crate::shop::Shop;
use crate::stand_in::StandIn;

/// The embedded home's.
const OPERATOR_KEY: &str = "operator-key-of-the-tests";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "deploys everything to ministack: make infra"]
async fn what_terraform_deploys_takes_orders_to_their_ends() {
    run(Tool::Terraform).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "deploys everything to ministack: make infra"]
async fn what_cloudformation_deploys_takes_orders_to_their_ends() {
    run(Tool::CloudFormation).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "deploys with the command to ministack: make infra"]
async fn the_command_deploys_and_removes_a_workflow() {
    let stand_in = StandIn::start().await;
    let account = Account::new(stand_in.endpoint());
    command::doctor_tells_what_would_fail(&account).await;
    Orderflow::new(&account, Tool::Terraform, "confirmed-orders").refuses_what_is_wrong().await;
    // What Terraform makes is seen above; the command gives it nothing but its variables.
    let started = Instant::now();
    let orderflow = Orderflow::new(&account, Tool::CloudFormation, "checkout");
    orderflow.refuses_what_is_wrong().await;
    orderflow.is_rolled_back_when_it_fails().await;
    orderflow.deploys().await;
    orderflow.has_the_web_app().await;
    orderflow.keeps_tables_when_it_fails().await;
    orderflow.destroys().await;
    eprintln!("orderflow deploy and destroy of checkout in {:.0?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "deploys everything to ministack: make infra"]
async fn both_homes_do_the_same_with_the_same_orders() {
    let number = |variable: &str| {
        let text = std::env::var(variable).ok()?;
        Some(text.parse().unwrap_or_else(|_| panic!("{variable}: expected a whole number, found {text:?}")))
    };
    let seed = number("ORDERFLOW_TEST_SEED").unwrap_or_else(|| fastrand::u64(..));
    let count = number("ORDERFLOW_TEST_ORDERS").unwrap_or(500);
    eprintln!("differential: {count} orders of the seed ORDERFLOW_TEST_SEED={seed}");
    let generated = generated::generate(seed, count as usize);

    let expected = Home::embedded(Embedded::start(OPERATOR_KEY), OPERATOR_KEY).facts(&generated).await;

    let stand_in = StandIn::start().await;
    let account = Account::new(stand_in.endpoint());
    let deployment = Deployment::prepare(Tool::CloudFormation, account.clone()).await;
    deployment.deploy_shared().await;
    let shop = Shop::open(&account, &deployment.name).await;
    let mut shops = BTreeMap::new();
    for workflow in WORKFLOWS {
        shops.insert(workflow, shop.at(&deployment.deploy(workflow).await));
    }
    let mut topics = BTreeMap::new();
    for topic in differential::TOPICS {
        topics.insert(topic.to_owned(), Listener::to_topic(&account, &deployment.name, topic).await);
    }
    let bus = Listener::to_bus(&account, &deployment.name).await;
    let mut pipes = JoinSet::new();
    for workflow in WORKFLOWS {
        if let Some(pipe) = Pipe::of(workflow, &account, &deployment.name).await {
            pipes.spawn(pipe.keep_moving());
        }
    }
    let started = Instant::now();
    let found = Home::new(shops, Heard::Queues { topics, bus }).facts(&generated).await;
    eprintln!("differential: {} facts, after {:.0?} in the deployed home", found.len(), started.elapsed());
    let differences = differential::differences(&expected, &found);
    assert!(
        differences.is_empty(),
        "seed {seed}: {} of {} facts differ:\n{}",
        differences.len(),
        expected.len(),
        differences.join("\n")
    );
}

async fn run(tool: Tool) {
    let started = Instant::now();
    let stand_in = StandIn::start().await;
    let account = Account::new(stand_in.endpoint());
    let deployment = Deployment::prepare(tool, account.clone()).await;
    deployment.deploy_shared().await;
    let apis = join_all(WORKFLOWS.map(|workflow| deployment.deploy(workflow))).await;
    eprintln!("{tool:?}: deployed after {:.0?}", started.elapsed());

    let shop = Shop::open(&account, &deployment.name).await;
    let outcomes = join_all(WORKFLOWS.iter().zip(&apis).map(|(workflow, api)| {
        let (account, shop, name) = (account.clone(), shop.at(api), deployment.name.clone());
        // Each on a task of its own, so that all of them end even where one does not.
        tokio::spawn(async move {
            let pipe = Pipe::of(workflow, &account, &name).await;
            let moved = pipe.map(|pipe| tokio::spawn(pipe.keep_moving()));
            orders::all_end_as_their_document_says(workflow, &account, &shop, &name).await;
            if let Some(moved) = moved {
                moved.abort();
            }
        })
    }))
    .await;
    let failed: Vec<&str> = WORKFLOWS
        .into_iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.is_err())
        .map(|(workflow, _)| workflow)
        .collect();
    assert!(failed.is_empty(), "{tool:?}: {} did not do as their documents say; see above", failed.join(", "));
    // Each API audits the orders of its workflow.
    for api in &apis {
        shop.at(api).books_agree().await;
    }
    deployment.nothing_was_left_over().await;
    eprintln!("{tool:?}: {} orders at their ends after {:.0?}", orders::count(), started.elapsed());

    join_all(WORKFLOWS.map(|workflow| deployment.remove(workflow))).await;
    deployment.remove_shared().await;
    deployment.report();
    eprintln!("{tool:?}: removed after {:.0?}", started.elapsed());
}
