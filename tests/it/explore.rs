//! Explore: what it counts, over rows few enough to be counted by hand.

use klytics::store::Store;
use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::support::{Served, account, lines, seed, serve};

/// Three days of March in New York, four hours behind UTC after the 8th.
const RANGE: &str = "range=2026-03-10_to_2026-03-12";

/// Orders and clicks, a second before the range, in it, and a second after it.
fn march() -> Store {
    let store = account();
    seed(
        &store,
        "insert into klaviyo_metrics (id, name, integration_name) values
             ('m_placed_order', 'Placed Order', 'Shopify'), ('m_clicked_email', 'Clicked <Email>', 'Klaviyo'),
             ('m_none', 'Never happened', null);
         insert into klaviyo_profiles (id, country) values ('ann', 'US'), ('bob', 'DE'), ('cid', null);
         insert into klaviyo_campaigns (id, name) values ('C1', 'Spring <script>alert(1)</script>');
         insert into klaviyo_campaign_messages (id, campaign_id, channel) values ('CM1', 'C1', 'email');
         insert into klaviyo_flows (id, name) values ('F1', 'Welcome');
         insert into klaviyo_flow_actions (id, flow_id) values ('FA1', 'F1');
         insert into klaviyo_flow_messages (id, flow_action_id, channel, name) values ('FM1', 'FA1', 'sms', 'First text');
         insert into klaviyo_events
             (id, metric_id, profile_id, timestamp, value, currency, properties, attributed_campaign_message_id,
              attributed_flow_id, attributed_flow_message_id)
         values
             ('1', 'm_placed_order', 'ann', '2026-03-10 03:59:59', 1000, 'USD', '{\"Source\": \"web\"}', null, null, null),
             ('2', 'm_placed_order', 'ann', '2026-03-10 04:00:00', 10, 'USD', '{\"Source\": \"web\", \"a/b~c\": 7}', 'CM1', null, null),
             ('3', 'm_placed_order', 'ann', '2026-03-10 20:00:00', 20.5, null, '{\"Source\": \"app\"}', null, 'F1', 'FM1'),
             ('4', 'm_placed_order', 'bob', '2026-03-12 12:00:00', 30, 'usd', '{\"Source\": \"web\", \"a/b~c\": 12}', null, null, null),
             ('5', 'm_placed_order', 'cid', '2026-03-12 13:00:00', 99, 'EUR', '{}', null, null, null),
             ('6', 'm_placed_order', null, '2026-03-13 03:59:59', null, null, '{\"Source\": \"pos\"}', null, null, null),
             ('7', 'm_placed_order', 'bob', '2026-03-13 04:00:00', 2000, 'USD', '{\"Source\": \"web\"}', null, null, null);
         insert into klaviyo_events (id, metric_id, profile_id, timestamp, message_id, properties) values
             ('8', 'm_clicked_email', 'ann', '2026-03-11 12:00:00', 'C1', '{\"URL\": \"/x\"}');
         update klaviyo_events set local_datetime = timestamp - interval 4 hour",
    );
    store
}

fn json_of(served: &Served, path: &str) -> Value {
    let answer = served.client.get(path.to_owned()).dispatch();
    assert_eq!(answer.status(), Status::Ok, "{path}");
    answer.into_json().expect("JSON")
}

fn asked(served: &Served, query: &str) -> Value {
    json_of(served, &format!("/api/pages/explore?{RANGE}&compare=none&{query}"))
}

/// The values of each series over the range, by its name.
fn series(page: &Value) -> Vec<(String, Vec<Value>)> {
    let chart = &page["blocks"][0]["content"];
    let of = |key: &str| {
        let rows = chart["rows"].as_array().expect("rows");
        rows.iter().map(|it| it["values"][key].clone()).collect()
    };
    let all = chart["series"].as_array().expect("series");
    all.iter()
        .map(|it| (it["name"].as_str().expect("a name").to_owned(), of(it["key"].as_str().expect("a key"))))
        .collect()
}

