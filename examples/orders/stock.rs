//! The tasks that take pieces from the stock: reserved first, and sent once they are paid.

use std::error::Error;
use std::fmt;

use taskflow::{TaskContext, task};

use super::order::{Hold, Order, Payment, Shipment, Tag};
use super::world::WorldError;

type Result<T> = std::result::Result<T, StockError>;

/// Where the goods are.
pub trait Stock: Send + Sync {
    fn reserve(&self, order: &Order, tag: &Tag) -> Result<Hold>;

    /// It is no error if it was released before.
    fn release(&self, hold: &Hold) -> Result<()>;

    /// Sends what is held.
    fn commit(&self, hold: &Hold, payment: &Payment, tag: &Tag) -> Result<Shipment>;
}

/// What [`StockError::NotThere`] says, and by which a stored failure of it is recognised.
pub const NOT_THERE: &str = "the order cannot be filled";

/// Why the stock did not do what it was asked for.
#[derive(Debug)]
pub enum StockError {
    /// The customer has to order something else.
    NotThere(Shortage),
    /// What is to be sent is not held any more.
    NoHold { id: String },
    /// The simulated stock itself is broken.
    World(WorldError),
}

/// What the customer can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortage {
    NoSuchItem { item: String },
    TooMany { item: String, left: u32 },
    Broken { item: String },
}

#[task(provides = stock_hold, revert = release(stock, stock_hold))]
pub fn reserve(stock: &dyn Stock, order: &Order, ctx: &TaskContext) -> Result<Hold> {
    stock.reserve(order, &ctx.into())
}

fn release(stock: &dyn Stock, stock_hold: &Hold) -> Result<()> {
    stock.release(stock_hold)
}

/// What has left the house does not come back: from here on nothing is undone.
#[task(irreversible)]
pub fn commit(
    stock: &dyn Stock,
    stock_hold: &Hold,
    payment: &Payment,
    ctx: &TaskContext,
) -> Result<Shipment> {
    stock.commit(stock_hold, payment, &ctx.into())
}

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere(_) => f.write_str(NOT_THERE),
            Self::NoHold { id } => write!(f, "`{id}` is not held any more; see who released it"),
            Self::World(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchItem { item } => write!(f, "there is no `{item}`; order something else"),
            Self::TooMany { item, left: 0 } => {
                write!(f, "`{item}` is sold out; order something else")
            }
            Self::TooMany { item, left } => {
                write!(f, "of `{item}` there are {left} left; order fewer")
            }
            Self::Broken { item } => {
                write!(f, "`{item}` broke when it was packed; order something else")
            }
        }
    }
}

impl Error for Shortage {}

impl Error for StockError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotThere(shortage) => Some(shortage),
            Self::NoHold { .. } => None,
            // The message says what its own error says, so that the chain goes on behind that.
            Self::World(error) => error.source(),
        }
    }
}

impl From<WorldError> for StockError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}
