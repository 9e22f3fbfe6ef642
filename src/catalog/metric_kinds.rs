//! What a metric means, by its integration and name: the one table that the store, the pages and the tests read.
//!
//! Klaviyo renames metrics (the SMS ones in July 2026) and shops bring their own, so no query compares names:
//! the store keeps `metric_kinds`, filled from here by id.

/// A meaning, and the names it goes by.
#[derive(Debug)]
pub struct MetricKind {
    pub kind: &'static str,
    /// Whether only Klaviyo's own metrics count, or those of any shop integration or API too.
    pub sender: Sender,
    /// Exact names, compared without regard to case; the first is the present one.
    pub names: &'static [&'static str],
}

/// Whose metrics may have a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The integration named "Klaviyo".
    Klaviyo,
    /// Any integration, custom ones included.
    Anyone,
}

const fn own(kind: &'static str, names: &'static [&'static str]) -> MetricKind {
    MetricKind { kind, sender: Sender::Klaviyo, names }
}

const fn shop(kind: &'static str, names: &'static [&'static str]) -> MetricKind {
    MetricKind { kind, sender: Sender::Anyone, names }
}

/// Every meaning that a page counts by.
pub const METRIC_KINDS: &[MetricKind] = &[
    own("received_email", &["Received Email"]),
    own("opened_email", &["Opened Email"]),
    own("clicked_email", &["Clicked Email"]),
    own("bounced_email", &["Bounced Email"]),
    own("dropped_email", &["Dropped Email"]),
    own("marked_spam", &["Marked Email as Spam"]),
    own("unsubscribed_email", &["Unsubscribed from Email Marketing", "Unsubscribed"]),
    own("subscribed_email", &["Subscribed to Email Marketing"]),
    own("updated_preferences", &["Updated Email Preferences"]),
    own("received_sms", &["Received Text Message", "Received SMS"]),
    own("clicked_sms", &["Clicked Text Message", "Clicked SMS"]),
    own("opened_sms", &["Opened Text Message"]),
    own("failed_sms", &["Failed to Deliver Text Message", "Failed to Deliver SMS"]),
    own("replied_sms", &["Sent Text Message", "Sent SMS"]),
    own(
        "subscribed_sms",
        &[
            "Subscribed to Text Messaging Marketing",
            "Subscribed to Text Message Marketing",
            "Subscribed to SMS Marketing",
            "Consented to Receive SMS",
        ],
    ),
    own(
        "unsubscribed_sms",
        &[
            "Unsubscribed from Text Messaging Marketing",
            "Unsubscribed from Text Message Marketing",
            "Unsubscribed from SMS Marketing",
            "Unsubscribed from SMS",
        ],
    ),
    own(
        "automated_sms",
        &[
            "Received Automated Response Text Message",
            "Failed to Deliver Automated Response Text Message",
            "Received Automated Response SMS",
            "Failed to Deliver Automated Response SMS",
        ],
    ),
    own("received_push", &["Received Push"]),
    own("opened_push", &["Opened Push"]),
    own("bounced_push", &["Bounced Push"]),
    own("received_whatsapp", &["Received WhatsApp", "Received WhatsApp Message"]),
    own("clicked_whatsapp", &["Clicked WhatsApp", "Clicked WhatsApp Message"]),
    own("opened_whatsapp", &["Opened WhatsApp", "Opened WhatsApp Message"]),
    own("subscribed_list", &["Subscribed to List"]),
    own("unsubscribed_list", &["Unsubscribed from List"]),
    own("viewed_form", &["Viewed Form", "Form viewed by profile"]),
    own("submitted_form", &["Submitted Form", "Form submitted by profile"]),
    own("closed_form", &["Closed Form"]),
    own("qualified_form", &["Form completed by profile"]),
    own("merged_profile", &["Merged Profile"]),
    shop("placed_order", &["Placed Order"]),
    shop("ordered_product", &["Ordered Product"]),
    shop("started_checkout", &["Started Checkout", "Checkout Started"]),
    shop("added_to_cart", &["Added to Cart"]),
    shop("fulfilled_order", &["Fulfilled Order"]),
    shop("refunded_order", &["Refunded Order"]),
    shop("cancelled_order", &["Cancelled Order", "Canceled Order"]),
    shop("viewed_product", &["Viewed Product"]),
    shop("active_on_site", &["Active on Site"]),
];

/// What a person gives to a metric that no page is to count.
pub const NOTHING: &str = "none";

/// The kind of the metric of that integration and name, if it is one we know.
///
/// A metric without an integration is one sent by API, so never Klaviyo's own.
#[must_use]
pub fn kind_of(integration: Option<&str>, name: &str) -> Option<&'static str> {
    let by_klaviyo = integration.is_some_and(|it| it.eq_ignore_ascii_case("klaviyo"));
    METRIC_KINDS
        .iter()
        .filter(|it| it.sender == Sender::Anyone || by_klaviyo)
        .find(|it| it.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
        .map(|it| it.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_renamed_metric_keeps_its_kind() {
        assert_eq!(kind_of(Some("Klaviyo"), "Received SMS"), Some("received_sms"));
        assert_eq!(kind_of(Some("Klaviyo"), "received text message"), Some("received_sms"));
    }

    #[test]
    fn a_shop_cannot_pose_as_klaviyo() {
        assert_eq!(kind_of(Some("Shopify"), "Opened Email"), None);
        assert_eq!(kind_of(None, "Opened Email"), None);
        assert_eq!(kind_of(Some("Shopify"), "Placed Order"), Some("placed_order"));
        assert_eq!(kind_of(None, "Placed Order"), Some("placed_order"));
    }

    #[test]
    fn no_name_has_two_kinds() {
        let mut seen = HashSet::new();
        for name in METRIC_KINDS.iter().flat_map(|it| it.names) {
            assert!(seen.insert(name.to_lowercase()), "{name}");
        }
    }
}
