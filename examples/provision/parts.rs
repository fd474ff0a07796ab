//! The tasks that make what a server stands on: quota, network and volumes.
//!
//! An answer can get lost, so that a call has failed and what it made is there. Therefore each
//! revert takes the `outcome`, and where nobody knows it, looks for what the run has made.

use taskflow::{Outcome, TaskContext, task};

use super::cloud::{Cidr, Cloud, Gib, Kind, Name, Network, Quota, VmSpec, Volume};
use super::error::ApiError;

type Result<T> = std::result::Result<T, ApiError>;

#[task(provides = quota, revert = release_quota(cloud, tenant, outcome, ctx))]
pub fn reserve_quota(
    cloud: &dyn Cloud,
    tenant: &Name,
    spec: &VmSpec,
    ctx: &TaskContext,
) -> Result<Quota> {
    cloud.reserve(tenant, spec.cores, spec.ram, &ctx.into())
}

#[task(retry(times = 20, backoff = exponential("50ms", max = "2s", jitter), if = ApiError::is_transient))]
fn release_quota(
    cloud: &dyn Cloud,
    tenant: &Name,
    outcome: Outcome<'_, Quota>,
    ctx: &TaskContext,
) -> Result<()> {
    match outcome {
        Outcome::Done(quota) => cloud.delete(&quota.id),
        Outcome::Failed(_) | Outcome::Unknown => {
            cloud.delete_by_name(Kind::Quota, tenant, ctx.run_id())
        }
    }
}

#[task(
    provides = network,
    retry(times = 8, backoff = exponential("20ms", max = "1s", jitter), if = ApiError::is_transient),
    revert = delete_network(cloud, name, outcome, ctx),
)]
pub fn create_network(
    cloud: &dyn Cloud,
    name: &Name,
    cidr: Cidr,
    ctx: &TaskContext,
) -> Result<Network> {
    cloud.create_network(name, cidr, &ctx.into())
}

#[task(retry(times = 20, backoff = exponential("50ms", max = "2s", jitter), if = ApiError::is_transient))]
fn delete_network(
    cloud: &dyn Cloud,
    name: &Name,
    outcome: Outcome<'_, Network>,
    ctx: &TaskContext,
) -> Result<()> {
    match outcome {
        Outcome::Done(network) => cloud.delete(&network.id),
        Outcome::Failed(_) | Outcome::Unknown => {
            cloud.delete_by_name(Kind::Network, name, ctx.run_id())
        }
    }
}

#[task(
    provides = volume,
    on_unknown = revert,
    retry(times = 8, backoff = exponential("20ms", max = "1s", jitter), if = ApiError::is_transient),
    revert = delete_volume(cloud, name, part, outcome, ctx),
)]
pub fn create_volume(
    cloud: &dyn Cloud,
    name: &Name,
    part: &str,
    size: Gib,
    ctx: &TaskContext,
) -> Result<Volume> {
    cloud.create_volume(&name.part(part), size, &ctx.into())
}

#[task(retry(times = 20, backoff = exponential("50ms", max = "2s", jitter), if = ApiError::is_transient))]
fn delete_volume(
    cloud: &dyn Cloud,
    name: &Name,
    part: &str,
    outcome: Outcome<'_, Volume>,
    ctx: &TaskContext,
) -> Result<()> {
    match outcome {
        Outcome::Done(volume) => cloud.delete(&volume.id),
        Outcome::Failed(_) | Outcome::Unknown => {
            cloud.delete_by_name(Kind::Volume, &name.part(part), ctx.run_id())
        }
    }
}
