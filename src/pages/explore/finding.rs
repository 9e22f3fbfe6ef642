//! How a question of Explore is put to the views. Every word of the statement is from here; what the address says is a value.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde_json::{Value as Json, json};

use super::question::{By, Dimension, Filter, Interval, Measure, Question, Test};
use crate::pages::frame::{Frame, Value};
use crate::store::{self, repository::Document};

/// What a question found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Of all events.
    pub(super) total: Numbers,
    /// The same of the days compared with, as of every group and point; nothing without a comparison.
    pub(super) before: Option<Numbers>,
    /// The groups that are shown by themselves, the largest first, then all others as one; a single one without groups.
    pub(super) groups: Vec<Group>,
    /// How many groups there are in all.
    pub(super) group_count: usize,
    pub(super) points: Vec<Point>,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    /// From 1; the first after those that were asked for is all others.
    pub(super) place: usize,
    pub(super) label: String,
    pub(super) numbers: Numbers,
    pub(super) before: Option<Numbers>,
}

/// A group in a bucket of time.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) bucket: NaiveDateTime,
    pub(super) place: usize,
    pub(super) numbers: Numbers,
    /// Of the days that stand at its place in those compared with.
    pub(super) before: Option<Numbers>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    pub(super) events: f64,
    /// Only counted where it is asked for.
    pub(super) profiles: Option<f64>,
    /// Events with a value.
    pub(super) valued: f64,
    pub(super) total: Option<f64>,
}

impl Numbers {
    fn of(row: &Document) -> Numbers {
        let number = |name: &str| row.get(name).and_then(Json::as_f64);
        Numbers {
            events: number("events").unwrap_or_default(),
            profiles: number("profiles"),
            valued: number("valued").unwrap_or_default(),
            total: number("total"),
        }
    }

    pub(super) fn average(&self) -> Option<f64> {
        self.total.filter(|_| self.valued > 0.0).map(|it| it / self.valued)
    }

    pub(super) fn measured(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Count => Some(self.events),
            Measure::Unique => self.profiles,
            Measure::Sum => self.total,
            Measure::Average => self.average(),
        }
    }

    /// Of no event.
    fn none(measure: Measure) -> Numbers {
        let profiles = (measure == Measure::Unique).then_some(0.0);
        Numbers { events: 0.0, profiles, valued: 0.0, total: None }
    }

    fn json(&self, before: Option<&Numbers>) -> serde_json::Map<String, Json> {
        let row = json!({
            "events": self.events, "profiles": self.profiles, "valued": self.valued, "total": self.total,
            "average": self.average(),
            "events_before": before.map(|it| it.events), "profiles_before": before.and_then(|it| it.profiles),
            "total_before": before.and_then(|it| it.total), "average_before": before.and_then(Numbers::average),
        });
        row.as_object().cloned().unwrap_or_default()
    }
}

/// What stands for events that lack what they are grouped by.
pub(super) const NONE: &str = "(not there)";

/// Puts the question.
///
/// # Errors
/// When the query fails.
pub(super) fn find(frame: &Frame<'_>, question: &Question) -> Result<Found, store::Error> {
    let (text, mut values) = statement(question);
    values.push(("shift", Box::new(frame.period.shift())));
    Ok(gathered(&frame.found("explore/find", &text, values)?, question, frame.period.compared.is_some()))
}

