//! A client of the service, for what tries it out.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// The service answers long before this.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the service answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = headers.find(|(of, _)| of.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }
}

/// Sends a request, and waits for the answer.
pub fn ask(
    service: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&service, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {service}\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.extend(["\r\n", body]);
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    parse(&text).ok_or_else(|| io::Error::other(format!("`{text}` is no answer")))
}

/// Places an order.
pub fn place(service: SocketAddr, key: &str, order: &str) -> io::Result<Reply> {
    ask(
        service,
        "POST",
        "/orders",
        &[("Idempotency-Key", key)],
        order,
    )
}

/// Asks for something.
pub fn get(service: SocketAddr, path: &str) -> io::Result<Reply> {
    ask(service, "GET", path, &[], "")
}

fn parse(text: &str) -> Option<Reply> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Reply {
        status: head.split(' ').nth(1)?.parse().ok()?,
        head: head.to_owned(),
        body: serde_json::from_str(body).ok()?,
    })
}
