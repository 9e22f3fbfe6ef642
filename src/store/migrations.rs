//! Numbered changes of the tables that are ours; entity tables follow from the catalog instead.

use duckdb::Connection;

use super::Error;

/// Every migration, oldest first; its place in the list is its number.
const MIGRATIONS: &[(&str, &str)] = &[
    ("sync", include_str!("migrations/0001_sync.sql")),
    ("lookbacks", include_str!("migrations/0002_lookbacks.sql")),
    ("aggregates", include_str!("migrations/0003_aggregates.sql")),
    ("reports", include_str!("migrations/0004_reports.sql")),
    ("runs", include_str!("migrations/0005_runs.sql")),
    ("consent", include_str!("migrations/0006_consent.sql")),
    ("webhooks", include_str!("migrations/0007_webhooks.sql")),
    ("annotations", include_str!("migrations/0008_annotations.sql")),
    ("wide_sums", include_str!("migrations/0009_wide_sums.sql")),
    ("profile_activity", include_str!("migrations/0010_profile_activity.sql")),
    ("saved_views", include_str!("migrations/0011_saved_views.sql")),
    ("touches", include_str!("migrations/0012_touches.sql")),
    ("first_members", include_str!("migrations/0013_first_members.sql")),
    ("remedies", include_str!("migrations/0014_remedies.sql")),
    ("form_conversions", include_str!("migrations/0015_form_conversions.sql")),
];

/// Applies what the file has not seen yet, each in a transaction of its own.
pub(super) fn apply(connection: &mut Connection) -> Result<(), Error> {
    let failed = |source: duckdb::Error| Error::Statement { doing: "migrate", source: source.into() };
    connection
        .execute_batch(
            "create table if not exists schema_migrations (version bigint primary key, name varchar not null)",
        )
        .map_err(failed)?;
    let found: i64 = connection
        .query_row("select coalesce(max(version), 0) from schema_migrations", [], |row| row.get(0))
        .map_err(failed)?;
    let known = i64::try_from(MIGRATIONS.len()).expect("a handful of migrations");
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for (number, (name, sql)) in (1_i64..).zip(MIGRATIONS).filter(|(number, _)| *number > found) {
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(sql).map_err(failed)?;
        transaction
            .execute("insert into schema_migrations (version, name) values (?, ?)", duckdb::params![number, name])
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}
