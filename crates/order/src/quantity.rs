use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A number of units of one product: a whole number from 1 to [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(u32);

impl Quantity {
    /// The most units one line may ask for. Far above any real order, far below any overflow.
    pub const MAX: i64 = 1_000_000;

    /// The quantity, if it is within bounds.
    pub fn new(units: i64) -> Result<Self, Invalid> {
        match u32::try_from(units) {
            Ok(units) if (1..=Self::MAX).contains(&i64::from(units)) => Ok(Self(units)),
            _ => Err(Invalid::new(format!("a whole number from 1 to {}", Self::MAX))),
        }
    }

    /// The number of units.
    pub fn units(self) -> i64 {
        i64::from(self.0)
    }

    /// Both together, if that is still within bounds.
    pub fn plus(self, other: Self) -> Result<Self, Invalid> {
        Self::new(self.units() + other.units())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Invalid;
    fn try_from(units: i64) -> Result<Self, Invalid> {
        Self::new(units)
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> i64 {
        quantity.units()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_small_positive_whole_number() {
        for (units, fits) in
            [(1, true), (1_000_000, true), (0, false), (-1, false), (1_000_001, false), (1_000_000_000_000, false)]
        {
            assert_eq!(Quantity::new(units).is_ok(), fits, "{units}");
        }
    }
}
