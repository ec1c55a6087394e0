//! The log: one JSON object a line, each with the invocation that it belongs to.

use lambda_runtime::Context;
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Span;
use tracing_subscriber::EnvFilter;

/// What is logged unless told otherwise.
pub const DEFAULT: &str = "info";

/// The runtime repeats every error that a function answers; ours are logged where they are made.
const QUIET: &str = "lambda_runtime::layers::panic=off";

/// Logs from now on what the filter lets through, also where and why something panics.
pub fn start(filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(format!("{filter},{QUIET}"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .with_env_filter(filter)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or_default();
        tracing::error!(place, message, "a panic");
    }));
}

/// What an invocation's log lines have in common: its request, its trace, and the order that it is about.
pub fn span(context: &Context, event: &RawValue) -> Span {
    let order_id = serde_json::from_str::<About>(event.get()).ok().and_then(About::order_id);
    let trace_id = context.xray_trace_id.as_deref().and_then(root);
    tracing::info_span!(
        "invocation",
        request_id = context.request_id,
        function = std::env::var("ORDERFLOW_FUNCTION").ok(),
        workflow = std::env::var("ORDERFLOW_WORKFLOW").ok(),
        trace_id,
        order_id,
    )
}

/// The trace's own id, of a header such as `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=…;Sampled=1`.
fn root(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

/// As much of an event as names an order: a step's input, an event of the bus, or a request.
#[derive(Deserialize)]
struct About {
    order_id: Option<String>,
    detail: Option<Detail>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    order_id: Option<String>,
}

impl About {
    fn order_id(self) -> Option<String> {
        let of_path = |path: String| Some(path.strip_prefix("/orders/")?.split('/').next()?.to_owned());
        self.order_id.or_else(|| self.detail?.order_id).or_else(|| self.path.and_then(of_path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_an_event_is_found() {
        for (event, expected) in [
            (r#"{"order_id":"A-1","more":1}"#, Some("A-1")),
            (r#"{"detail-type":"OrderConfirmed","detail":{"order_id":"A-2"}}"#, Some("A-2")),
            (r#"{"httpMethod":"GET","path":"/orders/A-3/events"}"#, Some("A-3")),
            (r#"{"httpMethod":"GET","path":"/orders"}"#, None),
            (r#"{"Records":[]}"#, None),
            ("[1]", None),
            (r#"{"order_id":7}"#, None),
        ] {
            let found = serde_json::from_str::<About>(event).ok().and_then(About::order_id);
            assert_eq!(found.as_deref(), expected, "{event}");
        }
    }

    #[test]
    fn a_trace_goes_by_its_root() {
        assert_eq!(root("Root=1-5759e988-bd86;Parent=53995c3f42cd8ad8;Sampled=1"), Some("1-5759e988-bd86"));
        assert_eq!(root("Parent=53995c3f42cd8ad8; Root=1-2"), Some("1-2"));
        assert_eq!(root(""), None);
    }
}
