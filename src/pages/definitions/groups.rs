//! Segments and lists.

use super::{Definition, Good, group};

pub(super) const ALL: &[Definition] = &[
    Definition {
        good: Good::Neither,
        ..group(
            "groups",
            "Segments and lists",
            "Segments and lists that there are in Klaviyo now.",
            "",
            "What was deleted there",
            "member_groups",
        )
    },
    group(
        "members",
        "Members",
        "Profiles in the segment or on the list, as Klaviyo last counted them. Its report of the day is of another moment and may differ by a few.",
        "",
        "Its size by day is Klaviyo's report for segments, and counted back from present members for lists",
        "group_days",
    ),
    Definition {
        good: Good::Down,
        ..group(
            "gone",
            "Left",
            "Profiles that went out of the segment or off the list in the range. Of lists it is dated when it was noticed.",
            "",
            "Days of lists before their members were first read: then it is unknown",
            "group_days",
        )
    },
    group(
        "net_members",
        "Net change",
        "Profiles that joined, less those that left.",
        "",
        "As for those two",
        "group_days",
    ),
    group(
        "group_growth",
        "Growth",
        "Joined less left, divided by the size before the first day of the range that is known.",
        "Members at the beginning",
        "Days of which nothing is known; lists whose members were first read within the range or later",
        "group_days",
    ),
    group(
        "member_conversion_rate",
        "Members who bought",
        "Members with at least one conversion in the range, divided by members.",
        "Members that are copied",
        "Groups whose members are not copied; who has left meanwhile",
        "member_results",
    ),
    group(
        "member_revenue",
        "Revenue of members",
        "Sum of the values of conversions in the range by who is a member now, attributed or not.",
        "",
        "Groups whose members are not copied; orders in another currency and values that are no amount",
        "member_results",
    ),
    group(
        "revenue_per_member",
        "Revenue per member",
        "Revenue of members divided by members.",
        "Members that are copied",
        "Groups whose members are not copied",
        "member_results",
    ),
    Definition {
        good: Good::Neither,
        ..group(
            "shared",
            "Shared members",
            "Profiles that are in both, as a count and as a share of either.",
            "Members of this group, and of the other",
            "Groups whose members are not copied",
            "memberships",
        )
    },
];
