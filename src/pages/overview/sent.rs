use super::{Figure, MESSAGES, RecentCampaign, TopFlow, share};
use crate::pages::working;
use crate::params;
use crate::range::{Channel, Machine, Period};
use crate::store::{self, Db, FromRow, Row, RowResult};
use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use std::cmp::Reverse;
use std::collections::HashMap;

/// What became of the messages that were sent in a period and before it: of e-mails by send day, of all by campaign and flow.
#[derive(Debug)]
pub struct Sent {
    days: HashMap<NaiveDate, Counts>,
    /// Opens and clicks by machines, of every channel.
    machines: HashMap<NaiveDate, Machines>,
    campaigns: Vec<Campaign>,
    flows: Vec<TopFlow>,
    machine: Machine,
}

/// Deliveries, and how many of them were answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub recipients: i64,
    pub delivered: i64,
    /// Deliveries whose opens are told, which those of text messages are not.
    pub openable: i64,
    /// Deliveries whose clicks are told, which those of push messages are not.
    pub clickable: i64,
    pub opened: i64,
    pub clicked: i64,
    pub converted: i64,
    pub bounced: i64,
    pub unsubscribed: i64,
    pub complained: i64,
}

/// Opens and clicks, not deliveries, that a machine made.
#[derive(Debug, Clone, Copy, Default)]
struct Machines {
    opens: i64,
    clicks: i64,
}

#[derive(Debug)]
struct Campaign {
    id: String,
    name: String,
    channel: Option<String>,
    /// UTC.
    sent_at: Option<NaiveDateTime>,
    /// The last local day on which it went out to someone.
    last_on: NaiveDate,
    counts: Counts,
    revenue: f64,
}

impl Sent {
    /// Asks for the days of `period`, by the conversions of `metric`.
    ///
    /// # Errors
    /// When the query fails.
    pub fn load(db: &Db<'_>, period: &Period, metric: Option<&str>) -> Result<Sent, store::Error> {
        let (start, machine) = (period.range.start(), period.machine == Machine::Include);
        working::make_sends(db, period, metric)?;
        let rows: Vec<Part> = db.rows(MESSAGES, params! { "start": start, "machine": machine })?;
        let mut sent = Sent {
            days: HashMap::new(),
            machines: HashMap::new(),
            campaigns: Vec::new(),
            flows: Vec::new(),
            machine: period.machine,
        };
        for row in rows {
            match row {
                Part::Day { day, is_email, counts, machines } => {
                    let sum = sent.machines.entry(day).or_default();
                    sum.opens += machines.opens;
                    sum.clicks += machines.clicks;
                    if is_email {
                        sent.days.insert(day, counts);
                    }
                }
                Part::Campaign(campaign) => sent.campaigns.push(campaign),
                Part::Flow(flow) => sent.flows.push(flow),
            }
        }
        Ok(sent)
    }

    /// The share of one count of e-mails in another, such as of opened in openable deliveries.
    #[must_use]
    pub fn rate(&self, period: &Period, part: impl Fn(&Counts) -> i64, whole: impl Fn(&Counts) -> i64) -> Figure {
        Figure::of_shares(period, |day| self.days.get(&day).map_or((0, 0), |it| (part(it), whole(it))))
    }

    /// Opens that are not counted, because a machine made them.
    #[must_use]
    pub fn machine_opens(&self, period: &Period) -> i64 {
        self.left_out(period, |it| it.opens)
    }

    /// Clicks that are not counted, because a machine made them.
    #[must_use]
    pub fn bot_clicks(&self, period: &Period) -> i64 {
        self.left_out(period, |it| it.clicks)
    }

    fn left_out(&self, period: &Period, count: impl Fn(&Machines) -> i64) -> i64 {
        match self.machine {
            Machine::Include => 0,
            Machine::Exclude => period.range.days().filter_map(|it| self.machines.get(&it)).map(count).sum(),
        }
    }

