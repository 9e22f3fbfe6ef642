//! What Klaviyo has and what we keep of it: one declarative file per entity, and no technology.
//!
//! From the list [`ENTITIES`] follow the tables, the requests, the upserts, the status rows and the README's
//! "What is copied". Adding an entity touches its own file and that list.

mod accounts;
mod campaign_messages;
mod campaigns;
mod catalog_items;
mod events;
mod flow_actions;
mod flow_messages;
mod flows;
mod form_versions;
mod forms;
mod lists;
mod mapped_metrics;
mod metric_aggregates;
pub mod metric_kinds;
mod metrics;
mod profile_predictions;
mod profiles;
mod reports;
mod segments;
mod tags;
mod templates;

pub use accounts::ACCOUNTS;
pub use events::EVENTS;
pub use metrics::METRICS;
pub use templates::TEMPLATE_HTML;

/// The revision of Klaviyo's API that every request names and every description here is true of.
pub const REVISION: &str = "2026-07-15";

/// All copied entities, in the order a first sync reads them: what is pointed at comes first, what a page
/// shows comes before what only fills in details.
pub const ENTITIES: &[&Entity] = &[
    &ACCOUNTS,
    &METRICS,
    &mapped_metrics::MAPPED_METRICS,
    // Early, because most numbers wait for it and it takes longest.
    &EVENTS,
    &campaigns::CAMPAIGNS,
    &campaign_messages::CAMPAIGN_MESSAGES,
    &flows::FLOWS,
    &flow_actions::FLOW_ACTIONS,
    &forms::FORMS,
    &segments::SEGMENTS,
    &lists::LISTS,
    &profiles::PROFILES,
    &tags::TAGS,
    &templates::TEMPLATES,
    &catalog_items::CATALOG_ITEMS,
    &flow_messages::FLOW_MESSAGES,
    &form_versions::FORM_VERSIONS,
    &segments::SEGMENT_COUNTS,
    &lists::LIST_COUNTS,
    &lists::LIST_MEMBERS,
    &segments::SEGMENT_MEMBERS,
    // Last, because they take long and nothing waits for them.
    &profile_predictions::PROFILE_PREDICTIONS,
    &metric_aggregates::METRIC_AGGREGATES,
    &reports::CAMPAIGN_VALUES_REPORTS,
    &reports::FLOW_VALUES_REPORTS,
    &reports::FLOW_SERIES_REPORTS,
    &reports::FORM_VALUES_REPORTS,
    &reports::FORM_SERIES_REPORTS,
    &reports::SEGMENT_VALUES_REPORTS,
    &reports::SEGMENT_SERIES_REPORTS,
];

/// Entities of which one record is read when somebody asks for it, and kept; no run goes over them.
pub const ON_DEMAND: &[&Entity] = &[&TEMPLATE_HTML];

/// The entity of that name, as a person or a URL spells it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entity> {
    ENTITIES.iter().copied().find(|it| it.name == name)
}

/// One kind of thing that Klaviyo has: where it is read, how it is followed, what is kept of it.
#[derive(Debug)]
pub struct Entity {
    /// The word for it everywhere: in URLs, on the command line, in status rows; `klaviyo_<name>` is its table.
    pub name: &'static str,
    /// What it is, in one line for the README and the sync page.
    pub about: &'static str,
    /// The JSON:API `type` of its records.
    pub resource: &'static str,
    pub source: Source,
    pub follow: Follow,
    /// The value of `sort`, where the order matters to how the entity is followed.
    pub sort: Option<&'static str>,
    pub include: &'static [&'static str],
    /// `fields[<type>]`: the only attributes that come back for that type.
    pub fields: &'static [(&'static str, &'static [&'static str])],
    /// `additional-fields[<type>]`: attributes that come back only when asked for.
    pub additional_fields: &'static [(&'static str, &'static [&'static str])],
    /// How often its endpoint may be asked.
    pub tier: Tier,
    /// What the key must be allowed to read.
    pub scopes: &'static [&'static str],
    pub columns: &'static [Column],
    /// Where the rest of a record goes: what no column holds, in a column that keeps any document.
    pub rest: Rest,
    /// When it is brought up to date: a cron expression (minute first) in the account's time zone.
    pub schedule: &'static str,
}

