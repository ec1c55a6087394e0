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
mod deployment;
mod orders;
mod pipe;
mod shop;
mod stand_in;
mod terraform;

use std::time::Instant;

use futures::future::join_all;

use crate::account::Account;
use crate::deployment::{Deployment, Tool, WORKFLOWS};
use crate::pipe::Pipe;
use crate::shop::Shop;
use crate::stand_in::StandIn;

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

async fn run(tool: Tool) {
    let started = Instant::now();
    let stand_in = StandIn::start().await;
    let account = Account::new(stand_in.endpoint());
    let deployment = Deployment::prepare(tool, account.clone()).await;
    deployment.deploy_shared().await;
    let apis = join_all(WORKFLOWS.map(|workflow| deployment.deploy(workflow))).await;
    eprintln!("{tool:?}: deployed after {:.0?}", started.elapsed());

    let shop = Shop::open(account.clone(), &deployment.name).await;
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
    shop.at(&apis[0]).books_agree().await;
    deployment.nothing_was_left_over().await;
    eprintln!("{tool:?}: {} orders at their ends after {:.0?}", orders::count(), started.elapsed());

    join_all(WORKFLOWS.map(|workflow| deployment.remove(workflow))).await;
    deployment.remove_shared().await;
    deployment.report();
    eprintln!("{tool:?}: removed after {:.0?}", started.elapsed());
}