fn gathered(rows: &[Document], question: &Question, is_compared: bool) -> Found {
    let none = Numbers::none(question.measure);
    let before = is_compared.then_some(none);
    let mut found = Found { total: none, before, ..Found::default() };
    let mut points: BTreeMap<(NaiveDateTime, usize), Point> = BTreeMap::new();
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for row in rows {
        let place = row.get("place").and_then(Json::as_u64).and_then(|it| usize::try_from(it).ok());
        let bucket = row.get("bucket").and_then(Json::as_str).and_then(|it| it.parse().ok());
        let is_before = row.get("side").and_then(Json::as_str) == Some("before");
        let (numbers, earlier) = match (bucket, place) {
            (Some(bucket), Some(place)) => {
                let point = points.entry((bucket, place)).or_insert(Point { bucket, place, numbers: none, before });
                (&mut point.numbers, &mut point.before)
            }
            (None, Some(place)) => {
                let label = row.get("label").and_then(Json::as_str).filter(|it| !it.is_empty()).unwrap_or(NONE);
                let new = || Group { place, label: label.to_owned(), numbers: none, before };
                let group = groups.entry(place).or_insert_with(new);
                (&mut group.numbers, &mut group.before)
            }
            _ => (&mut found.total, &mut found.before),
        };
        if is_before {
            *earlier = Some(Numbers::of(row));
        } else {
            *numbers = Numbers::of(row);
        }
        let groups = row.get("groups").and_then(Json::as_u64).and_then(|it| usize::try_from(it).ok());
        found.group_count = found.group_count.max(groups.unwrap_or_default());
    }
    found.points = points.into_values().collect();
    found.groups = groups.into_values().collect();
    if let Some(others) = found.groups.last_mut().filter(|it| it.place > question.top) {
        others.label = match found.group_count.saturating_sub(question.top) {
            0 => "Only in the days compared with".to_owned(),
            others => format!("{others} others"),
        };
    }
    found
}

impl Found {
    /// As the query of the table takes its rows.
    pub(super) fn rows(&self) -> Json {
        let row = |it: &Group| {
            let mut row = it.numbers.json(it.before.as_ref());
            row.insert("ordinal".to_owned(), it.place.into());
            row.insert("label".to_owned(), it.label.clone().into());
            Json::Object(row)
        };
        self.groups.iter().map(row).collect()
    }

    /// As the query of the series takes its rows.
    pub(super) fn series(&self) -> Json {
        let row = |it: &Point| {
            let label = self.groups.iter().find(|group| group.place == it.place).map(|it| it.label.clone());
            let mut row = it.numbers.json(it.before.as_ref());
            row.insert("bucket".to_owned(), it.bucket.format("%Y-%m-%d %H:%M:%S").to_string().into());
            row.insert("ordinal".to_owned(), it.place.into());
            row.insert("label".to_owned(), label.into());
            Json::Object(row)
        };
        self.points.iter().map(row).collect()
    }
}

/// The days that are asked for, and those compared with, which stand `away` days before them.
const SIDES: &str = "sides as (
            select 'now' as side, cast($start as date) as first_on, cast($before as date) as end_on, 0 as away
            union all
            select 'before', cast($compared_start as date), cast($compared_before as date), cast($shift as integer)
            where cast($compared_start as date) is not null
        )";

/// The statement and the values that it names.
fn statement(question: &Question) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![("metric_id", Box::new(question.metric.clone()))];
    let interval = question.interval.name();
    if question.is_summed() {
        let size = if question.interval == Interval::Hour { "hour" } else { "day" };
        let text = format!(
            "with {SIDES}
            select side, date_trunc('{interval}', bucket + to_days(away)) as bucket, 1 as place, '' as label, 1 as groups,
                cast(sum(events) as bigint) as events, null as profiles, cast(sum(valued) as bigint) as valued,
                cast(sum(total) as double) as total
            from metric_buckets
            join sides on first_on <= happened_on and happened_on < end_on
            where metric_id = cast($metric_id as varchar) and bucket_size = '{size}'
                and $since <= happened_on and happened_on < $before
            group by grouping sets ((side, date_trunc('{interval}', bucket + to_days(away))), (side))
            order by bucket"
        );
        return (over_all(&text), values);
    }
    let (group, label) = grouped(&question.by);
    if let By::Property(name) = &question.by {
        values.push(("property", Box::new(pointer(name))));
    }
    let mut wheres = String::new();
    let mut joins = joined(&question.by);
    for (place, filter) in question.filters.iter().enumerate() {
        wheres.push_str(&filtered(filter, place, &mut values));
        joins.extend(joined(&filter.by));
    }
    joins.sort_unstable();
    joins.dedup();
    let joins: Vec<&str> = joins.into_iter().map(|it| it.1).collect();
    let order = match question.measure {
        Measure::Count => "count(*)",
        Measure::Unique => "count(distinct profile_id)",
        Measure::Sum => "sum(amount)",
        Measure::Average => "sum(amount) / nullif(count(amount), 0)",
    };
    let profiles = if question.measure == Measure::Unique { "count(distinct profile_id)" } else { "null" };
    values.push(("top", Box::new(i64::try_from(question.top).unwrap_or(i64::MAX))));
    let text = format!(
        "with {SIDES},
        chosen as materialized (
            select
                side, date_trunc('{interval}', events.happened_locally_at + to_days(away)) as bucket, events.profile_id, events.amount,
                cast({group} as varchar) as name, cast({label} as varchar) as label
            from explored_events as events
            join sides on first_on <= events.happened_on and events.happened_on < end_on
            {}
            where events.metric_id = cast($metric_id as varchar)
                and $since <= events.happened_on and events.happened_on < $before{wheres}
        ),
        ranked as (
            select name, any_value(label) as label, row_number() over (order by {order} desc nulls last, name) as place
            from chosen
            where side = 'now'
            group by name
        ),
        placed as (
            -- What is only there in the days compared with is among the others.
            select side, bucket, profile_id, amount, ranked.label, coalesce(least(place, cast($top as bigint) + 1), cast($top as bigint) + 1) as place
            from chosen
            left join ranked on ranked.name is not distinct from chosen.name
        )
        select
            side, bucket, place, any_value(label) as label, (select count(*) from ranked) as groups,
            count(*) as events, {profiles} as profiles, count(amount) as valued, cast(sum(amount) as double) as total
        from placed
        group by grouping sets ((side, bucket, place), (side, place), (side))
        order by bucket, place",
        joins.join("\n            "),
    );
    (text, values)
}

