//! The navigation: every page that exists, in its group and in the order of the menu.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// Empty for what needs no heading.
    pub title: &'static str,
    pub entries: &'static [Entry],
}

#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub path: &'static str,
    pub title: &'static str,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
}

/// Pages that count by days of their own, and so take no basis.
const OWN_BASIS: &[&str] =
    &["/", "/forms", "/forms/<id>", "/segments", "/segments/<id>", "/audience", "/benchmarks/<id>", "/explore"];

/// Whether the page at `path`, an address or the description of one, counts by days of its own.
pub(crate) fn has_own_basis(path: &str) -> bool {
    OWN_BASIS.iter().any(|own| match own.strip_suffix("<id>") {
        Some(parent) => path.strip_prefix(parent).is_some_and(|id| !id.is_empty() && !id.contains('/')),
        None => path == *own,
    })
}

pub(super) const MENU: &[Group] = &[
    Group { title: "", entries: &[Entry { path: "/", title: "Overview", icon: "layout-dashboard" }] },
    Group {
        title: "Messages",
        entries: &[
            Entry { path: "/campaigns", title: "Campaigns", icon: "mail" },
            Entry { path: "/flows", title: "Flows", icon: "route" },
            Entry { path: "/forms", title: "Forms", icon: "forms" },
        ],
    },
    Group {
        title: "Audience",
        entries: &[
            Entry { path: "/segments", title: "Segments & lists", icon: "users-group" },
            Entry { path: "/audience", title: "Audience", icon: "users" },
        ],
    },
    Group { title: "Money", entries: &[Entry { path: "/revenue", title: "Revenue", icon: "currency-dollar" }] },
    Group {
        title: "Health",
        entries: &[
            Entry { path: "/deliverability", title: "Deliverability", icon: "heart-rate-monitor" },
            Entry { path: "/content", title: "Content", icon: "message-circle" },
            Entry { path: "/benchmarks", title: "Benchmarks", icon: "gauge" },
        ],
    },
    Group {
        title: "Data",
        entries: &[
            Entry { path: "/explore", title: "Explore", icon: "search" },
            Entry { path: "/explore/sql", title: "SQL", icon: "code" },
            Entry { path: "/definitions", title: "Definitions", icon: "book" },
            Entry { path: "/sync", title: "Sync", icon: "database" },
            Entry { path: "/settings", title: "Settings", icon: "adjustments-horizontal" },
        ],
    },
];
