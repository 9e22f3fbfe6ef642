//! What numbers mean, on rows few enough to be counted by hand.

use crate::support::{account, seed, value};
use klytics::pages::overview::Overview;
use klytics::params;
use klytics::range::{Ask, Period};
use klytics::store::{FromRow, Query, Row, RowResult, Store};

const STATS: Query = Query {
    name: "stats",
    text: "select
               concat_ws(' ', message_id, channel, sent_on) as message,
               concat_ws('/', recipients, delivered, bounced, failed) as sends,
               concat_ws('/', opens, machine_opens, opened, opened_or_machine) as opens,
               concat_ws('/', clicks, bot_clicks, clicked, clicked_or_machine) as clicks,
               concat_ws('/', complained, unsubscribed, converted, conversions, revenue) as rest
           from message_stats(cast($since as date), 'm_placed_order')
           order by message_id, sent_on",
};

const ACTIVITY: Query = Query {
    name: "activity",
    text: "select concat_ws('/', delivered, opens, opened, opened_or_machine, converted, revenue, without_delivery) as counts
           from message_activity(cast($since as date), cast($until as date), 'm_placed_order')",
};

const CHANNELS: Query = Query {
    name: "channels",
    text: "select concat_ws(' ', channel, amount, converted_on) as channel
           from conversion_channels where metric_id = 'm_placed_order' order by amount",
};

struct Text(String);

impl FromRow for Text {
    fn from_row(row: &Row<'_>) -> RowResult<Text> {
        ["counts", "channel"].iter().find_map(|it| row.get(it).ok()).map_or_else(|| row.get("text"), Ok).map(Text)
    }
}

#[derive(Debug, PartialEq)]
struct Stats([String; 5]);

impl FromRow for Stats {
    fn from_row(row: &Row<'_>) -> RowResult<Stats> {
        Ok(Stats([row.get("message")?, row.get("sends")?, row.get("opens")?, row.get("clicks")?, row.get("rest")?]))
    }
}

fn stats(store: &Store, since: &str) -> Vec<[String; 5]> {
    let rows: Vec<Stats> = store.read(|db| db.rows(STATS, params! { "since": since })).expect("stats");
    rows.into_iter().map(|it| it.0).collect()
}

fn texts(store: &Store, query: Query) -> Vec<String> {
    let rows: Vec<Text> = store.read(|db| db.rows(query, params! {})).expect("rows");
    rows.into_iter().map(|it| it.0).collect()
}

pub(crate) fn period(query: &str, today: &str) -> (Ask, Period) {
    let ask = Ask::parse(query.split('&').filter_map(|it| it.split_once('='))).expect("an ask");
    let period = ask.period(today.parse().expect("a day"), None).expect("a period");
    (ask, period)
}

fn overview(store: &Store, query: &str, today: &str) -> Overview {
    let (ask, period) = period(query, today);
    store.read(|db| Overview::load(db, &ask, &period)).expect("an overview")
}

/// One campaign to three people: Ann reads and buys, Bob's machines read, and Cid's mailbox is full.
fn one_campaign() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name, status, sent_at) values ('C1', 'Spring', 'Sent', '2026-03-01 15:00');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, is_machine_open, is_bot_click) values
             ('1', 'm_received_email', 'ann', '2026-03-01 15:00', 'CM1', null, null),
             ('2', 'm_received_email', 'bob', '2026-03-01 15:00', 'CM1', null, null),
             ('3', 'm_bounced_email', 'cid', '2026-03-01 15:00', 'CM1', null, null),
             ('4', 'm_opened_email', 'ann', '2026-03-01 15:01', 'CM1', true, null),
             ('5', 'm_opened_email', 'ann', '2026-03-02 15:00', 'CM1', false, null),
             ('6', 'm_opened_email', 'ann', '2026-03-03 15:00', 'CM1', null, null),
             ('7', 'm_opened_email', 'bob', '2026-03-01 15:01', 'CM1', true, null),
             ('8', 'm_opened_email', 'ann', '2026-03-01 14:59', 'CM1', null, null),
             ('9', 'm_clicked_email', 'bob', '2026-03-01 15:00', 'CM1', null, true),
             ('10', 'm_marked_spam', 'bob', '2026-04-01 15:00', 'CM1', null, null);
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, currency, attributed_campaign_id, attributed_campaign_message_id)
         values
             ('11', 'm_placed_order', 'ann', '2026-03-03 16:00', 10.1, null, 'C1', 'CM1'),
             ('12', 'm_placed_order', 'ann', '2026-03-04 16:00', 20.2, 'usd', 'C1', 'CM1'),
             ('13', 'm_placed_order', 'ann', '2026-03-04 17:00', 99, 'EUR', 'C1', 'CM1'),
             ('14', 'm_placed_order', 'ann', '2026-03-04 18:00', 30, 'USD', null, null);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, value_text) values
             ('15', 'm_placed_order', 'ann', '2026-03-04 19:00', 'lots'),
             ('16', 'm_placed_order', 'ann', '2026-03-04 20:00', null);
         update klaviyo_events set local_datetime = timestamp - interval 5 hour",
    );
    store
}

