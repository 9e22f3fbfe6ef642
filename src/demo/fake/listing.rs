//! Which records a question is about, in which order, and where the page ends: everything but events.

use super::cursor::{Ends, Key};
use super::order::{self, Orders, Start};
use super::question::Question;
use super::record::Record;
use super::{people, records};
use crate::demo::endpoints::Resource;
use crate::demo::shop::{Profile, Shop};
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
    /// Orders that were asked for before, and how often the shop has changed.
    pub(super) orders: (&'a Orders, u64),
}

impl Choice<'_> {
    /// The record of an id.
    pub(super) fn single(&self, resource: Resource, id: &str) -> Option<Record> {
        if resource == Resource::Profile {
            let (_, profile) = self.shop.people(self.time).find(|(_, it)| it.id() == id)?;
            return Some(people::record(self.shop, profile, self.question));
        }
        let mut record = records::records(self.shop, resource, None, self.time).into_iter().find(|it| it.id == id)?;
        if resource == Resource::Form {
            // Alone it tells its definition and no relations, in a list the other way round.
            record.relations.clear();
            return Some(record);
        }
        Some(self.withhold(record))
    }

    /// A page of all records of a kind, or of those of a parent.
    pub(super) fn page(&self, resource: Resource, parent: Option<&str>) -> Page {
        if resource == Resource::Profile {
            return self.profiles();
        }
        let conditions = &self.question.conditions;
        let mut all = records::records(self.shop, resource, parent, self.time);
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
        let fits = |it: &Profile| self.question.conditions.iter().all(|wish| people::meets(it, wish));
        let Some(by) = people::number(field) else {
            let fitting = self.shop.people(self.time).filter(|it| fits(it.1));
            let keyed = fitting.map(|(index, it)| (people::key(it, index, field), it)).collect();
            return self.cut(keyed, |it| people::record(self.shop, it, self.question));
        };
        let order = self.orders.0.by(self.shop, self.orders.1, field, by);
        let from = Start {
            cursor: self.question.cursor.as_ref().map(|it| &it.key),
            repeat: self.repeat,
            descending: self.question.walks_down(false),
        };
        let known = |it: &Profile| !it.gone && it.created <= self.time;
        let all = order::read(&order, &from).map(|it| (it, &self.shop.profiles[it.1 as usize]));
        let mut page: Vec<_> = all.filter(|it| known(it.1) && fits(it.1)).take(self.question.size + 1).collect();
        let more = page.len() > self.question.size;
        page.truncate(self.question.size);
        if self.question.goes_back() {
            page.reverse();
        }
        let key = |&(&(number, index), _): &(&(i64, u32), _)| Key { number, text: String::new(), tie: index.into() };
        let ends = Ends::of(self.question.cursor.as_ref(), page.first().map(key), page.last().map(key), more);
        (page.into_iter().map(|it| people::record(self.shop, it.1, self.question)).collect(), ends)
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
            Some(resource) => records::records(self.shop, resource, None, self.time),
            None if include == "tag-group" => vec![records::tag_group(self.shop)],
            None => Vec::new(),
        };
        records.into_iter().map(|it| (it.id.clone(), self.withhold(it))).collect()
    }

    /// Takes out what comes only when it is asked for.
    fn withhold(&self, mut record: Record) -> Record {
        let extra = match record.kind {
            "flow" | "template" | "form" => "definition",
            "segment" | "list" => "profile_count",
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
