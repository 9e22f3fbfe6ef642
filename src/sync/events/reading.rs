//! Reads spans of time by several threads at once, a window each, and writes what they close.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::cutter::{Cutter, Next};
use super::estimate::Estimate;
use super::open::Open;
use super::plan;
use super::room::Room;
use crate::klaviyo::{Bounds, Error, Request};
use crate::store::{Changes, Piece, Window, WithoutHelpers};
use crate::sync::copying::Copying;
use crate::sync::record::{self, Context};
use crate::sync::run::Stopped;
use crate::sync::series::Series;

/// Bytes of pages that may be in memory at a time, as Klaviyo sent them; what is made of them is about as much again.
const ROOM: u64 = 48 << 20;

/// What a page is taken to be before the first is there.
const USUAL_PAGE: u64 = 2 << 20;

/// Events that are written in one go: a row group of DuckDB's, which goes into the file at once, compressed. Half as
/// many go through the log and are compressed again with every checkpoint: three times the work, and twice the room.
const EVENTS_PER_WRITE: usize = 122_880;

/// What is complete is written after this long at the latest: what a crash can cost.
const WRITE_AFTER: TimeDelta = TimeDelta::seconds(10);

/// Of a long reading these last days are on screen first, and are written as soon as they are complete, more or less.
const ON_SCREEN: TimeDelta = TimeDelta::days(30);
const WRITE_ON_SCREEN_AFTER: TimeDelta = TimeDelta::seconds(1);

/// A reading of more than this keeps all cores busy by itself.
const LONG: TimeDelta = TimeDelta::days(60);

/// How much less a thread of such a reading gets of a core that pages want, too: about a tenth.
const NICENESS: i32 = 10;

/// How often a window is begun again because its cursor expired.
const RESTARTS: usize = 10;

/// The reading of one pass.
pub(super) struct Reading<'a> {
    copying: &'a Copying<'a>,
    zone: Tz,
    is_long: bool,
    /// What is to be read, newest first.
    spans: Vec<Window>,
    /// Bytes of pages in memory.
    room: Room,
    /// Cores that work on pages, or write.
    cores: Room,
    /// Held by who writes.
    pen: Mutex<()>,
    desk: Mutex<Desk<'a>>,
    /// Rung when something was learned, a window ends or all is over.
    bell: Condvar,
}

/// What the threads share.
struct Desk<'a> {
    cutter: Cutter,
    /// Windows that are being read, by number, each with the time down to which it is.
    reading: Vec<(usize, DateTime<Utc>)>,
    handed_out: usize,
    /// How long a page turned out to be lately, and how many events it may have.
    usual: u64,
    page_size: Option<u16>,
    /// Windows, or pieces of them, that wait to be written.
    shelf: Shelf,
    estimate: Estimate,
    pace: Pace,
    /// Why all of it ends.
    failure: Option<Stopped>,
    /// While there are windows to hand out, which keep all cores at work, writing has one of them.
    alone: Option<WithoutHelpers<'a>>,
}

#[derive(Default)]
struct Shelf {
    pieces: Vec<Piece>,
    /// When the first of them came.
    since: Option<DateTime<Utc>>,
    /// Whether anything was written yet: the first piece is not waited for by others, so that it is on screen.
    has_written: bool,
    /// What is later than this is waited for by people.
    on_screen_from: Option<DateTime<Utc>>,
}

