//! Puts events on the EventBridge bus.

use adapter::Failure;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use ports::BusEvent;

use crate::fault;

/// Of what AWS says of an entry, that which will be said of it every time.
const PERMANENT: [&str; 3] = ["MalformedDetail", "InvalidArgument", "ValidationException"];

/// The event bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    bus: String,
}

impl EventBus {
    /// The bus of that name.
    pub fn new(client: Client, bus: &str) -> Self {
        Self { client, bus: bus.to_owned() }
    }

    /// Puts an event on the bus.
    pub(crate) async fn put(&self, event: &BusEvent) -> Result<(), Failure> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(&event.source)
            .detail_type(&event.detail_type)
            .detail(event.detail.to_string())
            .time(DateTime::from_secs(event.at.as_second()))
            .build();
        let answer = self.client.put_events().entries(entry).send().await;
        let answer = answer.map_err(|error| fault::failure("EventBridge", &error, &[]))?;
        // The call succeeds whatever becomes of its entries.
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            None if answer.failed_entry_count() == 0 => Ok(()),
            code => Err(fault::refusal("EventBridge", code.unwrap_or("an error without a name"), &PERMANENT)),
        }
    }
}
