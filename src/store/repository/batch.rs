//! Whether a table can hold the rows of a batch: asked before the first is written, so that the answer can name the row.

use serde::de::IgnoredAny;

use crate::catalog::{Column, Entity, Kind};
use crate::store::{Cell, Error, Record, document};

/// Digits before the point that `decimal(18,4)` holds.
const MONEY_DIGITS: usize = 14;

/// Digits after the point that it keeps.
const MONEY_PLACES: usize = 4;

pub(super) fn check(entity: &Entity, rows: &[Record]) -> Result<(), Error> {
    for (number, row) in (1..).zip(rows) {
        if let Err((column, why)) = fits(entity, row) {
            return Err(Error::BadRow { entity: entity.name, row: number, id: row.id.clone(), column, why });
        }
    }
    Ok(())
}

/// The column that does not fit, and why.
fn fits(entity: &Entity, row: &Record) -> Result<(), (String, String)> {
    let bad = |column: &str, why: &str| Err((column.to_owned(), why.to_owned()));
    if row.id.is_empty() {
        return bad("id", "is empty");
    }
    if row.cells.len() != entity.columns.len() {
        let why = format!("are {} and not the {} of the catalog", row.cells.len(), entity.columns.len());
        return Err(("columns".to_owned(), why));
    }
    for (column, cell) in entity.columns.iter().zip(&row.cells) {
        holds(column, cell).or_else(|why| bad(column.name, &why))?;
    }
    match row.rest.as_deref() {
        Some(text) if serde_json::from_str::<IgnoredAny>(text).is_err() => bad(entity.rest.column, "is no JSON"),
        Some(text) if document::mend(text).is_some() => bad(entity.rest.column, "would hurt the database"),
        _ => Ok(()),
    }
}

fn holds(column: &Column, cell: &Cell) -> Result<(), String> {
    match (column.kind, cell) {
        (_, Cell::Null)
        | (Kind::Text | Kind::Document, Cell::Text(_))
        | (Kind::Count, Cell::Count(_))
        | (Kind::Number, Cell::Number(_))
        | (Kind::Flag, Cell::Flag(_))
        | (Kind::Day, Cell::Day(_))
        | (Kind::Time | Kind::LocalTime, Cell::Time(_))
        | (Kind::Texts, Cell::Texts(_)) => Ok(()),
        (Kind::Money, Cell::Money(text)) if is_money(text) => Ok(()),
        (Kind::Money, Cell::Money(text)) => Err(format!("{text:?} is no amount with at most {MONEY_PLACES} decimals")),
        (kind, cell) => Err(format!("is {cell:?}, which is no {kind:?}")),
    }
}

fn is_money(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    are_digits(whole) && are_digits(places) && whole.len() <= MONEY_DIGITS && places.len() <= MONEY_PLACES
}

#[cfg(test)]
mod tests {
    use super::is_money;

    #[test]
    fn money_is_an_amount_that_the_table_holds() {
        for text in ["0", "-12.5", "1234.5000", "99999999999999.9999"] {
            assert!(is_money(text), "{text}");
        }
        for text in ["", "-", ".5", "5.", "1e3", "$5", "1.23456", "100000000000000", "NaN"] {
            assert!(!is_money(text), "{text}");
        }
    }
}
