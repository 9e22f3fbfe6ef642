//! What Klaviyo expects of people: a pass of its own, in pages as small as Klaviyo can bear.

use klytics::demo::Mood;
use klytics::sync::Order;

use crate::support::{Mirror, ended_well, lines, only, part, shop, value};

#[test]
fn predictions_are_kept_of_those_who_bought() {
    let mirror = Mirror::copied();
    let count =
        |sql: &str| value(&mirror.store, &format!("select count(*) from klaviyo_profile_predictions where {sql}"));
    assert_eq!(count("true"), mirror.fake.truth().records["profiles"].to_string());
    assert_ne!(count("total_clv > 0 and total_clv = historic_clv + predicted_clv"), "0");
    assert_eq!(count("historic_orders is null and (total_clv is not null or best_channel is not null)"), "0");
    assert_eq!(count("historic_orders > 0 and (churn_probability > 1 or next_order_at < timestamp '2026-11-21')"), "0");
    assert_eq!(count("historic_orders > 0 and (best_channel <> 'email' or len(channel_affinity) <> 3)"), "0");
    let orders = lines(
        &mirror.store,
        "select 1 from klaviyo_profile_predictions as predictions where coalesce(historic_orders, 0) <> (
             select count(*) from conversions
             where profile_id = predictions.id and metric_id = (select metric_id from conversion_metric))",
    );
    assert_eq!(orders.len(), 0, "predictions of other orders than the profile's");
}

/// The page sizes that were asked for, in order.
fn sizes(mirror: &Mirror, from: usize) -> Vec<u16> {
    let size = |query: &str| query.split("page%5Bsize%5D=").nth(1)?.split('&').next()?.parse().ok();
    let mut sizes: Vec<u16> = mirror.fake.requests()[from..].iter().filter_map(|it| size(&it.query)).collect();
    sizes.dedup();
    sizes
}

#[test]
fn pages_that_take_too_long_are_asked_for_smaller() {
    let mirror = Mirror::of(shop());
    ended_well(&mirror.run(only(&["accounts"])));
    mirror.fake.set_mood(Mood::At("/api/profiles", Box::new(Mood::TooMuchAbove(30))));
    let asked = mirror.fake.requests().len();
    let run = mirror.run(only(&["profile_predictions"]));
    ended_well(&run);
    assert_eq!(sizes(&mirror, asked), [100, 50, 25]);
    assert_eq!(mirror.status("profile_predictions").rows.unsigned_abs(), mirror.fake.truth().records["profiles"]);
}

#[test]
fn pages_are_not_made_ever_smaller() {
    let mirror = Mirror::of(shop());
    ended_well(&mirror.run(only(&["accounts"])));
    mirror.fake.set_mood(Mood::At("/api/profiles", Box::new(Mood::TooMuchAbove(5))));
    let asked = mirror.fake.requests().len();
    let run = mirror.run(only(&["profile_predictions"]));
    assert_eq!(run.status.name(), "failed");
    assert!(part(&run, "profile_predictions").error.as_deref().is_some_and(|it| it.contains("503")));
    assert_eq!(sizes(&mirror, asked), [100, 50, 25, 12]);
}

#[test]
fn a_prediction_that_fails_midway_goes_on_with_smaller_pages_there() {
    let mirror = Mirror::copied();
    mirror.fake.set_mood(Mood::At("/api/profiles", Box::new(Mood::FailsAfter(2, 503))));
    let asked = mirror.fake.requests().len();
    let run = mirror.run(Order { forced: true, ..only(&["profile_predictions"]) });
    assert_eq!((run.status.name(), part(&run, "profile_predictions").rows_deleted), ("failed", 0));
    // Two pages were read, so what was asked for then begins behind them.
    let later: Vec<_> =
        mirror.fake.requests()[asked..].iter().filter(|it| it.query.contains("%5D=50")).cloned().collect();
    assert!(!later.is_empty() && later.iter().all(|it| it.query.contains("greater-than%28updated")), "{later:?}");
}
