//! What went wrong, said once where several entities share it.

use serde::Serialize;

use crate::store::runs::RunEntity;

/// As many entities as have one cause before it is told apart from them.
pub(super) const SHARED: usize = 3;

/// Entities that are named; of more the number is.
const NAMED: usize = 2;

/// What went wrong with some entities, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// "Forms, Flows" or "20 entities"
    pub who: String,
    pub error: String,
    pub remedy: Option<String>,
}

/// Where a row says what went wrong.
pub(super) struct Said<'a> {
    pub(super) title: &'a str,
    pub(super) error: &'a mut Option<String>,
    pub(super) remedy: &'a mut Option<String>,
}

/// What a part of a run says.
pub(super) fn of_part(it: &mut RunEntity) -> Said<'_> {
    Said { title: &it.title, error: &mut it.error, remedy: &mut it.remedy }
}

/// Takes what at least so many rows say out of them, each error once, in the order of the first that said it.
pub(super) fn gather<T>(rows: &mut [T], least: usize, said: impl Fn(&mut T) -> Said<'_>) -> Vec<Problem> {
    let mut found: Vec<(String, Vec<String>, Option<String>)> = Vec::new();
    for row in &mut *rows {
        let Said { title, error: Some(error), remedy } = said(row) else { continue };
        match found.iter_mut().find(|it| it.0 == *error) {
            Some((_, titles, _)) => titles.push(title.to_owned()),
            None => found.push((error.clone(), vec![title.to_owned()], remedy.clone())),
        }
    }
    found.retain(|(_, titles, _)| titles.len() >= least);
    for row in rows {
        let Said { error, remedy, .. } = said(row);
        if found.iter().any(|it| error.as_ref() == Some(&it.0)) {
            (*error, *remedy) = (None, None);
        }
    }
    let who = |titles: Vec<String>| match titles.len() {
        ..=NAMED => titles.join(", "),
        some => format!("{some} entities"),
    };
    found.into_iter().map(|(error, titles, remedy)| Problem { who: who(titles), error, remedy }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::find;

    fn row(name: &str, error: Option<&str>) -> RunEntity {
        let entity = find(name).expect("an entity");
        RunEntity { error: error.map(str::to_owned), remedy: Some("Do.".to_owned()), ..RunEntity::queued(entity) }
    }

    #[test]
    fn what_several_share_is_said_once() {
        let refused = Some("the key was refused");
        let mut rows = [
            row("events", refused),
            row("forms", Some("a scope is missing")),
            row("flows", refused),
            row("tags", None),
            row("lists", refused),
        ];
        let told = gather(&mut rows, SHARED, of_part);
        let words = |it: &Problem| (it.who.clone(), it.error.clone(), it.remedy.clone());
        let wanted = ("3 entities".to_owned(), "the key was refused".to_owned(), Some("Do.".to_owned()));
        assert_eq!(told.iter().map(words).collect::<Vec<_>>(), [wanted]);
        let left: Vec<_> = rows.iter().map(|it| it.error.as_deref()).collect();
        assert_eq!(left, [None, Some("a scope is missing"), None, None, None]);
        assert_eq!(gather(&mut rows, 1, of_part)[0].who, "Forms");
    }
}
