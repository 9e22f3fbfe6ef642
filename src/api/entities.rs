//! Every entity of the catalog that has no listing of its own: its rows, as they are kept.

use chrono::{NaiveDate, NaiveTime};

use super::endpoint::{Days, Endpoint, Unread};
use super::openapi::Schemas;
use super::parameters::{CHANGED_DAYS, DAYS, DELETED, Groups, NAMED, OF, PART, STATUS, UPDATED};
use super::question::{Between, Question};
use crate::catalog::{Column, ENTITIES, Entity, Kind};
use crate::range::{Ask, Sort};
use crate::store::Db;
use crate::store::repository::{Filter, Order, Part, field, sortable};
use crate::web::Error;
use crate::web::cache::{Answered, Lifetime};

/// Endpoints of all entities but those whose path is among `taken`.
pub(super) fn endpoints(taken: &[Endpoint]) -> Vec<Endpoint> {
    let all = ENTITIES.iter().flat_map(|it| [listing(it), record(it)]);
    all.filter(|it| !taken.iter().any(|other| other.path == it.path)).collect()
}

fn listing(entity: &'static Entity) -> Endpoint {
    let sorts = sortable(entity).map(|it| field(it.name));
    let note = if entity.is_log() { ", newest first, of the last 30 days unless a range is named" } else { "" };
    Endpoint {
        path: format!("/{}", entity.name).into(),
        about: format!("{}{note}", entity.about).into(),
        entity: entity.name,
        unread: if entity.is_log() { Unread::Begin } else { Unread::Tell },
        parameters: parameters(entity),
        sorts: std::iter::once("id".to_owned()).chain(sorts).collect(),
        days: Days::Recent,
        lifetime: if entity.is_log() { Lifetime::Events } else { Lifetime::Listing },
        load: list,
        schema: |schemas, entity| Schemas::list(schemas.row(entity)),
    }
}

fn record(entity: &'static Entity) -> Endpoint {
    Endpoint {
        path: format!("/{}/<id>", entity.name).into(),
        about: format!("One of: {}; with its document", entity.about).into(),
        entity: entity.name,
        unread: if entity.is_log() { Unread::Begin } else { Unread::Tell },
        parameters: if entity.is_log() { Vec::new() } else { vec![DELETED] },
        sorts: Vec::new(),
        days: Days::All,
        lifetime: Lifetime::Record,
        load: find,
        schema: |schemas, entity| schemas.record(entity),
    }
}

/// What rows of the entity can be chosen by.
fn parameters(entity: &'static Entity) -> Groups {
    let has = |it: bool, group| it.then_some(group);
    let groups = [
        Some(PART),
        has(entity.is_log(), DAYS),
        has(!entity.is_log() && entity.dated_column().is_some(), CHANGED_DAYS),
        has(entity.updated_column().is_some(), UPDATED),
        has(entity.name_column().is_some(), NAMED),
        has(entity.status_column().is_some(), STATUS),
        has(!entity.is_log(), DELETED),
    ];
    let of = OF.iter().filter(|(name, _)| column(entity, name).is_some()).map(|it| it.1);
    groups.into_iter().flatten().chain(of).collect()
}

fn list(db: &Db<'_>, it: &Question) -> Result<Answered, Error> {
    let (entity, ask) = (it.entity, &it.ask);
    let between = match entity.dated_column().map(|it| it.kind) {
        _ if entity.is_log() => happened(it),
        Some(Kind::Day) => days(it),
        _ => it.updated(),
    };
    let named = OF.iter().flat_map(|(name, group)| group.iter().map(move |it| (*name, it.name)));
    let of: Vec<_> = named.filter_map(|(name, asked)| column(entity, name).zip(named_by(ask, asked))).collect();
    let filter = Filter {
        name: ask.search.as_deref(),
        status: ask.status.as_deref(),
        of: &of,
        since: between.since,
        before: between.before,
        with_deleted: ask.with_deleted,
    };
    let part = Part { order: order(it)?, limit: ask.limit, offset: ask.offset };
    let listing = db.list(entity, &filter, part)?;
    Answered::part(&listing.rows, listing.total)
}

/// Of what happened there are millions: they are always of some days.
fn happened(it: &Question) -> Between {
    let (since, before) = it.time();
    Between { since: Some(since).max(it.updated().since), before: Some(before) }
}

/// The days that are asked for, as rows of days keep them; all, unless they are named.
fn days(it: &Question) -> Between {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
    let range = it.ask.names_range.then_some(it.period.range);
    Between { since: range.map(|it| midnight(it.start())), before: range.map(|it| midnight(it.before())) }
}

/// The id that a parameter of [`OF`] names.
fn named_by<'a>(ask: &'a Ask, parameter: &str) -> Option<&'a str> {
    match parameter {
        "metric" => ask.metric.as_deref(),
        "profile" => ask.profile.as_deref(),
        other => ask.own(other),
    }
}

fn find(db: &Db<'_>, it: &Question) -> Result<Answered, Error> {
    let id = it.id.as_deref().unwrap_or_default();
    let row = db.find(it.entity, id, it.ask.with_deleted)?;
    Answered::of(&row.ok_or(Error::NotFound(it.entity.resource))?)
}

fn order(it: &Question) -> Result<Order<'static>, Error> {
    let names: Vec<_> = sortable(it.entity).map(|it| field(it.name)).collect();
    let fields: Vec<&str> = std::iter::once("id").chain(names.iter().map(String::as_str)).collect();
    Ok(match it.ask.sort(&fields)? {
        None => Order::Newest,
        Some(Sort { field: name, descending }) => {
            let column = sortable(it.entity).find(|it| field(it.name) == *name);
            column.map_or(Order::Id { descending: *descending }, |column| Order::By { column, descending: *descending })
        }
    })
}

fn column(entity: &'static Entity, name: &str) -> Option<&'static Column> {
    entity.columns.iter().find(|it| it.name == name)
}
