//! What the machine has left: processors, memory, room on the disk. Read from `/proc` and the file system; what another
//! system does not tell that way is unknown.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::tokio::{select, spawn, time};
use rocket::{Build, Orbit, Rocket, fairing};
use serde::Serialize;

use crate::store::memory;

/// How long the share of the processors that is in use is averaged over.
const INTERVAL: Duration = Duration::from_secs(5);

/// Since when the server runs, and how busy its machine is; managed by Rocket.
pub(in crate::api) struct Machine {
    pub(super) started_at: DateTime<Utc>,
    started: Instant,
    load: Mutex<Load>,
}

/// The last two looks at the processors, taken [`INTERVAL`] apart.
#[derive(Default)]
struct Load {
    last: Option<Ticks>,
    cpu: Option<Cpu>,
}

/// Processor time so far, in ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ticks {
    /// Of all processors, idle or not.
    all: f64,
    idle: f64,
    own: f64,
}

/// Shares of all processors' time over the last seconds, 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Cpu {
    pub(super) usage: f64,
    /// This process's part of it.
    pub(super) own: f64,
}

/// Memory of this process, in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Memory {
    /// What it may have: the control group's limit, or the machine's memory.
    pub(super) total: u64,
    pub(super) resident: u64,
    /// What it may have still.
    pub(super) free: u64,
}

/// Room on the disk of the data directory, in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Disk {
    pub(super) total: u64,
    /// What is left for a process without privileges.
    pub(super) free: u64,
}

impl Memory {
    /// The share that is occupied, 0–1.
    pub(super) fn share(self) -> f64 {
        self.resident as f64 / self.total.max(1) as f64
    }
}

impl Machine {
    pub(super) fn new() -> Machine {
        Machine { started_at: Utc::now(), started: Instant::now(), load: Mutex::default() }
    }

    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Unknown in the first seconds.
    pub(super) fn cpu(&self) -> Option<Cpu> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner).cpu
    }

    fn look(&self) {
        let Some(now) = ticks() else { return };
        let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        load.cpu = load.last.and_then(|last| between(last, now)).or(load.cpu);
        load.last = Some(now);
    }
}

/// What the processors did between two looks; unknown when they are too close to each other to tell.
fn between(last: Ticks, now: Ticks) -> Option<Cpu> {
    let all = now.all - last.all;
    let share = |part: f64| (part / all).clamp(0.0, 1.0);
    (all > 0.0).then(|| Cpu { usage: share(all - (now.idle - last.idle)), own: share(now.own - last.own) })
}

fn ticks() -> Option<Ticks> {
    Some(ticks_of(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?))
}

/// From the texts of `/proc/stat` and `/proc/self/stat`; see proc(5).
fn ticks_of(machine: &str, own: &str) -> Ticks {
    let numbers = |text: &str| -> Vec<f64> { text.split_whitespace().filter_map(|it| it.parse().ok()).collect() };
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
    let line = machine.lines().find_map(|it| it.strip_prefix("cpu ")).unwrap_or_default();
    let machine: Vec<f64> = numbers(line).into_iter().take(8).collect();
    // The name of the command may hold anything, so fields are counted from behind its bracket: utime is the 14th.
    let fields = own.rsplit_once(')').map_or("", |it| it.1);
    let own: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
    Ticks { all: machine.iter().sum(), idle: machine.iter().skip(3).take(2).sum(), own }
}

/// Processor time that this process has used since its start, in seconds.
pub(super) fn own_seconds() -> Option<f64> {
    ticks().map(|it| it.own / rustix::param::clock_ticks_per_second() as f64)
}

/// Runnable processes on average over 1, 5 and 15 minutes.
pub(super) fn load_average() -> Option<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let mut numbers = text.split_whitespace().filter_map(|it| it.parse().ok());
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

pub(super) fn memory() -> Option<Memory> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    let (total, resident) = (memory::available()?, pages * rustix::param::page_size() as u64);
    let left = total.saturating_sub(resident);
    Some(Memory { total, resident, free: memory::unused().map_or(left, |it| it.min(left)) })
}

pub(super) fn disk(directory: &Path) -> std::io::Result<Disk> {
    let it = rustix::fs::statvfs(directory)?;
    Ok(Disk { total: it.f_blocks * it.f_frsize, free: it.f_bavail * it.f_frsize })
}

/// Looks at the processors from time to time, from liftoff to shutdown.
pub(super) struct Watch;

#[rocket::async_trait]
impl Fairing for Watch {
    fn info(&self) -> Info {
        Info { name: "machine", kind: Kind::Ignite | Kind::Liftoff }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        Ok(rocket.manage(std::sync::Arc::new(Machine::new())))
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let Some(machine) = rocket.state::<std::sync::Arc<Machine>>().cloned() else { return };
        let mut shutdown = rocket.shutdown();
        spawn(async move {
            let mut beat = time::interval(INTERVAL);
            loop {
                select! {
                    _ = beat.tick() => machine.look(),
                    () = &mut shutdown => return,
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  100 20 30 800 50 0 0 0 0 0\ncpu0 100 20 30 800 50 0 0 0 0 0\nintr 1\n";
    const OWN: &str = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 61 9 0 0 20 0 9 0 1 2 3";

    #[test]
    fn ticks_are_read_as_the_manual_says() {
        assert_eq!(ticks_of(STAT, OWN), Ticks { all: 1_000.0, idle: 850.0, own: 70.0 });
    }

    #[test]
    fn usage_is_what_was_not_idle_in_between() {
        let last = ticks_of(STAT, OWN);
        let now = Ticks { all: last.all + 200.0, idle: last.idle + 50.0, own: last.own + 100.0 };
        assert_eq!(between(last, now), Some(Cpu { usage: 0.75, own: 0.5 }));
        assert_eq!(between(last, last), None);
    }

    #[test]
    fn this_machine_tells_of_itself() {
        let machine = Machine::new();
        machine.look();
        assert_eq!(machine.cpu(), None, "one look tells nothing");
        let memory = memory().expect("memory");
        assert!(memory.resident > 1 << 20 && memory.total > memory.resident, "{memory:?}");
        let unused = memory::unused().expect("memory");
        assert!(memory.free <= memory.total - memory.resident && memory.free / 2 < unused, "{memory:?}, {unused}");
        let disk = disk(Path::new(".")).expect("a disk");
        assert!(disk.free > 0 && disk.free <= disk.total, "{disk:?}");
        assert!(disk_of_nowhere().is_err());
        assert!(load_average().is_some() && own_seconds().is_some());
    }

    fn disk_of_nowhere() -> std::io::Result<Disk> {
        disk(Path::new("/nowhere/at/all"))
    }
}
