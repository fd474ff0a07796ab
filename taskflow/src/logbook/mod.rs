//! Stand-in until the logbook is merged.
pub(crate) mod codec {
    use serde::{Serialize, de::DeserializeOwned};
    pub(crate) fn encode_checked<T: Serialize + DeserializeOwned>(
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), bincode::Error> {
        bincode::serialize_into(out, value)
    }
    pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, bincode::Error> {
        bincode::deserialize(bytes)
    }
}
#[derive(Debug, Clone)]
pub struct RunId(String);
impl AsRef<str> for RunId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
