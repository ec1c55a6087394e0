//! What SQS does with a message when a consumer asks for one: visibility, receive count, redrive.
//!
//! Source: SQS developer guide, "Visibility timeout" and "Using dead-letter queues".

use jiff::{SignedDuration, Timestamp};

/// A queue as `triggers.json` declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// How long a received message stays hidden from other consumers, in seconds.
    pub visibility_timeout_seconds: u32,
    /// How long an undelivered message is kept, in seconds.
    pub retention_seconds: u32,
    /// How long a new message stays hidden, in seconds.
    pub delay_seconds: u32,
    /// Where a message goes that keeps failing; `None` lets it return until it expires.
    pub redrive: Option<RedrivePolicy>,
    /// Who takes the messages; `None` for a queue that is only read from outside.
    pub consumer: Option<crate::document::Consumer>,
}

/// When a message is given up, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedrivePolicy {
    /// A message received this often without being deleted is moved at the next receive.
    pub max_receive_count: u32,
    /// Name of the dead-letter queue.
    pub dead_letter_queue: String,
}

/// What the queue knows of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageState {
    /// When it was sent.
    pub sent_at: Timestamp,
    /// From when on it may be received: `sent_at` plus delay, or the end of the last receiver's time.
    pub visible_at: Timestamp,
    /// How often it was received so far.
    pub receive_count: u32,
}

/// What to do with a message that a consumer could get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Hand it over.
    Deliver {
        /// `ApproximateReceiveCount` of this delivery, from 1.
        receive_count: u32,
        /// When it returns to the queue unless deleted before.
        visible_at: Timestamp,
    },
    /// Move it to the dead-letter queue. Its `sent_at` stays as it is: retention counts from the first
    /// sending, also there.
    DeadLetter,
    /// Hidden for now.
    Wait {
        /// Until when.
        until: Timestamp,
    },
    /// Older than the retention: drop it.
    Expire,
}

/// Decides about a message at the moment `now` of a receive.
pub fn decide(spec: &QueueSpec, message: MessageState, now: Timestamp) -> Decision {
    if after(message.sent_at, spec.retention_seconds) <= now {
        return Decision::Expire;
    }
    if now < message.visible_at {
        return Decision::Wait { until: message.visible_at };
    }
    if let Some(redrive) = &spec.redrive
        && message.receive_count >= redrive.max_receive_count
    {
        return Decision::DeadLetter;
    }
    Decision::Deliver {
        receive_count: message.receive_count.saturating_add(1),
        visible_at: after(now, spec.visibility_timeout_seconds),
    }
}

/// A message as it is when sent at `now`.
pub fn sent(spec: &QueueSpec, now: Timestamp) -> MessageState {
    MessageState { sent_at: now, visible_at: after(now, spec.delay_seconds), receive_count: 0 }
}

/// The end of time stands in for a time past it, so that no input can make this panic.
fn after(from: Timestamp, seconds: u32) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).expect("a small number of seconds")
    }

    fn spec() -> QueueSpec {
        QueueSpec {
            visibility_timeout_seconds: 30,
            retention_seconds: 3600,
            delay_seconds: 5,
            redrive: Some(RedrivePolicy {
                max_receive_count: 3,
                dead_letter_queue: "OrdersQueueDeadLetters".to_owned(),
            }),
            consumer: None,
        }
    }

    #[test]
    fn a_message_is_decided_by_age_then_visibility_then_receives() {
        let deliver = |receive_count, second| Decision::Deliver { receive_count, visible_at: at(second) };
        // visible at, received, now, decision
        let table = [
            (5, 0, 4, Decision::Wait { until: at(5) }),
            (5, 0, 5, deliver(1, 35)),
            (35, 1, 34, Decision::Wait { until: at(35) }),
            (35, 1, 35, deliver(2, 65)),
            (65, 2, 70, deliver(3, 100)),
            (100, 3, 99, Decision::Wait { until: at(100) }),
            (100, 3, 100, Decision::DeadLetter),
            (100, 9, 100, Decision::DeadLetter),
            (5, 0, 3600, Decision::Expire),
            (4000, 1, 3700, Decision::Expire),
        ];
        for (visible, receive_count, now, expected) in table {
            let message = MessageState { sent_at: at(0), visible_at: at(visible), receive_count };
            assert_eq!(
                decide(&spec(), message, at(now)),
                expected,
                "visible {visible}, received {receive_count}, now {now}"
            );
        }
    }

    #[test]
    fn without_a_redrive_policy_a_message_returns_until_it_expires() {
        let spec = QueueSpec { redrive: None, ..spec() };
        let message = MessageState { receive_count: u32::MAX, ..sent(&spec, at(0)) };
        assert!(matches!(decide(&spec, message, at(5)), Decision::Deliver { .. }));
    }

    #[test]
    fn a_new_message_is_hidden_for_its_delay() {
        assert_eq!(sent(&spec(), at(0)).visible_at, at(5));
    }
}
