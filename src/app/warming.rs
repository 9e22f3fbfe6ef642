//! Works out the usual answers after a sync, before somebody asks for them.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::Utc;
use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Orbit, Rocket};

use crate::causes::causes;
use crate::pages::Desk;
use crate::{api, pages, web};

/// How often it is looked whether a sync has ended. The first who asks sooner does the work, and others share it.
const LOOK: Duration = Duration::from_secs(1);

/// A thread that is told to stop by dropping what it listens to.
pub(super) struct Warming {
    desk: Desk,
    thread: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Warming {
    pub(super) fn of(desk: Desk) -> Warming {
        Warming { desk, thread: Mutex::default() }
    }
}

#[rocket::async_trait]
impl Fairing for Warming {
    fn info(&self) -> Info {
        Info { name: "warming", kind: Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_liftoff(&self, _: &Rocket<Orbit>) {
        let (alive, told) = mpsc::channel::<()>();
        let desk = self.desk.clone();
        let thread = std::thread::spawn(move || {
            let mut warmed = None;
            while told.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                keep_warm(&desk, &mut warmed);
            }
        });
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some((alive, thread));
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((alive, thread)) = thread {
            drop(alive);
            // What it asks is under way for a second at most.
            let joined = web::waiting(move || Ok(thread.join()));
            if !matches!(joined.await, Ok(Ok(()))) {
                log::error!("the thread that keeps answers warm had panicked");
            }
        }
    }
}

/// Asks what most will ask, once for each version of the data that stays: while a run goes on, every moment has another.
fn keep_warm(desk: &Desk, warmed: &mut Option<u64>) {
    let version = desk.store.version();
    if *warmed == Some(version) || desk.handle.is_busy() {
        return;
    }
    *warmed = Some(version);
    let now = Utc::now();
    if let Err(error) = pages::warm(desk, now).and_then(|()| api::warm(desk, now)) {
        log::warn!("the usual answers could not be worked out ahead: {}", causes(&error));
    }
}