/// The groups of the table with one of their numbers.
fn groups(page: &Value, number: &str) -> Vec<(String, Value)> {
    let rows = page["blocks"][1]["content"]["rows"].as_array().expect("rows");
    let number = |it: &Value| it[number].as_f64().map_or(Value::Null, |it| json!(it));
    rows.iter().map(|it| (it["label"].as_str().expect("a label").to_owned(), number(it))).collect()
}

fn pairs(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn a_metric_is_counted_over_the_days_of_the_range() {
    let served = serve(march());
    let one = |query: &str| series(&asked(&served, query)).remove(0).1;
    // Two on the 10th, none on the 11th, three on the 12th; the first is a second early and the last a second late.
    assert_eq!(one("metric_id=m_placed_order"), [json!(2.0), json!(0.0), json!(3.0)]);
    // 10 + 20.50, then 30; euros are not dollars, and one order has no value.
    assert_eq!(one("measure=sum"), [json!(30.5), json!(0.0), json!(30.0)]);
    assert_eq!(one("measure=average"), [json!(15.25), Value::Null, json!(30.0)]);
    // Ann, then Bob and Cid; whoever bought in the shop is nobody known.
    assert_eq!(one("measure=unique"), [json!(1.0), json!(0.0), json!(2.0)]);
    assert_eq!(one("interval=week"), [json!(5.0)]);
    assert_eq!(one("interval=month"), [json!(5.0)]);
    let hours = one("interval=hour");
    assert_eq!((hours.len(), &hours[0], &hours[16], &hours[71]), (72, &json!(1.0), &json!(1.0), &json!(1.0)));
    assert_eq!(one("metric_id=m_clicked_email"), [json!(0.0), json!(1.0), json!(0.0)]);
    let page = asked(&served, "metric_id=m_none");
    assert_eq!(page["blocks"][0]["content"]["kind"], "nothing");
    let caption = asked(&served, "")["blocks"][0]["content"]["caption"].as_str().expect("words").to_owned();
    assert_eq!(caption, "Placed Order, 10 Mar – 12 Mar 2026: 5 events; peak 12 Mar 2026, 3.");
}

#[test]
fn sums_and_events_say_the_same() {
    let served = serve(march());
    // What holds of every event filters nothing, but has the events read.
    let filter = "f1=@weekday&o1=known";
    for query in [
        "measure=count",
        "measure=sum",
        "measure=average",
        "interval=hour",
        "interval=week",
        "interval=month&measure=sum",
    ] {
        assert_eq!(series(&asked(&served, query)), series(&asked(&served, &format!("{query}&{filter}"))), "{query}");
    }
}

#[test]
fn a_metric_is_grouped_by_what_its_events_have() {
    let served = serve(march());
    let by = |query: &str| groups(&asked(&served, query), "events");
    assert_eq!(
        by("by=Source"),
        pairs(&[("web", json!(2.0)), ("app", json!(1.0)), ("pos", json!(1.0)), ("(not there)", json!(1.0))])
    );
    assert_eq!(by("by=Source&top=1"), pairs(&[("web", json!(2.0)), ("3 others", json!(3.0))]));
    assert_eq!(by("by=a/b~c"), pairs(&[("(not there)", json!(3.0)), ("12", json!(1.0)), ("7", json!(1.0))]));
    assert_eq!(by("by=@country"), pairs(&[("US", json!(2.0)), ("(not there)", json!(2.0)), ("DE", json!(1.0))]));
    assert_eq!(
        by("by=@campaign"),
        pairs(&[("(not there)", json!(4.0)), ("Spring <script>alert(1)</script>", json!(1.0))])
    );
    assert_eq!(by("by=@flow"), pairs(&[("(not there)", json!(4.0)), ("Welcome", json!(1.0))]));
    assert_eq!(by("by=@channel"), pairs(&[("(not there)", json!(3.0)), ("email", json!(1.0)), ("sms", json!(1.0))]));
    assert_eq!(by("by=@weekday"), pairs(&[("Thursday", json!(3.0)), ("Tuesday", json!(2.0))]));
    assert_eq!(by("by=@hour&f1=@hour&v1=16:00"), pairs(&[("16:00", json!(1.0))]));
    // A click names the campaign, not its message, as older events do.
    assert_eq!(
        by("metric_id=m_clicked_email&by=@campaign"),
        pairs(&[("Spring <script>alert(1)</script>", json!(1.0))])
    );
    let unique = groups(&asked(&served, "by=Source&measure=unique"), "profiles");
    assert_eq!(
        unique,
        pairs(&[("web", json!(2.0)), ("app", json!(1.0)), ("(not there)", json!(1.0)), ("pos", json!(0.0))])
    );
    let sums = groups(&asked(&served, "by=Source&measure=sum"), "total");
    assert_eq!(
        sums,
        pairs(&[("web", json!(40.0)), ("app", json!(20.5)), ("pos", Value::Null), ("(not there)", Value::Null)])
    );
    let lines: Vec<_> = series(&asked(&served, "by=Source&top=1"));
    assert_eq!(
        lines,
        [
            ("web".to_owned(), vec![json!(1.0), json!(0.0), json!(1.0)]),
            ("3 others".to_owned(), vec![json!(1.0), json!(0.0), json!(2.0)])
        ]
    );
}

#[test]
fn a_list_is_called_by_the_names_of_what_is_in_it() {
    let store = march();
    seed(
        &store,
        r#"update klaviyo_events set properties = '{"Items": [{"SKU": "a", "ProductName": "Cup"}, {"SKU": "b", "ProductName": "Pot"}],
               "Tags": ["new", "gift"]}' where id = '2';
           update klaviyo_events set properties = '{"Items": [{"SKU": "a", "ProductName": "Cup", "Quantity": 2}], "Tags": [],
               "Channel": "shop"}' where id = '3'"#,
    );
    let served = serve(store);
    let by = |query: &str| groups(&asked(&served, query), "events");
    let items = [("(not there)", json!(3.0)), ("Cup", json!(1.0)), ("Cup, Pot", json!(1.0))];
    assert_eq!(by("by=Items"), pairs(&items));
    assert_eq!(by("by=Tags"), pairs(&[("(not there)", json!(4.0)), ("new, gift", json!(1.0))]));
    assert_eq!(by("by=Items&f1=Items&v1=Cup,%20Pot"), pairs(&[("Cup, Pot", json!(1.0))]));
    assert_eq!(by("by=Items&f1=Items&v1=SKU&o1=contains"), pairs(&[("Cup", json!(1.0)), ("Cup, Pot", json!(1.0))]));
    // A property of the events goes before what the page calls so.
    assert_eq!(by("by=Channel"), pairs(&[("(not there)", json!(4.0)), ("shop", json!(1.0))]));
}

