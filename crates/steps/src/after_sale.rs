//! What follows a sale: each is one move of the order's status, made and told once.

use order::{Order, Status};
use ports::{Change, Result};

use crate::orders::{Moved, becoming, set_status};
use crate::{Context, Done, notices};

/// Moves an order on, and tells the customer and the bus. `StatusRefused` when it is not the next step of
/// the order's life.
pub(crate) async fn move_and_tell(
    context: &Context,
    order: &Order,
    status: Status,
    event: &str,
) -> Result<Done<Moved>> {
    let output = Moved::to(order, status);
    if order.status == status {
        return Ok(Done::unchanged(output));
    }
    let now = context.ports.clock.now();
    let after = becoming(order, status, None, now);
    let mut changes = vec![set_status(order, status, None, now)?];
    changes.extend(notices::mail(context, &after, notices::kind_of(status)?, now).await?);
    changes.push(notices::event(&after, event, now));
    Ok(Done::new(output, changes))
}

/// Ends a sale: its units go back on the shelf, the event on the bus. The money and the mail are the next
/// steps' work, so that a refund that has to wait does not keep the order from being taken back.
pub(crate) fn take_back(context: &Context, order: &Order, status: Status, event: &str) -> Result<Done<Moved>> {
    let output = Moved::to(order, status);
    if order.status == status {
        return Ok(Done::unchanged(output));
    }
    let now = context.ports.clock.now();
    let changes = vec![
        set_status(order, status, None, now)?,
        Change::Restock { order_id: order.id().clone(), at: now },
        notices::event(&becoming(order, status, None, now), event, now),
    ];
    Ok(Done::new(output, changes))
}
