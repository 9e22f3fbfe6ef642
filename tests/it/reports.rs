//! Klaviyo's own reports: how they are asked for, what is kept of them, and what happens when a day's requests are used up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use klytics::catalog::{ENTITIES, Report, Source};
use klytics::demo::{Kind, Mood};
use klytics::sync::{Options, Order, Reach};
use serde_json::Value;

use crate::support::{Mirror, Reading, changes, ended_well, forced, lines, noon, only, part, seed, shop, value};

const FLOWS: &str = "/api/flow-series-reports";

/// What the reports need to be read, and themselves.
fn reports() -> Order {
    let names: Vec<&str> = ENTITIES
        .iter()
        .filter(|it| matches!(it.source, Source::Report(_)))
        .map(|it| it.name)
        .chain(["accounts", "metrics", "mapped_metrics"])
        .collect();
    only(&names)
}

fn reaching(history_days: u32) -> Reading {
    let reports = Reach { history_days, restate_days: 90 };
    Reading { options: Options { parallel: 3, reports, ..Options::default() }, ..Reading::default() }
}

/// What was posted to a path, oldest first.
fn posted(mirror: &Mirror, path: &str) -> Vec<Value> {
    let seen = mirror.fake.requests().into_iter().filter(|it| it.method == "POST" && it.path == path);
    seen.map(|it| serde_json::from_str(&it.body).expect("a document")).collect()
}

/// First and last day of what was asked for.
fn span(body: &Value) -> (NaiveDate, NaiveDate) {
    let frame = &body["data"]["attributes"]["timeframe"];
    let day = |name: &str, time: &str| -> NaiveDate {
        let text = frame[name].as_str().expect("a time");
        text.strip_suffix(time).unwrap_or_else(|| panic!("{name} is {text}")).parse().expect("a day")
    };
    (day("start", "T00:00:00"), day("end", "T23:59:59"))
}

#[test]
fn windows_are_whole_days_that_no_two_of_share() {
    let mirror = Mirror::with(shop(), &reaching(365));
    ended_well(&mirror.run(reports()));
    for entity in ENTITIES {
        let Source::Report(Report { path, days_max, .. }) = entity.source else { continue };
        let mut spans: Vec<_> = posted(&mirror, path).iter().map(span).collect();
        // Pages of one answer are asked for with one document.
        spans.dedup();
        assert_eq!(spans.len(), 13, "{path}: a year has thirteen months in part");
        assert_eq!(spans[0].1, "2026-11-21".parse().expect("a day"), "{path}: today comes first");
        assert!(spans.windows(2).all(|it| it[1].1.succ_opt() == Some(it[0].0)), "{path}: {spans:?}");
        assert!(spans.iter().all(|it| (it.1 - it.0).num_days() < i64::from(days_max)), "{path}: {spans:?}");
    }
}

#[test]
fn every_document_is_one_that_klaviyo_takes() {
    let mirror = Mirror::with(shop(), &reaching(60));
    mirror.sync();
    let mut paths = BTreeSet::new();
    for it in mirror.fake.requests().into_iter().filter(|it| it.method == "POST") {
        let document = serde_json::from_str(&it.body).expect("a document");
        crate::catalog::check_posted(&it.path, &document).unwrap_or_else(|trouble| panic!("{}: {trouble}", it.path));
        paths.insert(it.path);
    }
    assert_eq!(paths.len(), 8, "{paths:?}");
}

#[test]
fn numbers_of_messages_are_those_that_the_events_give() {
    let mirror = Mirror::with(shop(), &reaching(800));
    mirror.sync();
    // Klaviyo counts opens by machines, and conversions in any currency; clicks of scanners it leaves out.
    let ours =
        "select message_id, strftime(date_trunc('month', sent_on), '%Y-%m') as month, sum(recipients), sum(delivered),
                    sum(bounced), sum(failed), sum(opens + machine_opens), sum(opened_or_machine), sum(clicks),
                    sum(clicked), sum(unsubscribed), sum(complained), sum(conversions), sum(converted)
                from message_stats(date '2024-09-01', (select metric_id from conversion_metric))
                where message_id is not null and sent_on >= date '2024-09-01'
                group by all";
    // Of text messages no open is told; ours says so with none. Events of older campaigns name the campaign and not which
    // of its messages it was, where it tried two.
    let theirs =
        "select coalesce(tried.campaign_id, message_id) as message_id, strftime(start_on, '%Y-%m') as month, sum(recipients), sum(delivered), sum(bounced),
                      sum(failed), sum(opens), sum(opens_unique), sum(clicks), sum(clicks_unique),
                      sum(unsubscribe_uniques), sum(spam_complaints), sum(conversions), sum(conversion_uniques)
                  from (
                      select * exclude (campaign_id) from klaviyo_campaign_values_reports
                      union all by name
                      select * exclude (flow_id) from klaviyo_flow_values_reports
                  )
                  left join (
                      select id, campaign_id from klaviyo_campaign_messages
                      where campaign_id in (select message_id from messages)
                          and campaign_id in (select message_id from klaviyo_events)
                  ) as tried on tried.id = message_id
                  group by all";
    let (ours, theirs) = (lines(&mirror.store, ours), lines(&mirror.store, theirs));
    assert!(ours.len() > 100, "{}", ours.len());
    let only_ours: Vec<_> = ours.iter().filter(|it| !theirs.contains(it)).take(3).collect();
    let only_theirs: Vec<_> = theirs.iter().filter(|it| !ours.contains(it)).take(3).collect();
    assert_eq!((only_ours, only_theirs), (vec![], vec![]), "what one side has and the other has not");
}

