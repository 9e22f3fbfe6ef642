//! What a query string may say: each parameter once, for the check at the door and for the description of the API.

use utoipa::openapi::path::{Parameter as Described, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, Required};

use crate::range::{LIMIT_DEFAULT, LIMIT_MAX, Preset};

/// One parameter of a query string.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    about: &'static str,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text,
    Range,
    Moment,
    Choice(&'static [&'static str]),
    Limit,
    Offset,
    /// One of the fields of the endpoint, with or without a minus.
    Sort,
}

/// Which days.
pub(super) const DAYS: &[Parameter] = &[
    Parameter {
        name: "range",
        about: "Local days of the account: a preset, or two days as YYYY-MM-DD_to_YYYY-MM-DD or YYYY-MM-DD,YYYY-MM-DD, \
                both included. last-30-days, unless said otherwise.",
        value: Value::Range,
    },
    Parameter { name: "dateRange", about: "The same as `range`.", value: Value::Range },
];

/// In which days things changed, where all are listed unless days are named.
pub(super) const CHANGED_DAYS: &[Parameter] = &[
    Parameter {
        name: "range",
        about: "Only what changed at Klaviyo (or is) of these local days of the account: a preset, or two days as \
                YYYY-MM-DD_to_YYYY-MM-DD or YYYY-MM-DD,YYYY-MM-DD, both included. All, without it; amounts, where there \
                are any, are of these days, too, and of the last 30 without it.",
        value: Value::Range,
    },
    Parameter { name: "dateRange", about: "The same as `range`.", value: Value::Range },
];

impl Parameter {
    /// A word that one page knows.
    pub(super) const fn text(name: &'static str, about: &'static str) -> Parameter {
        Parameter { name, about, value: Value::Text }
    }
}

/// Which messages.
pub(super) const REACHED: &[Parameter] = &[Parameter {
    name: "channel",
    about: "Only messages of this channel.",
    value: Value::Choice(&["email", "sms", "push", "whatsapp"]),
}];

/// Which rows of the table that the address is about.
pub(super) const SAMPLED: &[Parameter] = &[Parameter {
    name: "min",
    about: "Only rows with so many of what the table is judged by: recipients, mostly.",
    value: Value::Offset,
}];

/// How much of a table is shown.
pub(super) const SHOWN: &[Parameter] = &[Parameter {
    name: "columns",
    about: "Whether the table of the page shows the usual columns or all of them; rows hold all in either case.",
    value: Value::Choice(&["usual", "all"]),
}];

/// What days are compared with.
pub(super) const COMPARED: &[Parameter] = &[Parameter {
    name: "compare",
    about: "What `previous` is of: as many days just before, the same weekdays a year before, or nothing.",
    value: Value::Choice(&["previous", "year", "none"]),
}];

/// How messages and money are counted.
pub(super) const COUNTED: &[Parameter] = &[basis(&["sent", "event"]), MACHINE, CONVERSION];

/// By which day, where that is the day of sending unless another is asked for.
pub(super) const BY_SENDING: &[Parameter] = &[basis(&["sent", "event"])];

/// By which day, where that is the day of the event unless another is asked for.
pub(super) const BY_EVENT: &[Parameter] = &[basis(&["event", "sent"])];

/// Whose opens and clicks.
pub(super) const MACHINES: &[Parameter] = &[MACHINE];

const fn basis(values: &'static [&'static str]) -> Parameter {
    Parameter {
        name: "basis",
        about: "Count messages by the day they were sent, with all that happened to them since, or by the day on which it \
                happened.",
        value: Value::Choice(values),
    }
}

const MACHINE: Parameter = Parameter {
    name: "machine",
    about: "Whether opens and clicks by machines are counted.",
    value: Value::Choice(&["exclude", "include"]),
};

const CONVERSION: Parameter = Parameter {
    name: "metric",
    about: "Id of the metric whose events are conversions, in place of the account's own.",
    value: Value::Text,
};

/// Which conversions, where nothing else matters to a count.
pub(super) const CONVERTED: &[Parameter] = &[CONVERSION];

/// Which part of a listing.
pub(super) const PART: &[Parameter] = &[
    Parameter { name: "limit", about: "Rows of the answer, at most.", value: Value::Limit },
    Parameter { name: "offset", about: "Rows that are passed over.", value: Value::Offset },
    Parameter {
        name: "sort",
        about: "The field to sort by, with a minus before it for the other way; unknown values come last.",
        value: Value::Sort,
    },
];

pub(super) const NAMED: &[Parameter] = &[
    Parameter { name: "q", about: "What the name contains, whatever the case.", value: Value::Text },
    Parameter { name: "search", about: "The same as `q`.", value: Value::Text },
];

pub(super) const STATUS: &[Parameter] =
    &[Parameter { name: "status", about: "Only what has this status, whatever the case.", value: Value::Text }];

pub(super) const ACTIVITY: &[Parameter] = &[Parameter {
    name: "activity",
    about: "Whether only what did something in the range is listed, or any. What is asked for by a status, and has no day \
            of its own, such as drafts, is listed whatever the range.",
    value: Value::Choice(&["range", "any"]),
}];

pub(super) const UPDATED: &[Parameter] = &[Parameter {
    name: "updatedSince",
    about: "Only what changed since then: a time in RFC 3339, or a local day.",
    value: Value::Moment,
}];

pub(super) const DELETED: &[Parameter] = &[Parameter {
    name: "deleted",
    about: "Whether what Klaviyo deleted is included.",
    value: Value::Choice(&["exclude", "include"]),
}];

/// What rows may belong to: the column that says so, and the parameter that asks for it.
pub(super) const OF: &[(&str, &[Parameter])] = &[
    ("metric_id", &[of("metric", "Only what is of the metric of this id.")]),
    ("profile_id", &[of("profile", "Only what is of the profile of this id.")]),
    ("list_id", &[of("list", "Only what is of the list of this id.")]),
    ("segment_id", &[of("segment", "Only what is of the segment of this id.")]),
    ("campaign_id", &[of("campaign", "Only what is of the campaign of this id.")]),
    ("flow_id", &[of("flow", "Only what is of the flow of this id.")]),
    ("flow_action_id", &[of("action", "Only what is of the flow action of this id.")]),
    ("message_id", &[of("message", "Only what is of the message of this id.")]),
    ("form_id", &[of("form", "Only what is of the form of this id.")]),
];

const fn of(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, value: Value::Text }
}

/// Groups of parameters, as endpoints take them.
pub(super) type Groups = Vec<&'static [Parameter]>;

impl Parameter {
    /// `sorts` are the fields that the endpoint sorts by.
    pub(super) fn describe(&self, sorts: &[String]) -> Described {
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(self.about))
            .schema(Some(self.schema(sorts)))
            .build()
    }

    fn schema(&self, sorts: &[String]) -> ObjectBuilder {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let whole = || ObjectBuilder::new().schema_type(Type::Integer);
        match self.value {
            Value::Text => text,
            Value::Range => text.examples(Preset::ALL.iter().map(|it| it.name())),
            Value::Moment => text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
            Value::Choice(values) => text.enum_values(Some(values.iter().copied())).default(Some(values[0].into())),
            Value::Limit => whole().minimum(Some(1)).maximum(Some(LIMIT_MAX)).default(Some(LIMIT_DEFAULT.into())),
            Value::Offset => whole().minimum(Some(0)).default(Some(0.into())),
            Value::Sort => text.enum_values(Some(sorts.iter().flat_map(|it| [it.clone(), format!("-{it}")]))),
        }
    }
}
