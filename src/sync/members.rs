//! Who is on which list and in which segment: each of them followed by itself, and listed again to find who left.

use super::copying::Copying;
use super::pass::{Pass, Scope, known_parents};
use super::plan::Known;
use super::run::Stopped;
use crate::catalog::Entity;
use crate::klaviyo::Error;
use crate::store::Changes;
use crate::store::progress::ParentProgress;
use crate::store::runs::RunEntity;

/// Whose members are copied; see `[default.membership]` in `Rocket.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub lists: Chosen,
    pub segments: Chosen,
    /// How often a list or segment is listed as a whole, which shows who left.
    pub relist_days: u32,
}

impl Default for Membership {
    /// As the packaged settings have it.
    fn default() -> Membership {
        Membership { lists: Chosen::All, segments: Chosen::None, relist_days: 7 }
    }
}

impl Membership {
    /// What was chosen of that which the entity holds the members of; `None` where it holds none.
    pub(super) fn of(&self, entity: &Entity) -> Option<&Chosen> {
        let groups = if entity.parent()?.name == "segments" { &self.segments } else { &self.lists };
        entity.is_membership().then_some(groups)
    }

    /// The setting that chooses them.
    pub(super) fn setting_of(entity: &Entity) -> &'static str {
        if entity.parent().is_some_and(|it| it.name == "segments") { "membership.segments" } else { "membership.lists" }
    }
}

/// Lists or segments that somebody chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    All,
    None,
    /// By id or by name.
    These(Vec<String>),
}

impl From<&crate::config::Chosen> for Chosen {
    fn from(settings: &crate::config::Chosen) -> Chosen {
        match settings {
            crate::config::Chosen::Word(word) if word == "all" => Chosen::All,
            crate::config::Chosen::Word(_) => Chosen::None,
            crate::config::Chosen::These(names) => Chosen::These(names.clone()),
        }
    }
}

impl Chosen {
    fn holds(&self, id: &str, name: Option<&str>) -> bool {
        match self {
            Chosen::All => true,
            Chosen::None => false,
            Chosen::These(wanted) => wanted.iter().any(|it| it == id || Some(it.as_str()) == name),
        }
    }
}

/// Copies the members of all that were chosen. Of those that no longer are, nothing is kept.
pub(super) fn copy(copying: &Copying<'_>) -> Result<(), Stopped> {
    let entity = copying.entity;
    let Some(parent) = entity.parent() else { return Ok(()) };
    let Some(chosen) = copying.handle.0.options.membership.of(entity) else { return Ok(()) };
    if *chosen != Chosen::None {
        known_parents(copying, parent)?;
    }
    let (named, read) = copying.store().read(|db| Ok((db.named(parent)?, db.parents(entity)?)))?;
    let wanted: Vec<&String> =
        named.iter().filter(|(id, name)| chosen.holds(id, name.as_deref())).map(|(id, _)| id).collect();
    tell_of_unknown(copying, chosen, &named);
    for it in read.iter().filter(|it| !wanted.contains(&&it.parent)) {
        let is_there = named.iter().any(|(id, _)| *id == it.parent);
        let deleted = if is_there { unwanted(copying, &it.parent)? } else { gone(copying, &it.parent)? };
        copying.count(entity, 0, Changes { deleted, ..Changes::default() });
    }
    for (done, id) in wanted.iter().enumerate() {
        let progress = read.iter().find(|it| it.parent == **id).cloned();
        members(copying, progress.unwrap_or_else(|| ParentProgress::none(id)))?;
        copying.show(|it: &mut RunEntity| it.done = Some((done + 1) as f64 / wanted.len() as f64));
    }
    Ok(())
}

/// Copies the members of one list or segment.
fn members(copying: &Copying<'_>, progress: ParentProgress) -> Result<(), Stopped> {
    let known = Known { watermark: progress.watermark, whole_at: progress.whole_at };
    let id = progress.parent.clone();
    let mut pass = Pass::new(copying, Scope::Parent(progress), known)?;
    match pass.series(None, Some(&id)) {
        Ok(()) => pass.finish(),
        // Deleted between its listing and now: nobody is on it any more.
        Err(Stopped::Klaviyo(Error::NotFound { .. })) => {
            let deleted = gone(copying, &id)?;
            copying.count(copying.entity, 0, Changes { deleted, ..Changes::default() });
            Ok(())
        }
        Err(stopped) => Err(stopped),
    }
}

/// Klaviyo has it no more: everybody left.
fn gone(copying: &Copying<'_>, parent: &str) -> Result<u64, Stopped> {
    let (entity, now) = (copying.entity, copying.now());
    Ok(copying.store().write_in_row(|db| {
        db.begin_listing(entity)?;
        db.forget_parent(entity, parent)?;
        db.sweep(entity, Some(parent), now)
    })?)
}

/// It is there, but nobody follows it any more; that its members left would be a lie.
fn unwanted(copying: &Copying<'_>, parent: &str) -> Result<u64, Stopped> {
    Ok(copying.store().write_in_row(|db| db.drop_parent(copying.entity, parent))?)
}

/// Says which names of the settings are nobody's, as a misspelt one is.
fn tell_of_unknown(copying: &Copying<'_>, chosen: &Chosen, named: &[(String, Option<String>)]) {
    let Chosen::These(wanted) = chosen else { return };
    let unknown: Vec<String> = wanted
        .iter()
        .filter(|it| !named.iter().any(|(id, name)| id == *it || name.as_ref() == Some(*it)))
        .map(|it| format!("“{it}”"))
        .collect();
    if !unknown.is_empty() {
        let (setting, unknown) = (Membership::setting_of(copying.entity), unknown.join(", "));
        copying.remark_on(format!("nothing at Klaviyo has the name or id {unknown}, which {setting} names"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_chosen_by_id_or_name() {
        let these = Chosen::These(vec!["Newsletter".to_owned(), "Y6nRLr".to_owned()]);
        for (id, name, want) in [
            ("aaaaaa", Some("Newsletter"), true),
            ("Y6nRLr", None, true),
            ("bbbbbb", Some("newsletter"), false),
            ("cccccc", None, false),
        ] {
            assert_eq!(these.holds(id, name), want, "{id} {name:?}");
        }
        assert!(Chosen::All.holds("a", None) && !Chosen::None.holds("a", Some("All")));
    }
}