#[test]
fn days_add_up_to_months() {
    let mirror = Mirror::with(shop(), &reaching(200));
    ended_well(&mirror.run(reports()));
    let sums =
        "sum(recipients), sum(delivered), sum(opens), sum(clicks_unique), sum(conversions), sum(conversion_value)";
    let months = format!(
        "select message_id, strftime(start_on, '%Y-%m') as month, {sums} from klaviyo_flow_values_reports group by all"
    );
    let days = format!(
        "select message_id, strftime(day, '%Y-%m') as month, {sums} from klaviyo_flow_series_reports group by all"
    );
    let (months, days) = (lines(&mirror.store, &months), lines(&mirror.store, &days));
    assert!(months.len() > 20, "{}", months.len());
    assert_eq!(days, months);
}

#[test]
fn totals_are_the_shops_truth() {
    let mirror = Mirror::with(shop(), &reaching(800));
    ended_well(&mirror.run(reports()));
    let truth = mirror.fake.truth();
    let first: NaiveDate = "2024-09-01".parse().expect("a day");
    let (last, ids) = (noon().date_naive(), metric_ids(&mirror));
    let events = |kinds: &[Kind]| -> u64 {
        let wanted: BTreeSet<&str> = kinds.iter().map(|it| ids[it].as_str()).collect();
        let days = truth.events.iter().filter(|((_, day), _)| (first..=last).contains(day));
        days.filter(|((metric, _), _)| wanted.contains(metric.as_str())).map(|it| *it.1).sum()
    };
    let delivered = "select sum(delivered) from (select delivered from klaviyo_campaign_values_reports
                     union all select delivered from klaviyo_flow_values_reports)";
    let received = events(&[Kind::ReceivedEmail, Kind::ReceivedText, Kind::ReceivedPush]);
    assert_eq!(value(&mirror.store, delivered), received.to_string());
    for table in ["klaviyo_form_values_reports", "klaviyo_form_series_reports"] {
        let sql = format!("select sum(viewed_form), sum(submits), sum(closed_form) from {table}");
        let of = |kind| events(&[kind]);
        let wanted = format!("{} {} {}", of(Kind::ViewedForm), of(Kind::SubmittedForm), of(Kind::ClosedForm));
        assert_eq!(value(&mirror.store, &sql), wanted, "{table}");
    }
    // What is attributed, to the cent, of which the truth leaves out what was paid in another currency.
    let attributed = "select cast(sum(conversion_value) * 100 as bigint) from (
                          select conversion_value from klaviyo_campaign_values_reports
                          union all select conversion_value from klaviyo_flow_values_reports)";
    let cents: i64 = value(&mirror.store, attributed).parse().expect("cents");
    assert!(cents >= truth.attributed_cents && truth.attributed_cents > 0, "{cents} {}", truth.attributed_cents);
    // Members that came and went add up to how much a segment grew.
    let grown = "select count(*) from (
                     select segment_id, total_members - lag(total_members) over days as grew, net_members_changed
                     from klaviyo_segment_series_reports
                     window days as (partition by segment_id order by day)
                 ) where grew <> net_members_changed";
    assert_eq!(value(&mirror.store, grown), "0");
    assert_eq!(
        value(&mirror.store, "select min(day) >= date '2023-06-01' from klaviyo_segment_series_reports"),
        "true"
    );
}

