//! Tables and statements that follow from the catalog. The only place where SQL is generated; every name in it comes
//! from the catalog, never from input.

use std::collections::HashSet;

use duckdb::Connection;

use super::Error;
use crate::catalog::{Column, ENTITIES, Entity, Follow, Kind, ON_DEMAND};

/// Creates what is missing. An entity whose table gained a column is read again from the beginning: its new column
/// is empty in the rows that are there.
pub(super) fn apply(connection: &Connection) -> Result<(), Error> {
    let failed = |source: duckdb::Error| Error::Statement { doing: "create the tables", source: source.into() };
    for entity in ENTITIES.iter().chain(ON_DEMAND) {
        connection.execute_batch(&create_table(entity)).map_err(failed)?;
        let there = columns_of(connection, &entity.table()).map_err(failed)?;
        let missing: Vec<_> = columns(entity).into_iter().filter(|(name, _)| !there.contains(name)).collect();
        for (name, sql_type) in &missing {
            let sql = format!("alter table {} add column {name} {sql_type}", entity.table());
            connection.execute_batch(&sql).map_err(failed)?;
        }
        if !missing.is_empty() {
            forget_progress(connection, entity).map_err(failed)?;
        }
    }
    Ok(())
}

/// The next pass of the entity starts at the beginning.
fn forget_progress(connection: &Connection, entity: &Entity) -> duckdb::Result<()> {
    connection
        .execute("update klaviyo_sync_status set watermark = null where entity_type = ?", [entity.name])
        .and_then(|_| connection.execute("delete from sync_windows where entity_type = ?", [entity.name]))
        .and_then(|_| connection.execute("delete from sync_parents where entity_type = ?", [entity.name]))
        .map(drop)
}

fn columns_of(connection: &Connection, table: &str) -> duckdb::Result<HashSet<String>> {
    let mut statement = connection.prepare("select column_name from duckdb_columns() where table_name = ?")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// Every column of an entity's table with its type, in order.
fn columns(entity: &Entity) -> Vec<(String, &'static str)> {
    let own = entity.columns.iter().map(|it| (it.name.to_owned(), sql_type(it.kind)));
    let mut all = vec![("id".to_owned(), "varchar")];
    all.extend(own);
    all.push((entity.rest.column.to_owned(), document_type(entity)));
    all.push(("raw".to_owned(), "varchar"));
    all.push(("synced_at".to_owned(), "timestamp"));
    if !is_log(entity) {
        all.push(("deleted_at".to_owned(), "timestamp"));
    }
    all
}

/// Whether rows are things that happened: replaced by window, never marked as deleted.
fn is_log(entity: &Entity) -> bool {
    matches!(entity.follow, Follow::Windows { .. })
}

/// What the document column is. Of things that happened there are millions, and writing them as VARIANT takes six
/// times as long and half as much room again (`benches/ingest.rs`): they stay text. Every row but the newest is read
/// by the columns beside it.
fn document_type(entity: &Entity) -> &'static str {
    if is_log(entity) { "varchar using compression zstd" } else { "variant" }
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Document => "varchar",
        Kind::Count => "bigint",
        Kind::Number => "double",
        Kind::Money => "decimal(18,4)",
        Kind::Flag => "boolean",
        Kind::Time | Kind::LocalTime => "timestamp",
        Kind::Texts => "varchar[]",
        Kind::Day => "date",
    }
}

/// What a column is while it is staged: what the appender can take.
fn staged_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Money | Kind::Texts => "varchar",
        other => sql_type(other),
    }
}

/// Neither key nor index: they cost memory and speed, and there is one writer.
pub(super) fn create_table(entity: &Entity) -> String {
    let columns = each(columns(entity).iter(), ",\n    ", |(name, sql_type)| format!("{name} {sql_type}"));
    format!("create table if not exists {} (\n    {columns}\n)", entity.table())
}

/// The name of the temporary table that an entity's records wait in; of events, which may wait in several, the view of
/// the one that is being taken over.
pub(super) fn stage_table(entity: &Entity) -> String {
    format!("stage_{}", entity.name)
}

/// A fresh, empty stage of that name: `id`, the columns, `rest` and `raw`.
pub(super) fn create_stage(entity: &Entity, name: &str) -> String {
    format!("create or replace temp table {name} {}", staged_columns(entity))
}

