//! Every step, as a function.

use std::time::Duration;

use serde_json::json;

use crate::runtime_api::Answer;
use crate::world::World;

#[tokio::test]
async fn every_step_ends_as_it_is_to_and_twice_the_same() {
    contract::run_steps_through(World::new, async |world: &World, step: &str, input| {
        match world.start(step).await.invoke(input).await {
            Answer::Response(answer) => Ok(answer),
            Answer::Error(error) => Err(error["errorType"].as_str().expect("an error has a name").to_owned()),
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_is_as_catch_and_retry_see_it() {
    let world = World::new().await;
    let mut bootstrap = world.start("PriceOrder").await;
    let answer = bootstrap.invoke(&json!({ "order_id": "A-404", "shipping": { "base": "0" } })).await;
    let Answer::Error(error) = answer else { panic!("there is no such order: {answer:?}") };
    assert_eq!(error["errorType"], "OrderNotFound");
    assert!(error["errorMessage"].as_str().is_some_and(|message| message.contains("A-404")), "{error}");
}

#[tokio::test]
async fn events_that_no_step_takes_are_named_and_the_next_one_is_answered() {
    let world = World::new().await;
    for step in steps::registry::all() {
        let mut bootstrap = world.start(step.name()).await;
        for event in ["null", "7", r#""A-1""#, r#"{"colour":"red"}"#, r#"[{"order_id":7}]"#, r#"{"Records":7}"#] {
            let answer = bootstrap.invoke_with(event.to_owned(), Duration::from_secs(30)).await;
            let message = answer.error("InvalidRequest");
            assert!(message.len() > 2, "{} {event}: {message}", step.name());
        }
        let not_json = bootstrap.invoke_with("{".to_owned(), Duration::from_secs(30)).await;
        assert!(matches!(not_json, Answer::Error(_)), "{}: {not_json:?}", step.name());
    }
}
