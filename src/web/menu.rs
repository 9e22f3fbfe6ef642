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

pub(super) const MENU: &[Group] = &[
    Group { title: "", entries: &[Entry { path: "/", title: "Overview", icon: "layout-dashboard" }] },
    Group { title: "Messages", entries: &[Entry { path: "/campaigns", title: "Campaigns", icon: "mail" }] },
    Group { title: "Money", entries: &[Entry { path: "/revenue", title: "Revenue", icon: "currency-dollar" }] },
    Group {
        title: "Data",
        entries: &[
            Entry { path: "/definitions", title: "Definitions", icon: "book" },
            Entry { path: "/sync", title: "Sync", icon: "database" },
            Entry { path: "/settings", title: "Settings", icon: "adjustments-horizontal" },
        ],
    },
];
