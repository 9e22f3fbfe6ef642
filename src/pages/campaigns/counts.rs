//! What became of deliveries, in counts that add up, and the measures that are made of them last.

use std::ops::AddAssign;

use crate::pages::overview::share;
use crate::pages::sheet::Unit;
use crate::store::{FromRow, Row, RowResult};

/// Counts of deliveries and of what answered them. Those of conversions are unknown where no metric stands for them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) recipients: i64,
    pub(super) delivered: i64,
    /// Deliveries whose opens are told.
    pub(super) openable: i64,
    /// Likewise deliveries or recipients of which the channel would tell.
    pub(super) clickable: i64,
    pub(super) bounceable: i64,
    pub(super) failable: i64,
    pub(super) unsubscribable: i64,
    pub(super) complainable: i64,
    pub(super) bounced: i64,
    pub(super) failed: i64,
    pub(super) opened: i64,
    /// Opened by people or machines, and of these by machines alone, whether or not the page counts machines.
    pub(super) opened_at_all: i64,
    pub(super) opened_by_machines: i64,
    pub(super) clicked: i64,
    pub(super) unsubscribed: i64,
    pub(super) complained: i64,
    pub(super) converted: Option<i64>,
    pub(super) conversions: Option<i64>,
    pub(super) revenue: Option<f64>,
}

/// A number about campaigns, by the name of its definition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    /// Whether it grows with the number of campaigns.
    pub(super) adds_up: bool,
    pub(super) of: fn(&Counts) -> Option<f64>,
}

const fn sum(name: &'static str, title: &'static str, unit: Unit, of: fn(&Counts) -> Option<f64>) -> Measure {
    Measure { name, title, unit, adds_up: true, of }
}

const fn rate(name: &'static str, title: &'static str, of: fn(&Counts) -> Option<f64>) -> Measure {
    Measure { name, title, unit: Unit::Share, adds_up: false, of }
}

pub(super) const RECIPIENTS: Measure = sum("recipients", "Recipients", Unit::Count, |it| share(it.recipients, 1));
pub(super) const DELIVERY_RATE: Measure =
    rate("delivery_rate", "Delivery rate", |it| share(it.delivered, it.recipients));
pub(super) const OPEN_RATE: Measure = rate("open_rate", "Open rate", |it| share(it.opened, it.openable));
pub(super) const CLICK_RATE: Measure = rate("click_rate", "Click rate", |it| share(it.clicked, it.clickable));
pub(super) const CONVERSION_RATE: Measure =
    rate("conversion_rate", "Conversion rate", |it| it.converted.and_then(|part| share(part, it.delivered)));
pub(super) const REVENUE: Measure = sum("attributed_revenue", "Revenue", Unit::Money, |it| it.revenue);
pub(super) const REVENUE_PER_RECIPIENT: Measure = Measure {
    unit: Unit::Money,
    ..rate("revenue_per_recipient", "Revenue per recipient", |it| {
        Some(it.revenue? / share(it.recipients, 1).filter(|it| *it > 0.0)?)
    })
};
pub(super) const UNSUBSCRIBE_RATE: Measure =
    rate("unsubscribe_rate", "Unsubscribe rate", |it| share(it.unsubscribed, it.unsubscribable));

/// The key figures, in their order.
pub(super) const FIGURES: &[Measure] = &[
    RECIPIENTS,
    OPEN_RATE,
    CLICK_RATE,
    CONVERSION_RATE,
    REVENUE,
    REVENUE_PER_RECIPIENT,
    DELIVERY_RATE,
    UNSUBSCRIBE_RATE,
];

const COMPLAINT_RATE: Measure =
    rate("complaint_rate", "Spam complaint rate", |it| share(it.complained, it.complainable));
const BOUNCE_RATE: Measure = rate("bounce_rate", "Bounce rate", |it| share(it.bounced, it.bounceable));
const FAILURE_RATE: Measure = rate("failure_rate", "Failure rate", |it| share(it.failed, it.failable));
const CLICK_TO_OPEN_RATE: Measure =
    rate("click_to_open_rate", "Click-to-open rate", |it| share(it.clicked, it.opened).filter(|_| it.clickable > 0));
const MACHINE_OPEN_SHARE: Measure =
    rate("machine_open_share", "Opened by machines alone", |it| share(it.opened_by_machines, it.opened_at_all));
const CONVERSIONS: Measure =
    sum("conversions", "Conversions", Unit::Count, |it| it.conversions.and_then(|it| share(it, 1)));
const REVENUE_PER_DELIVERED: Measure = Measure {
    unit: Unit::Money,
    ..rate("revenue_per_delivered", "Revenue per delivered", |it| {
        Some(it.revenue? / share(it.delivered, 1).filter(|it| *it > 0.0)?)
    })
};
const AVERAGE_ORDER_VALUE: Measure = Measure {
    unit: Unit::Money,
    ..rate("average_order_value", "Average order value", |it| {
        Some(it.revenue? / share(it.conversions?, 1).filter(|it| *it > 0.0)?)
    })
};

/// The key figures of one campaign, in their order.
pub(super) const FIGURES_OF_ONE: &[Measure] = &[
    RECIPIENTS,
    OPEN_RATE,
    CLICK_RATE,
    CONVERSION_RATE,
    REVENUE,
    REVENUE_PER_RECIPIENT,
    UNSUBSCRIBE_RATE,
    COMPLAINT_RATE,
];