#[test]
fn a_delivery_counts_once_however_often_it_is_opened() {
    let [campaign] = &stats(&one_campaign(), "2026-01-01")[..] else { panic!("one message, one day") };
    // The open before the delivery belongs to none, Bob's second is a machine's, and so is his click.
    assert_eq!(campaign, &["CM1 email 2026-03-01", "3/2/1/0", "2/2/1/2", "0/1/0/1", "1/0/1/3/30.3000"]);
}

#[test]
fn a_second_delivery_takes_over() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, flow_id) values
             ('1', 'm_received_sms', 'ann', '2026-01-31 10:00', 'FM1', 'F1'),
             ('2', 'm_unsubscribed_email', 'ann', '2026-01-31 11:00', 'FM1', 'F1'),
             ('3', 'm_received_sms', 'ann', '2026-02-10 10:00', 'FM1', 'F1'),
             ('4', 'm_unsubscribed_email', 'ann', '2026-02-10 10:00', 'FM1', 'F1'),
             ('5', 'm_unsubscribed_email', 'ann', '2026-02-11 10:00', 'FM1', 'F1'),
             ('6', 'm_failed_sms', 'bob', '2026-02-10 10:00', 'FM1', 'F1');
         update klaviyo_events set local_datetime = timestamp",
    );
    let all = stats(&store, "2026-01-01");
    assert_eq!(all[0], ["FM1 sms 2026-01-31", "1/1/0/0", "0/0/0/0", "0/0/0/0", "0/1/0/0/0.0000"]);
    assert_eq!(all[1], ["FM1 sms 2026-02-10", "2/1/0/1", "0/0/0/0", "0/0/0/0", "0/1/0/0/0.0000"]);
    // What came before cannot change what is asked for, so it may be left out.
    assert_eq!(stats(&store, "2026-02-01"), all[1..]);
}

#[test]
fn an_older_campaign_is_found_by_its_own_id() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name) values ('C2', 'Old');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM2', 'C2', 'mobile_push');
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, message_id, value, attributed_campaign_id)
         values
             ('1', 'm_received_push', 'ann', '2026-02-10 10:00', '2026-02-10 05:00', 'C2', null, null),
             ('2', 'm_opened_push', 'ann', '2026-02-10 11:00', '2026-02-10 06:00', 'C2', null, null),
             ('3', 'm_placed_order', 'ann', '2026-02-11 11:00', '2026-02-11 06:00', null, 5, 'C2')",
    );
    let [campaign] = &stats(&store, "2026-01-01")[..] else { panic!("one message, one day") };
    assert_eq!(campaign, &["CM2 push 2026-02-10", "1/1/0/0", "1/0/1/1", "0/0/0/0", "0/0/1/1/5.0000"]);
}

