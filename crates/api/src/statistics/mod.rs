//! What is counted while orders go through, over the last hour, day or month.

pub(crate) mod orders;
pub(crate) mod workflows;

use ports::{Durations, Span};

use crate::app::App;
use crate::params::Params;

/// Takes the parameter `range` and gives the span it means.
pub(crate) fn span(app: &App, params: &mut Params) -> Span {
    let (step_seconds, steps) = params
        .read("range", "1h, 24h or 30d", |text| match text {
            "1h" => Some((60, 60)),
            "24h" => Some((15 * 60, 96)),
            "30d" => Some((6 * 3_600, 120)),
            _ => None,
        })
        .unwrap_or((60, 60));
    Span::ending(app.state.ports.clock.now(), step_seconds, steps)
}

/// The milliseconds that a share of durations stays within, to the thousandth.
pub(crate) fn milliseconds(durations: &Durations, share: f64) -> Option<f64> {
    durations.quantile(share).map(|milliseconds| (milliseconds * 1_000.0).round() / 1_000.0)
}
