//! The metrics of the shop's account, and who sends their events.

use super::ids::short;
use crate::demo::random::Random;

/// A metric, named by what its events mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    ReceivedEmail,
    OpenedEmail,
    ClickedEmail,
    BouncedEmail,
    DroppedEmail,
    MarkedSpam,
    UnsubscribedEmail,
    SubscribedEmail,
    UpdatedPreferences,
    SubscribedList,
    UnsubscribedList,
    ReceivedText,
    ClickedText,
    FailedText,
    SentText,
    SubscribedText,
    UnsubscribedText,
    AutomatedText,
    ReceivedPush,
    OpenedPush,
    BouncedPush,
    ViewedForm,
    SubmittedForm,
    ClosedForm,
    MergedProfile,
    PlacedOrder,
    OrderedProduct,
    StartedCheckout,
    AddedToCart,
    FulfilledOrder,
    RefundedOrder,
    CancelledOrder,
    ViewedProduct,
    ActiveOnSite,
    EarnedPoints,
}

impl Kind {
    /// Every kind, in order.
    pub(in crate::demo) fn all() -> impl Iterator<Item = Kind> {
        METRICS.iter().map(|it| it.0)
    }

    /// Whether its events come with a `$value`.
    pub(in crate::demo) fn has_values(self) -> bool {
        use Kind::{
            AddedToCart, CancelledOrder, FulfilledOrder, OrderedProduct, PlacedOrder, RefundedOrder, StartedCheckout,
        };
        let valued =
            [PlacedOrder, OrderedProduct, StartedCheckout, AddedToCart, FulfilledOrder, RefundedOrder, CancelledOrder];
        valued.contains(&self)
    }

    /// Whether it says that a message of ours arrived.
    pub(in crate::demo) fn is_delivery(self) -> bool {
        matches!(self, Kind::ReceivedEmail | Kind::ReceivedText | Kind::ReceivedPush)
    }
}

/// Who sends a metric's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Integration {
    Klaviyo,
    Shopify,
    Api,
}

#[derive(Debug, Clone)]
pub(in crate::demo) struct Metric {
    pub(in crate::demo) id: String,
    pub(in crate::demo) name: String,
    pub(in crate::demo) integration: Integration,
}

/// Every metric, in the order of [`Kind`].
const METRICS: &[(Kind, Integration, &str)] = &[
    (Kind::ReceivedEmail, Integration::Klaviyo, "Received Email"),
    (Kind::OpenedEmail, Integration::Klaviyo, "Opened Email"),
    (Kind::ClickedEmail, Integration::Klaviyo, "Clicked Email"),
    (Kind::BouncedEmail, Integration::Klaviyo, "Bounced Email"),
    (Kind::DroppedEmail, Integration::Klaviyo, "Dropped Email"),
    (Kind::MarkedSpam, Integration::Klaviyo, "Marked Email as Spam"),
    (Kind::UnsubscribedEmail, Integration::Klaviyo, "Unsubscribed from Email Marketing"),
    (Kind::SubscribedEmail, Integration::Klaviyo, "Subscribed to Email Marketing"),
    (Kind::UpdatedPreferences, Integration::Klaviyo, "Updated Email Preferences"),
    (Kind::SubscribedList, Integration::Klaviyo, "Subscribed to List"),
    (Kind::UnsubscribedList, Integration::Klaviyo, "Unsubscribed from List"),
    (Kind::ReceivedText, Integration::Klaviyo, "Received Text Message"),
    (Kind::ClickedText, Integration::Klaviyo, "Clicked Text Message"),
    (Kind::FailedText, Integration::Klaviyo, "Failed to Deliver Text Message"),
    (Kind::SentText, Integration::Klaviyo, "Sent Text Message"),
    (Kind::SubscribedText, Integration::Klaviyo, "Subscribed to Text Messaging Marketing"),
    (Kind::UnsubscribedText, Integration::Klaviyo, "Unsubscribed from Text Messaging Marketing"),
    (Kind::AutomatedText, Integration::Klaviyo, "Received Automated Response Text Message"),
    (Kind::ReceivedPush, Integration::Klaviyo, "Received Push"),
    (Kind::OpenedPush, Integration::Klaviyo, "Opened Push"),
    (Kind::BouncedPush, Integration::Klaviyo, "Bounced Push"),
    (Kind::ViewedForm, Integration::Klaviyo, "Viewed Form"),
    (Kind::SubmittedForm, Integration::Klaviyo, "Submitted Form"),
    (Kind::ClosedForm, Integration::Klaviyo, "Closed Form"),
    (Kind::MergedProfile, Integration::Klaviyo, "Merged Profile"),
    (Kind::PlacedOrder, Integration::Shopify, "Placed Order"),
    (Kind::OrderedProduct, Integration::Shopify, "Ordered Product"),
    (Kind::StartedCheckout, Integration::Shopify, "Started Checkout"),
    (Kind::AddedToCart, Integration::Shopify, "Added to Cart"),
    (Kind::FulfilledOrder, Integration::Shopify, "Fulfilled Order"),
    (Kind::RefundedOrder, Integration::Shopify, "Refunded Order"),
    (Kind::CancelledOrder, Integration::Shopify, "Cancelled Order"),
    (Kind::ViewedProduct, Integration::Shopify, "Viewed Product"),
    (Kind::ActiveOnSite, Integration::Shopify, "Active on Site"),
    (Kind::EarnedPoints, Integration::Api, "Loyalty Points Earned"),
];

/// The metrics that Klaviyo's closed list of mapped metrics points at.
pub(in crate::demo) const MAPPED: &[(&str, Kind)] = &[
    ("added_to_cart", Kind::AddedToCart),
    ("cancelled_sales", Kind::CancelledOrder),
    ("ordered_product", Kind::OrderedProduct),
    ("refunded_sales", Kind::RefundedOrder),
    ("revenue", Kind::PlacedOrder),
    ("started_checkout", Kind::StartedCheckout),
    ("viewed_product", Kind::ViewedProduct),
];

pub(super) fn metrics(random: &mut Random) -> Vec<Metric> {
    METRICS
        .iter()
        .map(|&(_, integration, name)| Metric { id: short(random.next()), name: name.to_owned(), integration })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_stands_where_its_kind_says() {
        for (index, (kind, ..)) in METRICS.iter().enumerate() {
            assert_eq!(*kind as usize, index);
        }
        assert_eq!(Kind::EarnedPoints as usize + 1, METRICS.len());
    }
}
