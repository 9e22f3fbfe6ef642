//! The JSON twins of pages: what they say, before it is drawn.

use std::sync::LazyLock;

use super::endpoint::{Days, Endpoint, Unread};
use super::parameters::{
    BY_EVENT, BY_SENDING, COMPARED, CONVERTED, DAYS, MACHINES, NAMED, PART, Parameter, REACHED, SAMPLED, SHOWN,
};
use crate::pages::PAGES;
use crate::pages::page::{Page, Switch};
use crate::pages::view::View;
use crate::range::{Basis, Period};
use crate::web::Error;
use crate::web::cache::{Answered, Lifetime};

/// Parameters that only one page knows, in the order of the pages.
static OWN: LazyLock<Vec<Vec<Parameter>>> = LazyLock::new(|| {
    PAGES.iter().map(|page| page.takes.iter().map(|(name, about)| Parameter::text(name, about)).collect()).collect()
});

pub(super) fn endpoints() -> Vec<Endpoint> {
    PAGES.iter().zip(OWN.iter()).map(|(page, own)| endpoint(page, own)).collect()
}

/// Below `/api`.
fn path(page: &Page) -> String {
    if page.path == "/" { "/pages/overview".to_owned() } else { format!("/pages{}", page.path) }
}

/// What the page takes of `basis`, by what is usual on it.
fn basis(page: &Page) -> &'static [Parameter] {
    match page.usual_basis() {
        Some(Basis::Event) => BY_EVENT,
        None if page.has_own_basis() => &[],
        _ => BY_SENDING,
    }
}

fn endpoint(page: &'static Page, own: &'static [Parameter]) -> Endpoint {
    Endpoint {
        path: path(page).into(),
        about: format!("What the page says: {}", page.about).into(),
        entity: "events",
        unread: Unread::Begin,
        parameters: vec![
            DAYS,
            COMPARED,
            basis(page),
            MACHINES,
            CONVERTED,
            if page.switches.contains(&Switch::Channel) { REACHED } else { &[] },
            SAMPLED,
            NAMED,
            SHOWN,
            PART,
            own,
        ],
        sorts: Vec::new(),
        days: Days::Recent,
        lifetime: Lifetime::Overview,
        load: |db, it| {
            let page = PAGES.iter().find(|page| path(page) == it.path).ok_or(Error::NotFound("page"))?;
            let ask = page.meant(it.ask.clone())?;
            let period = Period { basis: ask.basis, ..it.period.clone() };
            Answered::of(&page.view(db, &ask, &period, &it.ground, it.id.as_deref())?)
        },
        schema: |schemas, _| schemas.of::<View>(),
    }
}
