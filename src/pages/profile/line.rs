//! An event as a line that a person reads, whatever its metric is, with the document that it came from.

use serde_json::{Map, Value, json};

use crate::store::repository::Document;
use crate::web::format;

/// Characters of a document that a page shows: the largest have megabytes.
const DOCUMENT_MAX: usize = 20_000;

/// Items of an order that are named.
const ITEMS_MAX: usize = 20;

/// A row of the timeline as the template draws it.
pub(super) fn of(row: &Document, currency: &str) -> Value {
    let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let properties: Map<String, Value> =
        text("properties").and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
    let event = Event { row, properties: &properties };
    let of_event = text("currency").unwrap_or(currency);
    json!({
        "at": row.get("happenedAt"),
        "about": row.get("isAbout"),
        "words": event.words(),
        "subject": event.subject(),
        "path": event.path(),
        "detail": event.detail(),
        "byMachine": row.get("byMachine"),
        "amount": row.get("amount").and_then(Value::as_f64).map(|it| format::money(it, of_event)),
        "items": event.items(of_event),
        "document": pretty(text("properties")),
    })
}

/// A document, indented, as far as it can be shown.
pub(super) fn pretty(document: Option<&str>) -> Option<String> {
    let document = document?;
    let indented = serde_json::from_str::<Value>(document).and_then(|it| serde_json::to_string_pretty(&it));
    let whole = indented.unwrap_or_else(|_| document.to_owned());
    let mut shown: String = whole.chars().take(DOCUMENT_MAX).collect();
    if shown.len() < whole.len() {
        shown.push_str("\n…");
    }
    Some(shown)
}

struct Event<'a> {
    row: &'a Document,
    properties: &'a Map<String, Value>,
}

