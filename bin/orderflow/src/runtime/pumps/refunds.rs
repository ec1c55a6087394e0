//! Operators' refunds whose end is not known are looked up at the payment provider.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use local::OperatorBook;
use ports::Result;

use super::{Pump, Surroundings};
use crate::runtime::commit::Committer;

/// A request that is younger may be under way still; none from before the start is.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(2);

/// Settles refunds.
pub struct Refunds {
    around: Surroundings,
    started: Timestamp,
}

impl Refunds {
    pub fn new(around: &Surroundings) -> Refunds {
        Refunds { around: around.clone(), started: around.clock.now() }
    }
}

#[async_trait]
impl Pump for Refunds {
    fn name(&self) -> String {
        "refunds".to_owned()
    }

    async fn turn(&mut self) -> Result<bool> {
        let Surroundings { home, handlers, clock } = &self.around;
        let begun_before = self.started.max(clock.now() - UNDER_WAY);
        let (writer, log) = (Committer(home.clone()), OperatorBook::new(home.store.clone()));
        api::settle_refunds(&handlers.context.ports, &writer, &log, begun_before).await?;
        Ok(false)
    }
}
