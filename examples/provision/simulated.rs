//! A cloud with a name service that costs nothing: it keeps its state in a folder, takes its time,
//! and makes trouble if it is told to.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use taskflow::RunId;

use super::cloud::{
    Boot, Cidr, Cloud, Dns, DnsRecord, Gib, Id, Kind, Name, Network, Quota, Server, Tag, Volume,
};
use super::error::{ApiError, Why};
use super::screen::say;
use super::store::{Detail, Object, Open, Store};
use super::trouble::{Fate, Trouble};

type Result<T> = std::result::Result<T, ApiError>;
type Answer<T> = std::result::Result<T, Why>;

/// The cores that a tenant may use.
const CORES_MAX: u32 = 64;
/// The memory of the largest host.
const RAM_MAX: Gib = Gib(512);
/// How long a call takes, and how long one that is not answered.
const CALL: Duration = Duration::from_millis(5);
const SILENCE: Duration = Duration::from_millis(50);

/// The cloud, as it is for one tenant.
pub struct Simulated {
    pub tenant: Name,
    pub store: Store,
    pub trouble: Trouble,
    /// How long a server takes until it is active.
    pub boot_takes: Duration,
    /// Whether a person knows that a server is waited for.
    pub told_to_wait: AtomicBool,
}

impl Simulated {
    /// A call that changes something, which a person sees.
    fn call<T>(&self, call: String, effect: impl FnOnce(&Open<'_>) -> Answer<T>) -> Result<T> {
        let result = self.quiet_call(call, effect);
        match &result {
            Ok((call, _)) => say(&format!("{call}: done")),
            Err(ApiError { call, why }) => say(&format!("{call}: {why}")),
        }
        result.map(|(_, answer)| answer)
    }

    fn object(&self, name: &Name, tag: &Tag, detail: Detail) -> Object {
        Object::new(&self.tenant, name, tag, detail)
    }

    fn quiet_call<T>(
        &self,
        call: String,
        effect: impl FnOnce(&Open<'_>) -> Answer<T>,
    ) -> Result<(String, T)> {
        let fate = self.trouble.next();
        thread::sleep(match fate {
            Fate::Undone(Why::Silent) | Fate::Done(Why::Silent) => SILENCE,
            _ => CALL,
        });
        let work = || self.store.open().and_then(|open| effect(&open));
        let answer = match fate {
            Fate::Well => work(),
            Fate::Undone(why) => Err(why),
            Fate::Done(why) => work().and(Err(why)),
        };
        match answer {
            Ok(answer) => Ok((call, answer)),
            Err(why) => Err(ApiError { call, why }),
        }
    }
}

/// Makes an object, or finds the one that the same call has made before.
fn make(open: &Open<'_>, new: Object) -> Answer<Object> {
    for old in open.all()? {
        if old.key == new.key {
            return Ok(old);
        }
        if old.excludes(&new) {
            return Err(Why::Taken {
                kind: new.detail.kind(),
                name: new.name,
            });
        }
    }
    open.put(&new)?;
    Ok(new)
}

/// Removes an object that nothing uses, if it is there.
fn remove(open: &Open<'_>, id: &Id) -> Answer<()> {
    let objects = open.all()?;
    let Some(object) = objects.iter().find(|object| object.id == *id) else {
        return Ok(());
    };
    if let Detail::Volume {
        attached: Some(server),
        ..
    } = &object.detail
    {
        return Err(Why::InUse { by: server.clone() });
    }
    for mut other in objects.iter().cloned() {
        match &mut other.detail {
            Detail::Server { network, .. } if network == id => {
                return Err(Why::InUse { by: other.id });
            }
            Detail::Volume { attached, .. } if attached.as_ref() == Some(id) => {
                *attached = None;
                open.put(&other)?;
            }
            _ => {}
        }
    }
    open.remove(id)
}

/// Removes what a run has made under a name.
fn remove_named(open: &Open<'_>, kind: Kind, name: &Name, run: &RunId) -> Answer<()> {
    let all = open.all()?;
    let made = |object: &&Object| object.is(kind, name) && object.run == run.as_ref();
    all.iter()
        .filter(made)
        .try_for_each(|object| remove(open, &object.id))
}

/// Changes what a volume is attached to.
fn reattach(
    open: &Open<'_>,
    volume: &Id,
    change: impl FnOnce(&mut Option<Id>) -> Answer<()>,
) -> Answer<()> {
    let mut object = open
        .find(volume)?
        .ok_or_else(|| Why::Gone { id: volume.clone() })?;
    if let Detail::Volume { attached, .. } = &mut object.detail {
        change(attached)?;
    }
    open.put(&object)
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    millis(now.unwrap_or_default())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Cloud for Simulated {
    fn reserve(&self, tenant: &Name, cores: u32, ram: Gib, tag: &Tag) -> Result<Quota> {
        self.call(format!("reserve {cores} cores and {ram}"), |open| {
            let used = open
                .all()?
                .into_iter()
                .filter(|object| object.name == *tenant);
            let used = used.filter(|object| object.key != tag.key.to_string());
            let used = used.map(|object| match object.detail {
                Detail::Quota { cores, .. } => cores,
                _ => 0,
            });
            let free = CORES_MAX.saturating_sub(used.sum());
            if cores > free {
                return Err(Why::OverQuota { free });
            }
            let made = make(open, self.object(tenant, tag, Detail::Quota { cores, ram }))?;
            Ok(Quota { id: made.id })
        })
    }

    fn create_network(&self, name: &Name, cidr: Cidr, tag: &Tag) -> Result<Network> {
        self.call(format!("create network `{name}`"), |open| {
            let made = make(open, self.object(name, tag, Detail::Network { cidr }))?;
            Ok(Network { id: made.id, cidr })
        })
    }

    fn create_volume(&self, name: &Name, size: Gib, tag: &Tag) -> Result<Volume> {
        self.call(format!("create volume `{name}` of {size}"), |open| {
            let attached = None;
            let detail = Detail::Volume { size, attached };
            let made = make(open, self.object(name, tag, detail))?;
            Ok(Volume { id: made.id })
        })
    }

    fn boot(&self, name: &Name, order: &Boot<'_>, tag: &Tag) -> Result<Server> {
        self.call(format!("order server `{name}`"), |open| {
            if order.spec.ram > RAM_MAX {
                return Err(Why::NoRoom { ram_max: RAM_MAX });
            }
            for id in [&order.network.id, &order.root.id] {
                if open.find(id)?.is_none() {
                    return Err(Why::Gone { id: id.clone() });
                }
            }
            let address = order.network.cidr.server();
            let detail = Detail::Server {
                network: order.network.id.clone(),
                image: order.image.0.to_owned(),
                address,
                active_from: now_ms().saturating_add(millis(self.boot_takes)),
            };
            let made = make(open, self.object(name, tag, detail))?;
            Ok(Server {
                id: made.id,
                address,
            })
        })
    }

    fn is_active(&self, server: &Server) -> Result<bool> {
        let call = format!("look at `{}`", server.id);
        let (_, active) = self.quiet_call(call, |open| match open.find(&server.id)? {
            Some(Object {
                detail: Detail::Server { active_from, .. },
                ..
            }) => Ok(active_from <= now_ms()),
            _ => Err(Why::Gone {
                id: server.id.clone(),
            }),
        })?;
        // Relaxed: the flag carries no data with it.
        if !active && !self.told_to_wait.swap(true, Ordering::Relaxed) {
            let id = &server.id;
            say(&format!("waiting until `{id}` is active"));
        }
        Ok(active)
    }

    fn attach(&self, server: &Server, volume: &Volume) -> Result<()> {
        self.call(format!("attach `{}`", volume.id), |open| {
            reattach(open, &volume.id, |attached| match attached {
                Some(other) if *other != server.id => Err(Why::InUse { by: other.clone() }),
                _ => {
                    *attached = Some(server.id.clone());
                    Ok(())
                }
            })
        })
    }

    fn detach(&self, server: &Server, volume: &Volume) -> Result<()> {
        self.call(format!("detach `{}`", volume.id), |open| {
            reattach(open, &volume.id, |attached| {
                attached.take_if(|now| *now == server.id);
                Ok(())
            })
        })
    }

    fn delete(&self, id: &Id) -> Result<()> {
        self.call(format!("delete `{id}`"), |open| remove(open, id))
    }

    fn delete_by_name(&self, kind: Kind, name: &Name, run: &RunId) -> Result<()> {
        self.call(format!("delete {kind} `{name}`, if it is there"), |open| {
            remove_named(open, kind, name, run)
        })
    }
}

impl Dns for Simulated {
    fn register(&self, name: &Name, address: Ipv4Addr, tag: &Tag) -> Result<DnsRecord> {
        self.call(format!("register name `{name}`"), |open| {
            make(open, self.object(name, tag, Detail::Dns { address }))?;
            Ok(DnsRecord {
                name: name.clone(),
                address,
            })
        })
    }

    fn unregister(&self, name: &Name, run: &RunId) -> Result<()> {
        self.call(
            format!("unregister name `{name}`, if it is there"),
            |open| remove_named(open, Kind::Dns, name, run),
        )
    }
}
