use taskflow::{flow, task};

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Image(Vec<u8>);

#[task]
fn fetch(url: &str) -> Image {
    Image(url.as_bytes().to_vec())
}

#[task]
fn shrink(fetch: &Image) -> usize {
    fetch.0.len()
}

flow! {
    struct Thumbnail { url: String } -> usize
    linear[fetch, shrink]
}

fn main() {
    let thumbnail = Thumbnail { url: "https".to_owned() };
    assert_eq!(thumbnail.call(&taskflow::Serial).unwrap(), 5);
}