/// Where the records of an entity come from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A listing of its own, read page by page, once per partition.
    List {
        path: &'static str,
        /// Largest `page[size]`; `None` where the endpoint refuses the parameter.
        page_size: Option<u16>,
        /// Filters of which each is one series of requests; together they reach every record. Empty: one series, unfiltered.
        partitions: &'static [&'static str],
    },
    /// Comes along in `included` of another entity's pages, named by the parent's relationship.
    Included { parent: &'static str, relationship: &'static str },
    /// One listing, or one document, for each row of another entity; the path holds `{id}`.
    PerParent {
        parent: &'static str,
        path: &'static str,
        page_size: Option<u16>,
        /// Only parents whose column has one of these values; `None` means all of them.
        only: Option<(&'static str, &'static [&'static str])>,
        key: Key,
    },
    /// Statistics that Klaviyo computes for a span of days that is posted.
    Report(Report),
    /// Count and sum of each metric's events by local day, posted for one metric and span of days at a time.
    Aggregates {
        path: &'static str,
        /// The longest span, in days.
        days_max: u16,
    },
}

/// How a report is asked for; every name is Klaviyo's.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    pub path: &'static str,
    /// What the rows are told apart by; none where the endpoint takes none.
    pub group_by: &'static [&'static str],
    pub statistics: &'static [&'static str],
    /// Each statistic is a series over these; absent where it is one value for the whole span.
    pub interval: Option<&'static str>,
    /// Whether it counts conversions, and has to be told by which metric.
    pub by_conversion: bool,
    /// The longest span, in days.
    pub days_max: u16,
    /// Year, month and day before which there is nothing.
    pub since: Option<(i32, u32, u32)>,
}

/// What tells the rows of an entity apart that is read per parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The record's id alone: no two parents have the same record.
    Own,
    /// The parent's id and the record's: one record belongs to several parents, as a profile does to lists.
    WithParent,
}

impl Key {
    /// The id of the row of a record that was read for `parent`.
    #[must_use]
    pub fn of(self, parent: &str, id: &str) -> String {
        match self {
            Key::Own => id.to_owned(),
            Key::WithParent => format!("{parent}:{id}"),
        }
    }
}

/// How we learn what changed since the last sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Every sync reads all of it: the endpoint cannot filter by time, or the list is short and only
    /// a whole listing shows what was deleted.
    Everything,
    /// Records carry a time that the endpoint filters by; the attribute is also the field of the filter.
    Since { attribute: &'static str, operator: Operator, whole: Whole },
    /// A record at a time in the past: read in windows of time, each replaced as a whole.
    Windows { attribute: &'static str },
    /// Whenever the parent's pages are read.
    Parent,
    /// Spans of local days: the latest are asked for again for as long as their numbers change, the others once.
    Report,
}

/// How often an entity that is followed by time is read as a whole all the same: only that shows what was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    EveryDays(u16),
    /// The settings say how often, because it takes long where there is much of it.
    AsSet,
}

/// The lower bound that a filter on time accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    GreaterOrEqual,
    GreaterThan,
}

/// Klaviyo's rate tiers: requests a second (burst) and a minute (steady), per account and endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tier {
    Xs,
    S,
    M,
    L,
    Xl,
    /// Statistics that Klaviyo computes: the only tier with a limit a day.
    Report,
}

impl Tier {
    /// Requests allowed in one second. Source: `x-klaviyo-ratelimit` of the `OpenAPI` document.
    #[must_use]
    pub fn burst(self) -> u32 {
        match self {
            Tier::Xs | Tier::Report => 1,
            Tier::S => 3,
            Tier::M => 10,
            Tier::L => 75,
            Tier::Xl => 350,
        }
    }

    /// Requests allowed in one minute. Source: `x-klaviyo-ratelimit` of the `OpenAPI` document.
    #[must_use]
    pub fn steady(self) -> u32 {
        match self {
            Tier::Report => 2,
            Tier::Xs => 15,
            Tier::S => 60,
            Tier::M => 150,
            Tier::L => 750,
            Tier::Xl => 3500,
        }
    }

    /// Requests allowed in one day, where days are counted. Source: `x-klaviyo-ratelimit` of the `OpenAPI` document.
    #[must_use]
    pub fn daily(self) -> Option<u32> {
        (self == Tier::Report).then_some(225)
    }
}

/// How long a pass may take, and so in whose company it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as pages come.
    Prompt,
    /// One request for each of many things, at an endpoint that takes few: minutes or hours, which nothing else waits for.
    Slow,
}

/// One thing kept of every record, in a column of its own.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub from: From,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A whole number.
    Count,
    /// A number that is not money.
    Number,
    /// An amount in the currency named beside it, four decimals.
    Money,
    /// True or false, also when written as text.
    Flag,
    /// An instant, kept in UTC.
    Time,
    /// The account's wall clock at the instant found there: what local days and hours are counted by.
    LocalTime,
    /// A list of texts, such as ids.
    Texts,
    /// Any document, as JSON text; an empty one is unknown.
    Document,
    /// A local day of the account.
    Day,
}

