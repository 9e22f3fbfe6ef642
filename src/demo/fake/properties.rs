//! What an event says besides who, what and when: the properties of each kind of event, as real accounts have them.

use crate::demo::random::mix;
use crate::demo::shop::{Event, ITEMS_MAX, Kind, Mark, Message, Oddity, Order, Owner, Profile, SHOP_URL, Shop, base62};
use std::fmt::Write;

/// Writes the properties of a shop's events.
pub(super) struct Properties<'a> {
    pub(super) shop: &'a Shop,
}

impl Properties<'_> {
    /// The members of `event_properties`, without the braces.
    pub(super) fn write(&self, out: &mut String, event: &Event) {
        let profile = self.shop.profiles.get(event.profile as usize);
        match event.kind {
            Kind::ReceivedEmail
            | Kind::OpenedEmail
            | Kind::ClickedEmail
            | Kind::BouncedEmail
            | Kind::DroppedEmail
            | Kind::MarkedSpam
            | Kind::UnsubscribedEmail
            | Kind::UpdatedPreferences
            | Kind::UnsubscribedList => self.email(out, event, profile),
            Kind::ReceivedText
            | Kind::ClickedText
            | Kind::FailedText
            | Kind::SentText
            | Kind::UnsubscribedText
            | Kind::AutomatedText => self.text(out, event, profile),
            Kind::ReceivedPush | Kind::OpenedPush | Kind::BouncedPush => self.push(out, event),
            Kind::SubscribedEmail | Kind::SubscribedList | Kind::SubscribedText => self.subscribed(out, event, profile),
            Kind::ViewedForm | Kind::SubmittedForm | Kind::ClosedForm => self.form(out, event),
            Kind::PlacedOrder | Kind::FulfilledOrder | Kind::RefundedOrder | Kind::CancelledOrder => {
                self.order(out, event, profile);
            }
            Kind::OrderedProduct => self.ordered_product(out, event),
            Kind::StartedCheckout | Kind::AddedToCart | Kind::ViewedProduct => self.product(out, event),
            Kind::ActiveOnSite => {
                out.push_str("\"page\":\"");
                out.push_str(SHOP_URL);
                out.push_str("/\",\"browser\":\"Chrome\",\"os\":\"Mac OS\",\"referrer\":\"https://www.google.com/\",");
            }
            Kind::EarnedPoints => put(out, format_args!("\"Points\":{},\"Reason\":\"Order\",", 10 + event.serial % 90)),
            Kind::MergedProfile => out.push_str("\"Method\":\"API\","),
        }
        self.value(out, event);
        write_oddity(out, event);
        put(out, format_args!("\"$event_id\":\"{}\"", base62(mix(u64::from(event.serial) ^ 0xE7))));
    }

    /// What every event of a message says about it.
    fn message(&self, out: &mut String, event: &Event) {
        let Some(message) = self.shop.messages.get(usize::from(event.message)) else { return };
        text(out, "Campaign Name", &message.name);
        let message_id = match message.owner {
            Owner::Campaign(campaign) => {
                out.push_str("\"$flow\":null,");
                self.campaign_message_id(usize::from(campaign), message)
            }
            Owner::Flow { flow, .. } => {
                text(out, "$flow", &self.shop.flows[usize::from(flow)].id);
                message.id.as_str()
            }
        };
        text(out, "$message", message_id);
        match &message.variation {
            Some(variation) => text(out, "$variation", variation),
            None => out.push_str("\"$variation\":null,"),
        }
        put(out, format_args!("\"$_cohort$message_send_cohort\":\"{}:{message_id}\",", event.at - event.at % 3600));
    }

    /// Events of older campaigns name the campaign in place of its message.
    fn campaign_message_id<'b>(&'b self, campaign: usize, message: &'b Message) -> &'b str {
        let id = &self.shop.campaigns[campaign].id;
        if id.len() == 6 { id } else { &message.id }
    }

    fn email(&self, out: &mut String, event: &Event, profile: Option<&Profile>) {
        if let Some(message) = self.shop.messages.get(usize::from(event.message)) {
            text(out, "Subject", &message.subject);
        }
        self.message(out, event);
        if let Some(profile) = profile {
            text(out, "Recipient Email Address", &profile.email_address());
            text(out, "Email Domain", profile.domain_name());
            text(out, "Inbox Provider", profile.provider());
        }
        out.push_str("\"$ESP\":1,");
        match event.kind {
            Kind::OpenedEmail => {
                client(out, event, profile);
                let machine = event.mark == Mark::Machine;
                put(out, format_args!("\"machine_open\":{machine},\"Apple Privacy Open\":{machine},"));
            }
            Kind::ClickedEmail => {
                client(out, event, profile);
                self.clicked_url(out, event);
                put(out, format_args!("\"Bot Click\":{},", event.mark == Mark::Bot));
            }
            Kind::BouncedEmail => {
                let kind = if event.mark == Mark::HardBounce { "Hard" } else { "Soft" };
                text(out, "Bounce Type", kind);
            }
            Kind::UnsubscribedEmail | Kind::UnsubscribedList => {
                text(out, "Method", "Email unsubscribe link");
                text(out, "List", self.shop.lists[0].name);
            }
            _ => {}
        }
    }

    fn clicked_url(&self, out: &mut String, event: &Event) {
        let product = &self.shop.products[event.detail as usize];
        let url = if event.serial.is_multiple_of(3) { format!("{SHOP_URL}/") } else { product.url() };
        text(out, "URL", &url);
    }

    fn text(&self, out: &mut String, event: &Event, profile: Option<&Profile>) {
        self.message(out, event);
        out.push_str("\"From Number\":\"+18885550142\",\"From Phone Region\":\"US\",\"To Phone Region\":\"US\",");
        if let Some(phone) = profile.and_then(Profile::phone) {
            text(out, "To Number", &phone);
        }
        match event.kind {
            Kind::ReceivedText | Kind::AutomatedText => {
                if let Some(message) = self.shop.messages.get(usize::from(event.message)) {
                    text(out, "Message Body", &message.subject);
                }
                out.push_str("\"Message Format\":\"SMS\",\"Segment Count\":1,\"Carrier Delivery Status\":\"Delivered\",\"$usage_amount\":0.0101,");
            }
            Kind::ClickedText => {
                self.clicked_url(out, event);
                put(out, format_args!("\"Bot Click\":{},", event.mark == Mark::Bot));
            }
            Kind::FailedText => out.push_str("\"Failure Source\":\"Carrier\",\"Failure Type\":\"Unreachable\","),
            Kind::SentText => out.push_str("\"Message Body\":\"STOP\","),
            _ => {}
        }
    }

    fn push(&self, out: &mut String, event: &Event) {
        self.message(out, event);
        if let Some(message) = self.shop.messages.get(usize::from(event.message)) {
            text(out, "Title", &message.subject);
        }
        out.push_str("\"OS Name\":\"iOS\",\"App Name\":\"Hearth & Pine\",\"App Version\":\"4.2.0\",");
    }

    fn subscribed(&self, out: &mut String, event: &Event, profile: Option<&Profile>) {
        let list = usize::from(event.kind == Kind::SubscribedText);
        text(out, "List", self.shop.lists[list].name);
        text(out, "Method", "Klaviyo Form");
        out.push_str("\"Optin Method\":\"Double\",");
        if let Some(profile) = profile {
            text(out, "Email Domain", profile.domain_name());
        }
    }

    fn form(&self, out: &mut String, event: &Event) {
        let form = &self.shop.forms[event.detail as usize];
        text(out, "form_id", &form.id);
        let version = &form.versions[event.serial as usize % form.versions.len()];
        put(out, format_args!("\"form_version_id\":{version},"));
        text(out, "form_type", form.kind);
        text(out, "form_name", form.name);
        put(
            out,
            format_args!(
                "\"page_url\":\"{SHOP_URL}/\",\"device_type\":\"{}\",",
                if event.serial.is_multiple_of(3) { "Desktop" } else { "Mobile" }
            ),
        );
        if event.kind == Kind::SubmittedForm {
            out.push_str("\"step_name\":\"Email Opt-In\",\"step_number\":1,");
        }
    }

    fn order(&self, out: &mut String, event: &Event, profile: Option<&Profile>) {
        let order = &self.shop.orders[event.detail as usize];
        put(out, format_args!("\"OrderId\":\"#{}\",\"Item Count\":{},", order.number, order.lines));
        for (name, each) in [("ItemNames", 0), ("Categories", 1), ("Collections", 1)] {
            put(out, format_args!("\"{name}\":["));
            for item in order.lines() {
                let product = &self.shop.products[usize::from(item.product)];
                quoted(out, if each == 0 { product.name } else { product.category });
                out.push(',');
            }
            out.pop();
            out.push_str("],");
        }
        self.items(out, order);
        if order.discount_percent > 0 {
            put(
                out,
                format_args!(
                    "\"DiscountCode\":\"SAVE{0}\",\"Discount Codes\":[\"SAVE{0}\"],\"DiscountValue\":",
                    order.discount_percent
                ),
            );
            let full: u32 = order.lines().iter().map(|it| self.line_cents(it.product, it.quantity)).sum();
            money(out, full - order.total_cents);
            out.push(',');
        } else {
            out.push_str("\"DiscountValue\":0,");
        }
        if let Some(profile) = profile {
            let place = profile.place();
            put(
                out,
                format_args!(
                    "\"ShippingAddress\":{{\"City\":\"{}\",\"Region\":\"{}\",\"Country\":\"{}\",\"Zip\":\"{}\"}},",
                    place.city, place.region, place.country, place.zip
                ),
            );
        }
        out.push_str("\"Source Name\":\"web\",\"Payment Method\":\"shopify_payments\",");
    }

    fn items(&self, out: &mut String, order: &Order) {
        out.push_str("\"Items\":[");
        for item in order.lines() {
            out.push('{');
            self.item(out, item.product, item.quantity);
            out.pop();
            out.push_str("},");
        }
        out.pop();
        out.push_str("],");
    }

    fn line_cents(&self, product: u8, quantity: u8) -> u32 {
        self.shop.products[usize::from(product)].cents * u32::from(quantity)
    }

    fn item(&self, out: &mut String, product: u8, quantity: u8) {
        let it = &self.shop.products[usize::from(product)];
        put(
            out,
            format_args!(
                "\"ProductID\":\"HP-{:03}\",\"SKU\":\"HP-{0:03}-STD\",\"ProductName\":",
                u32::from(product) + 1
            ),
        );
        quoted(out, it.name);
        put(out, format_args!(",\"Quantity\":{quantity},\"ItemPrice\":"));
        money(out, it.cents);
        out.push_str(",\"RowTotal\":");
        money(out, it.cents * u32::from(quantity));
        out.push(',');
        text(out, "ProductURL", &it.url());
        text(out, "ImageURL", &it.image());
        out.push_str("\"ProductCategories\":[");
        quoted(out, it.category);
        out.push_str("],\"Brand\":\"Hearth & Pine\",");
    }

    fn ordered_product(&self, out: &mut String, event: &Event) {
        let (order, line) = (event.detail as usize / ITEMS_MAX, event.detail as usize % ITEMS_MAX);
        let order = &self.shop.orders[order];
        put(out, format_args!("\"OrderId\":\"#{}\",", order.number));
        let item = order.items[line];
        self.item(out, item.product, item.quantity);
    }

    fn product(&self, out: &mut String, event: &Event) {
        let product = u8::try_from(event.detail).expect("a short list of products");
        self.item(out, product, 1);
        if event.kind == Kind::StartedCheckout {
            put(out, format_args!("\"CheckoutURL\":\"{SHOP_URL}/checkouts/{}\",", base62(u64::from(event.serial))));
        }
    }

    fn value(&self, out: &mut String, event: &Event) {
        let Some(cents) = self.shop.value_cents(event) else { return };
        out.push_str("\"$value\":");
        if event.oddity == Oddity::TextValue {
            put(out, format_args!("\"${}.{:02}\"", grouped(cents / 100), cents % 100));
        } else {
            money(out, cents);
        }
        out.push(',');
        if event.oddity != Oddity::NoCurrency {
            text(out, "$value_currency", self.currency(event));
        }
    }

    fn currency(&self, event: &Event) -> &'static str {
        let order = match event.kind {
            Kind::OrderedProduct => event.detail as usize / ITEMS_MAX,
            Kind::AddedToCart | Kind::StartedCheckout => return "USD",
            _ => event.detail as usize,
        };
        self.shop.orders[order].currency()
    }
}

