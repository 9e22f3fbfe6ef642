//! The profiles in one order, kept until the shop changes: else each page of a million would be sorted anew.

use super::cursor::Key;
use crate::demo::shop::{Profile, Shop};
use std::sync::{Arc, Mutex, PoisonError};

/// A number that profiles are ordered by, and the index of each.
type Order = Vec<(i64, u32)>;

/// The order that was asked for last.
#[derive(Debug, Default)]
pub(super) struct Orders(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    /// How often the shop had changed by then.
    changes: u64,
    field: String,
    order: Arc<Order>,
}

/// Where a reading of an order begins, and which way it goes.
pub(super) struct Start<'a> {
    pub(super) cursor: Option<&'a Key>,
    /// Begin with the record of the cursor, and not after it.
    pub(super) repeat: bool,
    pub(super) descending: bool,
}

impl Orders {
    /// The profiles by the number that `by` tells of each, as the shop is after so many changes.
    pub(super) fn by(&self, shop: &Shop, changes: u64, field: &str, by: impl Fn(&Profile) -> i64) -> Arc<Order> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref().filter(|it| it.changes == changes && it.field == field) {
            return Arc::clone(&kept.order);
        }
        let mut order: Order = shop.profiles.iter().map(by).zip(0..).collect();
        order.sort_unstable();
        let order = Arc::new(order);
        *kept = Some(Kept { changes, field: field.to_owned(), order: Arc::clone(&order) });
        order
    }
}

/// The indices from a cursor on.
pub(super) fn read<'a>(order: &'a Order, from: &Start<'_>) -> Box<dyn Iterator<Item = &'a (i64, u32)> + 'a> {
    let place = from.cursor.map(|it| (it.number, it.tie));
    let before = |it: &(i64, u32)| place.is_some_and(|place| (it.0, u64::from(it.1)) < place);
    let through = |it: &(i64, u32)| place.is_some_and(|place| (it.0, u64::from(it.1)) <= place);
    if from.descending {
        let end = match place {
            None => order.len(),
            Some(_) if from.repeat => order.partition_point(through),
            Some(_) => order.partition_point(before),
        };
        Box::new(order[..end].iter().rev())
    } else {
        let start = if from.repeat { order.partition_point(before) } else { order.partition_point(through) };
        Box::new(order[start..].iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_from_a_cursor_either_way() {
        let order: Order = vec![(1, 4), (1, 5), (2, 0), (9, 1)];
        let key = Key { number: 1, text: String::new(), tie: 5 };
        let indices = |cursor, repeat, descending| -> Vec<u32> {
            read(&order, &Start { cursor, repeat, descending }).map(|it| it.1).collect()
        };
        assert_eq!(indices(None, false, false), [4, 5, 0, 1]);
        assert_eq!(indices(Some(&key), false, false), [0, 1]);
        assert_eq!(indices(Some(&key), true, false), [5, 0, 1]);
        assert_eq!(indices(None, false, true), [1, 0, 5, 4]);
        assert_eq!(indices(Some(&key), false, true), [4]);
        assert_eq!(indices(Some(&key), true, true), [5, 4]);
    }

    #[test]
    fn an_order_is_made_anew_when_the_shop_has_changed() {
        let now = "2026-11-21T15:00:00Z".parse().expect("a time");
        let mut shop = Shop::new(&crate::demo::ShopPlan { profiles: 50, ..crate::demo::ShopPlan::until(now) });
        let orders = Orders::default();
        let first = orders.by(&shop, 0, "updated", |it| it.updated);
        shop.profiles[3].updated = 1;
        assert!(Arc::ptr_eq(&first, &orders.by(&shop, 0, "updated", |it| it.updated)));
        assert_eq!(orders.by(&shop, 1, "updated", |it| it.updated)[0], (1, 3));
        assert_ne!(orders.by(&shop, 1, "created", |it| it.created)[0], (1, 3));
    }
}
