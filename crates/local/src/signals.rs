//! Waking those who work on what a transaction left for them.

use std::ops::{BitOr, BitOrAssign};
use std::time::Duration;

use tokio::sync::watch;

/// What a transaction left to be done, as a set. It is to be given to [`Signals::wake`] after the commit:
/// before it, whoever wakes up sees nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use = "what was left to be done waits until somebody is woken"]
pub struct Wakeups(u8);

impl Wakeups {
    /// Nothing to be done.
    pub const NONE: Wakeups = Wakeups(0);
    /// Mails wait to be sent.
    pub const MAIL: Wakeups = Wakeups(1);
    /// Webhooks wait to be delivered.
    pub const DELIVERIES: Wakeups = Wakeups(1 << 1);
    /// A table's stream has new records.
    pub const STREAMS: Wakeups = Wakeups(1 << 2);
    /// The bus has new events.
    pub const EVENTS: Wakeups = Wakeups(1 << 3);
    /// A queue has new messages.
    pub const QUEUES: Wakeups = Wakeups(1 << 4);
    /// An execution was started.
    pub const EXECUTIONS: Wakeups = Wakeups(1 << 5);

    const KINDS: usize = 6;

    /// Whether all of `other` is in this set.
    pub fn contains(self, other: Wakeups) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Wakeups {
    type Output = Wakeups;
    fn bitor(self, other: Wakeups) -> Wakeups {
        Wakeups(self.0 | other.0)
    }
}

impl BitOrAssign for Wakeups {
    fn bitor_assign(&mut self, other: Wakeups) {
        self.0 |= other.0;
    }
}

/// Wakes listeners. Each keeps what it has not seen yet, so no wake-up is lost between two waits, however
/// many listen.
#[derive(Debug)]
pub struct Signals {
    channels: [watch::Sender<()>; Wakeups::KINDS],
}

impl Default for Signals {
    fn default() -> Self {
        Self { channels: std::array::from_fn(|_| watch::Sender::new(())) }
    }
}

impl Signals {
    /// Wakes everybody who listens for any of these.
    pub fn wake(&self, wakeups: Wakeups) {
        for (kind, channel) in self.channels.iter().enumerate() {
            if wakeups.0 & (1 << kind) != 0 {
                channel.send_replace(());
            }
        }
    }

    /// Listens for one of the constants of [`Wakeups`].
    ///
    /// # Panics
    ///
    /// When it is asked to listen for none or several at once.
    pub fn listen(&self, kind: Wakeups) -> Listener {
        assert_eq!(kind.0.count_ones(), 1, "a listener is for one kind");
        Listener(self.channels[kind.0.trailing_zeros() as usize].subscribe())
    }
}

/// One who waits for work.
#[derive(Debug)]
pub struct Listener(watch::Receiver<()>);

impl Listener {
    /// Waits until there was a wake-up since the last wait, or so long at most.
    pub async fn wait(&mut self, at_most: Duration) {
        // Without a sender the program is ending: there is nothing to hurry for.
        let woken = async {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let _elapsed = tokio::time::timeout(at_most, woken).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_wakeup_between_two_waits_is_not_lost_and_reaches_all() {
        let signals = Signals::default();
        let mut listeners = [signals.listen(Wakeups::QUEUES), signals.listen(Wakeups::QUEUES)];
        let mut other = signals.listen(Wakeups::MAIL);
        signals.wake(Wakeups::QUEUES | Wakeups::EVENTS);
        let started = Instant::now();
        for listener in &mut listeners {
            listener.wait(Duration::from_secs(10)).await;
        }
        assert!(started.elapsed() < Duration::from_secs(5));
        other.wait(Duration::from_millis(1)).await;
        listeners[0].wait(Duration::from_millis(1)).await;
    }
}
