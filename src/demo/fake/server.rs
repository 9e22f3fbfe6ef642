//! The fake on a port: Rocket with one route for everything, on threads of its own.

use super::Error;
use super::world::{Answer, Ask, World};
use flate2::Compression;
use flate2::write::GzEncoder;
use rocket::config::{LogLevel, Shutdown as Stopping};
use rocket::data::{ByteUnit, Data};
use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Method, Status};
use rocket::route::{Handler, Outcome};
use rocket::tokio::runtime;
use rocket::{Config, Request, Response, Route, Shutdown};
use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

/// Threads that answer; rendering events keeps one busy, and whoever reads them needs the rest of the machine.
const WORKERS: usize = 2;
/// Bytes handed to the connection at a time; a page of events has about two million.
const CHUNK: usize = 1 << 17;
/// The longest document that is taken.
const BODY_MAX: ByteUnit = ByteUnit::Mebibyte(1);
/// Seconds that an idle connection stays open: longer than a reader pauses between two pages.
const KEEP_ALIVE: u32 = 75;
/// Seconds that a request in flight is given when the fake stops.
const GRACE: u32 = 0;

#[derive(Debug)]
pub(super) struct Server {
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on loopback, and tells the world where.
    pub(super) fn start(world: Arc<World>, port: u16) -> Result<Server, Error> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("demo-klaviyo")
            .enable_all()
            .build()
            .map_err(Error::Threads)?;
        let (up, liftoff) = mpsc::channel();
        let failed = up.clone();
        let rocket =
            rocket::custom(config(port)).mount("/", routes(&world)).attach(AdHoc::on_liftoff("where", |rocket| {
                Box::pin(async move {
                    world.is_at(format!("http://127.0.0.1:{}", rocket.config().port));
                    let _ = up.send(Ok(rocket.shutdown()));
                })
            }));
        let serve = move || {
            if let Err(error) = runtime.block_on(rocket.launch()) {
                let _ = failed.send(Err(error.to_string()));
            }
            runtime.shutdown_background();
        };
        let thread =
            std::thread::Builder::new().name("demo-klaviyo".to_owned()).spawn(serve).map_err(Error::Threads)?;
        let refused = |reason: String| Error::Port { port, reason };
        let lifted = liftoff.recv().map_err(|_| refused("it stopped at once".to_owned()))?;
        Ok(Server { shutdown: lifted.map_err(refused)?, thread: Some(thread) })
    }

    /// Serves until something else stops it.
    pub(super) fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Quiet, on loopback, and without a hand on the process's signals: the process is not the fake's alone.
fn config(port: u16) -> Config {
    Config {
        port,
        workers: WORKERS,
        keep_alive: KEEP_ALIVE,
        log_level: LogLevel::Off,
        cli_colors: false,
        shutdown: Stopping {
            ctrlc: false,
            signals: HashSet::new(),
            grace: GRACE,
            mercy: 0,
            force: false,
            ..Stopping::default()
        },
        ..Config::release_default()
    }
}

fn routes(world: &Arc<World>) -> Vec<Route> {
    [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Options]
        .into_iter()
        .map(|method| Route::new(method, "/<path..>", Door(Arc::clone(world))))
        .collect()
}

/// Where every request comes in.
#[derive(Clone)]
struct Door(Arc<World>);

#[rocket::async_trait]
impl Handler for Door {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let header = |name| request.headers().get_one(name);
        let body = match request.method() {
            Method::Get => Vec::new(),
            _ => data.open(BODY_MAX).into_bytes().await.map(|it| it.into_inner()).unwrap_or_default(),
        };
        let answer = self.0.answer(&Ask {
            method: request.method().as_str(),
            path: request.uri().path().as_str(),
            query: request.uri().query().map_or("", |it| it.as_str()),
            authorization: header("Authorization"),
            revision: header("revision"),
            body: &body,
        });
        // A sleep of nothing would still wait for the timer's next tick.
        if !answer.delay.is_zero() {
            rocket::tokio::time::sleep(answer.delay).await;
        }
        let takes_gzip = header("Accept-Encoding").is_some_and(|it| it.contains("gzip"));
        Outcome::Success(respond(answer, self.0.gzip() && takes_gzip))
    }
}

fn respond<'r>(answer: Answer, gzip: bool) -> Response<'r> {
    let mut response = Response::new();
    response.set_status(Status::new(answer.status));
    response.set_header(ContentType::parse_flexible(answer.content_type).unwrap_or(ContentType::JSON));
    for (name, value) in answer.headers {
        response.set_raw_header(name, value);
    }
    let mut body = answer.body.into_bytes();
    if gzip && !answer.breaks {
        response.set_raw_header("Content-Encoding", "gzip");
        body = compressed(&body);
    }
    response.set_max_chunk_size(CHUNK);
    let promised = body.len();
    if answer.breaks {
        // Fewer bytes than were promised: the connection is closed in the middle of the body.
        body.truncate(promised / 2);
    }
    response.set_sized_body(promised, Cursor::new(body));
    response
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("a vector takes everything")
}
