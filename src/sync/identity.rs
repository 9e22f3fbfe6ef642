//! Whose key it is: a copy is of one account, and what another one's key brings is not mixed into it.

use super::copying::Copying;
use super::record::{self, Context, Malformed};
use super::run::Stopped;
use crate::catalog::{self, Entity};
use crate::klaviyo::{Error, Request};
use crate::store::Record;
use crate::store::runs::Account;

const ACCOUNTS: &str = "accounts";

/// Does `work`, which copies an entity, once it is known that the key belongs to the account that is copied here: asked
/// once a process. The pass over the accounts tells by itself; others wait for it.
///
/// # Errors
/// [`Stopped::OtherAccount`], what stops everything (a refused key, an unreachable host, a wish to stop), and those of `work`.
pub(super) fn checked(
    copying: &Copying<'_>,
    work: impl FnOnce(&Copying<'_>) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    let mut is_known = copying.handle.0.account_is_known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *is_known {
        drop(is_known);
        return work(copying);
    }
    if copying.entity.name == ACCOUNTS {
        work(copying)?;
        *is_known = true;
        return Ok(());
    }
    *is_known = ask(copying)?;
    drop(is_known);
    work(copying)
}

/// Whether Klaviyo says that the key is of the account whose copy is there. A key that may not tell, or an answer that does
/// not, proves nothing, and the copy goes on.
fn ask(copying: &Copying<'_>) -> Result<bool, Stopped> {
    let Some(ours) = copying.store().read(|db| db.account())? else { return Ok(false) };
    let accounts = catalog::find(ACCOUNTS).expect("the catalog has accounts");
    let batch = match copying.ask(&Request::first(accounts, None, None, None)) {
        Ok(batch) => batch,
        Err(error @ (Error::Unauthorized { .. } | Error::Unreachable { .. } | Error::Stopped | Error::Settings(_))) => {
            return Err(error.into());
        }
        Err(_) => return Ok(false),
    };
    let context = Context { zone: chrono_tz::Tz::UTC, parent: None };
    let Ok(page) = record::read(accounts, &batch, context) else { return Ok(false) };
    is_ours(ours, &page.records)?;
    Ok(!page.records.is_empty())
}

/// # Errors
/// Where Klaviyo names accounts, and ours is not among them.
fn is_ours(ours: Account, records: &[Record]) -> Result<(), Stopped> {
    match records.first() {
        Some(theirs) if records.iter().all(|it| it.id != ours.id) => {
            let name = ours.name.unwrap_or_default();
            Err(Stopped::OtherAccount { ours: format!("{name} ({})", ours.id), theirs: theirs.id.clone() })
        }
        _ => Ok(()),
    }
}

/// What Klaviyo names as accounts is one, and the one that is copied here. A key belongs to one: an answer that names none
/// would take the account away, and two would take turns.
///
/// # Errors
/// Where it is not; other entities are not looked at.
pub(super) fn admit(copying: &Copying<'_>, entity: &Entity, records: &[Record]) -> Result<(), Stopped> {
    if entity.name != ACCOUNTS {
        return Ok(());
    }
    if records.len() != 1 {
        return Err(Malformed::new(entity, format!("it names {} accounts for one key", records.len())).into());
    }
    copying.store().read(|db| db.account())?.map_or(Ok(()), |ours| is_ours(ours, records))
}
