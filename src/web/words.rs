//! The filters and functions that templates speak in: [`mod@format`] as Tera sees it. Null is "–" in all of them.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rocket_dyn_templates::tera::{self, Error, Filter, Function, Result, Tera, Value};

use super::format::{self, Direction, UNKNOWN};
use super::menu::has_own_basis;
use crate::range::{Channel, EARLIEST, SHARED};

type Args = HashMap<String, Value>;

pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("money", |value: &Value, args: &Args| {
        number(value, |it| format::money(it, text(args, "currency")))
    });
    tera.register_filter("money_short", |value: &Value, args: &Args| {
        number(value, |it| format::money_short(it, text(args, "currency")))
    });
    tera.register_filter("percent", |value: &Value, _: &Args| number(value, format::percent));
    tera.register_filter("count", |value: &Value, _: &Args| number(value, |it| format::grouped(it, 0)));
    tera.register_filter("decimal", |value: &Value, _: &Args| number(value, |it| format::grouped(it, 1)));
    tera.register_filter("channel", |value: &Value, _: &Args| {
        Ok(value.as_str().map_or(value.clone(), |it| Channel::title_of(it).into()))
    });
    tera.register_filter("hours", |value: &Value, _: &Args| number(value, format::hours));
    // A fraction as a length of a drawing that is a hundred wide.
    tera.register_filter("hundred", |value: &Value, _: &Args| {
        number(value, |it| format!("{:.1}", it.clamp(0.0, 1.0) * 100.0))
    });
    tera.register_filter("compact", |value: &Value, _: &Args| number(value, format::compact));
    tera.register_filter("bytes", |value: &Value, _: &Args| number(value, format::bytes));
    tera.register_filter("duration", |value: &Value, _: &Args| number(value, format::duration));
    tera.register_filter("change_words", |value: &Value, _: &Args| number(value, change_words));
    tera.register_filter("date", |value: &Value, _: &Args| days(value, format::date));
    tera.register_filter("day", |value: &Value, _: &Args| days(value, format::day));
    tera.register_filter("clock", clock);
    tera.register_filter("moment", |value: &Value, args: &Args| moment(value, args).map(Value::from));
    tera.register_filter("since", since);
    tera.register_filter("change", Markup(|value: &Value, args: &Args| Ok(change(value, text(args, "good")))));
    tera.register_filter("time", Markup(|value: &Value, args: &Args| time(value, args, "")));
    tera.register_filter("second", Markup(second));
    tera.register_filter("ago", Markup(|value: &Value, args: &Args| time(value, args, " data-ago")));
    tera.register_filter("sparkline", Markup(|value: &Value, _: &Args| Ok(sparkline(value))));
    tera.register_filter("trend", Markup(|value: &Value, _: &Args| Ok(trend(value))));
    tera.register_filter("json", Markup(json));
    tera.register_function("icon", MarkupOf(icon));
    tera.register_function("link", link);
    tera.register_function("file", file);
}

/// A filter whose result is markup of ours, in which every value is already escaped.
struct Markup<F>(F);

impl<F: Fn(&Value, &Args) -> Result<String> + Sync + Send> Filter for Markup<F> {
    fn filter(&self, value: &Value, args: &Args) -> Result<Value> {
        self.0(value, args).map(Value::from)
    }

    fn is_safe(&self) -> bool {
        true
    }
}

/// A function of the same kind.
struct MarkupOf<F>(F);

impl<F: Fn(&Args) -> Result<String> + Sync + Send> Function for MarkupOf<F> {
    fn call(&self, args: &Args) -> Result<Value> {
        self.0(args).map(Value::from)
    }

    fn is_safe(&self) -> bool {
        true
    }
}

fn number(value: &Value, write: impl Fn(f64) -> String) -> Result<Value> {
    match value {
        Value::Null => Ok(UNKNOWN.into()),
        other => other.as_f64().map(|it| write(it).into()).ok_or_else(|| unsuitable("a number", other)),
    }
}