fn metric_ids(mirror: &Mirror) -> BTreeMap<Kind, String> {
    let kinds = [
        Kind::ReceivedEmail,
        Kind::ReceivedText,
        Kind::ReceivedPush,
        Kind::ViewedForm,
        Kind::SubmittedForm,
        Kind::ClosedForm,
    ];
    kinds.into_iter().map(|it| (it, mirror.fake.edit(|shop| shop.metric_id(it).to_owned()))).collect()
}

#[test]
fn restated_numbers_take_the_place_of_the_old_ones() {
    let mirror = Mirror::with(shop(), &reaching(60));
    ended_well(&mirror.run(reports()));
    let opens = "select sum(opens) from klaviyo_campaign_values_reports where deleted_at is null";
    let before: i64 = value(&mirror.store, opens).parse().expect("a count");
    // An hour later nothing else has happened: nothing is written again.
    mirror.pass_time(TimeDelta::minutes(70));
    mirror.fake.edit(|shop| shop.forget_since(noon()));
    let run = mirror.run(only(&["campaign_values_reports"]));
    let part = part(&run, "campaign_values_reports");
    assert!(part.requests >= 3, "months whose numbers may change are read again: {}", part.requests);
    assert_eq!(changes(&run), (0, 0, 0));
    // Then an open of last week's campaign is taken back.
    let gone = mirror.fake.edit(|shop| {
        let place = shop.latest(Kind::OpenedEmail).expect("an open");
        shop.delete_event(place)
    });
    mirror.pass_time(TimeDelta::minutes(70));
    mirror.fake.edit(|shop| shop.forget_since(noon()));
    ended_well(&mirror.run(only(&["campaign_values_reports", "flow_values_reports"])));
    let after = "select (select sum(opens) from klaviyo_campaign_values_reports where deleted_at is null)
                 + (select sum(opens) from klaviyo_flow_values_reports where deleted_at is null)";
    let flows = "select sum(opens) from klaviyo_flow_values_reports where deleted_at is null";
    let (after, flows): (i64, i64) =
        (value(&mirror.store, after).parse().expect("a count"), value(&mirror.store, flows).parse().expect("a count"));
    assert!(after - flows <= before, "{gone} still counts");
    let windows = "select count(*) from report_windows where entity_type = 'campaign_values_reports'";
    assert_eq!(value(&mirror.store, windows), "3", "each month is there once");
}

#[test]
fn what_is_final_is_not_asked_for_again() {
    let mirror = Mirror::with(shop(), &reaching(365));
    ended_well(&mirror.run(reports()));
    let asked = |mirror: &Mirror| {
        let mut spans: Vec<_> = posted(mirror, "/api/segment-values-reports").iter().map(span).collect();
        spans.dedup();
        spans
    };
    let first = asked(&mirror).len();
    // Pressing the button again at once takes nothing from the day's quota.
    ended_well(&mirror.run(reports()));
    assert_eq!(asked(&mirror).len(), first);
    mirror.pass_time(TimeDelta::hours(7));
    ended_well(&mirror.run(reports()));
    let again: Vec<_> = asked(&mirror)[first..].iter().map(|it| it.0.to_string()).collect();
    // November back to August: 31 August is 82 days ago, 31 July 113.
    assert_eq!(again, ["2026-11-01", "2026-10-01", "2026-09-01", "2026-08-01"]);
    mirror.run(Order { forced: true, ..only(&["segment_values_reports"]) });
    assert_eq!(asked(&mirror).len(), first + 4 + 13, "all of it when forced");
}

#[test]
fn a_rows_disappearance_is_a_deletion() {
    let mirror = Mirror::with(shop(), &reaching(20));
    ended_well(&mirror.run(reports()));
    let gone = mirror.fake.edit(|shop| {
        // What was sent today is taken back, as if the account had never had it.
        shop.forget_since(noon() - TimeDelta::days(15));
        noon()
    });
    mirror.pass_time(TimeDelta::hours(2));
    mirror.fake.edit(|shop| shop.forget_since(gone - TimeDelta::days(15)));
    let run = mirror.run(only(&["flow_values_reports"]));
    ended_well(&run);
    let left = value(&mirror.store, "select count(*) from klaviyo_flow_values_reports where deleted_at is null");
    let rows = part(&run, "flow_values_reports");
    assert!(rows.rows_deleted > 0 || rows.rows_changed > 0, "{rows:?}");
    let delivered = "select coalesce(sum(delivered), 0) from klaviyo_flow_series_reports
                     where deleted_at is null and day >= date '2026-11-08'";
    ended_well(&mirror.run(only(&["flow_series_reports"])));
    assert_eq!(value(&mirror.store, delivered), "0", "{left} rows are left of the months");
}

