//! What became of messages, by what sent them: the query and the columns that campaigns and flows share with the API.
//!
//! What a channel does not tell is unknown, so shares are of what was sent through those that do: `clickable` deliveries,
//! `bounceable` recipients. Where all rows are of one channel, [`Column::out_of`] names the plain count.

use super::sheet::{Column, Unit};
use crate::query;
use crate::store::Query;

/// One row per campaign or flow (`$of`) with every measure, by the day of sending.
pub const SENDERS: Query = query!("messages/senders");

/// The same by the day of the event.
pub const SENDERS_BY_EVENT: Query = query!("messages/senders_by_event");

pub(super) const QUERIES: &[Query] = &[SENDERS, SENDERS_BY_EVENT];

pub const RECIPIENTS: Column = Column::count("recipients", "Recipients");
pub const DELIVERED: Column = Column::count("delivered", "Delivered").hidden();
pub const OPENABLE: Column = Column::count("openable", "Opens told of").hidden();
pub const DELIVERY_RATE: Column = Column::share("delivery_rate", "Delivery rate", "delivered", "recipients").hidden();
pub const OPENED: Column = Column::count("opened", "Opened").hidden();
pub const OPEN_RATE: Column = Column::share("open_rate", "Open rate", "opened", "openable");
pub const MACHINE_OPEN_SHARE: Column =
    Column::share("machine_open_share", "By machines alone", "opened_by_machines", "opened_at_all").hidden();
pub const CLICKED: Column = Column::count("clicked", "Clicked").hidden();
pub const CLICK_RATE: Column = Column::share("click_rate", "Click rate", "clicked", "clickable");
pub const CLICK_TO_OPEN_RATE: Column =
    Column::share("click_to_open_rate", "Click to open", "clicked", "opened").hidden();
pub const CONVERTED: Column = Column::count("converted", "Converted deliveries").hidden();
pub const CONVERSION_RATE: Column = Column::share("conversion_rate", "Converted", "converted", "delivered");
pub const CONVERSIONS: Column = Column::count("conversions", "Conversions");
pub const REVENUE: Column = Column::money("revenue", "Revenue").with_bar();
pub const REVENUE_PER_RECIPIENT: Column =
    Column { unit: Unit::Money, ..Column::share("revenue_per_recipient", "Per recipient", "revenue", "recipients") };
pub const REVENUE_PER_DELIVERED: Column = Column {
    unit: Unit::Money,
    ..Column::share("revenue_per_delivered", "Per delivered", "revenue", "delivered").hidden()
};
pub const AVERAGE_ORDER_VALUE: Column = Column {
    unit: Unit::Money,
    ..Column::share("average_order_value", "Average order", "revenue", "conversions").hidden()
};
pub const BOUNCED: Column = Column::count("bounced", "Bounces").hidden();
pub const FAILED: Column = Column::count("failed", "Failures").hidden();
pub const BOUNCE_RATE: Column = Column::share("bounce_rate", "Bounced", "bounced", "bounceable");
pub const FAILURE_RATE: Column = Column::share("failure_rate", "Failed", "failed", "failable");
pub const UNSUBSCRIBED: Column = Column::count("unsubscribed", "Unsubscribes").hidden();
pub const UNSUBSCRIBE_RATE: Column =
    Column::share("unsubscribe_rate", "Unsubscribed", "unsubscribed", "unsubscribable");
pub const COMPLAINED: Column = Column::count("complained", "Marked as spam").hidden();
pub const COMPLAINT_RATE: Column = Column::share("complaint_rate", "Spam", "complained", "complainable");
pub const MACHINE_OPENS: Column = Column::count("machine_opens", "Machine opens").hidden();
pub const BOT_CLICKS: Column = Column::count("bot_clicks", "Bot clicks").hidden();
