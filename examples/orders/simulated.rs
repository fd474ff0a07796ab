//! Stock, gateway and mailer that cost nothing: they take their time, and make trouble if they are
//! told to.

use std::thread;
use std::time::{Duration, SystemTime};

use taskflow::RunId;

use super::gateway::{BankSays, Gateway, GatewayError};
use super::mail::{MailError, Mailer};
use super::order::{Cents, Hold, Order, Payment, Shipment, Tag};
use super::stock::{Shortage, Stock, StockError};
use super::trouble::{Fate, Trouble};
use super::world::{FRAGILE, Held, Mailed, Paid, Sent, State, World};

/// A card whose name begins so is declined.
const POOR: &str = "poor";
/// One whose name begins so is charged, and the answer gets lost, however often one asks.
const MUTE: &str = "mute";

/// The outside world, as this program reaches it.
pub struct Simulated {
    pub world: World,
    pub trouble: Trouble,
    /// How long each call takes.
    pub takes: Duration,
}

impl Stock for Simulated {
    fn reserve(&self, order: &Order, tag: &Tag) -> Result<Hold, StockError> {
        thread::sleep(self.takes);
        let key = tag.key.to_string();
        self.world.change(|state| {
            let held = match state.holds.iter().find(|held| held.key == key) {
                Some(held) => held,
                None => hold(state, order, tag)?,
            };
            Ok(Hold {
                id: held.id.clone(),
                total: held.total,
            })
        })?
    }

    fn release(&self, hold: &Hold) -> Result<(), StockError> {
        thread::sleep(self.takes);
        Ok(self.world.change(|state| {
            for held in state.holds.extract_if(.., |held| held.id == hold.id) {
                if let Some(good) = state.goods.get_mut(&held.item) {
                    good.free = good.free.saturating_add(held.pieces);
                }
            }
        })?)
    }

    fn commit(&self, hold: &Hold, payment: &Payment, tag: &Tag) -> Result<Shipment, StockError> {
        thread::sleep(self.takes);
        let key = tag.key.to_string();
        self.world.change(|state| {
            let done = state.shipments.iter().find(|sent| sent.key == key).cloned();
            let sent = match done {
                Some(sent) => sent,
                None => send(state, hold, payment, tag)?,
            };
            Ok(Shipment {
                id: sent.id,
                item: sent.item,
                pieces: sent.pieces,
            })
        })?
    }
}

fn hold<'s>(state: &'s mut State, order: &Order, tag: &Tag) -> Result<&'s Held, StockError> {
    let (item, pieces) = (order.item.clone(), order.pieces.get());
    let Some(good) = state.goods.get_mut(&item) else {
        return Err(StockError::NotThere(Shortage::NoSuchItem { item }));
    };
    let left = good.free;
    let Some(free) = left.checked_sub(pieces) else {
        return Err(StockError::NotThere(Shortage::TooMany { item, left }));
    };
    good.free = free;
    let total = Cents(good.price.0.saturating_mul(pieces.into()));
    let held = Held {
        id: id("hold", tag),
        run: tag.run.to_string(),
        key: tag.key.to_string(),
        item,
        pieces,
        total,
    };
    Ok(state.holds.push_mut(held))
}

fn send(state: &mut State, hold: &Hold, payment: &Payment, tag: &Tag) -> Result<Sent, StockError> {
    let place = state.holds.iter().position(|held| held.id == hold.id);
    let place = place.ok_or_else(|| StockError::NoHold {
        id: hold.id.clone(),
    })?;
    let Held { item, pieces, .. } = state.holds[place].clone();
    if item == FRAGILE {
        return Err(StockError::NotThere(Shortage::Broken { item }));
    }
    state.holds.remove(place);
    let sent = Sent {
        id: id("parcel", tag),
        run: tag.run.to_string(),
        key: tag.key.to_string(),
        item,
        pieces,
        payment: payment.id.clone(),
    };
    state.shipments.push(sent.clone());
    Ok(sent)
}

/// A name that follows from the key, such as `hold-3f2a91c07be4`.
fn id(kind: &str, tag: &Tag) -> String {
    let key = tag.key.to_string();
    format!("{kind}-{}", key.get(..12).unwrap_or(&key))
}