#[test]
fn a_used_up_day_parks_the_report_and_says_until_when() {
    let mut mirror = Mirror::with(shop(), &reaching(60));
    mirror.fake.set_mood(Mood::At(FLOWS, Box::new(Mood::DailyQuota)));
    let run = mirror.run(reports());
    assert_eq!(run.status.name(), "parked");
    let status = mirror.status("flow_series_reports");
    assert_eq!(status.status.name(), "parked");
    let until = status.resumes_at.expect("a time");
    // Klaviyo said 73,473 seconds: from noon in New York to a quarter past eight the next morning.
    assert!((until - noon() - TimeDelta::seconds(73_473)).abs() < TimeDelta::seconds(1), "{until}");
    let error = status.error.expect("a message");
    let told = "the day's requests to /api/flow-series-reports are used up; it can go on at 08:24 on 22 November (America/New_York)";
    assert_eq!(error, told);
    assert_eq!(mirror.status("flow_values_reports").status.name(), "completed", "the others have budgets of their own");
    // Nobody asks before that, not even after a restart, unless they insist.
    mirror.fake.set_mood(Mood::Well);
    mirror.restart(&reaching(60));
    let before = posted(&mirror, FLOWS).len();
    let run = mirror.run(only(&["flow_series_reports"]));
    assert_eq!((run.status.name(), posted(&mirror, FLOWS).len()), ("parked", before));
    let still = mirror.status("flow_series_reports").resumes_at.expect("a time");
    assert!((still - until).abs() < TimeDelta::seconds(1), "{still}");
    mirror.pass_time(TimeDelta::seconds(73_474));
    ended_well(&mirror.run(only(&["flow_series_reports"])));
    let status = mirror.status("flow_series_reports");
    assert_eq!((status.status.name(), status.resumes_at), ("completed", None));
}

#[test]
fn a_restart_forgets_no_request_of_the_day() {
    let mut mirror = Mirror::with(shop(), &reaching(20));
    ended_well(&mirror.run(reports()));
    let own = format!("select count(*) from api_calls where endpoint = '{FLOWS}'");
    let sent = mirror.fake.requests().into_iter().filter(|it| it.path == FLOWS).count();
    assert_eq!(value(&mirror.store, &own), sent.to_string());
    // As if two hundred and more had gone out since this morning.
    seed(
        &mirror.store,
        "insert into api_calls
         select '/api/flow-series-reports', timestamp '2026-11-21 13:00:00' + to_seconds(number)
         from range(225) as numbers(number);
         insert into api_calls values ('/api/flow-series-reports', timestamp '2026-11-19 13:00:00')",
    );
    mirror.pass_time(TimeDelta::hours(2));
    mirror.restart(&reaching(20));
    let run = mirror.run(reports());
    assert_eq!(run.status.name(), "parked");
    assert_eq!(mirror.fake.requests().into_iter().filter(|it| it.path == FLOWS).count(), sent, "none goes out");
    let until = mirror.status("flow_series_reports").resumes_at.expect("a time");
    // One more may go out when the first of those that fill the day is a day old.
    let wanted: DateTime<Utc> = "2026-11-22T13:00:00Z".parse().expect("a time");
    assert!(until >= wanted && until - wanted < TimeDelta::minutes(10), "{until}");
    mirror.run(only(&["campaign_values_reports"]));
    let old = "select count(*) from api_calls where sent_at < timestamp '2026-11-20 00:00:00'";
    assert_eq!(value(&mirror.store, old), "0", "what no longer counts is forgotten");
}

#[test]
fn a_metric_without_values_is_named_and_nothing_is_passed_over() {
    let mirror = Mirror::with(shop(), &reaching(20));
    ended_well(&mirror.run(only(&["accounts", "metrics", "mapped_metrics"])));
    seed(
        &mirror.store,
        "update klaviyo_mapped_metrics
         set metric_id = (select id from klaviyo_metrics where name = 'Opened Email')
         where id = 'revenue'",
    );
    let run = mirror.run(only(&["campaign_values_reports"]));
    assert_eq!(run.status.name(), "failed");
    let status = mirror.status("campaign_values_reports");
    let error = status.error.expect("a message");
    assert!(error.contains("“Opened Email”") && error.contains("does not support querying for values"), "{error}");
    assert_eq!((status.status.name(), status.last_synced_at), ("failed", None));
}

