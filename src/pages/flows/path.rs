//! The steps of a flow as a path: which follows which is Klaviyo's to say; where it does not, their order is all that is known.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::pages::sheet::Unit;
use crate::pages::view::{Fact, Path, PathBranch, PathStep};
use crate::store::{FromRow, Row, RowResult};
use crate::web::format;

/// A step as it is copied.
#[derive(Debug, Default)]
pub(super) struct Action {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) status: Option<String>,
    /// What follows, in Klaviyo's words; nothing where it does not tell.
    pub(super) links: Option<Value>,
    pub(super) name: Option<String>,
    pub(super) wait: Option<(i64, String, i64)>,
}

/// A message of the flow with what came of it; counts are unknown where they are not told.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    pub(super) action_id: Option<String>,
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) recipients: i64,
    pub(super) opened: Option<i64>,
    pub(super) open_rate: Option<f64>,
    pub(super) clicked: Option<i64>,
    pub(super) click_rate: Option<f64>,
    pub(super) converted: Option<i64>,
    pub(super) conversion_rate: Option<f64>,
    pub(super) revenue: Option<f64>,
}

/// How a flow goes, and whether what follows what is known of all its steps.
pub(super) struct Drawn {
    pub(super) path: Path,
    pub(super) is_known: bool,
}

/// Draws the path from the step that no other leads to.
pub(super) fn draw(trigger: &str, status: &str, actions: &[Action], sent: &[Sent]) -> Drawn {
    let by_id: HashMap<&str, &Action> = actions.iter().map(|it| (it.id.as_str(), it)).collect();
    let is_known = actions.iter().all(|it| it.links.is_some());
    let led_to: HashSet<String> =
        actions.iter().flat_map(ways).filter_map(|it| it.next).filter(|it| by_id.contains_key(it.as_str())).collect();
    let most = sent.iter().map(|it| it.recipients).max().unwrap_or_default();
    let mut drawing = Drawing { by_id, sent, status, most, seen: HashSet::new() };
    let mut steps = vec![PathStep {
        kind: "start",
        icon: "player-play",
        name: format!("Starts with: {trigger}"),
        ..PathStep::default()
    }];
    // Whatever the links are like, each step is drawn once: circles have no first step, so all are tried in their order.
    let first = actions.iter().filter(|it| !led_to.contains(&it.id));
    for action in first.chain(actions) {
        if !drawing.seen.contains(&action.id) {
            steps.extend(drawing.from(&action.id, None));
        }
    }
    Drawn { path: Path { steps }, is_known }
}

struct Drawing<'a> {
    by_id: HashMap<&'a str, &'a Action>,
    sent: &'a [Sent],
    /// The flow's own, which steps need not repeat.
    status: &'a str,
    /// Recipients of the largest message.
    most: i64,
    seen: HashSet<String>,
}

impl<'a> Drawing<'a> {
    /// The steps from that one on. `before` is the message before it, and how many it reached.
    fn from(&mut self, id: &str, before: Option<&'a Sent>) -> Vec<PathStep> {
        let (mut steps, mut before, mut next) = (Vec::new(), before, Some(id.to_owned()));
        while let Some(id) = next.take() {
            let Some(action) = self.by_id.get(id.as_str()).copied() else {
                steps.push(PathStep {
                    kind: "jump",
                    icon: "arrow-right",
                    name: "Goes on with a step that is not copied".to_owned(),
                    ..PathStep::default()
                });
                break;
            };
            if !self.seen.insert(id) {
                steps.push(PathStep {
                    kind: "jump",
                    icon: "arrow-right",
                    name: format!("Goes on with “{}”", self.title(action)),
                    ..PathStep::default()
                });
                break;
            }
            let messages: Vec<&'a Sent> =
                self.sent.iter().filter(|it| it.action_id.as_deref() == Some(action.id.as_str())).collect();
            if messages.is_empty() {
                steps.push(self.plain(action));
            }
            for message in messages {
                steps.push(self.message(action, message, before));
                before = Some(message);
            }
            let ways = ways(action);
            if let [way] = ways.as_slice()
                && way.name.is_empty()
            {
                next.clone_from(&way.next);
            } else if let Some(last) = steps.last_mut() {
                last.branches = ways.into_iter().map(|way| self.branch(way, before)).collect();
            }
        }
        steps
    }

    fn branch(&mut self, way: Way, before: Option<&'a Sent>) -> PathBranch {
        let steps = match &way.next {
            Some(next) => self.from(next, before),
            None => vec![PathStep { kind: "end", icon: "minus", name: "Ends here".to_owned(), ..PathStep::default() }],
        };
        PathBranch { name: way.name, steps }
    }

    fn plain(&self, action: &Action) -> PathStep {
        let (kind, icon, _) = words(&action.kind);
        PathStep { kind, icon, name: self.title(action), status: self.own_status(action), ..PathStep::default() }
    }

