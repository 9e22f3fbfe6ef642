//! One person.

use super::{Definition, Good, of_profiles};

pub(super) const ALL: &[Definition] = &[
    of_profiles(
        "profile_orders",
        "Orders",
        "Events of the account's conversion metric.",
        "",
        "",
        "profile_activity",
        Good::Up,
        None,
    ),
    of_profiles(
        "profile_revenue",
        "Revenue",
        "The sum of their values, gross.",
        "",
        "Orders in another currency and values that are no amount",
        "profile_activity",
        Good::Up,
        None,
    ),
    of_profiles(
        "profile_received",
        "Messages received",
        "Received events of all channels.",
        "",
        "Automated text answers",
        "profile_activity",
        Good::Neither,
        None,
    ),
    of_profiles(
        "profile_opens",
        "Opens",
        "Opened events of all channels; one message may be opened several times.",
        "",
        "Opens by machines, always",
        "profile_activity",
        Good::Up,
        None,
    ),
    of_profiles(
        "profile_clicks",
        "Clicks",
        "Clicked events of all channels; one message may be clicked several times.",
        "",
        "Clicks by bots, always",
        "profile_activity",
        Good::Up,
        None,
    ),
];
