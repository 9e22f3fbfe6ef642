//! Profiles in the orders that pages are cut from. Sorting a million of them for each page of a hundred would take a
//! thousand times as long as the page does, so an order is kept until the shop changes.

use super::cursor::Key;
use crate::demo::shop::Shop;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Numbers that profiles are ordered by, and their indices.
pub(super) type Order = Arc<Vec<(i64, u32)>>;

/// Orders that are kept: one for each list and segment that is being read, and a few of all profiles.
const KEPT_MAX: usize = 32;

/// Orders of one state of a shop.
#[derive(Debug, Default)]
pub(super) struct Orders(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The state of the shop: how often it has changed.
    version: u64,
    orders: HashMap<String, Order>,
}

impl Orders {
    /// The order of that name, made now if the shop changed since it was last made.
    pub(super) fn get(&self, version: u64, name: &str, make: impl FnOnce() -> Vec<(i64, u32)>) -> Order {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != version || kept.orders.len() >= KEPT_MAX {
            *kept = Kept { version, orders: HashMap::new() };
        }
        Arc::clone(kept.orders.entry(name.to_owned()).or_insert_with(|| Arc::new(make())))
    }
}

/// All profiles by a field; those that are not known yet are among them, because time goes on while an order is kept.
pub(super) fn of_profiles(shop: &Shop, field: &str) -> Vec<(i64, u32)> {
    let all = (0_u32..).zip(&shop.profiles).filter(|(_, it)| !it.gone);
    let mut order: Vec<(i64, u32)> = all.map(|(index, it)| (super::people::number(it, field), index)).collect();
    if super::people::is_text(field) {
        order.sort_by_cached_key(|(_, index)| super::people::text(&shop.profiles[*index as usize], field));
    } else {
        order.sort_unstable();
    }
    order
}

/// The part of an order that lies beyond a cursor, in the wished direction; `repeat` begins with the cursor's own.
pub(super) fn beyond<'a>(
    order: &'a [(i64, u32)],
    cursor: Option<&Key>,
    descending: bool,
    repeat: bool,
    key: impl Fn(&(i64, u32)) -> Key,
) -> Box<dyn Iterator<Item = &'a (i64, u32)> + 'a> {
    let Some(cursor) = cursor else {
        return if descending { Box::new(order.iter().rev()) } else { Box::new(order.iter()) };
    };
    if descending {
        let end = order.partition_point(|it| if repeat { key(it) <= *cursor } else { key(it) < *cursor });
        Box::new(order[..end].iter().rev())
    } else {
        let start = order.partition_point(|it| if repeat { key(it) < *cursor } else { key(it) <= *cursor });
        Box::new(order[start..].iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(it: &(i64, u32)) -> Key {
        Key { number: it.0, text: String::new(), tie: u64::from(it.1) }
    }

    #[test]
    fn a_page_begins_after_its_cursor() {
        let order = [(1, 7), (2, 3), (2, 5), (9, 1)];
        for (cursor, descending, repeat, want) in [
            (None, false, false, vec![7, 3, 5, 1]),
            (None, true, false, vec![1, 5, 3, 7]),
            (Some((2, 3)), false, false, vec![5, 1]),
            (Some((2, 3)), false, true, vec![3, 5, 1]),
            (Some((2, 5)), true, false, vec![3, 7]),
            (Some((2, 5)), true, true, vec![5, 3, 7]),
            // What the cursor names may be gone.
            (Some((5, 0)), false, false, vec![1]),
        ] {
            let cursor = cursor.map(|it| key(&it));
            let got: Vec<u32> = beyond(&order, cursor.as_ref(), descending, repeat, key).map(|it| it.1).collect();
            assert_eq!(got, want, "{cursor:?} {descending} {repeat}");
        }
    }

    #[test]
    fn an_order_is_made_again_only_when_the_shop_changed() {
        let orders = Orders::default();
        let get = |version, index| orders.get(version, "updated", || vec![(0, index)])[0].1;
        assert_eq!([get(1, 1), get(1, 2), get(2, 3)], [1, 1, 3]);
    }
}
