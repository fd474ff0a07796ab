//! The task that tells the customer, at most once: nobody wants the same mail twice.

use std::error::Error;
use std::fmt;

use taskflow::{RunId, TaskContext, task};

use super::order::{Order, Payment};
use super::world::WorldError;

/// Who brings mail to customers.
pub trait Mailer: Send + Sync {
    fn send(&self, to: &str, text: &str, run: &RunId) -> Result<(), MailError>;
}

/// Why a mail may not have been sent.
#[derive(Debug)]
pub enum MailError {
    /// It was not sent, or it was and nobody knows.
    Unreachable,
    /// The simulated mailer itself is broken.
    World(WorldError),
}

#[task(on_unknown = skip)]
pub fn mail(
    mailer: &dyn Mailer,
    order: &Order,
    payment: &Payment,
    ctx: &TaskContext,
) -> Result<(), MailError> {
    let (pieces, item) = (order.pieces, &order.item);
    let text = format!(
        "{pieces} of `{item}` are under way; you paid {}",
        payment.total
    );
    mailer.send(&order.mail, &text, ctx.run_id())
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("the mailer did not answer"),
            Self::World(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Error for MailError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable => None,
            // The message says what its own error says, so that the chain goes on behind that.
            Self::World(error) => error.source(),
        }
    }
}

impl From<WorldError> for MailError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}
