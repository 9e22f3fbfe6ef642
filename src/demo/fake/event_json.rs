//! Events as JSON, written straight into the answer: this is where the fake spends its time.

use super::properties::{Properties, put};
use super::question::Question;
use super::record::{write_identity, write_links, write_self_link};
use crate::demo::random::mix;
use crate::demo::shop::{Event, NO_MESSAGE, Oddity, Owner, Shop, base62};
use chrono::{DateTime, Datelike, Timelike};

/// Writes events of one shop for one question.
pub(super) struct EventWriter<'a> {
    pub(super) shop: &'a Shop,
    pub(super) question: &'a Question,
    pub(super) base: &'a str,
}

impl EventWriter<'_> {
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

    fn wants(&self, attribute: &str) -> bool {
        self.question.fields_of("event").is_none_or(|it| it.iter().any(|it| it == attribute))
    }

    fn attributes(&self, out: &mut String, event: &Event) {
        let start = out.len();
        if self.wants("timestamp") {
            put(out, format_args!("\"timestamp\":{},", event.at));
        }
        if self.wants("event_properties") {
            out.push_str("\"event_properties\":{");
            Properties { shop: self.shop }.write(out, event);
            out.push_str("},");
        }
        if self.wants("datetime") {
            out.push_str("\"datetime\":\"");
            write_time(out, event);
            out.push_str("\",");
        }
        if self.wants("uuid") {
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
        out.push_str("\"profile\":{");
        if let Some(profile) = self.shop.profiles.get(event.profile as usize) {
            out.push_str("\"data\":");
            write_identity(out, "profile", &profile.id());
            out.push(',');
        }
        write_links(out, self.base, "event", id, "profile");
        out.push_str("},\"metric\":{");
        if event.oddity != Oddity::NoMetric {
            out.push_str("\"data\":");
            write_identity(out, "metric", self.shop.metric_id(event.kind));
            out.push(',');
        }
        write_links(out, self.base, "event", id, "metric");
        out.push_str("},\"attributions\":{");
        if self.question.includes("attributions") {
            out.push_str("\"data\":[");
            if event.attributed_message != NO_MESSAGE {
                write_identity(out, "attribution", &attribution_id(event));
            }
            out.push_str("],");
        }
        write_links(out, self.base, "event", id, "attributions");
        out.push('}');
    }

    /// The attribution of an event that has one: relations only, no attributes.
    pub(super) fn write_attribution(&self, out: &mut String, event: &Event) {
        let id = attribution_id(event);
        let message = &self.shop.messages[usize::from(event.attributed_message)];
        let mut first = true;
        let mut relation = |out: &mut String, name: &str, kind: &str, to: &str| {
            out.push_str(if first { "\"" } else { ",\"" });
            first = false;
            out.push_str(name);
            out.push_str("\":{\"data\":");
            write_identity(out, kind, to);
            out.push(',');
            write_links(out, self.base, "attribution", &id, name);
            out.push('}');
        };
        for part in ["{\"type\":\"attribution\",\"id\":\"", &id, "\",\"relationships\":{"] {
            out.push_str(part);
        }
        relation(out, "event", "event", &self.shop.event_id(event.serial));
        relation(out, "attributed-event", "event", &self.shop.event_id(event.attributed_to));
        match message.owner {
            Owner::Campaign(campaign) => {
                relation(out, "campaign", "campaign", &self.shop.campaigns[usize::from(campaign)].id);
                relation(out, "campaign-message", "campaign-message", &message.id);
            }
            Owner::Flow { flow, .. } => {
                relation(out, "flow", "flow", &self.shop.flows[usize::from(flow)].id);
                relation(out, "flow-message", "flow-message", &message.id);
            }
        }
        out.push('}');
        write_self_link(out, self.base, "attribution", &id);
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
