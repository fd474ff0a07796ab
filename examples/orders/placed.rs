//! An order that was placed, whichever release of the program took it.

use std::time::Duration;

use taskflow::runner::Served;
use taskflow::{RunError, RunId, RunState, Runner, RunnerHandle, StartError};

use super::cli::Release;
use super::order::{Order, Shipment};
use super::{Checkout, CheckoutInputs, v1};

/// A run that ends in a shipment.
pub trait Placed {
    fn id(&self) -> &RunId;

    fn state(&self) -> Result<RunState, StartError>;

    fn wait_timeout(&self, within: Duration) -> Option<Result<Shipment, RunError>>;
}

impl<F: Served<Output = Shipment>> Placed for RunnerHandle<F> {
    fn id(&self) -> &RunId {
        self.id()
    }

    fn state(&self) -> Result<RunState, StartError> {
        self.state()
    }

    fn wait_timeout(&self, within: Duration) -> Option<Result<Shipment, RunError>> {
        self.wait_timeout(within)
    }
}

/// Begins a run for the order, or finds the one that the same key has begun.
pub fn place(
    runner: &Runner,
    release: Release,
    key: &str,
    order: Order,
) -> Result<Box<dyn Placed>, StartError> {
    let item = order.item.clone();
    let last = |order| start::<v1::Checkout>(runner, v1::CheckoutInputs { order }, key, &item);
    if release == Release::Last {
        return last(order);
    }
    let inputs = CheckoutInputs {
        order: order.clone(),
    };
    match start::<Checkout>(runner, inputs, key, &item) {
        // The last release took the order, and the customer asks again.
        Err(StartError::OtherFlow { .. }) => last(order),
        placed => placed,
    }
}

fn start<F: Served<Output = Shipment>>(
    runner: &Runner,
    inputs: F::Inputs,
    key: &str,
    item: &str,
) -> Result<Box<dyn Placed>, StartError> {
    let run = runner.start::<F>(inputs).id(key).label("item", item);
    Ok(Box::new(run.start()?))
}

/// The run of that id.
pub fn find(runner: &Runner, id: &RunId) -> Result<Option<Box<dyn Placed>>, StartError> {
    match get::<Checkout>(runner, id) {
        Err(StartError::OtherFlow { .. } | StartError::NotRegistered { .. }) => {
            get::<v1::Checkout>(runner, id)
        }
        found => found,
    }
}

fn get<F: Served<Output = Shipment>>(
    runner: &Runner,
    id: &RunId,
) -> Result<Option<Box<dyn Placed>>, StartError> {
    let run = runner.get::<F>(id)?;
    Ok(run.map(|run| Box::new(run) as Box<dyn Placed>))
}
