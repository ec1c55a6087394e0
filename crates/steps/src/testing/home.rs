//! The shop in memory as a home of steps, for the cases that every adapter keeps.

use std::mem;

use async_trait::async_trait;
use contract::Home;
use jiff::SignedDuration;
use ports::{Change, Ports, Result};

use super::World;

#[async_trait]
impl Home for World {
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        World::apply(self, &changes)
    }

    fn ports(&self) -> Ports {
        self.context().ports
    }

    fn advance(&self, by: SignedDuration) {
        World::advance(self, by.as_secs());
    }

    async fn snapshot(&self) -> String {
        let mut books = self.books().clone();
        let documents = mem::take(&mut books.documents).into_iter();
        let documents: Vec<_> = documents.map(|(key, document)| (key, contract::fingerprint(&document))).collect();
        format!("{books:#?}\n{documents:#?}\n{:#?}", self.gateway().all_events())
    }
}

#[tokio::test]
async fn every_step_done_twice_has_the_effect_of_one() {
    contract::run_steps(|| async { World::new() }).await;
}