    fn message(&self, action: &Action, it: &Sent, before: Option<&Sent>) -> PathStep {
        let (kind, icon, _) = words(&action.kind);
        let count = |name: &str, value: Option<i64>, rate: Option<f64>| Fact {
            name: name.to_owned(),
            unit: Unit::Count,
            value: value.into(),
            path: None,
            detail: rate.map(format::percent).unwrap_or_default(),
        };
        let counts = vec![
            count("Recipients", Some(it.recipients), None),
            count("Opened", it.opened, it.open_rate),
            count("Clicked", it.clicked, it.click_rate),
            count("Converted", it.converted, it.conversion_rate),
            Fact {
                name: "Revenue".to_owned(),
                unit: Unit::Money,
                value: it.revenue.into(),
                path: None,
                detail: String::new(),
            },
        ];
        PathStep {
            kind,
            icon,
            name: it.name.clone(),
            detail: it.subject.clone(),
            status: self.own_status(action),
            counts,
            share: share(it.recipients, self.most),
            drop: before.map(|before| dropped(it.recipients, before)).unwrap_or_default(),
            branches: Vec::new(),
        }
    }

    /// What is not the flow's own status: a step that is off in a flow that is on.
    fn own_status(&self, action: &Action) -> String {
        action.status.clone().filter(|it| it != self.status).unwrap_or_default()
    }

    fn title(&self, action: &Action) -> String {
        let sent = self.sent.iter().find(|it| it.action_id.as_deref() == Some(action.id.as_str()));
        if let Some(message) = sent {
            return message.name.clone();
        }
        let (_, _, words) = words(&action.kind);
        match (&action.wait, &action.name) {
            (Some((value, unit, more)), _) if action.kind == "time-delay" => {
                format!("Wait {}", waiting(*value, unit, *more))
            }
            (_, Some(name)) if !name.is_empty() => format!("{words}: {name}"),
            _ => words.to_owned(),
        }
    }
}

/// "61.0% as many as “Welcome #1”, 72 fewer"
fn dropped(recipients: i64, before: &Sent) -> String {
    let Some(share) = share(recipients, before.recipients) else { return String::new() };
    let (way, difference) = match before.recipients - recipients {
        it if it >= 0 => ("fewer", it),
        it => ("more", -it),
    };
    #[expect(clippy::cast_precision_loss, reason = "no flow reaches 2^52 people")]
    let difference = format::grouped(difference as f64, 0);
    format!("{} as many as “{}”, {difference} {way}", format::percent(share), before.name)
}

fn share(part: i64, whole: i64) -> Option<f64> {
    crate::pages::overview::share(part, whole)
}

/// "2 days 4 hours": the second number is of the next smaller unit.
fn waiting(value: i64, unit: &str, more: i64) -> String {
    let of = |count: i64, unit: &str| {
        let unit = unit.trim_end_matches('s');
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    };
    let smaller = if unit.starts_with("day") { "hours" } else { "minutes" };
    if more > 0 { format!("{} {}", of(value, unit), of(more, smaller)) } else { of(value, unit) }
}

/// The kind of a step, its icon and what it is called. The kinds are those of Klaviyo's revision 2026-07-15.
fn words(kind: &str) -> (&'static str, &'static str, &str) {
    match kind {
        "send-email" => ("send", "mail", "E-mail"),
        "send-sms" => ("send", "message-circle", "Text message"),
        "send-mobile-push" => ("send", "device-mobile", "Push"),
        "send-whatsapp" => ("send", "message-circle", "WhatsApp message"),
        "send-internal-alert" => ("act", "bell", "Alert to your own people"),
        "send-webhook" => ("act", "code", "Webhook"),
        "time-delay" => ("wait", "clock", "Wait"),
        "countdown-delay" => ("wait", "clock", "Wait until before a date"),
        "target-date" => ("wait", "calendar-event", "Wait until a date"),
        "back-in-stock-delay" => ("wait", "clock", "Wait until back in stock"),
        "conditional-split" => ("split", "route", "Split by a condition"),
        "trigger-split" => ("split", "route", "Split by what started it"),
        "action-output-split" => ("split", "route", "Split by what a step gave"),
        "multi-branch-split" => ("split", "route", "Split"),
        "ab-test" | "content-experiment" => ("send", "columns-3", "Test of variations"),
        "update-profile" => ("act", "user", "Change of the profile"),
        "list-update" => ("act", "users", "Change of a list"),
        "code" => ("act", "code", "Code"),
        "" => ("act", "chevron-right", "A step of unknown kind"),
        other => ("act", "chevron-right", other),
    }
}

/// A way on from a step.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    /// Empty where there is only one.
    name: String,
    /// Nothing where the flow ends.
    next: Option<String>,
}

