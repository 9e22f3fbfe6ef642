//! The JSON twins of pages: what they say, before it is drawn.

use std::sync::LazyLock;

use super::endpoint::{Days, Endpoint, Unread};
use super::parameters::{COMPARED, COUNTED, DAYS, NAMED, PART, Parameter, REACHED};
use crate::pages::PAGES;
use crate::pages::page::Page;
use crate::pages::view::View;
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

fn endpoint(page: &'static Page, own: &'static [Parameter]) -> Endpoint {
    Endpoint {
        path: path(page).into(),
        about: format!("What the page says: {}", page.about).into(),
        entity: "events",
        unread: Unread::Begin,
        parameters: vec![DAYS, COMPARED, COUNTED, REACHED, NAMED, PART, own],
        sorts: Vec::new(),
        days: Days::Recent,
        lifetime: Lifetime::Overview,
        load: |db, it| {
            let page = PAGES.iter().find(|page| path(page) == it.path).ok_or(Error::NotFound("page"))?;
            Answered::of(&page.view(db, &it.ask, &it.period, &it.ground, it.id.as_deref())?)
        },
        schema: |schemas, _| schemas.of::<View>(),
    }
}