impl<'a> Reading<'a> {
    /// Of `spans`, newest first.
    pub(super) fn of(copying: &'a Copying<'a>, zone: Tz, spans: Vec<Window>) -> Reading<'a> {
        let length = plan::length(&spans);
        let is_long = length.is_none_or(|it| it > LONG);
        let desk = Desk {
            estimate: Estimate::new(length, copying.now()),
            cutter: Cutter::new(spans.clone()),
            reading: Vec::new(),
            handed_out: 0,
            usual: USUAL_PAGE,
            page_size: copying.entity.page_size(),
            shelf: Shelf { on_screen_from: is_long.then(|| copying.now() - ON_SCREEN), ..Shelf::default() },
            pace: Pace::default(),
            failure: None,
            alone: None,
        };
        Reading {
            copying,
            zone,
            is_long,
            spans,
            room: Room::of(ROOM),
            cores: Room::of(std::thread::available_parallelism().map_or(1, usize::from) as u64),
            pen: Mutex::default(),
            desk: Mutex::new(desk),
            bell: Condvar::new(),
        }
    }

    /// Reads and writes everything, or until the first failure: what was closed by then is kept.
    pub(super) fn finish(self) -> Result<(), Stopped> {
        self.desk().alone = self.is_long.then(|| self.copying.store().without_helpers()).transpose()?;
        std::thread::scope(|scope| {
            for _ in 0..self.copying.handle.0.options.windows {
                scope.spawn(|| self.read_windows());
            }
        });
        // After a failure windows may be left.
        self.desk().alone = None;
        let written = self.write(&self.pen(), |_| true);
        self.desk().failure.take().map_or(written, Err)
    }

    /// What one thread does: window after window.
    fn read_windows(&self) {
        if self.is_long && cfg!(target_os = "linux") {
            give_way();
        }
        while let Some(turn) = self.take_turn() {
            if let Err(stopped) = self.read_window(&turn) {
                self.desk().failure.get_or_insert(stopped);
            }
        }
    }

    /// Waits for a window to read; there is none at the end, or after a failure.
    fn take_turn(&self) -> Option<Turn<'_, 'a>> {
        let mut desk = self.desk();
        loop {
            if desk.failure.is_some() {
                return None;
            }
            let reading = desk.reading.len();
            let may_begin = reading < desk.pace.windows(self.cores.size());
            let next = if may_begin { desk.cutter.next() } else { Next::Wait };
            match next {
                Next::Nothing => {
                    desk.alone = None;
                    return None;
                }
                Next::Wait => desk = self.bell.wait(desk).unwrap_or_else(PoisonError::into_inner),
                Next::Window(window) => {
                    let number = desk.handed_out;
                    desk.handed_out += 1;
                    desk.reading.push((number, window.end));
                    return Some(Turn { reading: self, number, window });
                }
            }
        }
    }

    /// Reads a window to its end, beginning again where it was closed last if its cursor expires.
    fn read_window(&self, turn: &Turn<'_, 'a>) -> Result<(), Stopped> {
        let (mut window, mut restarts) = (turn.window, 0);
        loop {
            match self.read_pages(turn, &mut window) {
                Err(Stopped::Klaviyo(Error::ExpiredCursor { .. })) if restarts < RESTARTS => restarts += 1,
                Err(Stopped::Klaviyo(Error::TooLong { .. })) if self.asks_for_less() => {}
                result => return result,
            }
        }
    }

    /// Reads what is left of a window, page after page; `left` shrinks with every piece that is closed.
    fn read_pages(&self, turn: &Turn<'_, 'a>, left: &mut Window) -> Result<(), Stopped> {
        let (copying, entity, whole) = (self.copying, self.copying.entity, *left);
        self.guess_length()?;
        let mut open = Open::new(copying.store(), entity, whole)?;
        let bounds = Bounds::Between { start: whole.start, end: whole.end };
        let page_size = self.desk().page_size;
        let mut series = Series::from(Request::sized(entity, None, Some(bounds), None, page_size));
        let mut seen = 0;
        while let Some(asked) = series.take() {
            self.write_if_held()?;
            let usual = self.desk().usual;
            let mut room = self.room.take(usual);
            if self.desk().failure.is_some() {
                return Err(Error::Stopped.into());
            }
            let from = Instant::now();
            let batch = copying.ask(&asked)?;
            let asking = from.elapsed();
            room.turned_out(batch.bytes);
            self.learn_length(batch.bytes);
            // Many may wait for Klaviyo at a time; more who work than there are cores only keep the writer from its own.
            let at_work = self.cores.take(1);
            let from = Instant::now();
            let is_last = series.follow(&asked, &batch)?;
            let page = record::read(entity, &batch, Context { zone: self.zone, parent: None })?;
            drop(batch);
            copying.leave_out(page.left_out);
            let count = page.records.len();
            seen += count;
            if is_last {
                let piece = open.close(&page)?;
                drop(at_work);
                self.come_to(turn, whole.start, count, |cutter| cutter.learn(whole.start, whole.end, seen));
                return self.put_away(Some(piece));
            }
            let piece = open.add(page)?;
            drop(at_work);
            self.desk().pace.learn(asking, from.elapsed());
            *left = open.window();
            let oldest = open.oldest();
            self.come_to(turn, oldest, count, |cutter| cutter.guess(oldest, whole.end, seen));
            self.put_away(piece)?;
        }
        // A series ends with its last page, or with an error.
        Err(Error::Stopped.into())
    }

    /// Longer pages count at once, shorter ones by and by: what is asked for at the same time must find room.
    fn learn_length(&self, bytes: u64) {
        let mut desk = self.desk();
        desk.usual = bytes.max(desk.usual - desk.usual / 8);
    }

    /// Halves the pages, if that is possible.
    fn asks_for_less(&self) -> bool {
        let mut desk = self.desk();
        let half = desk.page_size.map(|it| it / 2).filter(|it| *it > 0);
        log::info!("asking for pages of {half:?} events: what came was too long");
        desk.page_size = half.or(desk.page_size);
        half.is_some()
    }

    /// Where nobody knows where the account begins, its first metric tells about when, once metrics are copied: it came with
    /// the first event, and only what was brought in from elsewhere may be older.
    fn guess_length(&self) -> Result<(), Stopped> {
        if self.desk().estimate.is_open()
            && let Some(first_at) = self.copying.store().read(|db| db.first_metric())?
        {
            self.desk().estimate.guess(plan::length_from(&self.spans, first_at));
        }
        Ok(())
    }

    /// Takes in that a window is read down to `time`, where a page with so many events ends, and shows it.
    fn come_to(&self, turn: &Turn<'_, 'a>, time: DateTime<Utc>, events: usize, learn: impl FnOnce(&mut Cutter)) {
        let now = self.copying.now();
        let mut desk = self.desk();
        learn(&mut desk.cutter);
        let span = desk.reading.iter_mut().find(|(number, _)| *number == turn.number).map(|(_, at)| {
            let before = std::mem::replace(at, time.min(*at));
            before - *at
        });
        desk.estimate.read(span.unwrap_or_default(), events, now);
        // What is older than all that is being read was not begun.
        let back_to = desk.reading.iter().map(|(_, at)| *at).max().unwrap_or(time).with_timezone(&self.zone);
        let pace = desk.estimate.rate().map(|it| format!(", {it:.0} a second")).unwrap_or_default();
        let (done, left) = (desk.estimate.done(), desk.estimate.left());
        drop(desk);
        self.bell.notify_all();
        self.copying.count(self.copying.entity, events, Changes::default());
        self.copying.show(|it| {
            it.doing = Some(format!("back to {}{pace}", back_to.format("%-d %B %Y")));
            // Who worked this out first may come to show it last.
            it.done = it.done.zip(done).map(|(shown, now)| shown.max(now)).or(done);
            it.left_secs = left;
        });
    }

    /// Puts a piece on the shelf, if there is one, and writes what is there when it is time.
    fn put_away(&self, piece: Option<Piece>) -> Result<(), Stopped> {
        let (now, is_held) = (self.copying.now(), self.copying.is_held());
        let is_full = {
            let mut desk = self.desk();
            if let Some(piece) = piece {
                desk.shelf.since.get_or_insert(now);
                desk.shelf.pieces.push(piece);
            }
            if !desk.shelf.is_due(now) && !is_held {
                return Ok(());
            }
            desk.shelf.events() >= 2 * EVENTS_PER_WRITE
        };
        let pen = match self.pen.try_lock() {
            Ok(pen) => pen,
            // While another writes, as much again finds room.
            Err(TryLockError::WouldBlock) if !is_full && !is_held => return Ok(()),
            Err(_) => self.pen(),
        };
        self.write(&pen, |shelf| shelf.is_due(now) || is_held)
    }

    /// A pause may last for days, and a process be killed meanwhile: what is complete is written before.
    fn write_if_held(&self) -> Result<(), Stopped> {
        if self.copying.is_held() { self.write(&self.pen(), |_| true) } else { Ok(()) }
    }

    /// Writes what is on the shelf, if it is to be.
    fn write(&self, _pen: &MutexGuard<'_, ()>, is_to_be: impl FnOnce(&Shelf) -> bool) -> Result<(), Stopped> {
        let pieces = {
            let mut desk = self.desk();
            if is_to_be(&desk.shelf) { desk.shelf.empty() } else { Vec::new() }
        };
        if pieces.is_empty() {
            return Ok(());
        }
        let core = self.cores.take_at_once(1);
        let changes = self.copying.store().replace_windows(&pieces, self.copying.now())?;
        drop(core);
        self.copying.count(self.copying.entity, 0, changes);
        let windows: Vec<Window> = pieces.iter().map(|it| it.window).collect();
        if let Some(span) = plan::in_one(&windows) {
            self.copying.closed(span, changes);
        }
        Ok(())
    }

    fn pen(&self) -> MutexGuard<'_, ()> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> MutexGuard<'_, Desk<'a>> {
        // What a thread that panicked left behind is whole: the panic itself is passed on when all have ended.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let is_on_screen = |it: &Piece| self.on_screen_from.is_some_and(|from| it.window.end > from);
        let after = if self.pieces.iter().any(is_on_screen) { WRITE_ON_SCREEN_AFTER } else { WRITE_AFTER };
        let waited = self.since.is_some_and(|it| now - it >= after);
        !self.pieces.is_empty() && (!self.has_written || waited || self.events() >= EVENTS_PER_WRITE)
    }

    fn events(&self) -> usize {
        self.pieces.iter().map(|it| it.staged.len()).sum()
    }

    fn empty(&mut self) -> Vec<Piece> {
        self.has_written |= !self.pieces.is_empty();
        self.since = None;
        std::mem::take(&mut self.pieces)
    }
}

