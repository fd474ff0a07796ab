//! The threads that answer clients, until they are stopped.
//!
//! There is a fixed number of them, so that clients cannot take more than those, and each client
//! has a few seconds to say what it wants.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::http::{BODY_MAX, Request, Response, read, read_more};
use super::screen::say;

/// How long a client may take to send a request, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection that was answered may stay open.
const LINGER: Duration = Duration::from_millis(500);

/// Threads that answer clients until they are stopped.
pub struct Server {
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
}

impl Server {
    pub fn start(
        listener: TcpListener,
        threads: usize,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let shared = Arc::new((listener, answer));
        let start = |_| {
            let (shared, stopping) = (shared.clone(), stopping.clone());
            let thread = thread::Builder::new().name("http".to_owned());
            thread.spawn(move || {
                let (listener, answer) = &*shared;
                serve(listener, &stopping, answer);
            })
        };
        let threads = (0..threads).map(start).collect::<io::Result<_>>()?;
        Ok(Self {
            address,
            threads,
            stopping,
        })
    }

    /// Answers those who are being answered, and nobody else.
    pub fn stop(self) {
        // Release: whoever is woken below sees it.
        self.stopping.store(true, Ordering::Release);
        for _ in &self.threads {
            // A connection wakes one thread. One that is at work looks before its next client.
            drop(TcpStream::connect_timeout(&self.address, LINGER));
        }
        for thread in self.threads {
            // Why it panicked was printed then.
            drop(thread.join());
        }
    }
}

/// Answers one client after the other.
fn serve(listener: &TcpListener, stopping: &AtomicBool, answer: &impl Fn(&Request) -> Response) {
    // Acquire: see `stop`.
    while !stopping.load(Ordering::Acquire) {
        match listener.accept() {
            Ok(_) if stopping.load(Ordering::Acquire) => return,
            // What goes wrong now is the connection's end and nothing else: the order is recorded,
            // and who asks again with the same key gets the same answer.
            Ok((client, _)) => drop(exchange(&client, answer)),
            Err(error) => {
                say(&format!("cannot take a connection: {error}"));
                // It may be that too many are open; some end meanwhile.
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn exchange(client: &TcpStream, answer: &impl Fn(&Request) -> Response) -> io::Result<()> {
    client.set_write_timeout(Some(PATIENCE))?;
    match read(client, Instant::now() + PATIENCE)? {
        Ok(request) => {
            // A fault in one answer must not cost the others a thread.
            let answer = catch_unwind(AssertUnwindSafe(|| answer(&request)));
            let fault = |_| Response::error(500, "the service has a fault, and its operator knows");
            answer.unwrap_or_else(fault).write(client)
        }
        Err(refusal) => {
            refusal.write(client)?;
            client.shutdown(Shutdown::Write)?;
            // The answer would be lost if the connection ended with something left to read.
            let (until, mut rest) = (Instant::now() + LINGER, Vec::new());
            while rest.len() < BODY_MAX && read_more(client, until, &mut rest)? > 0 {}
            Ok(())
        }
    }
}
