//! Whose turn it is: what blocks is done away from the threads that serve, and only so much of it at a time, because every
//! answer that is worked out takes a share of the database's memory.

use std::time::Duration;

use rocket::tokio::sync::{Semaphore, oneshot};
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::time::timeout;

use super::Error;

/// Answers that are worked out at a time, however many threads there are: with the least memory that `auto` gives DuckDB,
/// each has 32 MB.
static ANSWERS: Turns = Turns::new(8);

/// Files that are written at a time. Each may take minutes, and no page is to wait for that.
static FILES: Turns = Turns::new(2);

/// How long somebody waits for a turn, before it is said that there are too many.
const PATIENCE: Duration = Duration::from_secs(20);

struct Turns {
    free: Semaphore,
    patience: Duration,
}

impl Turns {
    const fn new(count: usize) -> Turns {
        Turns { free: Semaphore::const_new(count), patience: PATIENCE }
    }

    /// Does the work when its turn comes. Who asked may be gone by then: the turn ends with the work and not with the wait.
    async fn take<T, F>(&'static self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        let Ok(Ok(turn)) = timeout(self.patience, self.free.acquire()).await else {
            return Err(Error::Busy("too much is asked at a time; try again in a moment".to_owned()));
        };
        aside(move || {
            let _turn = turn;
            work()
        })
        .await
    }
}

/// Runs what blocks, as every question to the store does, away from the threads that serve.
///
/// # Errors
/// The work's own, [`Error::Busy`] where its turn did not come, or [`Error::Lost`] where it panicked or the server went down
/// meanwhile.
pub async fn blocking<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    ANSWERS.take(work).await
}

/// As [`blocking`], for what writes a file and may take long.
///
/// # Errors
/// As [`blocking`].
pub async fn lengthy<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    FILES.take(work).await
}

/// As [`blocking`], for what is little and waits for no turn: whether the server is well has to be known when it is busy, too.
///
/// # Errors
/// The work's own, or [`Error::Lost`].
pub async fn aside<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    spawn_blocking(work).await.unwrap_or(Err(Error::Lost))
}

/// Runs what waits for somebody else, as for Klaviyo, on a thread of its own: however long that takes, no page waits for it.
///
/// # Errors
/// The work's own, or [`Error::Lost`].
pub async fn waiting<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    let (done, told) = oneshot::channel();
    // Who asked may be gone.
    let work = move || drop(done.send(work()));
    std::thread::Builder::new().spawn(work).map_err(|_| Error::Lost)?;
    told.await.unwrap_or(Err(Error::Lost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket::tokio::runtime::Runtime;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_is_worked_out_at_a_time_than_there_are_turns() {
        static TURNS: Turns = Turns::new(3);
        static NOW: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            let others = NOW.fetch_add(1, Ordering::SeqCst);
            std::thread::park_timeout(Duration::from_millis(20));
            NOW.fetch_sub(1, Ordering::SeqCst);
            Ok(others)
        };
        let runtime = Runtime::new().expect("a runtime");
        let tasks: Vec<_> = (0..20).map(|_| runtime.spawn(TURNS.take(work))).collect();
        for task in tasks {
            let others = runtime.block_on(task).expect("no panic").expect("a turn");
            assert!(others < 3, "{others} others were at work");
        }
    }

    #[test]
    fn who_waits_too_long_is_told_so_and_nothing_is_done() {
        static TURNS: Turns = Turns { free: Semaphore::const_new(0), patience: Duration::from_millis(5) };
        let refused =
            Runtime::new().expect("a runtime").block_on(TURNS.take(|| -> Result<(), Error> { unreachable!() }));
        assert!(matches!(refused, Err(Error::Busy(_))));
    }
}
