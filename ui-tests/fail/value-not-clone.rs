// expects: `Image` cannot be given by value, as it is not `Clone`; take `&Image` in the task, or derive `Clone`
use taskflow::{flow, task};

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Image(Vec<u8>);

#[task]
fn fetch(url: &str) -> Image {
    Image(url.as_bytes().to_vec())
}

#[task]
fn shrink(fetch: Image) -> usize {
    fetch.0.len()
}

flow! {
    struct Thumbnail { url: String } -> usize
    linear[fetch, shrink]
}

fn main() {}