/// What else is known of one.
pub(super) const OTHERS_OF_ONE: &[Measure] = &[
    DELIVERY_RATE,
    BOUNCE_RATE,
    FAILURE_RATE,
    CLICK_TO_OPEN_RATE,
    MACHINE_OPEN_SHARE,
    AVERAGE_ORDER_VALUE,
    REVENUE_PER_DELIVERED,
];

/// What campaigns are compared by.
pub(super) const COMPARED: &[Measure] = &[
    RECIPIENTS,
    DELIVERY_RATE,
    OPEN_RATE,
    MACHINE_OPEN_SHARE,
    CLICK_RATE,
    CLICK_TO_OPEN_RATE,
    CONVERSION_RATE,
    CONVERSIONS,
    REVENUE,
    REVENUE_PER_RECIPIENT,
    REVENUE_PER_DELIVERED,
    AVERAGE_ORDER_VALUE,
    UNSUBSCRIBE_RATE,
    COMPLAINT_RATE,
    BOUNCE_RATE,
    FAILURE_RATE,
];

impl Counts {
    /// Of nothing that was sent; conversions are none, rather than unknown, where a metric stands for them.
    pub(super) fn nothing(knows_conversions: bool) -> Counts {
        Counts {
            converted: knows_conversions.then_some(0),
            conversions: knows_conversions.then_some(0),
            revenue: knows_conversions.then_some(0.0),
            ..Counts::default()
        }
    }

    pub(super) fn of_all<'a>(counts: impl IntoIterator<Item = &'a Counts>, knows_conversions: bool) -> Counts {
        let mut all = Counts::nothing(knows_conversions);
        counts.into_iter().for_each(|it| all += *it);
        all
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        let both = |one: Option<i64>, other: Option<i64>| one.zip(other).map(|(one, other)| one + other);
        self.recipients += other.recipients;
        self.delivered += other.delivered;
        self.openable += other.openable;
        self.clickable += other.clickable;
        self.bounceable += other.bounceable;
        self.failable += other.failable;
        self.unsubscribable += other.unsubscribable;
        self.complainable += other.complainable;
        self.bounced += other.bounced;
        self.failed += other.failed;
        self.opened += other.opened;
        self.opened_at_all += other.opened_at_all;
        self.opened_by_machines += other.opened_by_machines;
        self.clicked += other.clicked;
        self.unsubscribed += other.unsubscribed;
        self.complained += other.complained;
        self.converted = both(self.converted, other.converted);
        self.conversions = both(self.conversions, other.conversions);
        self.revenue = self.revenue.zip(other.revenue).map(|(one, other)| one + other);
    }
}

/// A sum over no rows is none.
impl FromRow for Counts {
    fn from_row(row: &Row<'_>) -> RowResult<Counts> {
        let count = |name| -> RowResult<i64> { Ok(row.get::<Option<i64>>(name)?.unwrap_or_default()) };
        Ok(Counts {
            recipients: count("recipients")?,
            delivered: count("delivered")?,
            openable: count("openable")?,
            clickable: count("clickable")?,
            bounceable: count("bounceable")?,
            failable: count("failable")?,
            unsubscribable: count("unsubscribable")?,
            complainable: count("complainable")?,
            bounced: count("bounced")?,
            failed: count("failed")?,
            opened: count("opened")?,
            opened_at_all: count("opened_at_all")?,
            opened_by_machines: count("opened_by_machines")?,
            clicked: count("clicked")?,
            unsubscribed: count("unsubscribed")?,
            complained: count("complained")?,
            converted: row.get("converted")?,
            conversions: row.get("conversions")?,
            revenue: row.get("revenue")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_made_of_sums_and_never_of_rates() {
        let one = Counts { recipients: 10, delivered: 10, clickable: 10, clicked: 5, ..Counts::nothing(true) };
        let other = Counts { recipients: 90, delivered: 90, clickable: 90, clicked: 0, ..Counts::nothing(true) };
        let both = Counts::of_all([&one, &other], true);
        assert_eq!((CLICK_RATE.of)(&both), Some(0.05));
        assert_eq!((OPEN_RATE.of)(&both), None, "whose opens are not told has no open rate");
        let push = Counts { recipients: 10, delivered: 10, ..Counts::nothing(true) };
        let all = Counts::of_all([&one, &push], true);
        assert_eq!(((CLICK_RATE.of)(&push), (CLICK_RATE.of)(&all)), (None, Some(0.5)), "nor whose clicks are not told");
    }

    #[test]
    fn without_a_metric_nothing_is_known_of_conversions() {
        let unknown = Counts { recipients: 10, delivered: 10, ..Counts::nothing(false) };
        assert_eq!(((CONVERSION_RATE.of)(&unknown), (REVENUE.of)(&unknown)), (None, None));
        let known = Counts { revenue: Some(5.0), ..Counts { recipients: 10, ..Counts::nothing(true) } };
        assert_eq!((REVENUE_PER_RECIPIENT.of)(&known), Some(0.5));
        assert_eq!((REVENUE_PER_RECIPIENT.of)(&Counts::nothing(true)), None);
    }
}