/// How long a page is waited for, and worked on, lately.
#[derive(Debug, Default)]
struct Pace {
    asking: Duration,
    working: Duration,
}

impl Pace {
    fn learn(&mut self, asking: Duration, working: Duration) {
        let among = |usual: Duration, latest: Duration| if usual.is_zero() { latest } else { (usual * 7 + latest) / 8 };
        self.asking = among(self.asking, asking);
        self.working = among(self.working, working);
    }

    /// Windows that keep so many cores at work: where Klaviyo answers at once, more of them only take memory.
    fn windows(&self, cores: u64) -> usize {
        let (whole, part) = ((self.asking + self.working).as_micros(), self.working.as_micros());
        let all = (whole + part / 2).checked_div(part).map(|each| each.saturating_mul(cores.into()));
        all.and_then(|it| usize::try_from(it).ok()).unwrap_or(usize::MAX)
    }
}

/// Pages come first: whoever looks at them does not wait for what takes minutes anyway. Of this thread alone, on Linux.
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        log::debug!("a long reading goes on at the priority of pages: {error}");
    }
}

/// A window that one thread reads, until this is dropped.
struct Turn<'r, 'a> {
    reading: &'r Reading<'a>,
    number: usize,
    window: Window,
}

impl Drop for Turn<'_, '_> {
    fn drop(&mut self) {
        self.reading.desk().reading.retain(|(number, _)| *number != self.number);
        self.reading.bell.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::EVENTS;
    use crate::store::Store;

    #[test]
    fn what_people_look_at_is_written_soon() {
        let store = Store::in_memory().expect("a database");
        let now = Utc::now();
        let waiting = |days: i64, from: Option<DateTime<Utc>>, secs: i64| {
            let window = Window { start: now - TimeDelta::days(days + 1), end: now - TimeDelta::days(days) };
            let piece = Piece { staged: store.stage(&EVENTS).expect("a stage"), window };
            let since = Some(now - TimeDelta::seconds(secs));
            Shelf { pieces: vec![piece], since, has_written: true, on_screen_from: from }.is_due(now)
        };
        let on_screen = Some(now - ON_SCREEN);
        assert!(waiting(3, on_screen, 1) && !waiting(3, on_screen, 0));
        assert!(waiting(90, on_screen, 10) && !waiting(90, on_screen, 9));
        assert!(!waiting(3, None, 9), "a short reading ends soon enough");
    }

    #[test]
    fn as_many_windows_are_open_as_keep_all_cores_at_work() {
        let ms = Duration::from_millis;
        for (asking, working, windows) in [(300, 15, 42), (10, 10, 4), (0, 10, 2), (5, 0, usize::MAX)] {
            let mut pace = Pace::default();
            pace.learn(ms(asking), ms(working));
            assert_eq!(pace.windows(2), windows, "{asking} {working}");
        }
        let mut pace = Pace::default();
        pace.learn(ms(300), ms(10));
        for _ in 0..60 {
            pace.learn(ms(10), ms(10));
        }
        assert_eq!(pace.windows(2), 4, "what was long ago is forgotten");
    }
}
