//! `?wait=SECONDS`: answering when an execution has ended, instead of at once.

use std::time::Duration;

use order::OrderId;
use ports::ExecutionError;

use crate::app::App;
use crate::params::Params;

/// The longest wait, in seconds.
const MAX_SECONDS: f64 = 60.0;

/// How long an execution of another name than is expected may go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Takes the parameter `wait`.
pub(crate) fn read(params: &mut Params) -> Option<Duration> {
    params.read("wait", "seconds from 0 to 60, such as 10 or 0.5", seconds)
}

fn seconds(text: &str) -> Option<Duration> {
    // Only plain decimals: the standard library would also take `inf`, `1e1` and `+1`.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    (0.0..=MAX_SECONDS).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// Whether an execution that works on an order ends within that time.
pub(crate) async fn for_end(app: &App, order_id: &OrderId, execution_arn: &str, longest: Option<Duration>) -> bool {
    let Some(longest) = longest.filter(|longest| !longest.is_zero()) else {
        return false;
    };
    tokio::select! {
        biased;
        ended = ended(app, order_id, execution_arn) => ended,
        () = tokio::time::sleep(longest) => false,
        () = app.stopping() => false,
    }
}

/// Returns when the execution has ended, or (false) when that cannot be known.
async fn ended(app: &App, order_id: &OrderId, execution_arn: &str) -> bool {
    let mut arn = execution_arn.to_owned();
    match app.state.executions.wait(&arn).await {
        Ok(_) => return true,
        // A queue or a table stream starts it: it is still to come.
        Err(ExecutionError::DoesNotExist { .. }) => {}
        Err(_) => return false,
    }
    let watcher = app.live.watch(execution_arn);
    loop {
        // Looked at again now that it is watched, so that a start in between is not missed.
        match app.state.executions.wait(&arn).await {
            Ok(_) => return true,
            Err(ExecutionError::DoesNotExist { .. }) => {}
            Err(_) => return false,
        }
        // What started it may have given it another name, which the order tells once it runs.
        match app.state.ports.orders.get(order_id).await {
            Ok(Some(order)) if order.execution_arn != arn => arn = order.execution_arn,
            _ => drop(tokio::time::timeout(LOOK_AGAIN, watcher.changed()).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_plain_decimals_up_to_a_minute() {
        for (text, millis) in [("0", 0), ("1", 1000), ("0.5", 500), ("60", 60_000), ("60.0", 60_000), (".25", 250)] {
            assert_eq!(seconds(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "-1", "+1", "61", "60.001", "1e1", "inf", "nan", "ten", "1,5", "1.2.3", "."] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