#[test]
fn what_the_page_calls_so_is_meant_and_what_no_event_has_is_said() {
    let served = serve(march());
    for (title, word) in [("Channel", "@channel"), ("hour%20of%20the%20day", "@hour"), ("country", "@country")] {
        let (titled, marked) = (asked(&served, &format!("by={title}")), asked(&served, &format!("by={word}")));
        assert_eq!(titled["blocks"], marked["blocks"], "{title}");
    }
    let filtered = |of: &str| series(&asked(&served, &format!("f1={of}&v1=sms")));
    assert_eq!(filtered("Channel"), filtered("@channel"));
    let files = |by: &str| served.client.get(format!("/export/explore.csv?{RANGE}&by={by}")).dispatch().into_string();
    assert_eq!(files("Channel"), files("@channel"));
    for (by, words) in [
        ("sorce", "No event that fits has a property “sorce” in these days. Did you mean “Source”?"),
        ("chanel", "No event that fits has a property “chanel” in these days. Did you mean “Channel”?"),
        ("whatever", "No event that fits has a property “whatever” in these days."),
    ] {
        let page = asked(&served, &format!("by={by}"));
        assert_eq!(page["blocks"].as_array().map(Vec::len), Some(1), "{by}: no table of what is not there");
        assert_eq!(page["blocks"][0]["content"], json!({ "kind": "nothing", "words": words }));
    }
}

