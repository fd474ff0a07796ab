//! As much of HTTP/1.1 as the service needs: one request for each connection, and JSON both ways.
//!
//! The head of a request is read by `httparse`, which no other file names. The server around it is
//! the program's own, as it has to go on when a connection cannot be taken.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use serde::Serialize;

const HEAD_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 64;
/// How long a body can be.
pub const BODY_MAX: usize = 64 << 10;

/// What a client wants.
pub struct Request {
    pub method: String,
    /// Without what follows a `?`.
    pub path: String,
    headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(of, _)| of.eq_ignore_ascii_case(name))?;
        str::from_utf8(value).ok().map(str::trim)
    }
}

/// What it is answered.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let (status, body) = match serde_json::to_vec(body) {
            Ok(body) => (status, body),
            Err(error) => (500, error.to_string().into_bytes()),
        };
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    pub fn error(status: u16, error: impl Into<String>) -> Self {
        Self::json(status, &serde_json::json!({ "error": error.into() }))
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn write(&self, mut to: &TcpStream) -> io::Result<()> {
        let (status, length) = (self.status, self.body.len());
        let mut bytes = format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n",
            reason(status)
        );
        for (name, value) in &self.headers {
            bytes.extend([name, ": ", value, "\r\n"]);
        }
        bytes.push_str("\r\n");
        to.write_all(&[bytes.as_bytes(), &self.body].concat())
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        400 => "Bad Request",
        402 => "Payment Required",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// Reads a request, or says why it is refused.
pub fn read(client: &TcpStream, until: Instant) -> io::Result<Result<Request, Response>> {
    let mut bytes = Vec::new();
    let (mut request, length) = loop {
        match head(&bytes) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Some((request, start, length))) => {
                bytes.drain(..start);
                break (request, length);
            }
            Ok(None) if bytes.len() > HEAD_MAX => {
                return Ok(Err(Response::error(431, "the headers are too long")));
            }
            Ok(None) if read_more(client, until, &mut bytes)? == 0 => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(None) => {}
        }
    };
    while bytes.len() < length {
        if read_more(client, until, &mut bytes)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    bytes.truncate(length);
    request.body = bytes;
    Ok(Ok(request))
}

/// Appends what has come, and says how much that is.
pub fn read_more(mut client: &TcpStream, until: Instant, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    client.set_read_timeout(Some(left))?;
    let mut chunk = [0; 4 << 10];
    let count = client.read(&mut chunk)?;
    bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    Ok(count)
}

/// A request without its body, where the body begins, and how long it is; `None` if the head is
/// not there yet.
fn head(bytes: &[u8]) -> Result<Option<(Request, usize, usize)>, Response> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let start = match head.parse(bytes) {
        Ok(httparse::Status::Complete(start)) => start,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Response::error(431, "there are too many headers"));
        }
        Err(error) => return Err(Response::error(400, format!("this is no HTTP: {error}"))),
    };
    let path = head.path.unwrap_or_default();
    let headers = head.headers.iter();
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: path
            .split_once('?')
            .map_or(path, |(path, _)| path)
            .to_owned(),
        headers: headers
            .map(|header| (header.name.to_owned(), header.value.to_vec()))
            .collect(),
        body: Vec::new(),
    };
    let length = body_length(&request)?;
    Ok(Some((request, start, length)))
}

fn body_length(request: &Request) -> Result<usize, Response> {
    if request.header("transfer-encoding").is_some() {
        return Err(Response::error(
            411,
            "the length of the body is not known; send a `Content-Length`",
        ));
    }
    let Some(length) = request.header("content-length") else {
        return Ok(0);
    };
    match length.parse() {
        Ok(length) if length <= BODY_MAX => Ok(length),
        Ok(_) => Err(Response::error(
            413,
            format!("a body has {BODY_MAX} bytes at most"),
        )),
        Err(_) => Err(Response::error(
            400,
            "`Content-Length` is not a number of bytes",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_once_it_is_whole() {
        let text =
            "POST /orders?x=1 HTTP/1.1\r\nidempotency-key: a \r\nContent-Length: 2\r\n\r\n{}";
        let whole = text.len() - 2;
        for end in 0..whole {
            assert!(head(&text.as_bytes()[..end]).unwrap().is_none(), "{end}");
        }
        let (request, start, length) = head(text.as_bytes()).unwrap().unwrap();
        assert_eq!((start, length), (whole, 2));
        assert_eq!((&*request.method, &*request.path), ("POST", "/orders"));
        assert_eq!(request.header("Idempotency-Key"), Some("a"));
        assert_eq!(request.header("Content-Type"), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (text, status) in [
            ("no http\r\n\r\n".to_owned(), 400),
            (
                "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(),
                400,
            ),
            (
                "GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n".to_owned(),
                413,
            ),
            (
                "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
                411,
            ),
            (
                format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65)),
                431,
            ),
        ] {
            let refusal = head(text.as_bytes()).err().map(|refusal| refusal.status);
            assert_eq!(refusal, Some(status), "{text}");
        }
    }
}
