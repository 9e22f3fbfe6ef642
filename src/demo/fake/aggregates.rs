//! Counts of a metric's events in buckets of time, as `POST /api/metric-aggregates` gives them; by no dimension.

use super::cursor::{Cursor, Key, digest};
use super::filter::{self, Operand};
use super::posted::{Posted, wall_clock, wrong};
use super::refusal::Refusal;
use crate::demo::shop::{Event, Kind, Oddity, Shop};
use chrono::{DateTime, Datelike, Days, Months, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::collections::HashSet;

const KNOWN: &[&str] = &[
    "metric_id",
    "page_cursor",
    "measurements",
    "interval",
    "page_size",
    "by",
    "return_fields",
    "filter",
    "timezone",
    "sort",
];
const MEASUREMENTS: &[&str] = &["count", "sum_value", "unique"];
const INTERVALS: &[&str] = &["hour", "day", "week", "month"];
const DIMENSIONS: &[&str] = &[
    "$attributed_channel",
    "$attributed_flow",
    "$attributed_message",
    "$attributed_variation",
    "$campaign_channel",
    "$flow",
    "$flow_channel",
    "$message",
    "$message_send_cohort",
    "$usage_amount",
    "$value_currency",
    "$variation",
    "$variation_send_cohort",
    "Bot Click",
    "Bounce Type",
    "Campaign Name",
    "Client Canonical",
    "Client Name",
    "Client Type",
    "Email Domain",
    "Failure Source",
    "Failure Type",
    "From Number",
    "From Phone Region",
    "Inbox Provider",
    "List",
    "Message Format",
    "Message Name",
    "Message Type",
    "Method",
    "Segment Count",
    "Subject",
    "To Number",
    "To Phone Region",
    "URL",
    "form_id",
];
/// Zones that there are and Klaviyo does not know.
const UNKNOWN_ZONES: &[&str] = &["Factory", "Europe/Kyiv", "Pacific/Kanton"];

/// What is asked.
struct Question {
    kind: Kind,
    measurements: Vec<&'static str>,
    interval: &'static str,
    zone: Tz,
    /// Wall clocks of the zone, the end not included.
    start: NaiveDateTime,
    end: NaiveDateTime,
    page_size: usize,
    /// The bucket that the page begins with.
    first: usize,
    own: u64,
}

/// Answers what was posted, to the path at `place`.
pub(super) fn answer(
    shop: &Shop,
    now: DateTime<Utc>,
    body: &[u8],
    query: &[(String, String)],
    (base, path): (&str, &str),
) -> Result<String, Refusal> {
    if let Some((name, _)) = query.first() {
        return Err(Refusal::invalid(name, format!("'{name}' is not a valid field for this resource.")));
    }
    let question = Question::parse(shop, body)?;
    let starts = question.buckets();
    let page: Vec<NaiveDateTime> = starts.iter().skip(question.first).take(question.page_size).copied().collect();
    let after = starts.get(question.first + page.len()).copied();
    let (dates, row) = question.measure(shop, now, &page, after.unwrap_or(question.end));
    let next = after.map(|_| {
        let number = i64::try_from(question.first + page.len()).unwrap_or(i64::MAX);
        let key = Key { number, ..Key::default() };
        let cursor = Cursor { question: question.own, key, back: false }.text();
        format!("{base}{path}?page_cursor={cursor}")
    });
    let link = format!("{base}{path}");
    Ok(json!({
        "data": {
            "type": "metric-aggregate",
            "id": "6f1c7a2e-0000-4000-8000-000000000001",
            "attributes": { "dates": dates, "data": [{ "dimensions": [], "measurements": row }] },
            "links": { "self": link },
        },
        "links": { "self": link, "next": next, "prev": null },
    })
    .to_string())
}

impl Question {
    fn parse(shop: &Shop, body: &[u8]) -> Result<Question, Refusal> {
        let posted = Posted::parse(body, "metric-aggregate", KNOWN)?;
        let required = |name: &str| wrong("/data/attributes", format!("'{name}' is a required field."));
        let measurements = posted.words("measurements", MEASUREMENTS)?.filter(|it| !it.is_empty());
        let id = posted.text("metric_id")?.ok_or_else(|| required("metric_id"))?;
        let kind = Kind::all().find(|it| shop.metric_id(*it) == id);
        let (start, end) = bounds(&posted)?;
        if posted.words("by", DIMENSIONS)?.is_some_and(|it| !it.is_empty()) {
            return Err(wrong("/data/attributes/by", "The stand-in does not break down by dimensions."));
        }
        let interval = match posted.text("interval")? {
            None => "day",
            Some(given) => INTERVALS
                .iter()
                .find(|it| **it == given)
                .ok_or_else(|| wrong("/data/attributes/interval", format!("'{given}' is not a valid interval.")))?,
        };
        let page_size = match posted.get("page_size") {
            None => 500,
            Some(size) => size
                .as_u64()
                .filter(|it| (1..=500).contains(it))
                .and_then(|it| usize::try_from(it).ok())
                .ok_or_else(|| wrong("/data/attributes/page_size", "Page size must be between 1 and 500."))?,
        };
        let own = digest(&format!("{id} {start} {end} {interval}"));
        let cursor = posted.text("page_cursor")?.map(|it| {
            let cursor = Cursor::parse(it).filter(|it| it.question == own);
            cursor.ok_or_else(|| wrong("/data/attributes/page_cursor", "Invalid cursor provided."))
        });
        Ok(Question {
            kind: kind
                .ok_or_else(|| wrong("/data/attributes/metric_id", format!("The metric '{id}' does not exist.")))?,
            measurements: measurements.ok_or_else(|| required("measurements"))?,
            interval,
            zone: zone(&posted)?,
            start,
            end,
            page_size,
            first: cursor.transpose()?.map_or(0, |it| usize::try_from(it.key.number).unwrap_or(0)),
            own,
        })
    }

    /// The wall clocks at which the buckets begin; the first may begin within one.
    fn buckets(&self) -> Vec<NaiveDateTime> {
        let mut starts = Vec::new();
        let mut at = self.floor(self.start);
        while at < self.end {
            starts.push(at);
            at = self.next(at);
        }
        starts
    }

    fn floor(&self, at: NaiveDateTime) -> NaiveDateTime {
        let day = match self.interval {
            "hour" => return at.date().and_hms_opt(at.hour(), 0, 0).expect("every hour begins"),
            "week" => at.date() - Days::new(at.weekday().num_days_from_monday().into()),
            "month" => at.date().with_day(1).expect("every month begins"),
            _ => at.date(),
        };
        day.and_time(NaiveTime::MIN)
    }

    fn next(&self, at: NaiveDateTime) -> NaiveDateTime {
        match self.interval {
            "hour" => at + TimeDelta::hours(1),
            "week" => at + Days::new(7),
            "month" => at + Months::new(1),
            _ => at + Days::new(1),
        }
    }

    /// The buckets' beginnings in UTC, and what is in them.
    fn measure(
        &self,
        shop: &Shop,
        now: DateTime<Utc>,
        page: &[NaiveDateTime],
        end: NaiveDateTime,
    ) -> (Vec<String>, Value) {
        let mut edges: Vec<i64> = page.iter().map(|it| instant(*it, self.zone)).collect();
        let dates = edges.iter().filter_map(|it| DateTime::from_timestamp(*it, 0)).map(|it| it.to_rfc3339()).collect();
        edges.push(instant(end.min(self.end), self.zone));
        let from = instant(self.start, self.zone);
        let (mut counts, mut cents) = (vec![0_u32; page.len()], vec![0_i64; page.len()]);
        let mut people: Vec<HashSet<u32>> = vec![HashSet::new(); page.len()];
        for event in shop.events.iter().filter(|it| self.counts(it, now) && it.at >= from) {
            let place = edges.partition_point(|it| *it <= event.at);
            if place == 0 || place > page.len() {
                continue;
            }
            counts[place - 1] += 1;
            cents[place - 1] += shop.value_cents(event).map_or(0, i64::from);
            people[place - 1].insert(event.profile);
        }
        let mut row = json!({});
        for name in &self.measurements {
            row[*name] = match *name {
                "count" => counts.iter().map(|it| Value::from(f64::from(*it))).collect(),
                "unique" => people.iter().map(HashSet::len).collect(),
                _ => cents.iter().map(|it| Value::from(dollars(*it))).collect(),
            };
        }
        (dates, row)
    }

    fn counts(&self, event: &Event, now: DateTime<Utc>) -> bool {
        event.kind == self.kind && event.oddity != Oddity::NoMetric && event.at <= now.timestamp()
    }
}

#[expect(clippy::cast_precision_loss, reason = "less than a shop could earn")]
fn dollars(cents: i64) -> f64 {
    cents as f64 / 100.0
}

/// The two bounds that a filter has to have, a year apart at most.
fn bounds(posted: &Posted) -> Result<(NaiveDateTime, NaiveDateTime), Refusal> {
    let pointer = "/data/attributes/filter";
    let filters = posted.get("filter").and_then(Value::as_array);
    let filters = filters.ok_or_else(|| wrong(pointer, "'filter' has to be a list of filters."))?;
    let (mut start, mut end) = (None, None);
    for text in filters {
        let text = text.as_str().ok_or_else(|| wrong(pointer, "A filter has to be a string."))?;
        let calls = filter::parse(text).map_err(|error| wrong(pointer, error.to_string()))?;
        for call in calls {
            let Operand::Bare(time) = &call.operand else {
                return Err(wrong(pointer, format!("The stand-in does not filter by '{}'.", call.field)));
            };
            let clock = wall_clock(time).filter(|_| call.field == "datetime");
            let clock = clock.ok_or_else(|| wrong(pointer, format!("'{text}' is not a valid filter.")))?;
            match call.operator.as_str() {
                "greater-or-equal" => start = Some(clock),
                "less-than" => end = Some(clock),
                other => return Err(wrong(pointer, format!("'{other}' is not an allowed operator for 'datetime'."))),
            }
        }
    }
    let (Some(start), Some(end)) = (start, end) else {
        return Err(wrong(pointer, "A filter with greater-or-equal and less-than on 'datetime' is required."));
    };
    if end <= start {
        return Err(wrong(pointer, "The bounds of 'datetime' are empty or invalid."));
    }
    if start.checked_add_months(Months::new(12)).is_some_and(|it| it < end) {
        return Err(wrong(pointer, "The maximum time range is 1 year."));
    }
    Ok((start, end))
}

fn zone(posted: &Posted) -> Result<Tz, Refusal> {
    let name = posted.text("timezone")?.unwrap_or("UTC");
    let zone = name.parse().ok().filter(|_| !UNKNOWN_ZONES.contains(&name));
    zone.ok_or_else(|| wrong("/data/attributes/timezone", format!("'{name}' is not a valid timezone.")))
}

/// The instant of a wall clock; of one that is leapt over, an hour later.
fn instant(clock: NaiveDateTime, zone: Tz) -> i64 {
    let at = |clock: NaiveDateTime| zone.from_local_datetime(&clock).earliest().map(|it| it.timestamp());
    at(clock).or_else(|| at(clock + TimeDelta::hours(1))).unwrap_or_else(|| clock.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::ShopPlan;

    const PLACE: (&str, &str) = ("http://host", "/api/metric-aggregates");

    fn now() -> DateTime<Utc> {
        "2026-11-21T17:00:00Z".parse().expect("a time")
    }

    fn shop() -> Shop {
        Shop::new(&ShopPlan { events: 2_000, profiles: 200, ..ShopPlan::until(now()) })
    }

    fn ask(shop: &Shop, attributes: &Value) -> Result<Value, Refusal> {
        let body = json!({ "data": { "type": "metric-aggregate", "attributes": attributes } }).to_string();
        answer(shop, now(), body.as_bytes(), &[], PLACE).map(|it| serde_json::from_str(&it).expect("JSON"))
    }

    fn question(shop: &Shop, start: &str, end: &str) -> Value {
        json!({
            "metric_id": shop.metric_id(Kind::PlacedOrder),
            "measurements": ["count", "sum_value", "unique"],
            "timezone": "America/New_York",
            "filter": [format!("greater-or-equal(datetime,{start})"), format!("less-than(datetime,{end})")],
        })
    }

    #[test]
    fn what_klaviyo_refuses_is_refused() {
        let shop = shop();
        let good = question(&shop, "2026-10-01T00:00:00", "2026-11-01T00:00:00");
        ask(&shop, &good).expect("a good question");
        let after = "greater-or-equal(datetime,2026-10-01T00:00:00)";
        for (name, value, named) in [
            ("metric_id", json!("nothing"), "does not exist"),
            ("metric_id", Value::Null, "metric_id"),
            ("measurements", json!(["average"]), "average"),
            ("measurements", Value::Null, "measurements"),
            ("interval", json!("year"), "year"),
            ("page_size", json!(501), "500"),
            ("page_cursor", json!("bmV4dA"), "cursor"),
            ("timezone", json!("america/new_york"), "america/new_york"),
            ("timezone", json!("Europe/Kyiv"), "Kyiv"),
            ("filter", json!("none"), "list"),
            ("filter", json!([after]), "less-than"),
            ("filter", json!([after, "less-than(datetime,2026-10-01T00:00:00)"]), "empty"),
            ("filter", json!([after, "less-than(datetime,2027-10-01T00:00:01)"]), "1 year"),
            ("filter", json!([after, "less-or-equal(datetime,2026-10-02T00:00:00)"]), "less-or-equal"),
            ("by", json!(["$weather"]), "$weather"),
            ("group_by", json!([]), "group_by"),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            let refusal = ask(&shop, &bad).expect_err(name);
            assert!(refusal.status == 400 && refusal.detail.contains(named), "{name}: {}", refusal.detail);
        }
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone_told_in_utc() {
        let shop = shop();
        let found = ask(&shop, &question(&shop, "2026-10-31T00:00:00", "2026-11-03T00:00:00")).expect("an answer");
        let wanted = ["2026-10-31T04:00:00+00:00", "2026-11-01T04:00:00+00:00", "2026-11-02T05:00:00+00:00"];
        assert_eq!(found["data"]["attributes"]["dates"], json!(wanted));
    }

    #[test]
    fn buckets_of_any_length_add_up_to_the_same() {
        let shop = shop();
        let total = |interval: &str| {
            let mut asked = question(&shop, "2026-10-01T00:00:00", "2026-11-01T00:00:00");
            asked["interval"] = json!(interval);
            asked["page_size"] = json!(100);
            let (mut count, mut sum, mut pages) = (0.0, 0.0, 0);
            loop {
                let found = ask(&shop, &asked).expect("an answer");
                let row = &found["data"]["attributes"]["data"][0]["measurements"];
                let add =
                    |name: &str| row[name].as_array().into_iter().flatten().filter_map(Value::as_f64).sum::<f64>();
                (count, sum, pages) = (count + add("count"), sum + add("sum_value"), pages + 1);
                let Some(next) = found["links"]["next"].as_str() else { return (count, (sum * 100.0).round(), pages) };
                asked["page_cursor"] = json!(next.split_once('=').expect("a cursor").1);
            }
        };
        let (count, sum, pages) = total("day");
        assert!(count > 0.0 && pages == 1);
        for (interval, pages) in [("hour", 8), ("week", 1), ("month", 1)] {
            assert_eq!(total(interval), (count, sum, pages), "{interval}");
        }
    }
}
