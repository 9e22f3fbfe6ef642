//! The fake on a port of loopback: a thread for each connection, which writes a page of events in one go.
//!
//! A web framework took twice as long to hand such a page over as it took to make it, and whoever reads from the fake
//! shares the machine with it.

use super::Error;
use super::http::{self, Head};
use super::world::{Answer, Ask, World};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long an idle connection stays open: longer than a reader pauses between two pages.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Answers up to this size leave in one piece with their head.
const SMALL: usize = 1 << 16;
/// Where a process that started the fake reads what it has seen.
const TRAFFIC: &str = "/traffic";
/// Where it lets so many things happen as the query says: `/bustle?1000`.
const BUSTLE: &str = "/bustle";

#[derive(Debug)]
pub(super) struct Server {
    door: Arc<Door>,
    thread: Option<JoinHandle<()>>,
}

/// What all connections share.
#[derive(Debug)]
struct Door {
    world: Arc<World>,
    address: SocketAddr,
    state: Mutex<State>,
    /// Rung once, when the fake stops.
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    /// Open connections by number, to be cut when the fake stops.
    open: HashMap<u64, TcpStream>,
    next: u64,
}

impl Server {
    /// Listens on loopback, and tells the world where.
    pub(super) fn start(world: Arc<World>, port: u16) -> Result<Server, Error> {
        let refused = |error: io::Error| Error::Port { port, reason: error.to_string() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        world.is_at(format!("http://{address}"));
        let door = Arc::new(Door { world, address, state: Mutex::default(), bell: Condvar::new() });
        let serve = {
            let door = Arc::clone(&door);
            move || door.serve(&listener)
        };
        let thread = thread::Builder::new().name("demo-klaviyo".to_owned()).spawn(serve).map_err(Error::Threads)?;
        Ok(Server { door, thread: Some(thread) })
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
        self.door.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Door {
    /// Takes connections until it is closed, and waits for their threads.
    fn serve(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let Some(number) = self.admit(&stream) else { return };
                let talk = move || {
                    // Whoever hangs up has said all that there is to say.
                    let _ = self.talk(&stream);
                    let _ = stream.shutdown(Shutdown::Both);
                    self.state().open.remove(&number);
                };
                if thread::Builder::new().name("demo-klaviyo".to_owned()).spawn_scoped(scope, talk).is_err() {
                    self.state().open.remove(&number);
                }
            }
        });
    }

    /// The number of a new connection; `None` once the fake stops.
    fn admit(&self, stream: &TcpStream) -> Option<u64> {
        let mut state = self.state();
        if state.stopping {
            return None;
        }
        let number = state.next;
        state.next += 1;
        if let Ok(stream) = stream.try_clone() {
            state.open.insert(number, stream);
        }
        Some(number)
    }

    fn close(&self) {
        let mut state = self.state();
        state.stopping = true;
        for stream in state.open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.bell.notify_all();
        // Whoever waits for connections wakes up with one.
        let _ = TcpStream::connect(self.address);
    }

    /// Answers one request after the other. The memory of an answer is kept for the next.
    fn talk(&self, mut stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(KEEP_ALIVE))?;
        let mut reader = BufReader::new(stream);
        let mut body = String::new();
        while let Some(head) = http::read_head(&mut reader)? {
            let mut posted = vec![0; head.length];
            reader.read_exact(&mut posted)?;
            if let Some(answer) = self.aside(&head) {
                send(&mut stream, &head, answer, false)?;
                if head.closes {
                    return Ok(());
                }
                continue;
            }
            let passing = self.world.begin();
            let mut answer = self.world.answer(&head.ask(&posted), std::mem::take(&mut body));
            if self.waits(answer.delay) {
                return Ok(());
            }
            let breaks = answer.breaks;
            body = send(&mut stream, &head, std::mem::take(&mut answer), self.world.gzip())?;
            drop(passing);
            body.clear();
            if breaks || head.closes {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What is no part of Klaviyo's API, but for whoever started the fake.
    fn aside(&self, head: &Head) -> Option<Answer> {
        match head.path.as_str() {
            TRAFFIC => Some(Answer::of(200, self.world.traffic().to_json())),
            BUSTLE => {
                let Ok(count) = head.query.parse() else { return Some(Answer::of(400, "{}".to_owned())) };
                self.world.bustle(count);
                Some(Answer::of(200, "{}".to_owned()))
            }
            _ => None,
        }
    }

    /// Lets time pass, and tells whether the fake stopped meanwhile.
    fn waits(&self, time: Duration) -> bool {
        if time.is_zero() {
            return false;
        }
        let state = self.state();
        let waited = self.bell.wait_timeout_while(state, time, |it| !it.stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends an answer, or half of one that breaks. Returns its body.
fn send(stream: &mut &TcpStream, head: &Head, answer: Answer, gzip: bool) -> io::Result<String> {
    let zipped = (gzip && head.takes_gzip && !answer.breaks).then(|| compressed(answer.body.as_bytes()));
    let body = zipped.as_deref().unwrap_or(answer.body.as_bytes());
    let mut out = http::head_of(&answer, body.len(), zipped.is_some()).into_bytes();
    // Of what breaks, fewer bytes come than were promised.
    let body = if answer.breaks { &body[..body.len() / 2] } else { body };
    if body.len() <= SMALL {
        out.extend_from_slice(body);
        stream.write_all(&out)?;
    } else {
        stream.write_all(&out)?;
        stream.write_all(body)?;
    }
    Ok(answer.body)
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("a vector takes everything")
}

impl Head {
    fn ask<'a>(&'a self, body: &'a [u8]) -> Ask<'a> {
        Ask {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            authorization: self.authorization.as_deref(),
            revision: self.revision.as_deref(),
            body,
        }
    }
}