/// Days come as dates or as wall-clock times, of which the day is kept.
fn days(value: &Value, write: impl Fn(NaiveDate) -> String) -> Result<Value> {
    let Value::String(text) = value else {
        return if value.is_null() { Ok(UNKNOWN.into()) } else { Err(unsuitable("a day", value)) };
    };
    let day = text.get(..10).and_then(|it| it.parse().ok()).ok_or_else(|| unsuitable("a day", value))?;
    Ok(write(day).into())
}

/// A time that is on the account's wall clock already.
fn clock(value: &Value, _: &Args) -> Result<Value> {
    match value.as_str().map(str::parse::<NaiveDateTime>) {
        Some(Ok(time)) => Ok(format::wall_clock(time).into()),
        None if value.is_null() => Ok(UNKNOWN.into()),
        _ => Err(unsuitable("a local time", value)),
    }
}

/// A moment in words, on the wall clock of `zone`.
fn moment(value: &Value, args: &Args) -> Result<String> {
    Ok(instant(value)?.map_or_else(|| UNKNOWN.to_owned(), |it| format::moment(it, text(args, "zone"))))
}

/// From when on nothing is missing: the day on the wall clock of `zone`. What reaches back to the first day that there
/// can be an event on reaches back to whichever event is the first.
fn since(value: &Value, args: &Args) -> Result<Value> {
    Ok(match instant(value)? {
        None => UNKNOWN.to_owned(),
        Some(it) if it.date_naive() <= EARLIEST => "from the first event".to_owned(),
        Some(it) => format!("since {}", format::day_of(it, text(args, "zone"))),
    }
    .into())
}

