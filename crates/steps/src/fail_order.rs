use order::{OrderId, Status};
use ports::{Change, ErrorName, Result, StepError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::orders::{becoming, load, set_status};
use crate::payments::{Settlement, give_back, record};
use crate::{Context, Done, Step, notices};

/// The failing path of every workflow, in one: gives back money that was taken and units that were
/// held, sets the status that the failure leads to, writes the reason on the order, and tells the
/// customer and the bus.
///
/// A sale is never failed: `StatusRefused`. It happens when the answer of the step that confirmed the
/// order was lost; the order then stands.
pub struct FailOrder;

/// What failed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailOrderInput {
    /// Which order.
    pub order_id: OrderId,
    /// The error that a state caught.
    #[serde(default)]
    pub failure: Option<Caught>,
    /// Instead of it, the name of the error, from a verdict.
    #[serde(default)]
    pub error: Option<String>,
    /// The reason in plain words, from a verdict.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether the customer is told now; not where a later state does so.
    #[serde(default = "yes")]
    pub send_mail: bool,
}

/// An error as `Catch` gives it to a state.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caught {
    /// Its name.
    #[serde(rename = "Error", default)]
    error: Option<String>,
    /// Lambda's JSON with an `errorMessage`, or plain text.
    #[serde(rename = "Cause", default)]
    cause: Option<String>,
}

/// How the order ended.
#[derive(Debug, PartialEq, Serialize)]
pub struct FailOrderOutput {
    /// Which order.
    pub order_id: OrderId,
    /// Its status, in the words of its workflow.
    pub status: String,
    /// Whether that is because of a fault of ours rather than a refusal.
    pub outage: bool,
    /// The name of the error that it failed with.
    pub error: String,
    /// The reason on the order, in plain words.
    pub reason: String,
}

fn yes() -> bool {
    true
}

impl Step for FailOrder {
    const NAME: &'static str = "FailOrder";
    type Input = FailOrderInput;
    type Output = FailOrderOutput;

    async fn run(&self, context: &Context, input: FailOrderInput) -> Result<Done<FailOrderOutput>> {
        let order = load(context, &input.order_id).await?;
        let send_mail = input.send_mail;
        let failure = Failure::of(input);
        if order.status.is_sale() {
            let message = format!("the order is {}: it is a sale, which cannot fail any more", order.status);
            return Err(StepError::new(ErrorName::StatusRefused, message));
        }
        let output = |status: Status, reason: Option<String>| FailOrderOutput {
            order_id: order.id().clone(),
            status: status.word(&order.placed.workflow),
            outage: status == Status::Failed,
            error: failure.error.clone(),
            reason: reason.unwrap_or_default(),
        };
        if order.status.is_final() {
            return Ok(Done::unchanged(output(order.status, order.reason.clone())));
        }
        // Before it has prices, an order cannot have been charged: its refusal must not wait for a
        // provider that does not answer.
        let settlement = match order.pricing {
            Some(_) => give_back(context, &order).await?,
            None => Settlement { events: Vec::new(), refunded: None },
        };
        let now = context.ports.clock.now();
        let status = failure.status();
        let reason = failure.words(&settlement);
        let mut after = becoming(&order, status, Some(reason.clone()), now);
        after.payment_events.extend(settlement.events.iter().cloned());

        let mut changes = record(&order, settlement.events);
        changes.push(Change::Release { order_id: order.id().clone(), reason: reason.clone(), at: now });
        changes.push(set_status(&order, status, Some(reason.clone()), now)?);
        if send_mail {
            changes.extend(notices::mail(context, &after, notices::kind_of(status)?, now).await?);
        }
        changes.push(notices::event(&after, notices::ORDER_FAILED, now));
        Ok(Done::new(output(status, Some(reason)), changes))
    }
}

/// A failure, whichever way it came in.
struct Failure {
    /// The error's name.
    error: String,
    /// What it says; empty when it says nothing.
    message: String,
}

