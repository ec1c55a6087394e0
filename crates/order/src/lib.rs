//! The order domain: money, stock, orders, payments. Pure.