#[test]
fn without_a_metric_to_count_by_it_is_said_what_is_missing() {
    let mirror = Mirror::with(shop(), &reaching(20));
    let run = mirror.run(only(&["accounts", "flow_values_reports", "form_values_reports"]));
    assert_eq!(part(&run, "flow_values_reports").status.name(), "disabled");
    assert_eq!(part(&run, "form_values_reports").status.name(), "completed", "forms need no conversions");
    let error = mirror.status("flow_values_reports").error.expect("a message");
    assert!(error.contains("sync metrics"), "{error}");
}

#[test]
fn every_page_of_an_answer_is_read_whatever_becomes_of_its_cursor() {
    let path = "/api/campaign-values-reports";
    let read = |mood: Mood| {
        let mirror = Mirror::with(shop(), &reaching(60));
        mirror.fake.set_mood(Mood::At(path, Box::new(mood)));
        ended_well(&mirror.run(only(&["accounts", "metrics", "mapped_metrics", "campaign_values_reports"])));
        let requests = mirror.fake.requests().into_iter().filter(|it| it.path == path);
        let (later, first): (Vec<_>, Vec<_>) = requests.partition(|it| it.query.contains("page_cursor"));
        assert!(later.iter().all(|it| first.iter().any(|first| first.body == it.body)), "the document goes along");
        let rows = "select message_id, start_on, recipients, opens from klaviyo_campaign_values_reports";
        (later.len(), first.len(), lines(&mirror.store, rows))
    };
    let (later, first, rows) = read(Mood::Well);
    assert!(later >= 2 && rows.len() > 16, "{later} {}", rows.len());
    let (_, again, same) = read(Mood::ExpiresCursors(2));
    assert!(again > first, "a window is begun again");
    assert_eq!(same, rows);
}

#[test]
fn another_conversion_metric_restates_everything() {
    let mirror = Mirror::with(shop(), &reaching(100));
    ended_well(&mirror.run(reports()));
    seed(
        &mirror.store,
        "update klaviyo_mapped_metrics
         set metric_id = (select id from klaviyo_metrics where name = 'Started Checkout')
         where id = 'revenue'",
    );
    ended_well(&mirror.run(only(&["flow_values_reports"])));
    let metrics = "select distinct name from klaviyo_flow_values_reports
                   join klaviyo_metrics on klaviyo_metrics.id = conversion_metric_id";
    assert_eq!(lines(&mirror.store, metrics), ["Started Checkout"]);
}

#[test]
fn a_forced_run_of_everything_ends_with_the_same_rows() {
    let mirror = Mirror::with(shop(), &reaching(60));
    mirror.sync();
    mirror.fake.edit(|shop| shop.forget_since(noon()));
    let run = mirror.run(forced());
    ended_well(&run);
    for name in ["flow_series_reports", "segment_series_reports", "metric_aggregates"] {
        let it = part(&run, name);
        assert_eq!((it.rows_new, it.rows_changed, it.rows_deleted), (0, 0, 0), "{name}");
    }
}

#[test]
fn pages_can_show_what_klaviyo_says() {
    let mirror = Mirror::with(shop(), &reaching(800));
    ended_well(&mirror.run(reports()));
    let store = &mirror.store;
    for (view, of, columns) in [
        (
            "reported_campaigns",
            "klaviyo_campaign_values_reports",
            "sum(recipients), sum(conversions), sum(conversion_value)",
        ),
        ("reported_flows", "klaviyo_flow_series_reports", "sum(recipients), sum(conversions), sum(conversion_value)"),
        ("reported_forms", "klaviyo_form_series_reports", "sum(viewed_form), sum(submits), sum(closed_form)"),
        (
            "reported_segments",
            "klaviyo_segment_series_reports",
            "sum(total_members), sum(members_added), sum(members_removed)",
        ),
    ] {
        let shown = columns
            .replace("conversion_value", "revenue")
            .replace("viewed_form", "views")
            .replace("submits", "submissions")
            .replace("closed_form", "closes")
            .replace("total_members", "members")
            .replace("members_added", "added")
            .replace("members_removed", "removed");
        let (shown, kept) = (format!("select {shown} from {view}"), format!("select {columns} from {of}"));
        assert_eq!(value(store, &shown), value(store, &kept), "{view}");
        assert_eq!(value(store, &format!("select count(*) from {view} where fetched_at is null")), "0", "{view}");
    }
    // A campaign that went out over midnight of a month's end has a row of each month, and is one campaign here.
    let twice = "select count(*) - count(distinct campaign_id) from reported_campaigns";
    assert_eq!(value(store, twice), "0");
    let rates = "select count(*) from reported_campaigns where channel = 'email' and (open_rate not between 0 and 1 or click_rate > open_rate)";
    assert_eq!(value(store, rates), "0");
}