#[test]
fn unique_profiles_have_a_column_where_they_are_counted() {
    let served = serve(march());
    for (measure, hidden) in [("count", true), ("unique", false)] {
        let page = asked(&served, &format!("by=Source&measure={measure}"));
        let columns = page["blocks"][1]["content"]["columns"].as_array().expect("columns");
        let column = columns.iter().find(|it| it["name"] == "profiles").expect("a column");
        assert_eq!(column["isHidden"], json!(hidden), "{measure}");
    }
}

#[test]
fn the_days_compared_with_are_a_line_and_a_column() {
    let served = serve(march());
    let of = |query: &str| json_of(&served, &format!("/api/pages/explore?{query}"));
    // One order stands on the 9th, a second before the range: at the place of the 12th.
    let page = of(RANGE);
    assert_eq!(series(&page)[1], ("Compared".to_owned(), vec![json!(0.0), json!(0.0), json!(1.0)]));
    assert_eq!(page["blocks"][0]["content"]["series"][1]["isCompared"], true);
    let caption = page["blocks"][0]["content"]["caption"].as_str().expect("words");
    assert!(caption.contains(": 5 events; 400.0% up on the days compared with; peak"), "{caption}");
    let line = |query: &str| series(&of(&format!("{RANGE}&{query}"))).pop().expect("a line");
    assert_eq!(line("measure=sum").1, [json!(0.0), json!(0.0), json!(1000.0)]);
    assert_eq!(line("measure=average").1, [Value::Null, Value::Null, json!(1000.0)]);
    assert_eq!(line("measure=unique").1, [json!(0.0), json!(0.0), json!(1.0)]);
    assert_eq!(line("interval=week").1, [json!(1.0)], "days find their place before weeks are made of them");
    assert_eq!(line("f1=Source&v1=web"), line("f1=@weekday&o1=known"), "events and sums say the same");
    // Beside stacks of groups it is of all of them; single lines of groups have none of their own.
    assert_eq!(line("by=Source").0, "Compared");
    assert_ne!(line("by=Source&chart=lines").0, "Compared");
    assert_ne!(line("compare=none").0, "Compared");
    let table = |query: &str| of(query)["blocks"][1]["content"].clone();
    let shown = |table: &Value| -> Vec<String> {
        let columns = table["columns"].as_array().expect("columns").iter().filter(|it| it["isHidden"] == false);
        columns.map(|it| it["name"].as_str().expect("a name").to_owned()).filter(|it| it.ends_with("Before")).collect()
    };
    for (measure, column) in
        [("count", "eventsBefore"), ("unique", "profilesBefore"), ("sum", "totalBefore"), ("average", "averageBefore")]
    {
        assert_eq!(shown(&table(&format!("{RANGE}&by=Source&measure={measure}"))), [column]);
    }
    assert!(shown(&table(&format!("{RANGE}&by=Source&compare=none"))).is_empty());
    assert_eq!(
        groups(&of(&format!("{RANGE}&by=Source")), "eventsBefore"),
        pairs(&[("web", json!(1.0)), ("app", json!(0.0)), ("pos", json!(0.0)), ("(not there)", json!(0.0))])
    );
    // What only the days before have is in the sum, too.
    let day = of("range=2026-03-13_to_2026-03-13&by=Source");
    assert_eq!(
        groups(&day, "eventsBefore"),
        pairs(&[("web", json!(1.0)), ("Only in the days compared with", json!(2.0))])
    );
    assert_eq!(groups(&day, "events"), pairs(&[("web", json!(1.0)), ("Only in the days compared with", json!(0.0))]));
    assert_eq!(day["blocks"][1]["content"]["totals"]["eventsBefore"], 3);
}