/// The same where every connection sees it.
pub(super) fn create_shared_stage(entity: &Entity, name: &str) -> String {
    format!("create table {name} {}", staged_columns(entity))
}

fn staged_columns(entity: &Entity) -> String {
    let columns = each(entity.columns.iter(), "", |it| format!("{} {}, ", it.name, staged_type(it.kind)));
    format!("(id varchar, {columns}rest varchar, raw varchar)")
}

/// Makes a stage the one that the statements of a window read.
pub(super) fn look_at(entity: &Entity, stage: &str) -> String {
    format!("create or replace temp view {} as from {stage}", stage_table(entity))
}

/// Every id that is staged in any of `stages`, with the window that it belongs to, as one relation. Parameters
/// `$start_0` and `$end_0`, of the first stage, and so on.
fn staged_ids(stages: &[String]) -> String {
    each(stages.iter().enumerate(), " union all ", |(number, stage)| {
        format!("select id, $start_{number}::timestamp as start_at, $end_{number}::timestamp as end_at from {stage}")
    })
}

/// Whether an id is in more than one stage.
pub(super) fn overlap(stages: &[String]) -> String {
    let ids = each(stages.iter(), " union all ", |stage| format!("select id from {stage}"));
    format!("select count(*) <> count(distinct id) from ({ids})")
}

/// The stage with the types of the table.
fn staged(entity: &Entity) -> String {
    let columns = each(entity.columns.iter(), "", |it| match it.kind {
        Kind::Money => format!("{0}::decimal(18,4) as {0}, ", it.name),
        Kind::Texts => format!("{0}::json::varchar[] as {0}, ", it.name),
        _ => format!("{}, ", it.name),
    });
    let rest = if is_log(entity) { "rest" } else { "rest::json::variant" };
    format!("select id, {columns}{rest} as {}, raw from {}", entity.rest.column, stage_table(entity))
}

/// Names of what is staged, in the order of [`staged`].
fn staged_names(entity: &Entity) -> Vec<&'static str> {
    let mut names = vec!["id"];
    names.extend(entity.columns.iter().map(|it: &Column| it.name));
    names.extend([entity.rest.column, "raw"]);
    names
}

/// Whether two rows of one id differ in anything that was read.
fn differs(entity: &Entity, kept: &str, new: &str) -> String {
    let own = each(entity.columns.iter(), "", |it| format!("{kept}.{0} is distinct from {new}.{0} or ", it.name));
    let column = entity.rest.column;
    let rest =
        |row: &str| if is_log(entity) { format!("{row}.{column}") } else { format!("{row}.{column}::json::varchar") };
    format!("{own}{} is distinct from {} or {kept}.raw is distinct from {new}.raw", rest(kept), rest(new))
}

/// Takes the staged records over: new ones, and those that differ. A row that comes back from the dead differs.
///
/// Parameter `$now`; answers one `merge_action` a row.
pub(super) fn merge(entity: &Entity) -> String {
    let names = staged_names(entity);
    let set = each(names.iter().skip(1), ", ", |it| format!("{it} = new.{it}"));
    let columns = names.join(", ");
    let values = each(names.iter(), ", ", |it| format!("new.{it}"));
    format!(
        "merge into {table} as kept\nusing ({staged}) as new on kept.id = new.id\n\
         when matched and ({differs} or kept.deleted_at is not null) then\n    \
         update set {set}, synced_at = $now, deleted_at = null\n\
         when not matched then\n    insert ({columns}, synced_at) values ({values}, $now)\nreturning merge_action",
        table = entity.table(),
        staged = staged(entity),
        differs = differs(entity, "kept", "new"),
    )
}

/// Deletes what differs from the stage in the window of `$start` to before `$end`: rows that changed or vanished.
pub(super) fn clear_window(entity: &Entity) -> String {
    format!(
        "delete from {} as kept\nwhere timestamp >= $start and timestamp < $end\n    \
         and not exists (select 1 from ({}) as new where new.id = kept.id and not ({}))",
        entity.table(),
        staged(entity),
        differs(entity, "kept", "new"),
    )
}

