//! The EventBridge event envelope.
//!
//! Source: EventBridge user guide, "Events": `version` is always "0" and `time` has whole seconds.

use crate::origin::Origin;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// An event as rules see it and targets receive it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Always "0".
    pub version: String,
    /// Unique to the event.
    pub id: String,
    /// What kind of event, such as `OrderConfirmed`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// Who sent it.
    pub source: String,
    /// The sender's account.
    pub account: String,
    /// When it happened.
    #[serde(serialize_with = "whole_seconds")]
    pub time: Timestamp,
    /// The sender's region.
    pub region: String,
    /// ARNs of what the event is about; often none.
    pub resources: Vec<String>,
    /// The event's own data.
    pub detail: Value,
}

impl Event {
    /// An event about no particular resource.
    pub fn new(
        origin: &Origin,
        id: impl Into<String>,
        source: impl Into<String>,
        detail_type: impl Into<String>,
        time: Timestamp,
        detail: Value,
    ) -> Self {
        Self {
            version: "0".to_owned(),
            id: id.into(),
            detail_type: detail_type.into(),
            source: source.into(),
            account: origin.account.clone(),
            time,
            region: origin.region.clone(),
            resources: Vec::new(),
            detail,
        }
    }

    /// The event as JSON: what a [`crate::Pattern`] is matched against and a target receives.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("text, a list of text and JSON always serialize")
    }
}

fn whole_seconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_has_the_shape_of_eventbridge() {
        let event = Event::new(
            &crate::origin::sample(),
            "0192",
            "orderflow.queued-orders",
            "OrderConfirmed",
            "2026-11-21T09:41:00.123Z".parse().expect("a time"),
            json!({"OrderID": "o-1"}),
        );
        assert_eq!(
            event.to_value(),
            json!({
                "version": "0", "id": "0192", "detail-type": "OrderConfirmed",
                "source": "orderflow.queued-orders", "account": "123456789012",
                "time": "2026-11-21T09:41:00Z", "region": "eu-central-1",
                "resources": [], "detail": {"OrderID": "o-1"}
            })
        );
        let back: Event = serde_json::from_value(event.to_value()).expect("its own shape");
        assert_eq!(back.to_value(), event.to_value());
    }
}