#[test]
fn an_older_campaign_of_several_messages_is_one() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_campaigns (id, name) values ('C2', 'Old');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM2', 'C2', 'email'), ('CM3', 'C2', 'email');
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, message_id, value, attributed_campaign_id,
              attributed_campaign_message_id)
         values
             ('1', 'm_received_email', 'ann', '2026-02-10 10:00', '2026-02-10 05:00', 'C2', null, null, null),
             ('2', 'm_opened_email', 'ann', '2026-02-10 11:00', '2026-02-10 06:00', 'C2', null, null, null),
             ('3', 'm_placed_order', 'ann', '2026-02-11 11:00', '2026-02-11 06:00', null, 5, 'C2', 'CM3'),
             ('4', 'm_received_email', 'bob', '2026-02-10 10:00', '2026-02-10 05:00', 'C2', null, null, null),
             ('5', 'm_placed_order', 'bob', '2026-02-11 11:00', '2026-02-11 06:00', null, 7, 'C2', 'CM2')",
    );
    let [campaign] = &stats(&store, "2026-01-01")[..] else { panic!("one message, one day") };
    assert_eq!(campaign, &["C2 email 2026-02-10", "2/2/0/0", "1/0/1/1", "0/0/0/0", "0/0/2/2/12.0000"]);
}

#[test]
fn a_channel_is_known_by_the_touch_while_the_message_is_not() {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, local_datetime, message_id, value, attributed_flow_id, attributed_event_id)
         values
             ('touch', 'm_opened_email', 'ann', '2026-02-10 12:00', '2026-02-10 07:00', 'FM9', null, null, null),
             ('1', 'm_placed_order', 'ann', '2026-02-12 02:00', '2026-02-11 21:00', null, 7, 'F9', 'touch'),
             ('2', 'm_placed_order', 'ann', '2026-02-12 02:00', '2026-02-11 21:00', null, 8, 'F9', null)",
    );
    assert_eq!(texts(&store, CHANNELS), ["email 7.0000 2026-02-11", "unknown 8.0000 2026-02-11"]);
}

#[test]
fn what_happened_adds_up_over_days() {
    let store = one_campaign();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, message_id) values
             ('17', 'm_opened_email', 'zoe', '2026-03-03 15:00', '2026-03-03 10:00', 'CM1')",
    );
    let counts = |since: &str, until: &str| {
        let rows: Vec<Text> =
            store.read(|db| db.rows(ACTIVITY, params! { "since": since, "until": until })).expect("activity");
        rows.into_iter().map(|it| it.0).collect::<String>()
    };
    // Ann's early open and Zoe's, whose delivery is not known, have no delivery; each is someone's first all the same.
    assert_eq!(counts("2026-03-01", "2026-03-02"), "2/1/1/3/0/0.0000/1");
    assert_eq!(counts("2026-03-02", "2026-03-03"), "0/1/1/0/0/0.0000/0");
    assert_eq!(counts("2026-03-03", "2026-03-04"), "0/2/1/1/1/10.1000/1");
    assert_eq!(counts("2026-03-01", "2026-03-04"), "2/4/3/4/1/10.1000/2");
}

#[test]
fn the_overview_tells_what_was_earned_and_by_what() {
    let page = overview(&one_campaign(), "range=2026-03-01_to_2026-03-04", "2026-03-10");
    assert_eq!((page.revenue.current, page.revenue.previous, page.revenue.change), (Some(60.3), Some(0.0), None));
    assert_eq!(page.revenue.daily, [Some(0.0), Some(0.0), Some(10.1), Some(50.2)]);
    assert_eq!(page.attributed_revenue.current, Some(30.3));
    let channels: Vec<_> = page.channels.iter().map(|it| (it.name.as_str(), it.value)).collect();
    assert_eq!(channels, [("Email", 30.3), ("Not attributed", 30.0)]);
    let days: Vec<_> = page.daily.iter().map(|it| (it.date.to_string(), it.campaigns, it.flows, it.other)).collect();
    assert_eq!(days[3], ("2026-03-04".to_owned(), 20.2, 0.0, 30.0));
    assert_eq!((page.left_out.foreign_orders, page.left_out.unreadable_values), (1, 1));
    assert_eq!(page.currency, "USD");
}

