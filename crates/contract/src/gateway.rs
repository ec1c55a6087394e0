//! The simulated payment gateway.

use std::sync::Arc;

use order::{Decline, PaymentEventKind};
use ports::{ChargeRequest, GatewayError, RefundRequest};

use crate::World;
use crate::fixtures::{dollars, id};

fn charge(name: &str, token: &str, minor: i64) -> ChargeRequest {
    ChargeRequest { key: format!("{name}/authorise"), order_id: id(name), token: token.into(), amount: dollars(minor) }
}

fn refund(name: &str, part: &str, reference: &str, minor: i64) -> RefundRequest {
    RefundRequest {
        key: format!("{name}/{part}"),
        order_id: id(name),
        reference: reference.into(),
        amount: dollars(minor),
    }
}

pub(crate) async fn tokens_decide_what_happens(world: Arc<dyn World>) {
    let payments = world.ports().payments;
    for (token, expected) in [
        ("tok_visa", Ok(())),
        ("tok_declined", Err(Decline::Declined)),
        ("tok_insufficient_funds", Err(Decline::InsufficientFunds)),
        ("tok_expired", Err(Decline::Expired)),
        ("tok_fraud", Err(Decline::Fraud)),
        ("tok_of_nobody", Err(Decline::Declined)),
        ("", Err(Decline::Declined)),
    ] {
        let name = format!("O-{}", if token.is_empty() { "empty" } else { token });
        // The second time is the same answer.
        for _ in 0..2 {
            match (payments.authorise(&charge(&name, token, 100)).await, expected) {
                (Ok(event), Ok(())) => assert_eq!(event.kind, PaymentEventKind::Authorised),
                (Err(GatewayError::Declined { reason, event }), Err(wanted)) => {
                    assert_eq!(reason, wanted, "{token}");
                    assert_eq!(event.kind, PaymentEventKind::Declined { reason });
                }
                (got, _) => panic!("{token}: {got:?}"),
            }
            let events = payments.events(&id(&name)).await.expect("the gateway answers");
            assert_eq!(events.len(), 1, "{token}: refusals are among the events, once");
        }
    }
}

pub(crate) async fn an_outage_ends_when_it_is_over(world: Arc<dyn World>) {
    let payments = world.ports().payments;
    let late = charge("O-1", "tok_timeout", 100);
    let error = payments.authorise(&late).await.expect_err("the first call times out");
    assert!(matches!(error, GatewayError::Unavailable(_)), "{error:?}");
    assert_eq!(payments.events(&id("O-1")).await.expect("the gateway answers"), []);
    assert!(payments.authorise(&late).await.is_ok(), "the next call succeeds");
    let down = charge("O-2", "tok_unavailable", 100);
    for _ in 0..3 {
        let error = payments.authorise(&down).await.expect_err("it does not answer");
        assert!(matches!(error, GatewayError::Unavailable(_)), "{error:?}");
    }
    world.serve_unavailable(true).await;
    assert!(payments.authorise(&down).await.is_ok());
}

pub(crate) async fn a_key_is_one_event(world: Arc<dyn World>) {
    let payments = world.ports().payments;
    let set_aside = payments.authorise(&charge("O-1", "tok_visa", 1_000)).await.expect("it is set aside");
    let again = payments.authorise(&charge("O-1", "tok_visa", 1_000)).await.expect("the same answer");
    assert_eq!(set_aside, again);
    let taken = payments.capture("O-1/capture", &set_aside.reference, dollars(1_000)).await.expect("it is taken");
    let again = payments.capture("O-1/capture", &set_aside.reference, dollars(1_000)).await.expect("the same answer");
    assert_eq!(taken, again);
    let wish = refund("O-1", "refund", &taken.reference, 400);
    let given_back = payments.refund(&wish).await.expect("some of it goes back");
    assert_eq!(payments.refund(&wish).await.expect("the same answer"), given_back);
    let rest = refund("O-1", "refund-rest", &taken.reference, 600);
    payments.refund(&rest).await.expect("the rest goes back");
    let kinds: Vec<_> =
        payments.events(&id("O-1")).await.expect("the gateway answers").into_iter().map(|event| event.kind).collect();
    let expected = [
        PaymentEventKind::Authorised,
        PaymentEventKind::Captured,
        PaymentEventKind::Refunded,
        PaymentEventKind::Refunded,
    ];
    assert_eq!(kinds, expected);
}

pub(crate) async fn requests_that_make_no_sense_are_refused(world: Arc<dyn World>) {
    let payments = world.ports().payments;
    let invalid = |what: &str, answer: Result<order::PaymentEvent, GatewayError>| {
        assert!(matches!(answer, Err(GatewayError::Invalid(_))), "{what}: {answer:?}");
    };
    for minor in [0, -1, i64::MIN] {
        invalid("an amount of nothing", payments.authorise(&charge("O-1", "tok_visa", minor)).await);
    }
    let held = payments.authorise(&charge("O-1", "tok_visa", 1_000)).await.expect("it is set aside");
    invalid("another amount", payments.authorise(&charge("O-1", "tok_visa", 999)).await);
    invalid("too much taken", payments.capture("k", &held.reference, dollars(1_001)).await);
    invalid("an unknown charge", payments.capture("k", "ch_none", dollars(1)).await);
    invalid("nothing was taken", payments.refund(&refund("O-1", "refund", &held.reference, 1)).await);
    let taken = payments.capture("O-1/capture", &held.reference, dollars(1_000)).await.expect("it is taken");
    invalid("taken twice", payments.capture("O-1/capture-2", &held.reference, dollars(1)).await);
    invalid("too much given back", payments.refund(&refund("O-1", "refund", &taken.reference, 1_001)).await);
    invalid("another order's", payments.refund(&refund("O-2", "refund", &taken.reference, 1)).await);
    let refused = payments.authorise(&charge("O-3", "tok_fraud", 5)).await;
    let Err(GatewayError::Declined { event, .. }) = refused else { panic!("{refused:?}") };
    invalid("a refused charge", payments.capture("O-3/capture", &event.reference, dollars(5)).await);
    payments.refund(&refund("O-1", "part", &taken.reference, 700)).await.expect("some of it goes back");
    invalid("more than is left", payments.refund(&refund("O-1", "rest", &taken.reference, 301)).await);
}
