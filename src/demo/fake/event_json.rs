//! Events as JSON, written straight into the answer: this is where the fake spends its time.

use super::properties::{Properties, put};
use super::question::Question;
use super::record::{Links, write_identity, write_self_link};
use crate::demo::random::mix;
use crate::demo::shop::{Event, NO_MESSAGE, Oddity, Owner, Profile, Shop, base62};
use chrono::{DateTime, Datelike, Timelike};

/// Writes events of one shop for one question. What does not differ from event to event is made ready first.
pub(super) struct EventWriter<'a> {
    shop: &'a Shop,
    base: &'a str,
    wants: Wants,
    /// Of the event's profile, metric and attributions.
    links: [Links; 3],
    of_attributions: AttributionLinks,
    /// Of the included profile's relations.
    of_profiles: [(&'static str, Links); 3],
}

/// The attributes that are asked for, and whether attributions come along.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that may be asked for")]
struct Wants {
    timestamp: bool,
    event_properties: bool,
    datetime: bool,
    uuid: bool,
    attributions: bool,
}

struct AttributionLinks {
    event: Links,
    attributed_event: Links,
    campaign: Links,
    campaign_message: Links,
    flow: Links,
    flow_message: Links,
}

impl<'a> EventWriter<'a> {
    pub(super) fn new(shop: &'a Shop, question: &'a Question, base: &'a str) -> EventWriter<'a> {
        let fields = question.fields_of("event");
        let wants = |attribute: &str| fields.is_none_or(|it| it.iter().any(|it| it == attribute));
        let of_attribution = |relation| Links::new(base, "attribution", relation);
        EventWriter {
            shop,
            base,
            wants: Wants {
                timestamp: wants("timestamp"),
                event_properties: wants("event_properties"),
                datetime: wants("datetime"),
                uuid: wants("uuid"),
                attributions: question.includes("attributions"),
            },
            links: ["profile", "metric", "attributions"].map(|it| Links::new(base, "event", it)),
            of_attributions: AttributionLinks {
                event: of_attribution("event"),
                attributed_event: of_attribution("attributed-event"),
                campaign: of_attribution("campaign"),
                campaign_message: of_attribution("campaign-message"),
                flow: of_attribution("flow"),
                flow_message: of_attribution("flow-message"),
            },
            of_profiles: ["lists", "segments", "push-tokens"].map(|it| (it, Links::new(base, "profile", it))),
        }
    }

    pub(super) fn write(&self, out: &mut String, event: &Event) {
        let id = self.shop.event_id(event.serial);
        for part in ["{\"type\":\"event\",\"id\":\"", &id, "\",\"attributes\":{"] {
            out.push_str(part);
        }
        self.attributes(out, event);
        out.push_str("},\"relationships\":{");
        self.relationships(out, event, &id);
        out.push('}');
        write_self_link(out, self.base, "event", &id);
        out.push('}');
    }

    fn attributes(&self, out: &mut String, event: &Event) {
        let start = out.len();
        if self.wants.timestamp {
            put(out, format_args!("\"timestamp\":{},", event.at));
        }
        if self.wants.event_properties {
            out.push_str("\"event_properties\":{");
            Properties { shop: self.shop }.write(out, event);
            out.push_str("},");
        }
        if self.wants.datetime {
            out.push_str("\"datetime\":\"");
            write_time(out, event);
            out.push_str("\",");
        }
        if self.wants.uuid {
            let number = mix(u64::from(event.serial) ^ self.shop.plan.seed.rotate_left(17));
            put(
                out,
                format_args!(
                    "\"uuid\":\"{:08x}-{:04x}-11f0-8001-{:012x}\",",
                    event.at & 0xFFFF_FFFF,
                    number >> 48,
                    number & 0xFFFF_FFFF_FFFF
                ),
            );
        }
        if out.len() > start {
            out.pop();
        }
    }

    fn relationships(&self, out: &mut String, event: &Event, id: &str) {
        let [profiles, metrics, attributions] = &self.links;
        out.push_str("\"profile\":{");
        if let Some(profile) = self.shop.profiles.get(event.profile as usize) {
            out.push_str("\"data\":");
            write_identity(out, "profile", &profile.id());
            out.push(',');
        }
        profiles.write(out, id);
        out.push_str("},\"metric\":{");
        if event.oddity != Oddity::NoMetric {
            out.push_str("\"data\":");
            write_identity(out, "metric", self.shop.metric_id(event.kind));
            out.push(',');
        }
        metrics.write(out, id);
        out.push_str("},\"attributions\":{");
        if self.wants.attributions {
            out.push_str("\"data\":[");
            if event.attributed_message != NO_MESSAGE {
                write_identity(out, "attribution", &attribution_id(event));
            }
            out.push_str("],");
        }
        attributions.write(out, id);
        out.push('}');
    }

    /// The attribution of an event that has one: relations only, no attributes.
    pub(super) fn write_attribution(&self, out: &mut String, event: &Event) {
        let id = attribution_id(event);
        let message = &self.shop.messages[usize::from(event.attributed_message)];
        let mut first = true;
        let mut relation = |out: &mut String, links: &Links, name: &str, kind: &str, to: &str| {
            out.push_str(if first { "\"" } else { ",\"" });
            first = false;
            out.push_str(name);
            out.push_str("\":{\"data\":");
            write_identity(out, kind, to);
            out.push(',');
            links.write(out, &id);
            out.push('}');
        };
        for part in ["{\"type\":\"attribution\",\"id\":\"", &id, "\",\"relationships\":{"] {
            out.push_str(part);
        }
        let links = &self.of_attributions;
        relation(out, &links.event, "event", "event", &self.shop.event_id(event.serial));
        relation(out, &links.attributed_event, "attributed-event", "event", &self.shop.event_id(event.attributed_to));
        match message.owner {
            Owner::Campaign(campaign) => {
                let campaign = &self.shop.campaigns[usize::from(campaign)].id;
                relation(out, &links.campaign, "campaign", "campaign", campaign);
                relation(out, &links.campaign_message, "campaign-message", "campaign-message", &message.id);
            }
            Owner::Flow { flow, .. } => {
                relation(out, &links.flow, "flow", "flow", &self.shop.flows[usize::from(flow)].id);
                relation(out, &links.flow_message, "flow-message", "flow-message", &message.id);
            }
        }
        out.push('}');
        write_self_link(out, self.base, "attribution", &id);
        out.push('}');
    }

    /// A profile that comes along without any of its attributes, as its record is written.
    pub(super) fn write_bare_profile(&self, out: &mut String, profile: &Profile) {
        let id = profile.id();
        for part in ["{\"type\":\"profile\",\"id\":\"", &id, "\",\"attributes\":{},\"relationships\":{"] {
            out.push_str(part);
        }
        for (index, (name, links)) in self.of_profiles.iter().enumerate() {
            for part in [if index == 0 { "\"" } else { ",\"" }, name, "\":{"] {
                out.push_str(part);
            }
            links.write(out, &id);
            out.push('}');
        }
        out.push('}');
        write_self_link(out, self.base, "profile", &id);
        out.push('}');
    }
}

fn attribution_id(event: &Event) -> String {
    base62(mix(u64::from(event.serial) | (0xA77 << 40)))
}

fn write_time(out: &mut String, event: &Event) {
    let Some(time) = DateTime::from_timestamp(event.at, 0) else { return };
    let between = if event.oddity == Oddity::SpacedTime { ' ' } else { 'T' };
    let fraction = if event.oddity == Oddity::Microseconds { ".482913" } else { "" };
    put(out, format_args!("{:04}-", time.year()));
    for (number, sign) in [(time.month(), '-'), (time.day(), between), (time.hour(), ':'), (time.minute(), ':')] {
        two_digits(out, number);
        out.push(sign);
    }
    two_digits(out, time.second());
    out.push_str(fraction);
    out.push_str("+00:00");
}

fn two_digits(out: &mut String, number: u32) {
    for digit in [number / 10, number % 10] {
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::super::people;
    use super::*;
    use crate::demo::ShopPlan;

    #[test]
    fn a_bare_profile_is_written_as_its_record_is() {
        let now: DateTime<chrono::Utc> = "2026-11-21T15:00:00Z".parse().expect("a time");
        let shop = Shop::new(&ShopPlan { events: 1_000, profiles: 50, ..ShopPlan::until(now) });
        let question = Question {
            include: vec!["profile".to_owned()],
            fields: vec![("profile".to_owned(), vec!["id".to_owned()])],
            ..Question::default()
        };
        let (mut bare, mut record) = (String::new(), String::new());
        EventWriter::new(&shop, &question, "http://x").write_bare_profile(&mut bare, &shop.profiles[7]);
        people::record(&shop, &shop.profiles[7], &question, now.timestamp()).write(&mut record, &question, "http://x");
        assert_eq!(bare, record);
    }
}