#[test]
fn the_overview_divides_by_deliveries_of_the_send_day() {
    let store = one_campaign();
    let page = overview(&store, "range=2026-03-01,2026-03-02", "2026-03-10");
    assert_eq!((page.open_rate.current, page.click_rate.current), (Some(0.5), Some(0.0)));
    assert_eq!(page.conversion_rate.current, Some(0.5));
    assert_eq!(page.open_rate.daily, [Some(0.5), None]);
    assert_eq!((page.left_out.machine_opens, page.left_out.bot_clicks), (2, 1));
    let [campaign] = &page.recent_campaigns[..] else { panic!("one campaign") };
    assert_eq!((campaign.name.as_str(), campaign.recipients, campaign.revenue), ("Spring", 3, 30.3));
    assert_eq!(campaign.sent_at.map(|it| it.to_string()).as_deref(), Some("2026-03-01 10:00:00"));
    let page = overview(&store, "range=2026-03-01,2026-03-02&machine=include", "2026-03-10");
    assert_eq!((page.open_rate.current, page.click_rate.current), (Some(1.0), Some(0.5)));
    assert_eq!((page.left_out.machine_opens, page.left_out.bot_clicks), (0, 0));
    // Nothing was sent on these days: there is no rate.
    let page = overview(&store, "range=2026-03-05,2026-03-06", "2026-03-10");
    assert_eq!((page.open_rate.current, page.open_rate.previous), (None, None));
}

#[test]
fn a_local_day_is_a_day_also_when_clocks_change() {
    let store = account();
    seed(
        &store,
        // New York's clocks go forward on 8 March 2026; the day ends at 04:00 UTC on the 9th.
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, value) values
             ('1', 'm_placed_order', 'ann', '2026-03-08 04:59:59', '2026-03-07 23:59:59', 1),
             ('2', 'm_placed_order', 'ann', '2026-03-08 05:00:00', '2026-03-08 00:00:00', 2),
             ('3', 'm_placed_order', 'ann', '2026-03-09 03:59:59', '2026-03-08 23:59:59', 4),
             ('4', 'm_placed_order', 'ann', '2026-03-09 04:00:00', '2026-03-09 00:00:00', 8)",
    );
    let page = overview(&store, "range=2026-03-08,2026-03-08", "2026-03-10");
    assert_eq!((page.revenue.current, page.revenue.previous, page.revenue.change), (Some(6.0), Some(1.0), Some(5.0)));
    assert_eq!(page.daily[0].previous, Some(1.0));
}

#[test]
fn another_conversion_metric_can_be_asked_for() {
    let store = one_campaign();
    seed(
        &store,
        "insert into klaviyo_events (id, metric_id, profile_id, timestamp, local_datetime, value) values
             ('20', 'm_custom', 'ann', '2026-03-01 12:00', '2026-03-01 07:00', 3)",
    );
    let page = overview(&store, "range=2026-03-01,2026-03-04&metric=m_custom", "2026-03-10");
    assert_eq!((page.revenue.current, page.conversion_rate.current), (Some(3.0), Some(0.0)));
}

#[test]
fn an_empty_account_has_no_numbers() {
    let store = Store::in_memory().expect("a database");
    let page = overview(&store, "", "2026-03-10");
    assert_eq!((page.revenue.current, page.subscribers.current, page.open_rate.current), (None, None, None));
    assert_eq!((page.events_stored, page.daily.len(), page.channels.len()), (0, 30, 0));
    assert!(page.top_flows.is_empty() && page.recent_campaigns.is_empty());
}

#[test]
fn queries_write_percentages_as_pages_do() {
    let store = account();
    let fractions =
        [0.0, 0.0001, 0.000_123, 0.000_45, 0.000_994, 0.000_996, 0.0016, 0.0186, 0.0999, 0.0999_6, 0.3, 1.0];
    for fraction in fractions {
        let written = value(&store, &format!("select percent_text({fraction})"));
        assert_eq!(written, klytics::web::format::percent(fraction), "{fraction}");
    }
    assert_eq!(value(&store, "select percent_text(1 / nullif(0, 0)) is null"), "true");
}
