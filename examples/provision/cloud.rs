//! What the program asks of a cloud, and what a cloud hands out.
//!
//! A call that makes something carries a [`Tag`]: asked again with the same key, the cloud answers
//! with what it has made already; and what a run has made can be found by the run.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use taskflow::{IdempotencyKey, RunId, TaskContext};

use super::error::ApiError;

type Result<T> = std::result::Result<T, ApiError>;

/// Where machines run.
pub trait Cloud: Send + Sync {
    fn reserve(&self, tenant: &Name, cores: u32, ram: Gib, tag: &Tag) -> Result<Quota>;

    fn create_network(&self, name: &Name, cidr: Cidr, tag: &Tag) -> Result<Network>;

    fn create_volume(&self, name: &Name, size: Gib, tag: &Tag) -> Result<Volume>;

    /// Answers before the server is active.
    fn boot(&self, name: &Name, order: &Boot<'_>, tag: &Tag) -> Result<Server>;

    fn is_active(&self, server: &Server) -> Result<bool>;

    fn attach(&self, server: &Server, volume: &Volume) -> Result<()>;

    /// It is no error if it is not attached to that server.
    fn detach(&self, server: &Server, volume: &Volume) -> Result<()>;

    /// It is no error if it is gone.
    fn delete(&self, id: &Id) -> Result<()>;

    /// Deletes what the run has made under that name, if it has, and nothing of others.
    fn delete_by_name(&self, kind: Kind, name: &Name, run: &RunId) -> Result<()>;
}

/// Where machines are found by name.
pub trait Dns: Send + Sync {
    fn register(&self, name: &Name, address: Ipv4Addr, tag: &Tag) -> Result<DnsRecord>;

    /// Removes the name if it is the run's.
    fn unregister(&self, name: &Name, run: &RunId) -> Result<()>;
}

/// Who makes something, and for which effect.
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

/// What a server is made of.
pub struct Boot<'a> {
    pub spec: &'a VmSpec,
    pub network: &'a Network,
    pub root: &'a Volume,
    pub image: ImageId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Quota,
    Network,
    Volume,
    Server,
    Dns,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quota => "quota",
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Server => "server",
            Self::Dns => "name",
        })
    }
}

/// The name that a cloud gives to what it makes, such as `volume-3f2a91c07be4`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Id(pub String);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageId(pub &'static str);

/// An amount of memory or of disk, in GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gib(pub u32);

impl fmt::Display for Gib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GiB", self.0)
    }
}

/// The machine that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmSpec {
    pub cores: u32,
    pub ram: Gib,
    pub cidr: Cidr,
    pub root: Disk,
    pub data: Disk,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    pub gib: Gib,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub id: Id,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub id: Id,
    pub cidr: Cidr,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    pub id: Id,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    pub id: Id,
    pub address: Ipv4Addr,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecord {
    pub name: Name,
    pub address: Ipv4Addr,
}

/// The name of a tenant, of a machine, or of a part of one: letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The name of a part, such as `web-1-root`.
    pub fn part(&self, part: &str) -> Self {
        Self(format!("{}-{part}", self.0))
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain && (1..=40).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a name has 1 to 40 letters, digits and `-`".to_owned())
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range of addresses, such as `10.0.0.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cidr {
    pub first: Ipv4Addr,
    pub bits: u8,
}

impl Cidr {
    /// The first address that a cloud gives to a server: those before it are the network's own.
    pub fn server(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first.to_bits() | 4)
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || "a range of addresses looks like `10.0.0.0/24`, from /8 to /28".to_owned();
        let (first, bits) = text.split_once('/').ok_or_else(wrong)?;
        let first: Ipv4Addr = first.parse().map_err(|_| wrong())?;
        let bits: u8 = bits.parse().map_err(|_| wrong())?;
        if !(8..=28).contains(&bits) || first.to_bits().trailing_zeros() < 32 - u32::from(bits) {
            return Err(wrong());
        }
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_nothing_behind_its_bits() {
        let cidr: Cidr = "10.1.0.0/16".parse().unwrap();
        assert_eq!(cidr.to_string(), "10.1.0.0/16");
        assert_eq!(cidr.server().to_string(), "10.1.0.4");
        for text in ["10.0.0.0", "10.0.0.1/24", "10.0.0.0/30", "10/8", "a/24"] {
            text.parse::<Cidr>().unwrap_err();
        }
    }

    #[test]
    fn a_name_is_plain() {
        for text in ["web-1", "A"] {
            assert_eq!(text.parse::<Name>().unwrap().to_string(), text);
        }
        for text in ["", "a b", "a/b", "\u{1b}[2J", &"x".repeat(41)] {
            text.parse::<Name>().unwrap_err();
        }
    }
}