#[test]
fn filters_leave_out_what_they_say() {
    let served = serve(march());
    let count = |query: &str| {
        let page = asked(&served, query);
        if page["blocks"][0]["content"]["kind"] == "nothing" {
            return 0.0;
        }
        let (_, values) = series(&page).pop().unwrap_or_default();
        values.iter().filter_map(Value::as_f64).sum::<f64>()
    };
    for (query, expected) in [
        ("f1=Source&v1=web", 2.0),
        ("f1=Source&o1=is-not&v1=web", 3.0),
        ("f1=Source&o1=contains&v1=P", 2.0),
        ("f1=Source&o1=lacks&v1=p", 3.0),
        ("f1=Source&o1=starts&v1=w", 2.0),
        ("f1=Source&o1=known", 4.0),
        ("f1=Source&o1=unknown", 1.0),
        ("f1=a/b~c&o1=more&v1=7", 1.0),
        ("f1=a/b~c&o1=less&v1=12.5", 2.0),
        ("f1=Source&v1=web&f2=a/b~c&v2=7", 1.0),
        ("f1=Source&v1=web&f3=@country&v3=DE", 1.0),
        ("f1=@flow&v1=Welcome", 1.0),
        ("f1=@flow&v1=F1", 1.0),
        ("f1=@channel&o1=is-not&v1=email", 4.0),
        ("f1=Source&v1=%27)%20or%201%3D1%20--", 0.0),
        ("f1=So%22urce%27&o1=unknown", 5.0),
    ] {
        assert_eq!(count(query).to_string(), expected.to_string(), "{query}");
    }
}

#[test]
fn the_page_offers_what_there_is_and_runs_nothing() {
    let served = serve(march());
    let html = |query: &str| {
        let answer = served.client.get(format!("/explore?{RANGE}&{query}")).dispatch();
        assert_eq!(answer.status(), Status::Ok, "{query}");
        answer.into_string().expect("a page")
    };
    let page = html("by=@campaign&f1=Source&o1=known");
    assert!(page.contains("Spring &lt;script&gt;") && !page.contains("<script>alert"), "a name is text");
    assert!(page.contains("Clicked &lt;Email&gt;") && page.contains("<option value=\"Source\">"), "{page}");
    assert!(page.contains("only where Source is there"));
    assert!(page.contains("name=\"f2\"") && !page.contains("name=\"f3\""), "one filter more than there are");
    let page = html("by=%22%3E%3Cb%3E&f1=%3Ci%3E&o1=unknown");
    assert!(!page.contains("\"><b>") && !page.contains("<i>"), "{page}");
}

#[test]
fn what_cannot_be_meant_names_its_parameter() {
    let served = serve(march());
    for (query, name, words) in [
        ("metric_id=nothing", "Metric_id", "there is no metric"),
        ("measure=mean", "Measure", "count, unique, sum, average"),
        ("by=@shoe", "By", "@message"),
        ("interval=year", "Interval", "hour, day, week, month"),
        ("chart=pie", "Chart", "stacks, lines, columns"),
        ("top=many", "Top", "1 to 1000"),
        ("f1=Source", "V1", "needs a value"),
        ("f1=Source&o1=like&v1=x", "O1", "contains"),
        ("sort=nothing&by=Source", "Sort", "label"),
    ] {
        for path in ["/explore", "/api/pages/explore"] {
            let answer = served.client.get(format!("{path}?{RANGE}&{query}")).dispatch();
            assert_eq!(answer.status(), Status::BadRequest, "{path} {query}");
            let said = answer.into_string().expect("words");
            assert!(said.contains(name) && said.contains(words), "{query}: {said}");
        }
    }
}

#[test]
fn an_account_without_anything_can_be_asked() {
    let served = serve(Store::in_memory().expect("a database"));
    assert_eq!(served.client.get("/explore").dispatch().status(), Status::Ok);
    assert_eq!(served.client.get("/api/pages/explore").dispatch().status(), Status::Accepted, "it is yet to be copied");
    let served = serve(account());
    assert_eq!(served.client.get("/explore?by=@flow&f1=URL&o1=known").dispatch().status(), Status::Ok);
}