impl Event<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.row.get(name)?.as_str().filter(|it| !it.is_empty())
    }

    fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str().filter(|it| !it.is_empty())
    }

    /// What happened: a verb, or the metric's own name where that is all there is.
    fn words(&self) -> String {
        let kind = self.text("kind").unwrap_or_default();
        let words = match kind {
            "received_email" => "Received the e-mail",
            "received_sms" => "Received the text",
            "received_push" => "Received the push message",
            "received_whatsapp" => "Received the WhatsApp message",
            "opened_email" | "opened_sms" | "opened_push" | "opened_whatsapp" => "Opened",
            "clicked_email" | "clicked_sms" | "clicked_whatsapp" => "Clicked in",
            "bounced_email" | "bounced_push" => match self.property("Bounce Type").map(str::to_lowercase).as_deref() {
                Some("hard") => "Bounced for good:",
                Some("soft") => "Bounced this time:",
                _ => "Bounced:",
            },
            "failed_sms" => "Could not be reached by the text",
            "dropped_email" => "Klaviyo did not send",
            "automated_sms" => "Received an automated answer",
            "replied_sms" => "Sent a text",
            "marked_spam" => "Marked as spam",
            "subscribed_email" => "Subscribed to e-mail marketing",
            "subscribed_sms" => "Subscribed to text messages",
            "subscribed_list" => "Joined a list",
            "unsubscribed_email" => "Unsubscribed from e-mail marketing",
            "unsubscribed_sms" => "Unsubscribed from text messages",
            "unsubscribed_list" => "Left a list",
            "updated_preferences" => "Updated preferences",
            "viewed_form" => "Saw the form",
            "submitted_form" => "Submitted the form",
            "closed_form" => "Closed the form",
            "qualified_form" => "Completed the form",
            "placed_order" => "Placed an order",
            "ordered_product" => "Ordered",
            "fulfilled_order" => "An order was fulfilled",
            "refunded_order" => "An order was refunded",
            "cancelled_order" => "An order was cancelled",
            "started_checkout" => "Started a checkout",
            "added_to_cart" => "Added to cart",
            "viewed_product" => "Viewed",
            "active_on_site" => "Visited the shop",
            "merged_profile" => "Was merged with another profile",
            _ => return self.text("metric").unwrap_or("Something").to_owned(),
        };
        words.to_owned()
    }

    /// The message, form, list or product that it is about.
    fn subject(&self) -> Option<&str> {
        match self.text("kind").unwrap_or_default() {
            "subscribed_email" | "subscribed_sms" | "unsubscribed_email" | "unsubscribed_sms" | "subscribed_list"
            | "unsubscribed_list" => self.property("List"),
            "ordered_product" | "viewed_product" | "added_to_cart" | "started_checkout" => {
                self.property("ProductName").or_else(|| self.property("Product Name"))
            }
            _ => self
                .text("subjectName")
                .or_else(|| self.property("Campaign Name"))
                .or_else(|| self.property("Subject"))
                .or_else(|| self.property("form_name")),
        }
    }

    /// The page of the message that it is about.
    fn path(&self) -> Option<String> {
        let is_of_message = !matches!(self.text("isAbout"), Some("orders" | "forms" | "site" | "other"))
            && !matches!(self.text("kind"), Some("subscribed_list" | "unsubscribed_list" | "unsubscribed_email"));
        if !is_of_message {
            return None;
        }
        let flow = self.text("flowId").map(|it| format!("/flows/{it}"));
        flow.or_else(|| self.text("campaignId").map(|it| format!("/campaigns/{it}")))
    }

    /// What else is worth a word.
    fn detail(&self) -> Option<String> {
        match self.text("kind").unwrap_or_default() {
            "clicked_email" | "clicked_sms" | "clicked_whatsapp" => self.property("URL").map(ToOwned::to_owned),
            "failed_sms" => self.property("Failure Type").map(ToOwned::to_owned),
            "replied_sms" => self.property("Message Body").map(ToOwned::to_owned),
            "active_on_site" => self.property("page").or_else(|| self.property("url")).map(ToOwned::to_owned),
            "subscribed_email" | "subscribed_sms" | "unsubscribed_email" | "unsubscribed_sms" => {
                self.property("Method").map(|it| format!("by {it}"))
            }
            "placed_order" | "fulfilled_order" | "refunded_order" | "cancelled_order" => {
                self.property("OrderId").map(ToOwned::to_owned)
            }
            _ => None,
        }
    }

    /// What an order is of: each with how many, and for how much.
    fn items(&self, currency: &str) -> Vec<String> {
        if self.text("isAbout") != Some("orders") {
            return Vec::new();
        }
        let list = |name: &str| self.properties.get(name).and_then(Value::as_array).into_iter().flatten();
        let item = |it: &Value| {
            let name =
                ["ProductName", "Product Name", "Name", "name"].iter().find_map(|name| it.get(name)?.as_str())?;
            let count = it.get("Quantity").or_else(|| it.get("quantity")).and_then(Value::as_f64).unwrap_or(1.0);
            let amount = it.get("RowTotal").and_then(Value::as_f64);
            let amount = amount.map_or_else(String::new, |it| format!(", {}", format::money(it, currency)));
            Some(format!("{} × {name}{amount}", format::grouped(count, 0)))
        };
        let named: Vec<String> = list("Items").filter_map(item).take(ITEMS_MAX).collect();
        if !named.is_empty() {
            return named;
        }
        list("ItemNames").filter_map(Value::as_str).take(ITEMS_MAX).map(ToOwned::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::metric_kinds::METRIC_KINDS;

    fn line(row: &Value) -> Value {
        of(row.as_object().expect("a row"), "USD")
    }

    #[test]
    fn an_order_is_told_with_its_items() {
        let properties =
            r##"{"OrderId":"#7","Items":[{"ProductName":"Vase","Quantity":2,"RowTotal":40.5},{"SKU":"1"}]}"##;
        let told =
            line(&json!({ "kind": "placed_order", "isAbout": "orders", "amount": 40.5, "properties": properties }));
        assert_eq!((&told["words"], &told["detail"]), (&json!("Placed an order"), &json!("#7")));
        assert_eq!(told["items"], json!(["2 × Vase, $40.50"]));
        assert_eq!(told["amount"], json!("$40.50"));
        assert_eq!(told["path"], Value::Null);
    }

    #[test]
    fn a_message_leads_to_its_page() {
        let row = json!({ "kind": "opened_email", "isAbout": "messages", "subjectName": "Hello", "campaignId": "C1" });
        assert_eq!((&line(&row)["subject"], &line(&row)["path"]), (&json!("Hello"), &json!("/campaigns/C1")));
        let row = json!({ "kind": "received_sms", "isAbout": "messages", "campaignId": "C1", "flowId": "F1" });
        assert_eq!(line(&row)["path"], json!("/flows/F1"), "what a flow sent is the flow's");
    }

    #[test]
    fn every_kind_has_words() {
        for kind in METRIC_KINDS.iter().map(|it| it.kind) {
            let row = json!({ "kind": kind, "metric": "Its metric" });
            assert_ne!(line(&row)["words"], json!("Its metric"), "{kind}");
        }
        assert_eq!(line(&json!({ "kind": "other", "metric": "Won a prize" }))["words"], json!("Won a prize"));
    }

    #[test]
    fn a_document_is_shown_as_far_as_it_can_be() {
        assert_eq!(pretty(Some("{\"a\":1}")).expect("text"), "{\n  \"a\": 1\n}");
        assert_eq!(pretty(Some("no json")).expect("text"), "no json");
        let long = format!("\"{}\"", "é".repeat(DOCUMENT_MAX));
        assert!(pretty(Some(&long)).expect("text").ends_with("\n…"));
        assert_eq!(pretty(None), None);
    }
}
