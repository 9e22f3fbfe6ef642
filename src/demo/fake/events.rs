//! Events: which of them a question is about, found by time without walking through all.

use super::cursor::{Ends, Key};
use super::question::{Question, Wanted};
use super::record::{is_text, is_time};
use super::refusal::Refusal;
use crate::demo::shop::{Event, Kind, NOBODY, Oddity, Shop, event_serial};
use std::ops::Range;

/// The events of one page, and where the pages around it are.
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    pub(super) ends: Ends,
}

/// What has to hold of an event besides its time.
#[derive(Default)]
struct Wish {
    kinds: Option<Vec<Kind>>,
    profile: Option<u32>,
    has_profile: bool,
    has_metric: bool,
}

/// The page that is asked for; `repeat` begins it with the record of the cursor.
///
/// A filter may only name metrics that exist.
pub(super) fn page(shop: &Shop, question: &Question, repeat: bool) -> Result<Page, Refusal> {
    let descending = question.walks_down(true);
    let range = after_cursor(&shop.events, within(&shop.events, question), question, descending, repeat);
    let wish = Wish::of(shop, question)?;
    let events = &shop.events[range];
    let mut taken: Vec<Event> = if descending {
        events.iter().rev().filter(|it| wish.fits(it)).take(question.size + 1).copied().collect()
    } else {
        events.iter().filter(|it| wish.fits(it)).take(question.size + 1).copied().collect()
    };
    let more = taken.len() > question.size;
    taken.truncate(question.size);
    if question.goes_back() {
        taken.reverse();
    }
    let key = |it: &Event| Key { number: it.at, text: String::new(), tie: it.serial.into() };
    let ends = Ends::of(question.cursor.as_ref(), taken.first().map(key), taken.last().map(key), more);
    Ok(Page { events: taken, ends })
}

/// The event of that id.
pub(super) fn one(shop: &Shop, id: &str) -> Option<Event> {
    let is_it = event_serial(shop.plan.seed, id);
    shop.events.iter().find(|it| is_it(it.serial)).copied()
}

/// The events within the bounds of the filter.
fn within(events: &[Event], question: &Question) -> Range<usize> {
    let (mut start, mut end) = (0, events.len());
    for condition in &question.conditions {
        let Wanted::Time(time) = condition.value else { continue };
        let holds = |it: &Event| is_time(it.at * 1_000_000, &condition.operator, time);
        if condition.operator.starts_with("greater") {
            start = start.max(events.partition_point(|it| !holds(it)));
        } else {
            end = end.min(events.partition_point(holds));
        }
    }
    start.min(end)..end
}

fn after_cursor(
    events: &[Event],
    range: Range<usize>,
    question: &Question,
    descending: bool,
    repeat: bool,
) -> Range<usize> {
    let Some(cursor) = &question.cursor else { return range };
    let place = (cursor.key.number, cursor.key.tie);
    let before = events.partition_point(|it| (it.at, u64::from(it.serial)) < place);
    let through = events.partition_point(|it| (it.at, u64::from(it.serial)) <= place);
    if descending {
        let end = if repeat { through } else { before };
        range.start.min(end)..end.min(range.end).max(range.start.min(end))
    } else {
        let start = if repeat { before } else { through };
        start.max(range.start).min(range.end)..range.end
    }
}

impl Wish {
    fn of(shop: &Shop, question: &Question) -> Result<Wish, Refusal> {
        let mut wish = Wish::default();
        for condition in &question.conditions {
            match (condition.field, &condition.value) {
                ("metric_id", Wanted::Texts(ids)) => {
                    let is_unknown = |it: &&String| !shop.metrics.iter().any(|metric| metric.id == **it);
                    if let Some(unknown) = ids.iter().find(is_unknown) {
                        return Err(Refusal::invalid("filter", format!("Metric IDs ['{unknown}'] do not exist.")));
                    }
                    wish.has_metric = true;
                    wish.kinds = Some(Kind::all().filter(|&it| is_text(shop.metric_id(it), "equals", ids)).collect());
                }
                ("profile_id", Wanted::Texts(ids)) => {
                    let found = shop.profiles.iter().position(|it| is_text(&it.id(), "equals", ids));
                    wish.has_profile = true;
                    wish.profile = Some(found.and_then(|it| u32::try_from(it).ok()).unwrap_or(NOBODY));
                }
                ("profile", _) => wish.has_profile = true,
                ("metric", _) => wish.has_metric = true,
                _ => {}
            }
        }
        Ok(wish)
    }

    fn fits(&self, event: &Event) -> bool {
        self.kinds.as_ref().is_none_or(|it| it.contains(&event.kind))
            && self.profile.is_none_or(|it| it == event.profile)
            && !(self.has_profile && event.profile == NOBODY)
            && !(self.has_metric && event.oddity == Oddity::NoMetric)
    }
}
