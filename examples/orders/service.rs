//! What clients can ask for, and what they are answered.

use std::time::Duration;

use serde::Serialize;
use taskflow::{RunError, RunId, Runner, StartError, Undone};

use super::cli::Release;
use super::gateway::DECLINED;
use super::http::{Request, Response};
use super::order::{Order, Shipment};
use super::placed::{self, Placed};
use super::stock::NOT_THERE;

/// The runs of the service, for its clients.
pub struct Service {
    pub runner: Runner,
    pub release: Release,
    /// How long a client that places an order is kept waiting for its end.
    pub wait: Duration,
}

/// What is told of an order.
#[derive(Serialize)]
struct Told<'r> {
    order: &'r RunId,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment: Option<Shipment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What is told of an order that needs the operator.
#[derive(Serialize)]
struct Trouble {
    order: RunId,
    version: u32,
    state: String,
    why: Option<String>,
}

type Answer = Result<Response, Response>;

impl Service {
    pub fn answer(&self, request: &Request) -> Response {
        let path: Vec<&str> = request.path.split('/').skip(1).collect();
        let answer = match (&*request.method, &*path) {
            ("POST", ["orders"]) => self.place(request),
            ("GET", ["orders", id]) => self.tell(id),
            ("POST", ["orders", id, "resume"]) => self.resume(id),
            ("GET", ["attention"]) => self.attention(),
            (_, ["orders"] | ["orders", _, "resume"]) => Err(only("POST")),
            (_, ["orders", _] | ["attention"]) => Err(only("GET")),
            _ => Err(Response::error(
                404,
                "there is nothing; ask for `/orders`, `/orders/ID` or `/attention`",
            )),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn place(&self, request: &Request) -> Answer {
        // The header's value is a quoted text by its draft, and a bare one in practice.
        let key = request
            .header("Idempotency-Key")
            .map(|key| key.trim_matches('"'));
        let key = key.ok_or_else(|| {
            Response::error(
                400,
                "there is no `Idempotency-Key`; send one of your own for each order, and the same \
                 again when you ask again",
            )
        })?;
        let order: Order = serde_json::from_slice(&request.body)
            .map_err(|error| Response::error(400, format!("this is no order: {error}")))?;
        let run = placed::place(&self.runner, self.release, key, order)?;
        let result = run.wait_timeout(self.wait);
        let status = match &result {
            Some(Ok(_)) => 201,
            Some(Err(error)) => status(error),
            None => 202,
        };
        let location = format!("/orders/{}", run.id());
        Ok(told(status, &*run, result)?.with("Location", location))
    }

    fn tell(&self, id: &str) -> Answer {
        let id = run_id(id)?;
        let run = placed::find(&self.runner, &id)?;
        let run = run.ok_or(StartError::NoSuchRun(id))?;
        let result = run.wait_timeout(Duration::ZERO);
        told(200, &*run, result)
    }

    fn resume(&self, id: &str) -> Answer {
        let id = run_id(id)?;
        self.runner.resume(&id)?;
        let run = placed::find(&self.runner, &id)?;
        let run = run.ok_or_else(|| StartError::NoSuchRun(id.clone()))?;
        Ok(told(202, &*run, None)?.with("Location", format!("/orders/{id}")))
    }

    fn attention(&self) -> Answer {
        let runs = self.runner.runs().attention().list()?;
        let runs = runs.into_iter().map(|listed| Trouble {
            order: listed.run.id,
            version: listed.run.version,
            state: listed.run.state.to_string(),
            why: listed.attention.map(|attention| attention.to_string()),
        });
        Ok(Response::json(200, &runs.collect::<Vec<_>>()))
    }
}

fn only(method: &'static str) -> Response {
    Response::error(405, format!("this is there for `{method}` only")).with("Allow", method)
}

fn run_id(id: &str) -> Result<RunId, Response> {
    RunId::new(id).map_err(|error| StartError::InvalidId(error).into())
}

fn told(status: u16, run: &dyn Placed, result: Option<Result<Shipment, RunError>>) -> Answer {
    let (shipment, error) = match result {
        None => (None, None),
        Some(Ok(shipment)) => (Some(shipment), None),
        Some(Err(error)) => (None, Some(reason(&error))),
    };
    let told = Told {
        order: run.id(),
        state: run.state()?.to_string(),
        shipment,
        error,
    };
    Ok(Response::json(status, &told))
}

/// What the client is told of an order that has not come to a good end.
fn status(error: &RunError) -> u16 {
    match error {
        RunError::Failed(failed) if *failed.undone() == Undone::All => {
            match failed
                .failures()
                .first()
                .map(|first| first.failure.message())
            {
                Some(DECLINED) => 402,
                Some(NOT_THERE) => 422,
                _ => 502,
            }
        }
        // It goes on by itself, in this process or in the next.
        RunError::Stopped(_)
        | RunError::NotStarted(StartError::Draining | StartError::NotNow { .. }) => 202,
        RunError::NotStarted(error) => refused(error),
        _ => 500,
    }
}

/// The same for one that did not begin.
fn refused(error: &StartError) -> u16 {
    match error {
        StartError::InvalidId(_) => 400,
        StartError::NoSuchRun(_) => 404,
        StartError::OtherInputs(_) | StartError::OtherFlow { .. } | StartError::NotNow { .. } => {
            409
        }
        StartError::Full | StartError::Draining => 503,
        _ => 500,
    }
}

/// What went wrong and what to do, in a line.
fn reason(error: &RunError) -> String {
    match error {
        RunError::Failed(failed) if *failed.undone() == Undone::All => {
            let failures = failed.failures().iter();
            let mut reasons: Vec<_> = failures.map(|task| format!("{:#}", task.failure)).collect();
            reasons.push("all of it is undone, order anew with another key".to_owned());
            reasons.join("; ")
        }
        _ => error.to_string(),
    }
}

impl From<StartError> for Response {
    fn from(error: StartError) -> Self {
        let status = refused(&error);
        let response = Self::error(status, error.to_string());
        if status == 503 {
            // Another process is at work by then, or this one has fewer orders.
            response.with("Retry-After", "5")
        } else {
            response
        }
    }
}
