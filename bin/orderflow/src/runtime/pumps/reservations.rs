//! Holds that have run out are given back.

use async_trait::async_trait;
use ports::Result;

use super::{Pump, Surroundings};

const TURN: usize = 100;

/// Looks for holds that have run out.
pub struct Reservations {
    around: Surroundings,
}

impl Reservations {
    pub fn new(around: &Surroundings) -> Reservations {
        Reservations { around: around.clone() }
    }
}

#[async_trait]
impl Pump for Reservations {
    fn name(&self) -> String {
        "reservations".to_owned()
    }

    async fn turn(&mut self) -> Result<bool> {
        let (home, now) = (&self.around.home, self.around.clock.now());
        let next = home.store.read_blocking(local::next_expiry).map_err(ports::StepError::unavailable)?;
        if next.is_none_or(|at| at > now) {
            return Ok(false);
        }
        let expired = home.store.write(move |transaction| local::expire_reservations(transaction, now, TURN)).await;
        let expired = expired.map_err(ports::StepError::unavailable)?;
        Ok(expired == TURN)
    }
}