#[test]
fn files_hold_what_is_shown() {
    let served = serve(march());
    let compared = |name: &str, compare: &str| {
        let answer = served
            .client
            .get(format!("/export/{name}?{RANGE}&by=Source&top=1&measure=sum&compare={compare}"))
            .dispatch();
        assert_eq!(answer.status(), Status::Ok, "{name}");
        answer.into_bytes().expect("a file")
    };
    let file = |name: &str| compared(name, "none");
    assert_eq!(
        String::from_utf8(file("explore.csv")).expect("text"),
        "label,events,profiles,valued,total,average,eventsBefore,profilesBefore,totalBefore,averageBefore,ordinal\n\
         web,2,,2,40.0,20.0,,,,,1\n3 others,3,,1,20.5,20.5,,,,,2\n"
    );
    let previous = String::from_utf8(compared("explore.csv", "previous")).expect("text");
    assert!(previous.contains("\nweb,2,,2,40.0,20.0,1,,1000.0,1000.0,1\n"), "{previous}");
    let series: Value = serde_json::from_slice(&file("explore_series.json")).expect("JSON");
    assert_eq!(series.as_array().expect("rows").len(), 4);
    assert_eq!(&file("explore.parquet")[..4], b"PAR1");
}

#[test]
fn a_view_is_saved_asked_again_and_deleted() {
    let store = march();
    let served = serve(store.clone());
    let post = |path: &'static str, body: &str, site: &'static str| {
        let form = served.client.post(path).header(ContentType::Form).header(Header::new("Sec-Fetch-Site", site));
        let answer = form.body(body).dispatch();
        (answer.status(), answer.headers().get_one("Location").map(ToOwned::to_owned))
    };
    let body = "name=By+%3Cb%3Esource&next=%2Fexplore%3Fby%3DSource%26range%3Dtoday";
    assert_eq!(post("/explore/saved", body, "cross-site").0, Status::Forbidden);
    assert_eq!(
        post("/explore/saved", body, "same-origin"),
        (Status::SeeOther, Some("/explore?by=Source&range=today".to_owned()))
    );
    assert_eq!(lines(&store, "select name, query from saved_views"), ["By <b>source by=Source&range=today"]);
    let again = served.client.post("/explore/saved").header(ContentType::Form);
    let again = again.header(Header::new("Sec-Fetch-Site", "same-origin"));
    let again = again.body("name=by+%3CB%3Esource+&next=%2Fexplore").dispatch();
    assert_eq!(again.status(), Status::Conflict);
    assert!(again.into_string().expect("words").contains("already: choose another name"));
    assert_eq!(lines(&store, "select query from saved_views"), ["by=Source&range=today"], "nothing is written over");
    let html = served.client.get(format!("/explore?{RANGE}")).dispatch().into_string().expect("a page");
    assert!(html.contains("By &lt;b&gt;source") && html.contains("/explore?by=Source&amp;range=today"), "{html}");
    for (bad, words) in [
        ("name=+&next=%2Fexplore", "1 to 100"),
        ("name=x&next=%2Fcampaigns%3Fa", "only views of Explore"),
        ("name=x&next=https%3A%2F%2Fevil.example%2Fexplore%3Fa", "only views of Explore"),
        ("name=x&next=%2Fexplore%3Fa%0D%0Ab", "address"),
    ] {
        let form = served.client.post("/explore/saved").header(ContentType::Form);
        let answer = form.header(Header::new("Sec-Fetch-Site", "same-origin")).body(bad).dispatch();
        assert_eq!(answer.status(), Status::BadRequest, "{bad}");
        assert!(answer.into_string().expect("words").contains(words), "{bad}");
    }
    let id = crate::support::value(&store, "select id from saved_views");
    let (status, place) = post("/explore/saved/delete", &format!("id={id}&next=%2Fexplore"), "same-origin");
    assert_eq!((status, place.as_deref()), (Status::SeeOther, Some("/explore")));
    assert!(lines(&store, "select id from saved_views").is_empty());
}
