//! Questions about the rows of an entity. Every name in them comes from the catalog, never from input.

use super::{Filter, OF, Order};
use crate::catalog::{Column, Entity, Kind};

/// Parameter `$id`.
pub(super) fn find(entity: &Entity, with_deleted: bool) -> String {
    let rest = entity.rest.column;
    // Of a log the document is text already.
    let document = if entity.is_log() { rest.to_owned() } else { format!("{rest}::json::varchar as {rest}") };
    let alive = if with_deleted || entity.is_log() { "" } else { " and deleted_at is null" };
    format!("select {}, {document} from {} where id = $id{alive}", columns(entity), entity.table())
}

/// Parameters `$limit` and `$offset`, and those of the filter.
pub(super) fn list(entity: &Entity, filter: &Filter<'_>, order: Order<'_>) -> String {
    format!(
        "select {} from {}{} order by {} limit $limit offset $offset",
        columns(entity),
        entity.table(),
        conditions(entity, filter),
        order_by(entity, order)
    )
}

pub(super) fn count(entity: &Entity, filter: &Filter<'_>) -> String {
    format!("select count(*) as rows from {}{}", entity.table(), conditions(entity, filter))
}

pub(super) fn latest(entity: &Entity) -> Option<String> {
    let alive = if entity.is_log() { "" } else { " where deleted_at is null" };
    entity.updated_column().map(|it| format!("select max({}) as latest from {}{alive}", it.name, entity.table()))
}

/// Removes the rows whose ids are staged.
pub(super) fn clear_staged(entity: &Entity) -> String {
    let stage = crate::store::schema::stage_table(entity);
    format!("delete from {} where id in (select id from {stage})", entity.table())
}

/// Parameter `$id`, and `$now` where rows are marked.
pub(super) fn delete(entity: &Entity) -> String {
    if entity.is_log() {
        format!("delete from {} where id = $id", entity.table())
    } else {
        format!(
            "update {} set deleted_at = $now, synced_at = $now where id = $id and deleted_at is null",
            entity.table()
        )
    }
}

/// What a row is made of, apart from its document.
fn columns(entity: &Entity) -> String {
    let own = entity.columns.iter().map(|it| match it.kind {
        Kind::Money => format!("cast({0} as double) as {0}", it.name),
        Kind::Texts => format!("to_json({0})::varchar as {0}", it.name),
        _ => it.name.to_owned(),
    });
    let ours = if entity.is_log() { vec!["synced_at"] } else { vec!["synced_at", "deleted_at"] };
    let all = std::iter::once("id".to_owned()).chain(own).chain(ours.into_iter().map(str::to_owned));
    all.collect::<Vec<_>>().join(", ")
}

/// Mirrors [`Filter::values`]: a parameter that is not named here would be refused.
fn conditions(entity: &Entity, filter: &Filter<'_>) -> String {
    let mut conditions = Vec::new();
    if !filter.with_deleted && !entity.is_log() {
        conditions.push("deleted_at is null".to_owned());
    }
    if let (Some(_), Some(it)) = (filter.name, entity.name_column()) {
        conditions.push(format!("contains(lower({}), lower($name))", it.name));
    }
    if let (Some(_), Some(it)) = (filter.status, entity.status_column()) {
        conditions.push(format!("lower({}) = lower($status)", it.name));
    }
    conditions.extend(OF.into_iter().zip(filter.of).map(|(name, (it, _))| format!("{} = ${name}", it.name)));
    if let Some(it) = entity.dated_column() {
        conditions.extend(filter.since.map(|_| format!("{} >= $since", it.name)));
        conditions.extend(filter.before.map(|_| format!("{} < $before", it.name)));
    }
    if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) }
}

fn order_by(entity: &Entity, order: Order<'_>) -> String {
    let way = |descending| if descending { "desc" } else { "asc" };
    match order {
        Order::Newest => entity.dated_column().map_or("id".to_owned(), |it| format!("{} desc nulls last, id", it.name)),
        Order::Id { descending } => format!("id {}", way(descending)),
        Order::By { column: Column { name, kind: Kind::Text, .. }, descending } => {
            format!("lower({name}) {} nulls last, id", way(descending))
        }
        Order::By { column, descending } => format!("{} {} nulls last, id", column.name, way(descending)),
    }
}