impl Failure {
    fn of(input: FailOrderInput) -> Self {
        let caught = input.failure.unwrap_or_default();
        let cause = caught.cause.map(|cause| error_message(&cause).unwrap_or(cause));
        Self {
            error: input.error.or(caught.error).unwrap_or_default(),
            message: input.reason.or(cause).unwrap_or_default(),
        }
    }

    /// The status it leads to: refusals of ours, refusals of the payment provider, everything else.
    fn status(&self) -> Status {
        let is = |name: ErrorName| self.error == name.as_str();
        if is(ErrorName::PaymentDeclined) {
            Status::PaymentFailed
        } else if is(ErrorName::InvalidRequest)
            || is(ErrorName::InvalidOrder)
            || is(ErrorName::UnknownProduct)
            || is(ErrorName::OutOfStock)
            || is(ErrorName::ReservationExpired)
        {
            Status::Rejected
        } else {
            Status::Failed
        }
    }

    /// The reason as the customer reads it. What a refusal says is meant for customers; what an outage
    /// says is not.
    fn words(&self, settlement: &Settlement) -> String {
        match self.status() {
            Status::Failed => {
                let what = if self.message.contains("payment provider") {
                    "The payment provider did not answer"
                } else {
                    "We could not complete the order because of a fault on our side"
                };
                let money = if settlement.refunded.is_some() {
                    "your money has been given back"
                } else {
                    "you were not charged"
                };
                format!("{what}; {money}.")
            }
            _ if self.message.is_empty() => format!("the order was refused ({})", self.error),
            _ => self.message.clone(),
        }
    }
}

