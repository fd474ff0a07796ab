// expects: a `label` tells an item of a `map` from the others, and a `Secret` has no text
use taskflow::{flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Secret(u32);

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Login {
    secret: Secret,
}

#[task]
fn enter(login: &Login) -> u32 {
    login.secret.0
}

flow! {
    struct Logins { logins: Vec<Login> } -> Vec<u32>
    map(login in logins, label = login.secret)[enter] as entered
}

fn main() {}