impl Simulated {
    /// A call of the gateway, of which the caller may not get to know the effect.
    fn ask_gateway<T>(
        &self,
        fate: Fate,
        deadline: Option<SystemTime>,
        effect: impl FnOnce(&mut State) -> Result<T, GatewayError>,
    ) -> Result<T, GatewayError> {
        let left = deadline.map(|deadline| deadline.duration_since(SystemTime::now()));
        let left = left.map_or(Duration::MAX, Result::unwrap_or_default);
        thread::sleep(self.takes.min(left));
        if fate == Fate::Busy {
            return Err(GatewayError::Busy);
        }
        let answer = self.world.change(effect)??;
        if self.takes > left {
            Err(GatewayError::Silent)
        } else if fate == Fate::Lost {
            Err(GatewayError::Lost)
        } else {
            Ok(answer)
        }
    }

    fn refund_where(&self, is_it: impl Fn(&Paid) -> bool) -> Result<(), GatewayError> {
        self.ask_gateway(self.trouble.next(), None, |state| {
            let payments = state.payments.iter_mut().filter(|paid| is_it(paid));
            payments.for_each(|paid| paid.refunded = true);
            Ok(())
        })
    }
}

impl Gateway for Simulated {
    fn charge(
        &self,
        card: &str,
        total: Cents,
        tag: &Tag,
        deadline: Option<SystemTime>,
    ) -> Result<Payment, GatewayError> {
        let fate = if card.starts_with(MUTE) {
            Fate::Lost
        } else {
            self.trouble.next()
        };
        self.ask_gateway(fate, deadline, |state| {
            let key = tag.key.to_string();
            if let Some(paid) = state.payments.iter().find(|paid| paid.key == key) {
                return Ok(Payment {
                    id: paid.id.clone(),
                    total: paid.total,
                });
            }
            if card.starts_with(POOR) {
                return Err(GatewayError::Declined(BankSays(
                    "there is not enough on it",
                )));
            }
            let id = id("payment", tag);
            state.payments.push(Paid {
                id: id.clone(),
                run: tag.run.to_string(),
                key,
                total,
                refunded: false,
            });
            Ok(Payment { id, total })
        })
    }

    fn refund(&self, payment: &Payment) -> Result<(), GatewayError> {
        self.refund_where(|paid| paid.id == payment.id)
    }

    fn refund_run(&self, run: &RunId) -> Result<(), GatewayError> {
        self.refund_where(|paid| paid.run == run.as_ref())
    }
}

impl Mailer for Simulated {
    fn send(&self, to: &str, text: &str, run: &RunId) -> Result<(), MailError> {
        thread::sleep(self.takes);
        let fate = self.trouble.next();
        if fate == Fate::Busy {
            return Err(MailError::Unreachable);
        }
        self.world.change(|state| {
            state.mails.push(Mailed {
                run: run.to_string(),
                to: to.to_owned(),
                text: text.to_owned(),
            });
        })?;
        if fate == Fate::Lost {
            return Err(MailError::Unreachable);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;
    use std::time::Instant;

    use taskflow::{Serial, TaskContext, flow, task};

    use super::*;

    #[task(timeout = "50ms")]
    fn ask(gateway: &Simulated, ctx: &TaskContext) -> Result<Payment, GatewayError> {
        gateway.charge("visa", Cents(5), &ctx.into(), ctx.deadline())
    }

    /// A gateway that takes an hour to answer is not waited for, and what it did is given back.
    #[test]
    fn an_answer_that_does_not_come_in_time_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Simulated {
            world: World::at(folder.path()).unwrap(),
            trouble: Trouble::new(0.0, 0),
            takes: Duration::from_hours(1),
        };

        let start = Instant::now();
        let gateway = &gateway;
        flow![linear[ask]].call(&Serial).unwrap_err();
        assert!(start.elapsed() < Duration::from_mins(1));
        let paid = gateway.world.state().unwrap().payments;
        assert_eq!(paid.len(), 1);

        let run = RunId::from_str(&paid[0].run).unwrap();
        let quick = Simulated {
            world: World::at(folder.path()).unwrap(),
            trouble: Trouble::new(0.0, 0),
            takes: Duration::ZERO,
        };
        quick.refund_run(&run).unwrap();
        assert!(quick.world.state().unwrap().payments[0].refunded);
    }
}
