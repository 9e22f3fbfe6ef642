//! Every entity of the catalog that has no listing of its own: its rows, as they are kept.

use super::endpoint::{Days, Endpoint, Unread};
use super::openapi::Schemas;
use super::parameters::{DAYS, DELETED, Groups, NAMED, OF_METRIC, OF_PROFILE, PART, STATUS, UPDATED};
use super::question::{Between, Question};
use crate::catalog::{Column, ENTITIES, Entity};
use crate::range::Sort;
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
    let when = entity.updated_column().is_some();
    let groups = [
        Some(PART),
        has(when, DAYS),
        has(when, UPDATED),
        has(entity.name_column().is_some(), NAMED),
        has(entity.status_column().is_some(), STATUS),
        has(column(entity, "metric_id").is_some(), OF_METRIC),
        has(column(entity, "profile_id").is_some(), OF_PROFILE),
        has(!entity.is_log(), DELETED),
    ];
    groups.into_iter().flatten().collect()
}

fn list(db: &Db<'_>, it: &Question) -> Result<Answered, Error> {
    let (entity, ask) = (it.entity, &it.ask);
    let between = if entity.is_log() { happened(it) } else { it.updated() };
    let metric = column(entity, "metric_id").zip(ask.metric.as_deref());
    let of: Vec<_> = metric.into_iter().chain(column(entity, "profile_id").zip(ask.profile.as_deref())).collect();
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
