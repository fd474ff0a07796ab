//! The task that takes the money, and the one that gives it back.
//!
//! An answer of the gateway can get lost, so that the call has failed and the money is taken.
//! Therefore the revert takes the `outcome`, and where nobody knows it, gives back what was taken
//! for the run, if anything was.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use taskflow::{Failure, Outcome, RunId, TaskContext, task};

use super::order::{Cents, Hold, Order, Payment, Tag};
use super::world::WorldError;

type Result<T> = std::result::Result<T, GatewayError>;

/// Who takes the customers' money for the shop.
pub trait Gateway: Send + Sync {
    /// Takes the money, unless it was taken for the same key before. Does not wait for an answer
    /// beyond `deadline`.
    fn charge(
        &self,
        card: &str,
        total: Cents,
        tag: &Tag,
        deadline: Option<SystemTime>,
    ) -> Result<Payment>;

    /// It is no error if it was given back before.
    fn refund(&self, payment: &Payment) -> Result<()>;

    /// Gives back whatever was taken for the run.
    fn refund_run(&self, run: &RunId) -> Result<()>;
}

/// What [`GatewayError::Declined`] says, and by which a stored failure of it is recognised.
pub const DECLINED: &str = "the card was declined";

/// Why the gateway did not do what it was asked for.
#[derive(Debug)]
pub enum GatewayError {
    /// The customer has to take another card.
    Declined(BankSays),
    /// The gateway has done nothing.
    Busy,
    /// The gateway has done it, and the answer did not arrive: the caller does not know.
    Lost,
    /// No answer came in time.
    Silent,
    /// The simulated gateway itself is broken.
    World(WorldError),
}

/// The bank's reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankSays(pub &'static str);

impl GatewayError {
    /// Whether the same call may go well another time.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Lost | Self::Silent)
    }
}

#[task(
    provides = payment,
    timeout = "30s",
    retry(times = 5, backoff = exponential("20ms", max = "5s", jitter), if = GatewayError::is_transient),
    revert = refund_if_any(gateway, outcome, ctx),
)]
pub fn charge(
    gateway: &dyn Gateway,
    order: &Order,
    stock_hold: &Hold,
    ctx: &TaskContext,
) -> Result<Payment> {
    gateway.charge(&order.card, stock_hold.total, &ctx.into(), ctx.deadline())
}

#[task(retry(times = 20, backoff = exponential("20ms", max = "5s", jitter), if = GatewayError::is_transient))]
fn refund_if_any(
    gateway: &dyn Gateway,
    outcome: Outcome<'_, Payment>,
    ctx: &TaskContext,
) -> Result<()> {
    match outcome {
        Outcome::Done(payment) => gateway.refund(payment),
        // The gateway's word for it that it took nothing.
        Outcome::Failed(failure) if is_declined(failure) => Ok(()),
        Outcome::Failed(_) | Outcome::Unknown => gateway.refund_run(ctx.run_id()),
    }
}

fn is_declined(failure: &Failure) -> bool {
    failure.message() == DECLINED
}

impl fmt::Display for GatewayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined(_) => f.write_str(DECLINED),
            Self::Busy => f.write_str("the gateway is busy"),
            Self::Lost => f.write_str("the connection to the gateway broke before the answer came"),
            Self::Silent => f.write_str("no answer of the gateway came in time"),
            Self::World(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl fmt::Display for BankSays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; take another card", self.0)
    }
}

impl Error for BankSays {}

impl Error for GatewayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Declined(reason) => Some(reason),
            Self::Busy | Self::Lost | Self::Silent => None,
            // The message says what its own error says, so that the chain goes on behind that.
            Self::World(error) => error.source(),
        }
    }
}

impl From<WorldError> for GatewayError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}