    /// A count of e-mails over all days of the range.
    #[must_use]
    pub fn sum(&self, period: &Period, count: impl Fn(&Counts) -> i64) -> i64 {
        period.range.days().filter_map(|it| self.days.get(&it)).map(count).sum()
    }

    /// The flows that earned the most.
    #[must_use]
    pub fn top_flows(&self, limit: usize) -> Vec<TopFlow> {
        let mut flows = self.flows.clone();
        flows.sort_by(|a, b| {
            b.revenue
                .total_cmp(&a.revenue)
                .then_with(|| (Reverse(a.recipients), &a.name).cmp(&(Reverse(b.recipients), &b.name)))
        });
        flows.truncate(limit);
        flows
    }

    /// The campaigns sent last, newest first, by the wall clock of `zone`.
    #[must_use]
    pub fn recent_campaigns(&self, limit: usize, zone: Tz) -> Vec<RecentCampaign> {
        let mut campaigns: Vec<_> = self.campaigns.iter().collect();
        campaigns
            .sort_by_key(|it| (Reverse(it.sent_at.map_or(it.last_on, |at| at.date())), Reverse(it.sent_at), &it.name));
        campaigns.into_iter().take(limit).map(|it| it.shown(zone)).collect()
    }
}

impl Campaign {
    fn shown(&self, zone: Tz) -> RecentCampaign {
        let counts = self.counts;
        RecentCampaign {
            id: self.id.clone(),
            name: self.name.clone(),
            channel: self.channel.as_deref().map(|it| Channel::title_of(it).to_owned()),
            sent_at: self.sent_at.map(|it| it.and_utc().with_timezone(&zone).naive_local()),
            recipients: counts.recipients,
            open_rate: share(counts.opened, counts.openable),
            click_rate: share(counts.clicked, counts.clickable),
            conversion_rate: share(counts.converted, counts.delivered),
            revenue: self.revenue,
        }
    }
}

/// A row of the answer: the counts of a day and channel, of a campaign or of a flow.
enum Part {
    Day { day: NaiveDate, is_email: bool, counts: Counts, machines: Machines },
    Campaign(Campaign),
    Flow(TopFlow),
}

impl FromRow for Part {
    fn from_row(row: &Row<'_>) -> RowResult<Part> {
        let counts = Counts::from_row(row)?;
        if let Some(day) = row.get("day")? {
            let is_email = row.get::<Option<String>>("via")?.as_deref() == Some(Channel::Email.name());
            let machines = Machines { opens: row.get("machine_opens")?, clicks: row.get("bot_clicks")? };
            return Ok(Part::Day { day, is_email, counts, machines });
        }
        if let Some(id) = row.get("campaign_id")? {
            return Ok(Part::Campaign(Campaign {
                id,
                name: row.get("name")?,
                channel: row.get("channel")?,
                sent_at: row.get("sent_at")?,
                last_on: row.get("last_on")?,
                counts,
                revenue: row.get("revenue")?,
            }));
        }
        Ok(Part::Flow(TopFlow {
            id: row.get("flow_id")?,
            name: row.get("name")?,
            status: row.get::<Option<String>>("status")?.unwrap_or_else(|| "unknown".to_owned()),
            recipients: counts.recipients,
            conversion_rate: share(counts.converted, counts.delivered),
            revenue: row.get("revenue")?,
        }))
    }
}

impl FromRow for Counts {
    fn from_row(row: &Row<'_>) -> RowResult<Counts> {
        Ok(Counts {
            recipients: row.get("recipients")?,
            delivered: row.get("delivered")?,
            openable: row.get("openable")?,
            clickable: row.get("clickable")?,
            opened: row.get("opened")?,
            clicked: row.get("clicked")?,
            converted: row.get("converted")?,
            bounced: row.get("bounced")?,
            unsubscribed: row.get("unsubscribed")?,
            complained: row.get("complained")?,
        })
    }
}