/// Where in a record a column's value is found, as JSON pointers (RFC 6901).
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// The first of these that is there and not null.
    Own(&'static [&'static str]),
    /// True when any of these is true; false when one is there and none is true.
    Any(&'static [&'static str]),
    /// In the included record that the relationship's first item names.
    Via { relationship: &'static str, pointer: &'static str },
    /// The id of the parent that the record was read for or came along with.
    Parent,
}

/// The document column of an entity.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    pub column: &'static str,
    pub pointer: &'static str,
}

/// Everything that Klaviyo said of the record, under the name that most tables use.
const METADATA: Rest = Rest { column: "metadata", pointer: "/attributes" };

impl Entity {
    /// The table that holds it.
    #[must_use]
    pub fn table(&self) -> String {
        format!("klaviyo_{}", self.name)
    }

    /// Its name for people: `campaign_messages` becomes "Campaign messages".
    #[must_use]
    pub fn title(&self) -> String {
        let words = self.name.replace('_', " ");
        let mut chars = words.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    }

    /// The entity that has to be read first, if any.
    #[must_use]
    pub fn parent(&self) -> Option<&'static Entity> {
        match self.source {
            Source::Included { parent, .. } | Source::PerParent { parent, .. } => find(parent),
            Source::List { .. } | Source::Report(_) | Source::Aggregates { .. } => None,
        }
    }

    /// What it needs beside its parent, and is therefore read after where both are ordered.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        match self.source {
            // Which metric conversions are counted by.
            Source::Report(Report { by_conversion: true, .. }) => &["metrics", "mapped_metrics"],
            Source::Aggregates { .. } => &["metrics", "events"],
            _ => &[],
        }
    }

    /// The column that people know its rows by, if it has one.
    #[must_use]
    pub fn name_column(&self) -> Option<&Column> {
        ["name", "title", "label"].into_iter().find_map(|it| self.column(it))
    }

    /// The column that says how far along a row is, as Klaviyo calls it: `draft`, `live`, `Sent`.
    #[must_use]
    pub fn status_column(&self) -> Option<&Column> {
        self.column("status")
    }

    /// The time by which rows are new: when they last changed at Klaviyo, or when they happened.
    #[must_use]
    pub fn updated_column(&self) -> Option<&Column> {
        let name = if self.is_log() { "timestamp" } else { "updated_at" };
        self.column(name).filter(|it| it.kind == Kind::Time)
    }

    /// The time or day that its rows are of: when they changed or happened, when somebody joined, the day of a number.
    #[must_use]
    pub fn dated_column(&self) -> Option<&Column> {
        let others = ["joined_at", "day", "start_on"].into_iter().filter_map(|it| self.column(it));
        self.updated_column().into_iter().chain(others).next()
    }

    /// Whether its rows are things that happened: replaced by window, never marked as deleted.
    #[must_use]
    pub fn is_log(&self) -> bool {
        matches!(self.follow, Follow::Windows { .. })
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|it| it.name == name)
    }

    /// Whether reading it may take long, by where it is read: record by record, by question, or page by page at an
    /// endpoint of fifteen requests a minute.
    #[must_use]
    pub fn pace(&self) -> Pace {
        let is_listed = matches!(self.source, Source::List { .. } | Source::Included { .. });
        let has_pages = matches!(self.source, Source::List { page_size: Some(_), .. });
        match self.tier {
            Tier::Report => Pace::Slow,
            Tier::Xs if has_pages => Pace::Slow,
            _ if is_listed => Pace::Prompt,
            _ => Pace::Slow,
        }
    }

    /// The path of its own requests; an included entity has none.
    #[must_use]
    pub fn path(&self) -> Option<&'static str> {
        match self.source {
            Source::List { path, .. }
            | Source::PerParent { path, .. }
            | Source::Aggregates { path, .. }
            | Source::Report(Report { path, .. }) => Some(path),
            Source::Included { .. } => None,
        }
    }

    /// Largest `page[size]` of its requests, where they have one.
    #[must_use]
    pub fn page_size(&self) -> Option<u16> {
        match self.source {
            Source::List { page_size, .. } | Source::PerParent { page_size, .. } => page_size,
            Source::Included { .. } | Source::Report(_) | Source::Aggregates { .. } => None,
        }
    }

    /// The column that holds the id of the parent.
    #[must_use]
    pub fn parent_column(&self) -> Option<&'static str> {
        self.columns.iter().find(|it| matches!(it.from, From::Parent)).map(|it| it.name)
    }

    /// Whether its records come in the order of the time that they are followed by.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        matches!(self.follow, Follow::Since { attribute, .. } if self.sort == Some(attribute))
    }

    /// Whether it says which profiles belong to each row of its parent.
    #[must_use]
    pub fn is_membership(&self) -> bool {
        matches!(self.source, Source::PerParent { key: Key::WithParent, .. })
    }

    /// The entities that come along in the pages of this one.
    pub fn companions(&self) -> impl Iterator<Item = (&'static Entity, &'static str)> {
        let name = self.name;
        ENTITIES.iter().copied().filter_map(move |it| match it.source {
            Source::Included { parent, relationship } if parent == name => Some((it, relationship)),
            _ => None,
        })
    }
}

