//! Bounds what is there at a time, bytes in memory or cores at work: everyone takes room before, and gives it back after.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Room for so much, shared by threads.
#[derive(Debug)]
pub(super) struct Room {
    size: u64,
    /// May be more than there is.
    taken: Mutex<u64>,
    /// Rung when room is given back.
    bell: Condvar,
}

/// Room that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    room: &'a Room,
    size: u64,
}

impl Room {
    pub(super) fn of(size: u64) -> Room {
        Room { size, taken: Mutex::default(), bell: Condvar::new() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Waits until there is room for so much. What is larger than all of it is let in alone.
    pub(super) fn take(&self, size: u64) -> Taken<'_> {
        let is_full = |taken: &mut u64| *taken > 0 && taken.saturating_add(size) > self.size;
        let mut taken = self.bell.wait_while(self.lock(), is_full).unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_add(size);
        Taken { room: self, size }
    }

    /// Takes it also where there is none: others wait instead.
    pub(super) fn take_at_once(&self, size: u64) -> Taken<'_> {
        let mut taken = self.lock();
        *taken = taken.saturating_add(size);
        Taken { room: self, size }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        // A number cannot be left half written.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken<'_> {
    /// It turned out to be more, or less: what is there already does not wait.
    pub(super) fn turned_out(&mut self, size: u64) {
        let mut taken = self.room.lock();
        *taken = taken.saturating_sub(self.size).saturating_add(size);
        self.size = size;
        self.room.bell.notify_all();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        *taken = taken.saturating_sub(self.size);
        self.room.bell.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let room = Room::of(100);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (room, now, most) = (&room, &now, &most);
                scope.spawn(move || {
                    for turn in 0..500 {
                        let bytes = 1 + (thread * 37 + turn * 11) % 60;
                        let taken = room.take(bytes);
                        most.fetch_max(now.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                        thread::yield_now();
                        now.fetch_sub(bytes, Ordering::SeqCst);
                        drop(taken);
                    }
                });
            }
        });
        let most = most.into_inner();
        assert!((61..=100).contains(&most), "{most}");
        assert_eq!(*room.lock(), 0);
    }

    #[test]
    fn who_finds_no_room_waits_until_there_is() {
        let room = Room::of(100);
        let first = room.take(70);
        thread::scope(|scope| {
            let (sender, entered) = mpsc::channel();
            let room = &room;
            scope.spawn(move || {
                let _second = room.take(40);
                sender.send(()).expect("a listener");
            });
            assert!(entered.recv_timeout(Duration::from_millis(50)).is_err());
            drop(first);
            entered.recv_timeout(Duration::from_secs(10)).expect("room");
        });
    }

    #[test]
    fn who_cannot_wait_is_let_in_and_others_wait_instead() {
        let room = Room::of(2);
        let (first, second) = (room.take(1), room.take(1));
        let third = room.take_at_once(1);
        assert_eq!(*room.lock(), 3);
        drop(first);
        thread::scope(|scope| {
            let (sender, entered) = mpsc::channel();
            let room = &room;
            scope.spawn(move || {
                let _fourth = room.take(1);
                sender.send(()).expect("a listener");
            });
            assert!(entered.recv_timeout(Duration::from_millis(50)).is_err());
            drop(second);
            entered.recv_timeout(Duration::from_secs(10)).expect("room");
        });
        drop(third);
    }

    #[test]
    fn what_is_larger_than_all_of_it_is_let_in_alone() {
        let room = Room::of(100);
        let large = room.take(500);
        assert_eq!(*room.lock(), 500);
        drop(large);
        let mut grown = room.take(10);
        grown.turned_out(300);
        assert_eq!(*room.lock(), 300);
        grown.turned_out(60);
        drop(room.take(40));
        drop(grown);
        assert_eq!(*room.lock(), 0);
    }
}