/// Sums have one group, which is all of them.
fn over_all(text: &str) -> String {
    format!(
        "with summed as ({text})
        select * from summed where bucket is not null
        union all by name select * from summed where bucket is null and events > 0
        union all by name select * exclude (place) from summed where bucket is null"
    )
}

/// The property at `$property` as text; of a list the names of what is in it, where they have any.
const PROPERTY: &str = "case
                    when json_type(events.properties, cast($property as varchar)) = 'ARRAY' then nullif(array_to_string(
                        list_transform(
                            from_json(json_extract(events.properties, cast($property as varchar)), '[\"JSON\"]'),
                            lambda it: coalesce(
                                it ->> '$.ProductName', it ->> '$.Name', it ->> '$.Title', it ->> '$.name', it ->> '$.title', it ->> '$'
                            )
                        ),
                        ', '
                    ), '')
                    else json_extract_string(events.properties, cast($property as varchar))
                end";

/// What events are grouped by, and what that is called.
fn grouped(by: &By) -> (&'static str, &'static str) {
    match by {
        By::Nothing => ("''", "'All events'"),
        By::Property(_) => (PROPERTY, "name"),
        By::Of(dimension) => (expression(*dimension), called(*dimension)),
    }
}

const MESSAGE: &str = "coalesce(message_aliases.message_id, events.message_id)";

fn expression(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Message => MESSAGE,
        Dimension::Campaign => "messages.campaign_id",
        Dimension::Flow => "coalesce(events.flow_id, messages.flow_id)",
        Dimension::Channel => "coalesce(messages.channel, message_kinds.channel)",
        Dimension::Variation => "events.variation_id",
        Dimension::Form => "events.form_id",
        Dimension::Country => "profiles.country",
        Dimension::Weekday => "isodow(events.happened_locally_at)",
        Dimension::Hour => "lpad(cast(hour(events.happened_locally_at) as varchar), 2, '0') || ':00'",
    }
}

/// As people call it; what has no name is called by its id.
fn called(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Message => "coalesce(messages.name, message_aliases.message_id, events.message_id)",
        Dimension::Campaign => {
            "case when messages.campaign_id is not null then coalesce(messages.name, messages.campaign_id) end"
        }
        Dimension::Flow => "coalesce(flows.name, events.flow_id, messages.flow_id)",
        Dimension::Form => "coalesce(forms.name, events.form_id)",
        Dimension::Weekday => "dayname(events.happened_locally_at)",
        other => expression(other),
    }
}