/// The mail program that a profile keeps to.
fn client(out: &mut String, event: &Event, profile: Option<&Profile>) {
    const CLIENTS: &[[&str; 5]] = &[
        ["Gmail", "Android 14", "Android", "mobile", "gmail"],
        ["Chrome", "Windows 11", "Windows", "desktop", "chrome"],
        ["Gmail Image Proxy", "Linux", "Linux", "webmail", "gmail-proxy"],
        ["Outlook 2019", "Windows 10", "Windows", "desktop", "outlook"],
        ["Safari", "OS X", "OS X", "desktop", "safari"],
    ];
    const APPLE: [&str; 5] = ["Apple Mail", "iOS", "iOS", "mobile", "apple-mail"];
    let values = match profile {
        _ if event.mark == Mark::Machine => &APPLE,
        Some(profile) if profile.apple => &APPLE,
        Some(profile) => profile.one_of(CLIENTS, 48),
        None => &CLIENTS[0],
    };
    for (name, value) in
        ["Client Name", "Client OS", "Client OS Family", "Client Type", "Client Canonical"].iter().zip(values)
    {
        text(out, name, value);
    }
}

fn write_oddity(out: &mut String, event: &Event) {
    /// Levels of the nested property.
    const DEPTH: usize = 200;
    match event.oddity {
        Oddity::HugeInteger => out.push_str("\"Legacy Id\":123456789012345678901234567890,"),
        Oddity::LoneSurrogate => out.push_str("\"Nickname\":\"broken \\ud83d emoji\","),
        Oddity::Deep => {
            out.push_str("\"Tree\":");
            out.push_str(&"{\"child\":".repeat(DEPTH));
            out.push_str("null");
            out.push_str(&"}".repeat(DEPTH));
            out.push(',');
        }
        _ => {}
    }
}

pub(super) fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a text takes everything");
}

/// A property with a text, and the comma after it.
fn text(out: &mut String, name: &str, value: &str) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    quoted(out, value);
    out.push(',');
}

/// A text as JSON has it; few need more than quotation marks.
fn quoted(out: &mut String, value: &str) {
    if value.bytes().any(|it| it == b'"' || it == b'\\' || it < b' ') {
        out.push_str(&serde_json::Value::from(value).to_string());
        return;
    }
    out.push('"');
    out.push_str(value);
    out.push('"');
}

fn money(out: &mut String, cents: u32) {
    put(out, format_args!("{}.{:02}", cents / 100, cents % 100));
}

/// A whole number with commas between thousands.
fn grouped(number: u32) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1000), number % 1000) }
}
