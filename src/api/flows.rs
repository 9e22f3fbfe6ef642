use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::listing::{self, Key, Listed, fields};
use super::openapi::Schemas;
use super::parameters::{ACTIVITY, COUNTED, DAYS, DELETED, NAMED, PART, STATUS, UPDATED};
use super::results::{Measured, Of, Sender, Totals, listed, sender, totals};
use crate::web::cache::{Answered, Lifetime};

/// A flow with what it did in the range.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    id: String,
    name: String,
    status: Option<String>,
    /// Klaviyo has it no more; what it did remains.
    deleted: bool,
    trigger_type: Option<String>,
    /// Delivered, bounced and failed.
    recipients: Option<i64>,
    #[serde(flatten)]
    measured: Measured,
    /// When Klaviyo last changed it.
    updated_at: Option<DateTime<Utc>>,
}

/// What all flows of the range did together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowTotals {
    total_flows: Option<usize>,
    #[serde(flatten)]
    totals: Totals,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/flows".into(),
            about: "Flows that sent in the range, with what they did; others if they are asked for".into(),
            entity: "flows",
            unread: Unread::Fetch,
            parameters: vec![DAYS, COUNTED, PART, NAMED, STATUS, ACTIVITY, UPDATED, DELETED],
            sorts: fields::<Flow>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| listing::part::<Flow>(listed(db, it, Of::Flows)?.into_iter().map(Flow::from).collect(), it),
            schema: |schemas, _| Schemas::list(schemas.of::<Flow>()),
        },
        Endpoint {
            path: "/flows/metrics".into(),
            about: "What all flows of the range did together".into(),
            entity: "events",
            unread: Unread::Begin,
            parameters: vec![DAYS, COUNTED],
            sorts: Vec::new(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| {
                let (total_flows, totals) = totals(db, it, Of::Flows)?;
                Answered::of(&FlowTotals { total_flows, totals })
            },
            schema: |schemas, _| schemas.of::<FlowTotals>(),
        },
        Endpoint {
            path: "/flows/<id>".into(),
            about: "A flow with what it did, in all its time unless a range is named".into(),
            entity: "flows",
            unread: Unread::Fetch,
            parameters: vec![DAYS, COUNTED, DELETED],
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| listing::record(db, it, vec![Flow::from(sender(db, it, Of::Flows)?)]),
            schema: |schemas, entity| schemas.record_with::<Flow>(entity),
        },
    ]
}

impl From<Sender> for Flow {
    fn from(it: Sender) -> Flow {
        Flow {
            recipients: it.recipients(),
            measured: it.measured(),
            id: it.id,
            name: it.name,
            status: it.status,
            trigger_type: it.trigger_type,
            updated_at: it.updated_at,
            deleted: it.is_deleted,
        }
    }
}

impl Listed for Flow {
    const FIELDS: &'static [&'static str] = &[
        "name",
        "recipients",
        "delivered",
        "openRate",
        "clickRate",
        "conversionRate",
        "conversions",
        "revenue",
        "updatedAt",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.updated_at
    }

    fn key(&self, field: &str) -> Key {
        match field {
            "name" => self.name.as_str().into(),
            "updatedAt" => self.updated_at.into(),
            "recipients" => self.recipients.into(),
            other => self.measured.key(other),
        }
    }
}
