//! The tasks that make the server and what hangs on it: disks and a name.

use std::thread;
use std::time::{Duration, SystemTime};

use taskflow::{Outcome, TaskContext, task};

use super::cloud::{
    Boot, Cloud, Dns, DnsRecord, ImageId, Kind, Name, Network, Server, VmSpec, Volume,
};
use super::error::{ApiError, Why};

type Result<T> = std::result::Result<T, ApiError>;

/// The image that machines boot from.
pub const DEBIAN_13: ImageId = ImageId("debian-13");

/// How long a task waits before it looks again.
const LOOK: Duration = Duration::from_millis(100);

/// Boots the server, and waits until it is active.
///
/// Once the cloud has the order, that is recorded: another attempt, or another process, goes on
/// waiting for the same server.
#[task(
    provides = server,
    timeout = "5m",
    retry(times = 8, backoff = exponential("20ms", max = "1s", jitter), if = ApiError::is_transient),
    revert = delete_server(cloud, name, outcome, ctx),
)]
pub fn boot(
    cloud: &dyn Cloud,
    name: &Name,
    spec: &VmSpec,
    network: &Network,
    root: &Volume,
    image: ImageId,
    ctx: &TaskContext,
) -> Result<Server> {
    let server = if let Some(server) = ctx.restored()? {
        server
    } else {
        let order = Boot {
            spec,
            network,
            root,
            image,
        };
        let server = cloud.boot(name, &order, &ctx.into())?;
        ctx.checkpoint(&server)?;
        server
    };
    while !is_active(cloud, &server)? {
        // A person who wants a stop does not want the machine thrown away: only its own time ends
        // the wait.
        if ctx.deadline().is_some_and(|end| end <= SystemTime::now()) {
            return Err(ApiError {
                call: format!("boot `{}`", server.id),
                why: Why::Slow,
            });
        }
        thread::sleep(LOOK);
    }
    Ok(server)
}

/// Whether the server is known to be active: a look that goes wrong is taken again like one that
/// comes too early.
fn is_active(cloud: &dyn Cloud, server: &Server) -> Result<bool> {
    match cloud.is_active(server) {
        Err(error) if error.is_transient() => Ok(false),
        known => known,
    }
}

/// A boot that timed out may have made a server.
#[task(retry(times = 20, backoff = exponential("50ms", max = "2s", jitter), if = ApiError::is_transient))]
fn delete_server(
    cloud: &dyn Cloud,
    name: &Name,
    outcome: Outcome<'_, Server>,
    ctx: &TaskContext,
) -> Result<()> {
    match outcome {
        Outcome::Done(server) => cloud.delete(&server.id),
        Outcome::Failed(_) | Outcome::Unknown => {
            cloud.delete_by_name(Kind::Server, name, ctx.run_id())
        }
    }
}

/// Attached twice is attached once, so that this needs no key.
#[task(
    retry(times = 8, backoff = exponential("20ms", max = "1s", jitter), if = ApiError::is_transient),
    revert = detach(cloud, server, volume, outcome),
)]
pub fn attach(cloud: &dyn Cloud, server: &Server, volume: &Volume) -> Result<()> {
    cloud.attach(server, volume)
}

#[task(retry(times = 20, backoff = exponential("50ms", max = "2s", jitter), if = ApiError::is_transient))]
fn detach(
    cloud: &dyn Cloud,
    server: &Server,
    volume: &Volume,
    _outcome: Outcome<'_, ()>,
) -> Result<()> {
    cloud.detach(server, volume)
}

#[task(
    provides = record,
    retry(times = 8, backoff = exponential("20ms", max = "1s", jitter), if = ApiError::is_transient),
    revert = drop_dns(dns, name, outcome, ctx),
)]
pub fn register_dns(
    dns: &dyn Dns,
    server: &Server,
    name: &Name,
    ctx: &TaskContext,
) -> Result<DnsRecord> {
    dns.register(name, server.address, &ctx.into())
}

#[task(retry(times = 20, backoff = exponential("50ms", max = "2s", jitter), if = ApiError::is_transient))]
fn drop_dns(
    dns: &dyn Dns,
    name: &Name,
    _outcome: Outcome<'_, DnsRecord>,
    ctx: &TaskContext,
) -> Result<()> {
    dns.unregister(name, ctx.run_id())
}
