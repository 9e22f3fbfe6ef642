//! Where Klaviyo delivers events. Nothing here is asked by a browser: whoever knows the secret may deliver.

use std::time::Duration;

use rocket::data::{ByteUnit, Data, ToByteUnit};
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::status::Custom;
use rocket::serde::json::Json;
use rocket::tokio::sync::{Semaphore, SemaphorePermit};
use rocket::tokio::time::timeout;
use rocket::{State, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi::Failure;
use crate::config;
use crate::sync::{Declined, Delivery, Handle, Receipt};
use crate::web::{self, Error};

/// The longest delivery that is read: a thousand events, each with a whole order.
const BODY_MAX: u64 = 16;

/// How long a delivery may take to arrive.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// How long a delivery waits for those before it.
const TURN_WITHIN: Duration = Duration::from_secs(1);

/// Bounds how many deliveries are in memory at a time.
pub(super) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Gate {
        Gate(Semaphore::new(4))
    }
}

impl Gate {
    async fn enter(&self) -> Result<SemaphorePermit<'_>, Error> {
        let turn = timeout(TURN_WITHIN, self.0.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| Error::Busy("too many deliveries at a time".to_owned()))
    }
}

/// What a delivery says of itself in its headers.
pub(super) struct Headers {
    webhook_id: Option<String>,
    signature: Option<String>,
    timestamp: Option<String>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Headers {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Headers, Self::Error> {
        let header = |name| request.headers().get_one(name).map(ToOwned::to_owned);
        Outcome::Success(Headers {
            webhook_id: header("Klaviyo-Webhook-Id"),
            signature: header("Klaviyo-Signature"),
            timestamp: header("Klaviyo-Timestamp"),
        })
    }
}

/// That the delivery is noted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcceptedDelivery)]
pub(super) struct Accepted {
    /// `accepted`, or `known` where the same delivery came before.
    status: &'static str,
    /// Events in it.
    events: usize,
}

type Answer = Result<Custom<Json<Accepted>>, Error>;

/// Takes a delivery of Klaviyo's, whose signature over the raw body is checked before anything in it is looked at.
#[utoipa::path(
    post, path = "/webhooks/klaviyo", operation_id = "deliver", tag = "webhooks",
    params(
        ("Klaviyo-Signature" = String, Header, description = "HMAC-SHA256 of body and timestamp, in hexadecimal digits."),
        ("Klaviyo-Timestamp" = String, Header, description = "When it was signed."),
        ("Klaviyo-Webhook-Id" = String, Header, description = "Of which webhook it is."),
    ),
    request_body(content = String, description = "The document as Klaviyo sends it", content_type = "application/json"),
    responses(
        (status = 202, description = "It is noted, and its events are there in a moment", body = Accepted),
        (status = 401, description = "It is not signed, not by Klaviyo, or too long ago", body = Failure),
        (status = 403, description = "It is of another account", body = Failure),
        (status = 413, description = "The body is too long", body = Failure)
    )
)]
#[post("/webhooks/klaviyo", data = "<body>")]
pub(super) async fn deliver(
    headers: Headers,
    body: Data<'_>,
    handle: &State<Handle>,
    settings: &State<config::Webhooks>,
    gate: &State<Gate>,
) -> Answer {
    let unsigned = || Error::Unauthorized("the delivery has no id, signature or timestamp in its headers".to_owned());
    let (Some(webhook_id), Some(signature), Some(timestamp)) =
        (headers.webhook_id, headers.signature, headers.timestamp)
    else {
        return Err(unsigned());
    };
    let (handle, settings) = (handle.inner().clone(), settings.inner().clone());
    // What nobody may deliver is refused before it is read: the address is open to the world.
    let (asked, known) = (handle.clone(), settings.clone());
    let (webhook_id, signature, timestamp) = web::aside(move || {
        let delivery = Delivery { webhook_id: &webhook_id, signature: &signature, timestamp: &timestamp, body: &[] };
        asked.expects(&delivery, &known).map_err(refusal)?;
        Ok((webhook_id, signature, timestamp))
    })
    .await?;
    let _turn = gate.enter().await?;
    let body = read(body, BODY_MAX.mebibytes()).await?;
    web::aside(move || {
        let delivery = Delivery { webhook_id: &webhook_id, signature: &signature, timestamp: &timestamp, body: &body };
        let Receipt { events, repeated } = handle.receive(&delivery, &settings).map_err(refusal)?;
        let status = if repeated { "known" } else { "accepted" };
        Ok(Custom(Status::Accepted, Json(Accepted { status, events })))
    })
    .await
}

async fn read(body: Data<'_>, max: ByteUnit) -> Result<Vec<u8>, Error> {
    let slow = |_| Error::Malformed("the delivery did not come within ten seconds".to_owned());
    let read = timeout(READ_WITHIN, body.open(max).into_bytes()).await.map_err(slow)?;
    let read = read.map_err(|error| Error::Malformed(format!("the delivery broke off: {error}")))?;
    if read.is_complete() { Ok(read.into_inner()) } else { Err(Error::TooLarge(max)) }
}

fn refusal(declined: Declined) -> Error {
    match declined {
        Declined::NotSetUp | Declined::Unknown => Error::Missing(declined.to_string()),
        Declined::Forged | Declined::Stale(_) => Error::Unauthorized(declined.to_string()),
        Declined::Malformed(_) => Error::Malformed(declined.to_string()),
        Declined::OtherAccount => Error::Forbidden("the delivery is of another account"),
        Declined::TooEarly => Error::Busy(declined.to_string()),
        Declined::Store(error) => Error::Store(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::tokio::runtime::Runtime;
    use rocket::tokio::time::sleep;
    use std::sync::Arc;

    #[test]
    fn deliveries_that_come_at_once_wait_for_one_another() {
        let (runtime, gate) = (Runtime::new().expect("a runtime"), Arc::new(Gate::default()));
        let deliver = |takes: u64| {
            let gate = Arc::clone(&gate);
            runtime.spawn(async move {
                let _turn = gate.enter().await?;
                sleep(Duration::from_millis(takes)).await;
                Ok::<_, Error>(())
            })
        };
        let all: Vec<_> = (0..30).map(|_| deliver(5)).collect();
        for delivery in all {
            runtime.block_on(delivery).expect("no panic").expect("a turn");
        }
        let _kept = gate.0.try_acquire_many(4).expect("all turns");
        assert!(matches!(runtime.block_on(gate.enter()), Err(Error::Busy(_))));
    }
}