/// What a Lambda function's error says: the `errorMessage` of its JSON.
fn error_message(cause: &str) -> Option<String> {
    let cause: Value = serde_json::from_str(cause).ok()?;
    cause.get("errorMessage")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::World;

    fn caught(error: &str, cause: &str) -> Value {
        json!({ "order_id": "A-1", "failure": { "Error": error, "Cause": cause } })
    }

    #[tokio::test]
    async fn the_error_decides_the_status_and_the_reason() {
        let lambda = |message: &str| json!({ "errorType": "E", "errorMessage": message }).to_string();
        let fault = "We could not complete the order because of a fault on our side; you were not charged.";
        let silent = "The payment provider did not answer; you were not charged.";
        for (error, cause, status, reason) in [
            ("OutOfStock", lambda("CHAI: 40 wanted, 10 available"), "rejected", "CHAI: 40 wanted, 10 available"),
            ("UnknownProduct", lambda("there is no product NIX"), "rejected", "there is no product NIX"),
            ("InvalidOrder", "there is no customer WHO".into(), "rejected", "there is no customer WHO"),
            ("InvalidRequest", lambda("x: expected y"), "rejected", "x: expected y"),
            ("ReservationExpired", lambda("CHAI: 2 wanted, 0 available"), "rejected", "CHAI: 2 wanted, 0 available"),
            ("OutOfStock", String::new(), "rejected", "the order was refused (OutOfStock)"),
            ("PaymentDeclined", lambda("the card has expired"), "payment_failed", "the card has expired"),
            ("ServiceUnavailable", lambda("the payment provider does not answer: 503"), "failed", silent),
            ("ServiceUnavailable", lambda("database is locked"), "failed", fault),
            ("States.Timeout", String::new(), "failed", fault),
            ("", "{\"oddity\":1}".into(), "failed", fault),
        ] {
            let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
            let output = world.run_twice("FailOrder", caught(error, &cause)).await.expect(error);
            assert_eq!(output["status"], status, "{error}");
            assert_eq!(output["reason"], reason, "{error}");
            assert_eq!(output["outage"], status == "failed", "{error}");
            assert_eq!(world.status("A-1"), status);
            assert_eq!(world.order("A-1").reason.as_deref(), Some(reason));
            assert_eq!(world.stock("CHAI"), (10, 0, 0), "the units are free again");
            let mails = world.mails("A-1");
            assert_eq!(mails.len(), 1);
            assert_eq!(mails[0].key, "A-1/outcome");
            assert_eq!(world.events().len(), 1);
            assert_eq!(world.events()[0].detail["reason"], reason);
        }
    }

    #[tokio::test]
    async fn a_verdict_is_as_good_as_a_caught_error() {
        let world = World::with_order("A-1", &[("CHAI", 2)]);
        let input = json!({
            "order_id": "A-1", "error": "OutOfStock", "reason": "CHAI: 2 wanted, 0 available", "send_mail": false
        });
        let output = world.run_twice("FailOrder", input).await.expect("it fails");
        assert_eq!(output["status"], "rejected");
        assert!(world.mails("A-1").is_empty(), "a later state tells the customer");
    }

    #[tokio::test]
    async fn money_that_was_taken_goes_back() {
        let world = World::with_paid("A-1", &[("CHAI", 2)]).await;
        world.run_twice("FailOrder", caught("ServiceUnavailable", "disk full")).await.expect("it fails");
        assert_eq!(world.charged("A-1"), (5_100, 5_100));
        let order = world.order("A-1");
        assert_eq!(order.payment().kept(), 0);
        let reason = "We could not complete the order because of a fault on our side; your money has been given back.";
        assert_eq!(order.reason.as_deref(), Some(reason));
        assert!(world.mails("A-1")[0].text.contains("51.00 USD"), "the mail says how much went back");
    }

    #[tokio::test]
    async fn a_charge_whose_record_was_lost_is_found_and_goes_back() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        world.run_and_lose("ChargePayment", json!({ "order_id": "A-1" })).await;
        assert_eq!(world.charged("A-1"), (5_100, 0));
        assert!(world.order("A-1").payment_events.is_empty());
        world.run_twice("FailOrder", caught("States.Timeout", "")).await.expect("it fails");
        assert_eq!(world.charged("A-1"), (5_100, 5_100));
        assert_eq!(world.order("A-1").payment_events.len(), 3, "set aside, taken, given back");
    }

    #[tokio::test]
    async fn what_the_provider_refused_is_kept() {
        let world = World::with_reserved_by("A-1", &[("CHAI", 2)], "tok_fraud").await;
        world.run("ChargePayment", json!({ "order_id": "A-1" })).await.expect_err("it is refused");
        world.run_twice("FailOrder", caught("PaymentDeclined", "fraud")).await.expect("it fails");
        assert_eq!(world.order("A-1").payment().decline, Some(order::Decline::Fraud));
    }

    #[tokio::test]
    async fn a_refusal_before_prices_does_not_wait_for_the_provider() {
        let world = World::with_order("A-1", &[("CHAI", 2)]);
        world.silence_provider();
        world.run("FailOrder", caught("OutOfStock", "short")).await.expect("nobody was asked");
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        world.silence_provider();
        let error = world.run("FailOrder", caught("OutOfStock", "short")).await.expect_err("it has to be asked");
        assert_eq!(error.name, ErrorName::ServiceUnavailable);
    }

    #[tokio::test]
    async fn a_sale_cannot_fail() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        let error = world.run("FailOrder", caught("States.Timeout", "")).await.expect_err("it is sold");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert_eq!(world.status("A-1"), "confirmed");
        assert_eq!(world.charged("A-1"), (5_100, 0));
    }

    #[tokio::test]
    async fn how_an_order_ended_stays() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        world.run("FailOrder", caught("OutOfStock", "first")).await.expect("it fails");
        let output = world.run_twice("FailOrder", caught("PaymentDeclined", "second")).await.expect("it has failed");
        assert_eq!((&output["status"], &output["reason"]), (&json!("rejected"), &json!("first")));
        assert_eq!(world.mails("A-1").len(), 1);
    }
}
