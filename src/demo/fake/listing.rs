//! Which records a question is about, in which order, and where the page ends: everything but events.

use super::cursor::{Ends, Key};
use super::order::{self, Orders};
use super::question::Question;
use super::record::Record;
use super::{people, records};
use crate::demo::endpoints::Resource;
use crate::demo::shop::Shop;
use std::collections::HashMap;

/// The records of a page, and where the pages around it are.
pub(super) type Page = (Vec<Record>, Ends);

/// What records are chosen from and by.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) shop: &'a Shop,
    pub(super) question: &'a Question,
    /// Unix time in seconds: who is not yet known then is not listed.
    pub(super) time: i64,
    /// Begin with the record of the cursor.
    pub(super) repeat: bool,
    /// Orders that are kept of this state of the shop.
    pub(super) orders: &'a Orders,
    /// How often the shop has changed.
    pub(super) version: u64,
}

impl Choice<'_> {
    /// The record of an id.
    pub(super) fn single(&self, resource: Resource, id: &str) -> Option<Record> {
        if resource == Resource::Profile {
            let (_, profile) = self.shop.people(self.time).find(|(_, it)| it.id() == id)?;
            return Some(people::record(self.shop, profile, self.question, self.time));
        }
        let mut record = records::records(self.shop, resource, None).into_iter().find(|it| it.id == id)?;
        if resource == Resource::Form {
            // Alone it tells its definition and no relations, in a list the other way round.
            record.relations.clear();
            return Some(record);
        }
        let group = self.shop.group(id).filter(|_| self.question.adds("profile_count"));
        if let Some(group) = group {
            let count = self.shop.members(group, self.time).count();
            record.attributes.insert("profile_count".to_owned(), count.into());
        }
        Some(self.withhold(record))
    }

    /// Whether there is a record of that id, as a parent of others.
    pub(super) fn has(&self, resource: Resource, id: &str) -> bool {
        match resource {
            Resource::List | Resource::Segment => self.shop.group(id).is_some(),
            _ => self.single(resource, id).is_some(),
        }
    }

    /// A page of all records of a kind, or of those of a parent.
    pub(super) fn page(&self, resource: Resource, parent: Option<&str>) -> Page {
        match (resource, parent) {
            (Resource::Profile, Some(group)) => return self.members(group),
            (Resource::Profile, None) => return self.profiles(),
            _ => {}
        }
        let conditions = &self.question.conditions;
        let mut all = records::records(self.shop, resource, parent);
        all.retain(|it| conditions.iter().all(|condition| it.meets(condition)));
        // Archived campaigns and flows come only when they are asked for.
        let hides_archived = matches!(resource, Resource::Campaign | Resource::Flow);
        if hides_archived && !conditions.iter().any(|it| it.field == "archived") {
            all.retain(|it| it.field("archived").as_bool() != Some(true));
        }
        let field = self.question.sort.as_ref().map_or("id", |it| it.0.as_str());
        let keyed = all.into_iter().map(|it| (order_key(&it, field), it)).collect();
        self.cut(keyed, |it| self.withhold(it))
    }

    fn profiles(&self) -> Page {
        let field = self.question.sort.as_ref().map_or("created", |it| it.0.as_str());
        let order = self.orders.get(self.version, field, || order::of_profiles(self.shop, field));
        let record = |(_, index): (i64, u32)| {
            let profile = &self.shop.profiles[index as usize];
            let conditions = &self.question.conditions;
            let fits = profile.created <= self.time
                && conditions.iter().all(|wish| people::meets(profile, wish, self.time, None));
            fits.then(|| people::record(self.shop, profile, self.question, self.time))
        };
        self.walk(&order, field, record)
    }

    /// The profiles on a list or in a segment.
    fn members(&self, group: &str) -> Page {
        let Some(group) = self.shop.group(group) else { return (Vec::new(), Ends::default()) };
        // People leave a segment by doing nothing, so its members are those of a moment.
        let name = format!("{}@{}", group.id, self.time);
        let order = self.orders.get(self.version, &name, || {
            let mut members: Vec<_> = self.shop.members(group, self.time).collect();
            members.sort_unstable();
            members
        });
        let record = |(joined, index): (i64, u32)| {
            let profile = &self.shop.profiles[index as usize];
            let conditions = &self.question.conditions;
            let fits = conditions.iter().all(|wish| people::meets(profile, wish, self.time, Some(joined)));
            fits.then(|| people::member(self.shop, profile, self.question, self.time, joined))
        };
        self.walk(&order, "joined_group_at", record)
    }

    /// A page of profiles in an order by `field`; `record` makes the record of one that is wanted.
    fn walk(&self, order: &[(i64, u32)], field: &str, record: impl Fn((i64, u32)) -> Option<Record>) -> Page {
        let (cursor, descending) = (self.question.cursor.as_ref(), self.question.walks_down(false));
        let key = |it: &(i64, u32)| Key {
            number: it.0,
            text: people::text(&self.shop.profiles[it.1 as usize], field),
            tie: u64::from(it.1),
        };
        let mut rest = order::beyond(order, cursor.map(|it| &it.key), descending, self.repeat, key)
            .filter_map(|it| Some((it, record(*it)?)));
        let mut page: Vec<_> = rest.by_ref().take(self.question.size).collect();
        let more = rest.next().is_some();
        if self.question.goes_back() {
            page.reverse();
        }
        let ends = Ends::of(cursor, page.first().map(|it| key(it.0)), page.last().map(|it| key(it.0)), more);
        (page.into_iter().map(|it| it.1).collect(), ends)
    }

    /// The records of one page in their order.
    fn cut<T>(&self, mut keyed: Vec<(Key, T)>, finish: impl Fn(T) -> Record) -> Page {
        let (size, descending) = (self.question.size, self.question.walks_down(false));
        if let Some(cursor) = &self.question.cursor {
            keyed.retain(|(key, _)| {
                let beyond = if descending { key < &cursor.key } else { key > &cursor.key };
                beyond || (self.repeat && key == &cursor.key)
            });
        }
        let compare = |a: &(Key, T), b: &(Key, T)| if descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) };
        let more = keyed.len() > size;
        if more {
            // Only the records of this page need an order among themselves.
            keyed.select_nth_unstable_by(size, compare);
            keyed.truncate(size);
        }
        keyed.sort_unstable_by(compare);
        if self.question.goes_back() {
            keyed.reverse();
        }
        let key = |it: &(Key, T)| it.0.clone();
        let ends = Ends::of(self.question.cursor.as_ref(), keyed.first().map(key), keyed.last().map(key), more);
        (keyed.into_iter().map(|it| finish(it.1)).collect(), ends)
    }

    /// Records that an include may bring in, by id.
    pub(super) fn related(&self, include: &str) -> HashMap<String, Record> {
        let records = match records::included_kind(include) {
            Some(resource) => records::records(self.shop, resource, None),
            None if include == "tag-group" => vec![records::tag_group(self.shop)],
            None => Vec::new(),
        };
        records.into_iter().map(|it| (it.id.clone(), self.withhold(it))).collect()
    }

    /// Takes out what comes only when it is asked for.
    fn withhold(&self, mut record: Record) -> Record {
        let extra = match record.kind {
            "flow" | "template" | "form" => "definition",
            _ => return record,
        };
        if !self.question.adds(extra) {
            record.attributes.remove(extra);
        }
        record
    }
}

/// Archived e-mail campaigns have been seen to come back in no order, whatever was asked for.
fn order_key(record: &Record, field: &str) -> Key {
    let archived = record.kind == "campaign" && record.field("archived").as_bool() == Some(true);
    if archived && record.field("messages.channel").as_str() == Some("email") {
        return Key { text: String::new(), ..record.key("id") };
    }
    record.key(field)
}