/// Where a step leads: `next`, or `next_if_true` and `next_if_false`, or, in a shape that Klaviyo does not document, one for
/// each of many branches.
fn ways(action: &Action) -> Vec<Way> {
    match &action.links {
        Some(Value::Object(links)) => {
            let mut ways: Vec<Way> = links.iter().map(|(key, value)| way(key, value)).collect();
            // Yes before no, whatever their order in the document.
            ways.sort_by_key(|it| it.name == "No");
            ways
        }
        Some(Value::Array(links)) => {
            let named = links.iter().enumerate();
            named.map(|(place, value)| way(&format!("Branch {}", place + 1), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn way(key: &str, value: &Value) -> Way {
    let name = match key {
        "next" => String::new(),
        "next_if_true" => "Yes".to_owned(),
        "next_if_false" => "No".to_owned(),
        other => other.to_owned(),
    };
    let text = |it: &Value| it.as_str().map(ToOwned::to_owned).or_else(|| it.as_i64().map(|it| it.to_string()));
    let next = match value {
        Value::Object(inner) => ["next", "next_action_id", "id"].iter().find_map(|it| text(inner.get(*it)?)),
        other => text(other),
    };
    Way { name, next }
}

impl FromRow for Action {
    fn from_row(row: &Row<'_>) -> RowResult<Action> {
        let links = row.get::<Option<String>>("links")?.and_then(|it| serde_json::from_str(&it).ok());
        let value = row.get::<Option<i64>>("wait_value")?;
        let (unit, more) = (row.get::<Option<String>>("wait_unit")?, row.get::<Option<i64>>("wait_more")?);
        Ok(Action {
            id: row.get("id")?,
            kind: row.get::<Option<String>>("action_type")?.unwrap_or_default(),
            status: row.get("status")?,
            links: links.filter(|it: &Value| !it.is_null()),
            name: row.get("name")?,
            wait: value.zip(unit).map(|(value, unit)| (value, unit, more.unwrap_or_default())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn action(id: &str, kind: &str, links: Value) -> Action {
        let links = Some(links).filter(|it| !it.is_null());
        Action { id: id.to_owned(), kind: kind.to_owned(), links, ..Action::default() }
    }

    fn sent(action: &str, recipients: i64) -> Sent {
        Sent { action_id: Some(action.to_owned()), name: format!("Mail {action}"), recipients, ..Sent::default() }
    }

    /// Names in their order; branches in brackets.
    fn told(steps: &[PathStep]) -> String {
        let step = |it: &PathStep| {
            let branches: Vec<_> = it.branches.iter().map(|it| format!("{}[{}]", it.name, told(&it.steps))).collect();
            format!("{}{}", it.name, branches.join(""))
        };
        steps.iter().map(step).collect::<Vec<_>>().join(" > ")
    }

    #[test]
    fn a_path_follows_the_links_and_not_the_order() {
        let mut wait = action("3", "time-delay", json!({ "next": "1" }));
        wait.wait = Some((1, "days".to_owned(), 4));
        let actions = [
            action("1", "conditional-split", json!({ "next_if_false": null, "next_if_true": "4" })),
            action("2", "send-email", json!({ "next": "3" })),
            wait,
            action("4", "send-sms", json!({ "next": null })),
        ];
        let drawn = draw("List", "live", &actions, &[sent("2", 200), sent("4", 50)]);
        assert!(drawn.is_known);
        let steps = &drawn.path.steps;
        assert_eq!(
            told(steps),
            "Starts with: List > Mail 2 > Wait 1 day 4 hours > Split by a condition\
             Yes[Mail 4]No[Ends here]"
        );
        let last = &steps[3].branches[0].steps[0];
        assert_eq!((last.drop.as_str(), last.share), ("25.0% as many as “Mail 2”, 150 fewer", Some(0.25)));
    }

    #[test]
    fn branches_that_meet_again_are_told_once() {
        let actions = [
            action("1", "conditional-split", json!({ "next_if_true": "2", "next_if_false": "3" })),
            action("2", "send-email", json!({ "next": "3" })),
            action("3", "send-sms", json!({ "next": null })),
        ];
        let drawn = draw("Metric", "live", &actions, &[sent("2", 10), sent("3", 20)]);
        assert_eq!(
            told(&drawn.path.steps),
            "Starts with: Metric > Split by a conditionYes[Mail 2 > Mail 3]No[Goes on with “Mail 3”]"
        );
    }

    #[test]
    fn circles_and_lost_steps_end() {
        let actions = [
            action("1", "send-email", json!({ "next": "2" })),
            action("2", "time-delay", json!({ "next": "1" })),
            action("3", "code", json!({ "next": "9" })),
        ];
        assert_eq!(
            told(&draw("Metric", "live", &actions, &[]).path.steps),
            "Starts with: Metric > Code > Goes on with a step that is not copied > E-mail > Wait > Goes on with “E-mail”"
        );
    }

    #[test]
    fn without_links_the_order_is_all_that_is_known() {
        let actions = [action("1", "send-email", Value::Null), action("2", "send-sms", Value::Null)];
        let drawn = draw("Metric", "live", &actions, &[]);
        assert!(!drawn.is_known);
        assert_eq!(told(&drawn.path.steps), "Starts with: Metric > E-mail > Text message");
    }

    #[test]
    fn a_step_may_have_many_branches() {
        let links = json!({ "a": { "next": "2" }, "b": null });
        let actions = [action("1", "multi-branch-split", links), action("2", "send-email", json!({ "next": null }))];
        assert_eq!(
            told(&draw("Metric", "live", &actions, &[]).path.steps),
            "Starts with: Metric > Splita[E-mail]b[Ends here]"
        );
    }
}
