//! The list of all steps, by name.

use crate::AnyStep;
use crate::attempt_payment::AttemptPayment;
use crate::attempt_reservation::AttemptReservation;
use crate::cancel_order::CancelOrder;
use crate::charge_payment::ChargePayment;
use crate::check_order::CheckOrder;
use crate::complete_order::CompleteOrder;
use crate::confirm_order::ConfirmOrder;
use crate::deliver_order::DeliverOrder;
use crate::enrich_order::EnrichOrder;
use crate::fail_order::FailOrder;
use crate::generate_receipt::GenerateReceipt;
use crate::order_success_handler::OrderSuccessHandler;
use crate::place_confirmed_order::PlaceConfirmedOrder;
use crate::place_emag_order::PlaceEmagOrder;
use crate::place_order::PlaceOrder;
use crate::place_order_app_order::PlaceOrderAppOrder;
use crate::place_queued_order::PlaceQueuedOrder;
use crate::place_receipt_order::PlaceReceiptOrder;
use crate::price_and_reserve::PriceAndReserve;
use crate::price_order::PriceOrder;
use crate::receive_order::ReceiveOrder;
use crate::refund_payment::RefundPayment;
use crate::reserve_stock::ReserveStock;
use crate::return_order::ReturnOrder;
use crate::seed_inventory::SeedInventory;
use crate::send_mail::SendMail;
use crate::ship_order::ShipOrder;
use crate::start_order_processing::StartOrderProcessing;
use crate::validate_order::ValidateOrder;

/// All steps, in the order of their names.
static STEPS: &[&dyn AnyStep] = &[
    &AttemptPayment,
    &AttemptReservation,
    &CancelOrder,
    &ChargePayment,
    &CheckOrder,
    &CompleteOrder,
    &ConfirmOrder,
    &DeliverOrder,
    &EnrichOrder,
    &FailOrder,
    &GenerateReceipt,
    &OrderSuccessHandler,
    &PlaceConfirmedOrder,
    &PlaceEmagOrder,
    &PlaceOrder,
    &PlaceOrderAppOrder,
    &PlaceQueuedOrder,
    &PlaceReceiptOrder,
    &PriceAndReserve,
    &PriceOrder,
    &ReceiveOrder,
    &RefundPayment,
    &ReserveStock,
    &ReturnOrder,
    &SeedInventory,
    &SendMail,
    &ShipOrder,
    &StartOrderProcessing,
    &ValidateOrder,
];

/// All steps, in the order of their names.
pub fn all() -> &'static [&'static dyn AnyStep] {
    STEPS
}

/// The step of that name.
pub fn find(name: &str) -> Option<&'static dyn AnyStep> {
    STEPS.binary_search_by(|step| step.name().cmp(name)).ok().map(|index| STEPS[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_found_by_its_name() {
        for step in all() {
            assert_eq!(find(step.name()).map(AnyStep::name), Some(step.name()), "the list is in alphabetical order");
        }
        assert!(find("ValidateOrders").is_none());
        assert!(find("").is_none());
    }
}
