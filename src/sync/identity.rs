//! Whose key it is: a copy is of one account, and what another one's key brings is not mixed into it.

use super::copying::Copying;
use super::record::{self, Context};
use super::run::Stopped;
use crate::catalog::{self, Entity};
use crate::klaviyo::{Error, Request};

/// Asks Klaviyo once a process which account the key belongs to, where a copy is there already. A key that may not tell,
/// or an answer that does not, proves nothing, and the copy goes on.
///
/// # Errors
/// [`Stopped::OtherAccount`], and what stops everything: a refused key, an unreachable host, a wish to stop.
pub(super) fn check(copying: &Copying<'_>) -> Result<(), Stopped> {
    let handle = copying.handle;
    let mut is_known = handle.0.account_is_known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *is_known {
        return Ok(());
    }
    let Some(ours) = copying.store().read(|db| db.account())? else { return Ok(()) };
    let accounts = catalog::find("accounts").expect("the catalog has accounts");
    let batch = match copying.ask(&Request::first(accounts, None, None, None)) {
        Ok(batch) => batch,
        Err(error @ (Error::Unauthorized { .. } | Error::Unreachable { .. } | Error::Stopped | Error::Settings(_))) => {
            return Err(error.into());
        }
        Err(_) => return Ok(()),
    };
    let context = Context { zone: chrono_tz::Tz::UTC, parent: None };
    let Ok(page) = record::read(accounts, &batch, context) else { return Ok(()) };
    match page.records.first() {
        Some(theirs) if page.records.iter().all(|it| it.id != ours.id) => {
            let name = ours.name.unwrap_or_default();
            Err(Stopped::OtherAccount { ours: format!("{name} ({})", ours.id), theirs: theirs.id.clone() })
        }
        Some(_) => {
            *is_known = true;
            Ok(())
        }
        None => Ok(()),
    }
}

/// Takes in that the account was read, and is the one that is kept.
pub(super) fn learned(copying: &Copying<'_>) {
    *copying.handle.0.account_is_known.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
}

/// A key belongs to one account: an answer that names none would take the account away, and two would take turns.
///
/// # Errors
/// Where it names another number of them.
pub(super) fn names_one(entity: &Entity, records: usize) -> Result<(), record::Malformed> {
    if entity.name == "accounts" && records != 1 {
        return Err(record::Malformed::new(entity, format!("it names {records} accounts for one key")));
    }
    Ok(())
}