/// A `<time>` element. With `data-ago` the page's script writes its age into it, so that a page that was kept by the
/// browser never shows an old age.
fn time(value: &Value, args: &Args, attribute: &str) -> Result<String> {
    let Some(instant) = instant(value)? else { return Ok(UNKNOWN.to_owned()) };
    let words = tera::escape_html(&format::moment(instant, text(args, "zone")));
    let machine = instant.format("%Y-%m-%dT%H:%M:%SZ");
    Ok(format!(r#"<time datetime="{machine}" title="{words}"{attribute}>{words}</time>"#))
}

/// A `<time>` element to the second, as a log has it.
fn second(value: &Value, args: &Args) -> Result<String> {
    let Some(instant) = instant(value)? else { return Ok(UNKNOWN.to_owned()) };
    let words = tera::escape_html(&format::second(instant, text(args, "zone")));
    Ok(format!(r#"<time datetime="{}">{words}</time>"#, instant.format("%Y-%m-%dT%H:%M:%SZ")))
}

fn instant(value: &Value) -> Result<Option<DateTime<Utc>>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(|_| unsuitable("a moment", value)),
        other => Err(unsuitable("a moment", other)),
    }
}

/// The change of a number: an arrow, a word, and a colour that follows `good`, the direction that is welcome
/// (`up`, `down`, or anything else where neither is).
fn change(value: &Value, good: &str) -> String {
    let Some(fraction) = value.as_f64() else { return String::new() };
    let way = format::direction(fraction);
    let class = match (way, good) {
        (Direction::Up, "up") | (Direction::Down, "down") => "is-better",
        (Direction::Up, "down") | (Direction::Down, "up") => "is-worse",
        _ => "is-neutral",
    };
    let arrow = match way {
        Direction::Up => "trending-up",
        Direction::Down => "trending-down",
        Direction::Flat => "minus",
    };
    let words = change_words(fraction);
    format!(r#"<span class="change {class}">{}{words}</span>"#, svg(arrow, ""))
}

fn change_words(fraction: f64) -> String {
    match format::direction(fraction) {
        Direction::Up => format!("{} up", format::change(fraction)),
        Direction::Down => format!("{} down", format::change(fraction)),
        Direction::Flat => "unchanged".to_owned(),
    }
}

/// Decoration beside a number that is written out, so it is hidden from readers of the text.
fn sparkline(value: &Value) -> String {
    /// Units of the drawing, which the style sheet stretches to the card.
    const BOX: (f64, f64) = (120.0, 32.0);
    let values: Vec<Option<f64>> = value.as_array().into_iter().flatten().map(Value::as_f64).collect();
    let (width, height) = BOX;
    format::sparkline(&values, width, height).map_or_else(String::new, |drawn| {
        format!(
            concat!(
                r#"<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" focusable="false">"#,
                r#"<path class="spark-area" d="{}"/><path class="spark-line" d="{}"/></svg>"#
            ),
            width, height, drawn.area, drawn.line
        )
    })
}

/// A small line in the cell of a table; what it says is in numbers beside it.
fn trend(value: &Value) -> String {
    let values: Vec<Option<f64>> = value.as_array().into_iter().flatten().map(Value::as_f64).collect();
    format::sparkline(&values, 100.0, 20.0).map_or_else(
        || UNKNOWN.to_owned(),
        |drawn| {
            let line = drawn.line;
            format!(r#"<svg class="trend" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true" focusable="false"><path class="spark-line" d="{line}"/></svg>"#)
        },
    )
}

fn json(value: &Value, _: &Args) -> Result<String> {
    serde_json::to_string(value).map(|it| format::script_safe(&it)).map_err(Error::json)
}

/// `icon(name="refresh")` draws a symbol of the sprite; `label` names it where no text beside it does.
fn icon(args: &Args) -> Result<String> {
    let name = text(args, "name");
    if name.is_empty() || !name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-') {
        return Err(Error::msg(format!("`{name}` is not the name of an icon")));
    }
    Ok(svg(name, text(args, "label")))
}

fn svg(name: &str, label: &str) -> String {
    let symbol = super::assets::url("icons.svg") + "#" + name;
    let naming = match label {
        "" => r#"aria-hidden="true" focusable="false""#.to_owned(),
        words => format!(r#"role="img" aria-label="{}""#, tera::escape_html(words)),
    };
    format!(r#"<svg class="icon" {naming}><use href="{symbol}"/></svg>"#)
}

/// `link(shell=shell, range="today")` is the address of the current page with parameters changed; an empty value
/// takes a parameter away. `path` leads to another page, with as much of the query as that understands.
fn link(args: &Args) -> Result<Value> {
    let path = args.get("path").and_then(Value::as_str);
    let takes = |path: &str, name: &str| SHARED.contains(&name) && !(name == "basis" && has_own_basis(path));
    changed_address(args, |name| path.is_none_or(|path| takes(path, name)))
}

/// The same for a file of the current page, which takes the page's whole query.
fn file(args: &Args) -> Result<Value> {
    changed_address(args, |_| true)
}

fn changed_address(args: &Args, keeps: impl Fn(&str) -> bool) -> Result<Value> {
    let shell = args.get("shell").ok_or_else(|| Error::msg("an address needs the shell"))?;
    let path = args.get("path").or_else(|| shell.get("path")).and_then(Value::as_str).unwrap_or("/");
    let changed = |name: &str| name != "shell" && name != "path" && args.contains_key(name);
    let kept = shell.get("query").and_then(Value::as_array).into_iter().flatten().filter_map(|pair| {
        let (name, value) = (pair.get(0)?.as_str()?, pair.get(1)?.as_str()?);
        (keeps(name) && !changed(name)).then(|| (name.to_owned(), value.to_owned()))
    });
    let mut pairs: Vec<(String, String)> = kept.collect();
    let mut fresh: Vec<&String> = args.keys().filter(|it| changed(it)).collect();
    fresh.sort();
    for name in fresh {
        match &args[name] {
            Value::Null => {}
            Value::String(it) if it.is_empty() => {}
            Value::String(it) => pairs.push((name.clone(), it.clone())),
            other => pairs.push((name.clone(), other.to_string())),
        }
    }
    Ok(address(path, &pairs).into())
}

fn address(path: &str, pairs: &[(String, String)]) -> String {
    let mut out = path.to_owned();
    for (place, (name, value)) in pairs.iter().enumerate() {
        let mark = if place == 0 { '?' } else { '&' };
        let _ = write!(out, "{mark}{}={}", encode(name), encode(value));
    }
    out
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

fn text<'a>(args: &'a Args, name: &str) -> &'a str {
    args.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn unsuitable(wanted: &str, value: &Value) -> Error {
    Error::msg(format!("expected {wanted}, found {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocket_dyn_templates::tera::Context;
    use serde_json::json;

    fn draw(template: &str, context: &Value) -> String {
        let mut tera = Tera::default();
        register(&mut tera);
        tera.add_raw_template("it.html", template).expect("a template that parses");
        tera.render("it.html", &Context::from_value(context.clone()).expect("an object")).expect("a drawing")
    }

    #[test]
    fn what_is_unknown_is_a_dash() {
        for filter in [
            "money(currency='USD')",
            "percent",
            "count",
            "compact",
            "bytes",
            "date",
            "clock",
            "time(zone='UTC')",
            "ago",
        ] {
            assert_eq!(draw(&format!("{{{{ it | {filter} }}}}"), &json!({ "it": null })), "–", "{filter}");
        }
    }

    #[test]
    fn the_colour_follows_the_direction_of_good() {
        let bad = draw("{{ it | change(good='down') }}", &json!({ "it": 0.1 }));
        assert!(bad.contains("is-worse") && bad.contains("</svg>10.0% up"), "{bad}");
        let good = draw("{{ it | change(good='up') }}", &json!({ "it": 0.1 }));
        assert!(good.contains("is-better"), "{good}");
    }

    #[test]
    fn what_is_complete_says_since_when() {
        let since = |moment| draw("{{ it | since(zone='America/New_York') }}", &json!({ "it": moment }));
        assert_eq!(since("1990-01-01T00:00:00Z"), "from the first event");
        assert_eq!(since("2026-11-21T03:00:00Z"), "since 20 Nov 2026");
    }

    #[test]
    fn an_age_carries_its_moment() {
        let drawn = draw("{{ it | ago(zone='Europe/Berlin') }}", &json!({ "it": "2026-11-21T09:24:00Z" }));
        assert_eq!(
            drawn,
            r#"<time datetime="2026-11-21T09:24:00Z" title="21 Nov 2026, 10:24" data-ago>21 Nov 2026, 10:24</time>"#
        );
    }

    #[test]
    fn a_link_changes_one_parameter_and_keeps_the_rest() {
        let shell = json!({ "shell": { "path": "/", "query": [["range", "today"], ["q", "a&b <c>"]] } });
        assert_eq!(
            draw("{{ link(shell=shell, range='last-7-days') | safe }}", &shell),
            "/?q=a%26b%20%3Cc%3E&range=last-7-days"
        );
        assert_eq!(draw("{{ link(shell=shell, q='', range='') | safe }}", &shell), "/");
    }

    #[test]
    fn what_only_one_page_understands_stays_there_and_goes_into_its_files() {
        let shell = json!({ "shell": { "path": "/content", "query": [["compare", "year"], ["show", "revenue"]] } });
        assert_eq!(draw("{{ link(shell=shell, path='/flows') | safe }}", &shell), "/flows?compare=year");
        assert_eq!(draw("{{ link(shell=shell) | safe }}", &shell), "/content?compare=year&show=revenue");
        let file = draw("{{ file(shell=shell, path='/export/hours.csv', id='1') | safe }}", &shell);
        assert_eq!(file, "/export/hours.csv?compare=year&show=revenue&id=1");
    }

    #[test]
    fn data_in_a_script_element_stays_data() {
        assert_eq!(draw("{{ it | json }}", &json!({ "it": "</script>" })), r#""\u003c/script\u003e""#);
    }

    #[test]
    fn a_label_is_escaped() {
        assert!(draw(r#"{{ icon(name="key", label='"<') }}"#, &json!({})).contains(r#"aria-label="&quot;&lt;""#));
    }
}
