//! What is ordered, and what the outside world hands out for it.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use taskflow::{IdempotencyKey, RunId, TaskContext};

/// What a customer sends.
///
/// Both versions of the flow store it with their runs: as long as the last release's flow is
/// registered, its fields stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub item: String,
    pub pieces: NonZeroU32,
    /// What the gateway gave to the customer's browser for a card, such as `visa-4711`. The number
    /// of the card never comes here, and so it is in no logbook.
    pub card: String,
    /// Where the customer reads that the order is under way.
    pub mail: String,
}

/// An amount of money, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub u64);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Pieces that nobody else gets, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub id: String,
    pub total: Cents,
}

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: String,
    pub total: Cents,
}

/// Pieces that leave the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    pub id: String,
    pub item: String,
    pub pieces: u32,
}

/// Who asks for something, and for which effect: asked again with the same key, the outside world
/// answers with what it has done already.
#[derive(Debug, Clone)]
pub struct Tag {
    pub run: RunId,
    pub key: IdempotencyKey,
}

impl From<&TaskContext> for Tag {
    fn from(ctx: &TaskContext) -> Self {
        Self {
            run: ctx.run_id().clone(),
            key: ctx.idempotency_key(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_of_something() {
        let order = |pieces: &str| {
            let json =
                format!(r#"{{"item": "tea", "pieces": {pieces}, "card": "visa", "mail": "a"}}"#);
            serde_json::from_str::<Order>(&json)
        };
        assert_eq!(order("2").unwrap().pieces.get(), 2);
        for pieces in ["0", "-1", "1.5", "\"2\""] {
            order(pieces).unwrap_err();
        }
    }

    #[test]
    fn money_has_two_places() {
        assert_eq!(Cents(1205).to_string(), "12.05");
    }
}
