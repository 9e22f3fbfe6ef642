use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Days, Endpoint, Unread};
use super::listing::{self, Key, Listed, fields};
use super::openapi::Schemas;
use super::parameters::{ACTIVITY, COUNTED, DAYS, DELETED, NAMED, PART, STATUS, UPDATED};
use super::results::{Measured, Of, Sender, Totals, listed, sender, totals};
use crate::web::cache::{Answered, Lifetime};

/// A campaign with what it did in the range.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Campaign {
    id: String,
    name: String,
    status: Option<String>,
    /// Klaviyo has it no more; what it did remains.
    deleted: bool,
    channel: Option<String>,
    sent_at: Option<DateTime<Utc>>,
    /// Recipients: delivered, bounced and failed.
    sent: Option<i64>,
    #[serde(flatten)]
    measured: Measured,
    /// When Klaviyo last changed it.
    updated_at: Option<DateTime<Utc>>,
}

/// What all campaigns of the range did together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignTotals {
    total_campaigns: Option<usize>,
    #[serde(flatten)]
    totals: Totals,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint {
            path: "/campaigns".into(),
            about: "Campaigns that were sent in the range, with what they did; others if they are asked for".into(),
            entity: "campaigns",
            unread: Unread::Fetch,
            parameters: vec![DAYS, COUNTED, PART, NAMED, STATUS, ACTIVITY, UPDATED, DELETED],
            sorts: fields::<Campaign>(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| {
                listing::part::<Campaign>(listed(db, it, Of::Campaigns)?.into_iter().map(Campaign::from).collect(), it)
            },
            schema: |schemas, _| Schemas::list(schemas.of::<Campaign>()),
        },
        Endpoint {
            path: "/campaigns/metrics".into(),
            about: "What all campaigns of the range did together".into(),
            entity: "events",
            unread: Unread::Begin,
            parameters: vec![DAYS, COUNTED],
            sorts: Vec::new(),
            days: Days::Recent,
            lifetime: Lifetime::Listing,
            load: |db, it| {
                let (total_campaigns, totals) = totals(db, it, Of::Campaigns)?;
                Answered::of(&CampaignTotals { total_campaigns, totals })
            },
            schema: |schemas, _| schemas.of::<CampaignTotals>(),
        },
        Endpoint {
            path: "/campaigns/<id>".into(),
            about: "A campaign with what it did, in all its time unless a range is named".into(),
            entity: "campaigns",
            unread: Unread::Fetch,
            parameters: vec![DAYS, COUNTED, DELETED],
            sorts: Vec::new(),
            days: Days::All,
            lifetime: Lifetime::Record,
            load: |db, it| listing::record(db, it, vec![Campaign::from(sender(db, it, Of::Campaigns)?)]),
            schema: |schemas, entity| schemas.record_with::<Campaign>(entity),
        },
    ]
}

impl From<Sender> for Campaign {
    fn from(it: Sender) -> Campaign {
        Campaign {
            sent: it.recipients(),
            measured: it.measured(),
            id: it.id,
            name: it.name,
            status: it.status,
            channel: it.channel,
            sent_at: it.sent_at,
            updated_at: it.updated_at,
            deleted: it.is_deleted,
        }
    }
}

impl Listed for Campaign {
    const FIELDS: &'static [&'static str] = &[
        "name",
        "sentAt",
        "sent",
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
            "sentAt" => self.sent_at.into(),
            "sent" => self.sent.into(),
            other => self.measured.key(other),
        }
    }
}
