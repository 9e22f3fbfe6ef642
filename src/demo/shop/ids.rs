//! Ids in Klaviyo's shapes, each made from a number.

use crate::demo::random::mix;

const BASE62: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Digits of a 64-bit number in base 62.
const WIDTH: usize = 11;

/// Eleven digits, equal only for equal numbers.
pub(in crate::demo) fn base62(mut number: u64) -> String {
    let mut digits = [b'0'; WIDTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[usize::try_from(number % 62).expect("below 62")];
        number /= 62;
    }
    text(&digits)
}

fn text(digits: &[u8]) -> String {
    str::from_utf8(digits).expect("digits are ASCII").to_owned()
}

/// The id of the event with that serial number.
pub(in crate::demo) fn event_id(seed: u64, serial: u32) -> String {
    base62(mix(event_key(seed, serial)))
}

/// Tells whether an id is that of the event with this serial number.
pub(in crate::demo) fn event_serial(seed: u64, id: &str) -> impl Fn(u32) -> bool {
    let wanted = (id.len() == WIDTH).then(|| number(id)).flatten();
    move |serial| wanted == Some(mix(event_key(seed, serial)))
}

fn event_key(seed: u64, serial: u32) -> u64 {
    (mix(seed) << 32) | u64::from(serial)
}

fn number(id: &str) -> Option<u64> {
    id.bytes().try_fold(0_u64, |sum, byte| {
        let digit = BASE62.iter().position(|&it| it == byte)? as u64;
        sum.checked_mul(62)?.checked_add(digit)
    })
}

/// Six letters and digits, as Klaviyo's older ids are.
pub(in crate::demo) fn short(number: u64) -> String {
    let digits = base62(mix(number));
    digits[WIDTH - 6..].to_owned()
}

/// A ULID: the time in milliseconds, then chance.
pub(in crate::demo) fn ulid(millis: i64, chance: u64) -> String {
    let time = u128::from(millis.unsigned_abs() & ((1 << 48) - 1));
    let tail = (u128::from(mix(chance)) << 16) | u128::from(mix(chance ^ 1) & 0xFFFF);
    let mut number = (time << 80) | tail;
    let mut digits = [b'0'; 26];
    for digit in digits.iter_mut().rev() {
        *digit = CROCKFORD[usize::try_from(number % 32).expect("below 32")];
        number /= 32;
    }
    text(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_found_again_by_its_id() {
        for serial in [0, 1, 99_999, u32::MAX] {
            let id = event_id(42, serial);
            assert_eq!(id.len(), WIDTH);
            assert!(event_serial(42, &id)(serial));
            assert!(!event_serial(42, &id)(serial ^ 1));
            assert!(!event_serial(43, &id)(serial));
        }
        assert!(!event_serial(42, "no such id!")(0));
    }

    #[test]
    fn ulids_sort_by_time() {
        let (early, late) = (ulid(1_700_000_000_000, 9), ulid(1_700_000_000_001, 1));
        assert_eq!(early.len(), 26);
        assert!(early < late && early.starts_with("01H"));
    }
}