/// What has to be joined for it, in the order in which it has to be.
fn joined(by: &By) -> Vec<(u8, &'static str)> {
    const ALIASES: (u8, &str) = (0, "left join message_aliases on message_aliases.alias = events.message_id");
    const MESSAGES: (u8, &str) =
        (1, "left join messages on messages.message_id = coalesce(message_aliases.message_id, events.message_id)");
    let By::Of(dimension) = by else { return Vec::new() };
    match dimension {
        Dimension::Message | Dimension::Campaign => vec![ALIASES, MESSAGES],
        Dimension::Flow => {
            let flows = "left join flows on flows.id = coalesce(events.flow_id, messages.flow_id)";
            vec![ALIASES, MESSAGES, (2, flows)]
        }
        Dimension::Channel => {
            vec![ALIASES, MESSAGES, (2, "left join message_kinds on message_kinds.metric_id = events.metric_id")]
        }
        Dimension::Form => vec![(2, "left join forms on forms.id = events.form_id")],
        Dimension::Country => vec![(2, "left join profiles on profiles.id = events.profile_id")],
        Dimension::Variation | Dimension::Weekday | Dimension::Hour => Vec::new(),
    }
}

/// ` and …`; what is not there is not what the filter says, and does not contain it either.
fn filtered(filter: &Filter, place: usize, values: &mut Vec<Value>) -> String {
    const NAMES: [(&str, &str); 5] = [
        ("filter_1", "value_1"),
        ("filter_2", "value_2"),
        ("filter_3", "value_3"),
        ("filter_4", "value_4"),
        ("filter_5", "value_5"),
    ];
    let Some((path, value)) = NAMES.get(place) else { return String::new() };
    let text = match &filter.by {
        By::Nothing => return String::new(),
        By::Property(name) => {
            values.push((path, Box::new(pointer(name))));
            format!("json_extract_string(events.properties, cast(${path} as varchar))")
        }
        By::Of(dimension) => format!("cast({} as varchar)", called(*dimension)),
    };
    let given = match filter.test {
        Test::Known | Test::Unknown => None,
        Test::More | Test::Less => Some(format!("cast(${value} as double)")),
        _ => Some(format!("cast(${value} as varchar)")),
    };
    if given.is_some() {
        values.push((value, Box::new(filter.value.clone())));
    }
    let given = given.unwrap_or_default();
    // People may name a thing by its id as well, and a list as it is called among the groups.
    let id = match &filter.by {
        By::Of(dimension) => format!("cast({} as varchar)", expression(*dimension)),
        _ => PROPERTY.replace("$property", &format!("${path}")),
    };
    let holds = match filter.test {
        Test::Is => format!("({text} = {given} or {id} = {given})"),
        Test::IsNot => format!("({text} is distinct from {given} and {id} is distinct from {given})"),
        Test::Contains => format!("contains(lower({text}), lower({given}))"),
        Test::Lacks => format!("not contains(lower(coalesce({text}, '')), lower({given}))"),
        Test::Starts => format!("starts_with(lower({text}), lower({given}))"),
        Test::More => format!("try_cast({text} as double) > {given}"),
        Test::Less => format!("try_cast({text} as double) < {given}"),
        Test::Known => format!("{text} is not null"),
        Test::Unknown => format!("{text} is null"),
    };
    format!("\n                and {holds}")
}

/// The member of a document as a JSON pointer (RFC 6901), which every name can be written as.
pub(super) fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_a_pointer_whatever_its_name() {
        assert_eq!(pointer("$value"), "/$value");
        assert_eq!(pointer("a/b~c\"d'"), "/a~1b~0c\"d'");
    }

    #[test]
    fn no_word_of_an_address_is_in_the_statement() {
        let hostile = "x'); drop table klaviyo_events; --";
        let filter = |place: usize| Filter {
            of: hostile.to_owned(),
            by: By::Property(format!("{hostile}{place}")),
            test: Test::Is,
            value: hostile.to_owned(),
        };
        let question = Question {
            metric: hostile.to_owned(),
            measure: Measure::Unique,
            by: By::Property(hostile.to_owned()),
            interval: Interval::Day,
            filters: (0..5).map(filter).collect(),
            chart: None,
            top: 3,
        };
        let (text, values) = statement(&question);
        assert!(!text.contains("drop"), "{text}");
        assert_eq!(values.len(), 1 + 1 + 10 + 1);
    }
}