const fn text(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Text, from: From::Own(from) }
}
const fn count(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Count, from: From::Own(from) }
}
const fn number(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Number, from: From::Own(from) }
}
const fn day(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Day, from: From::Own(from) }
}
const fn money(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Money, from: From::Own(from) }
}
const fn flag(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Flag, from: From::Own(from) }
}
const fn any_flag(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Flag, from: From::Any(from) }
}
const fn time(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Time, from: From::Own(from) }
}
const fn local_time(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::LocalTime, from: From::Own(from) }
}
const fn texts(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Texts, from: From::Own(from) }
}
const fn document(name: &'static str, from: &'static [&'static str]) -> Column {
    Column { name, kind: Kind::Document, from: From::Own(from) }
}
const fn parent(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, from: From::Parent }
}
const fn via(name: &'static str, relationship: &'static str, pointer: &'static str) -> Column {
    Column { name, kind: Kind::Text, from: From::Via { relationship, pointer } }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn pointers(entity: &Entity) -> Vec<&'static str> {
        let own = entity.columns.iter().flat_map(|it| match it.from {
            From::Own(pointers) | From::Any(pointers) => pointers.to_vec(),
            From::Via { pointer, .. } => vec![pointer],
            From::Parent => Vec::new(),
        });
        own.chain([entity.rest.pointer]).collect()
    }

    #[test]
    fn pointers_are_plain() {
        for entity in ENTITIES {
            for pointer in pointers(entity) {
                assert!(pointer.starts_with('/') && !pointer.contains('~'), "{}: {pointer}", entity.name);
            }
        }
    }

    #[test]
    fn names_are_told_apart() {
        let mut names = HashSet::new();
        for entity in ENTITIES {
            assert!(names.insert(entity.name), "{}", entity.name);
            let mut columns = HashSet::from(["id", "raw", "synced_at", "deleted_at", entity.rest.column]);
            for column in entity.columns {
                assert!(columns.insert(column.name), "{}.{}", entity.name, column.name);
            }
        }
    }

    #[test]
    fn what_is_followed_is_kept_as_a_time() {
        for entity in ENTITIES {
            let (Follow::Since { attribute, .. } | Follow::Windows { attribute }) = entity.follow else { continue };
            let pointer = format!("/attributes/{attribute}");
            let kept =
                |it: &Column| matches!(it.from, From::Own([first, ..]) if *first == pointer) && it.kind == Kind::Time;
            assert!(entity.columns.iter().any(kept), "{} follows {attribute}, which it does not keep", entity.name);
        }
    }

    #[test]
    fn a_key_with_a_parent_keeps_the_parent() {
        for entity in ENTITIES.iter().filter(|it| it.is_membership()) {
            assert!(entity.parent_column().is_some(), "{}", entity.name);
        }
        assert_eq!(Key::WithParent.of("L1", "P1"), "L1:P1");
        assert_eq!(Key::Own.of("L1", "P1"), "P1");
    }

    #[test]
    fn what_a_report_is_asked_for_is_kept() {
        for entity in ENTITIES {
            let Source::Report(report) = entity.source else { continue };
            let kept = pointers(entity);
            for (object, names) in [("groupings", report.group_by), ("statistics", report.statistics)] {
                for name in names {
                    let pointer = format!("/{object}/{name}");
                    assert!(kept.contains(&pointer.as_str()), "{} asks for {pointer} in vain", entity.name);
                }
            }
            let asked = kept.iter().filter_map(|it| it.strip_prefix("/statistics/"));
            for name in asked {
                assert!(report.statistics.contains(&name), "{} never asks for {name}", entity.name);
            }
        }
    }

    #[test]
    fn parents_come_before_their_children() {
        for (place, entity) in ENTITIES.iter().enumerate() {
            let (Source::Included { parent, .. } | Source::PerParent { parent, .. }) = entity.source else { continue };
            assert!(ENTITIES[..place].iter().any(|it| it.name == parent), "{} before {parent}", entity.name);
        }
        for (place, entity) in ENTITIES.iter().enumerate() {
            for needed in entity.needs() {
                assert!(ENTITIES[..place].iter().any(|it| it.name == *needed), "{} before {needed}", entity.name);
            }
        }
    }
}
