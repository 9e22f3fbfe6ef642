//! One pass over the events: windows of time, newest first and several at once, each replaced as a whole in the
//! transaction that records it as complete.

mod cutter;
mod estimate;
mod open;
mod plan;
mod reading;
mod room;

use chrono::{DateTime, Utc};

use self::plan::{Standing, Wish};
use self::reading::Reading;
use super::copying::Copying;
use super::run::Stopped;
use crate::store::Window;
use crate::store::runs::Status;

/// Brings the events up to date: what is new, what may have changed late, and what no earlier run came to.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    let _turn = copying.handle.turn_at_events(copying.cancel)?;
    let zone = copying.store().settle_zone()?;
    let (standing, now) = (standing(copying)?, copying.now());
    let wish = Wish { forced: copying.order.forced, since: copying.order.since };
    let plan = plan::plan(&copying.handle.0.options, wish, &standing, now);
    // Whatever a first read finds is found from now on, also if it takes several runs.
    let is_first = standing.covered.is_empty();
    if is_first {
        remember(copying, &plan.tiers, now)?;
    }
    Reading::of(copying, zone, plan.spans).finish()?;
    if is_first { Ok(()) } else { remember(copying, &plan.tiers, now) }
}

fn standing(copying: &Copying<'_>) -> Result<Standing, Stopped> {
    let entity = copying.entity;
    Ok(copying.store().read(|db| {
        let statuses = db.statuses()?;
        let is_settled = statuses.iter().any(|it| it.name == entity.name && it.status == Status::Completed);
        Ok(Standing { covered: db.covered(entity)?, looked_back: db.lookbacks(entity)?, is_settled })
    })?)
}

/// Reads these spans of time again, and puts what they hold now in the place of what was copied of them.
pub(super) fn reread(copying: &Copying<'_>, windows: &[Window]) -> Result<(), Stopped> {
    let _turn = copying.handle.turn_at_events(copying.cancel)?;
    let zone = copying.store().settle_zone()?;
    let mut newest_first = windows.to_vec();
    newest_first.sort_by_key(|it| std::cmp::Reverse(it.end));
    Reading::of(copying, zone, newest_first).finish()
}

/// Writes down that these tiers of the lookback were done by what is read from `now` on.
fn remember(copying: &Copying<'_>, tiers: &[&str], now: DateTime<Utc>) -> Result<(), Stopped> {
    if tiers.is_empty() {
        return Ok(());
    }
    Ok(copying
        .store()
        .write_in_row(|db| tiers.iter().try_for_each(|tier| db.looked_back(copying.entity, tier, now)))?)
}