/// Deletes rows of a staged id that lie outside its window: their time changed at Klaviyo. Parameters as of
/// [`staged_ids`].
pub(super) fn clear_moved(entity: &Entity, stages: &[String]) -> String {
    format!(
        "delete from {} as kept\nusing ({}) as new\nwhere kept.id = new.id\n    \
         and (kept.timestamp is null or kept.timestamp < new.start_at or kept.timestamp >= new.end_at)",
        entity.table(),
        staged_ids(stages),
    )
}

/// Keeps the rows of events that are staged in another window than they lie in, as far as sums rest on them.
pub(super) fn note_moved(stages: &[String]) -> String {
    format!(
        "create or replace temp table events_moved as\nselect kept.*\nfrom summed_events as kept\njoin ({}) as new on \
         kept.id = new.id\n    and (kept.timestamp is null or kept.timestamp < new.start_at or kept.timestamp >= new.end_at)",
        staged_ids(stages),
    )
}

/// Inserts the staged rows of a window; of an `occupied` one those that are not there as they are. Parameter `$now`,
/// and `$start` and `$end` of an occupied window.
pub(super) fn fill_window(entity: &Entity, occupied: bool) -> String {
    let (table, names) = (entity.table(), staged_names(entity).join(", "));
    let missing = if occupied {
        format!(
            "\nwhere not exists (\n    select 1 from {table} as kept\n    \
             where kept.id = new.id and kept.timestamp >= $start and kept.timestamp < $end\n)"
        )
    } else {
        String::new()
    };
    format!("insert into {table} ({names}, synced_at)\nselect {names}, $now from ({}) as new{missing}", staged(entity))
}

/// The name of the temporary table of ids that a whole listing held.
pub(super) fn seen_table(entity: &Entity) -> String {
    format!("seen_{}", entity.name)
}

/// A fresh, empty one.
pub(super) fn create_seen(entity: &Entity) -> String {
    format!("create or replace temp table {} (id varchar)", seen_table(entity))
}

/// Marks as deleted what a whole listing did not hold; of one parent, where the listing was one parent's.
///
/// Parameters `$now`, and `$parent` of one parent.
pub(super) fn sweep(entity: &Entity, parent_column: Option<&str>) -> String {
    let of_parent = parent_column.map(|it| format!("{it} = $parent and ")).unwrap_or_default();
    format!(
        "update {} set deleted_at = $now, synced_at = $now\nwhere deleted_at is null and {of_parent}\
         id not in (select id from {})",
        entity.table(),
        seen_table(entity),
    )
}

/// Removes all rows of the parent `$parent`.
pub(super) fn drop_parent(entity: &Entity) -> String {
    let column = entity.parent_column().expect("only what has parents is forgotten by parent");
    format!("delete from {} where {column} = $parent", entity.table())
}

/// Keeps the ids on the stage of `stage` that the table of `entity` has not, each with its time.
pub(super) fn note_arrived(entity: &Entity, stage: &Entity) -> String {
    let (table, stage) = (entity.table(), stage_table(stage));
    format!(
        "create or replace temp table events_arrived as\nselect id, timestamp\nfrom {stage}\n\
         where id not in (select id from {table} where id in (select id from {stage}))"
    )
}

/// Inserts what is on the stage of `stage` into the table of `entity`, as far as it was noted. Parameter `$now`.
pub(super) fn add_arrived(entity: &Entity, stage: &Entity) -> String {
    let (table, names) = (entity.table(), staged_names(entity).join(", "));
    format!(
        "insert into {table} ({names}, synced_at)\nselect {names}, $now from ({}) as new\n\
         where id in (select id from events_arrived)",
        staged(stage),
    )
}

fn each<T>(items: impl Iterator<Item = T>, between: &str, write: impl Fn(T) -> String) -> String {
    items.map(write).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sql_of_the_catalog() {
        let sql: Vec<String> = ENTITIES
            .iter()
            .map(|it| format!("{};\n\n{};", create_table(it), create_stage(it, &stage_table(it))))
            .collect();
        insta::assert_snapshot!("tables", sql.join("\n\n"));
        insta::assert_snapshot!("merge", merge(crate::catalog::find("campaigns").expect("an entity")));
    }
}
