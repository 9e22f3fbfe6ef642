//! The shop's small entities as records: everything but profiles and events.

use super::record::{Record, Related, Relation};
use crate::demo::endpoints::Resource;
use crate::demo::shop::{
    Action, CATEGORIES, Campaign, Channel, Flow, Form, Group, Integration, MAPPED, Message, Owner, Product, Rule,
    SHOP_URL, Shop, Step, short,
};
use chrono::DateTime;
use serde_json::{Map, Value, json};

/// Every record of a kind, or those of a parent.
pub(super) fn records(shop: &Shop, resource: Resource, parent: Option<&str>) -> Vec<Record> {
    match resource {
        Resource::Account => vec![account(shop)],
        Resource::Metric => (0..shop.metrics.len()).map(|it| metric(shop, it)).collect(),
        Resource::MappedMetric => mapped_metrics(shop),
        Resource::Campaign => shop.campaigns.iter().filter(|it| !it.gone).map(|it| campaign(shop, it)).collect(),
        Resource::CampaignMessage => of_parent(&shop.campaigns, parent, |it| &it.id)
            .filter(|it| !it.gone)
            .flat_map(|it| it.messages().map(|message| campaign_message(shop, it, message)))
            .collect(),
        Resource::Flow => shop.flows.iter().map(|it| flow(shop, it)).collect(),
        Resource::FlowAction => of_parent(&shop.flows, parent, |it| &it.id)
            .flat_map(|flow| (0..flow.actions.len()).map(|index| flow_action(shop, flow, index)))
            .collect(),
        Resource::FlowMessage => flow_messages(shop, parent),
        Resource::Form => shop.forms.iter().map(form).collect(),
        Resource::FormVersion => of_parent(&shop.forms, parent, |it| &it.id).flat_map(form_versions).collect(),
        Resource::Segment => shop.segments.iter().filter(|it| !it.gone).map(|it| segment(shop, it)).collect(),
        Resource::List => shop.lists.iter().filter(|it| !it.gone).map(|it| list(shop, it)).collect(),
        Resource::Tag => shop.tags.iter().map(|it| tag(shop, &it.id, it.name)).collect(),
        Resource::Template => templates(shop),
        Resource::CatalogItem => {
            shop.products.iter().enumerate().map(|(index, it)| catalog_item(shop, index, it)).collect()
        }
        Resource::Event | Resource::Profile => Vec::new(),
    }
}

/// The kind of record that an include brings in.
pub(super) fn included_kind(include: &str) -> Option<Resource> {
    match include {
        "metric" => Some(Resource::Metric),
        "campaign" => Some(Resource::Campaign),
        "campaign-messages" => Some(Resource::CampaignMessage),
        "flow-actions" => Some(Resource::FlowAction),
        "flow-triggers" => Some(Resource::Flow),
        "tags" => Some(Resource::Tag),
        "template" => Some(Resource::Template),
        _ => None,
    }
}

fn of_parent<'a, T>(all: &'a [T], parent: Option<&'a str>, id: fn(&T) -> &String) -> impl Iterator<Item = &'a T> {
    all.iter().filter(move |it| parent.is_none_or(|parent| id(it) == parent))
}

/// A time as Klaviyo writes it.
pub(super) fn time(seconds: i64) -> Value {
    DateTime::from_timestamp(seconds, 0)
        .map_or(Value::Null, |it| Value::from(it.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()))
}

fn record(kind: &'static str, id: &str, attributes: Value) -> Record {
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    Record { kind, id: id.to_owned(), attributes, relations: Vec::new(), hidden: Vec::new() }
}

fn one(name: &'static str, kind: &'static str, id: &str) -> Relation {
    Relation::new(name, Related::One(kind, id.to_owned()))
}

fn many(name: &'static str, kind: &'static str, ids: Vec<String>) -> Relation {
    Relation::new(name, Related::Many(kind, ids))
}

fn untold(name: &'static str) -> Relation {
    Relation::new(name, Related::Untold)
}

fn account(shop: &Shop) -> Record {
    record(
        "account",
        &shop.account,
        json!({
            "test_account": true,
            "contact_information": {
                "default_sender_name": "Hearth & Pine",
                "default_sender_email": "hello@hearthandpine.example",
                "website_url": SHOP_URL,
                "organization_name": "Hearth & Pine",
                "street_address": {
                    "address1": "12 Crosby Street", "address2": null, "city": "New York", "region": "NY", "country": "United States",
                    "zip": "10013",
                },
            },
            "industry": "Ecommerce, Home & Garden",
            "timezone": shop.plan.zone.name(),
            "preferred_currency": "USD",
            "public_api_key": shop.account,
            "locale": "en-US",
        }),
    )
}

fn metric(shop: &Shop, index: usize) -> Record {
    let it = &shop.metrics[index];
    let integration = match it.integration {
        Integration::Klaviyo => {
            json!({"object": "integration", "id": "0rG4eQ", "key": "klaviyo", "name": "Klaviyo", "category": "Internal"})
        }
        // Of some integrations the category is an object and not a text.
        Integration::Shopify => json!({
            "object": "integration", "id": "0eMvjm", "key": "shopify", "name": "Shopify",
            "category": {"id": "0X1", "object": "integration_category", "name": "eCommerce"},
        }),
        Integration::Api => {
            json!({"object": "integration", "id": "7FtS4J", "key": "api", "name": "API", "category": "API"})
        }
    };
    let born = shop.campaigns.first().map_or(0, |it| it.created) - 86_400 * 100;
    let attributes =
        json!({"name": it.name, "created": time(born), "updated": time(born + 3600), "integration": integration});
    Record { relations: vec![many("flow-triggers", "flow", Vec::new())], ..record("metric", &it.id, attributes) }
}

fn mapped_metrics(shop: &Shop) -> Vec<Record> {
    let updated = time(shop.campaigns.first().map_or(0, |it| it.created));
    MAPPED
        .iter()
        .map(|&(name, kind)| Record {
            relations: vec![one("metric", "metric", shop.metric_id(kind)), untold("custom-metric")],
            ..record("mapped-metric", name, json!({"updated": updated}))
        })
        .collect()
}

fn tag_ids(shop: &Shop, tags: &[u8]) -> Vec<String> {
    tags.iter().map(|&it| shop.tags[usize::from(it)].id.clone()).collect()
}

fn campaign(shop: &Shop, it: &Campaign) -> Record {
    let messages = it.messages().map(|message| shop.messages[usize::from(message)].id.clone()).collect();
    let strategy = it.send.map_or(
        json!({"method": "immediate"}),
        |at| json!({"method": "static", "datetime": time(at), "options": {"is_local": false}}),
    );
    let attributes = json!({
        "name": it.name,
        "status": it.status.name(),
        "archived": it.archived,
        "audiences": {"included": [shop.lists[0].id, shop.segments[1].id], "excluded": [shop.segments[6].id]},
        "send_options": {"use_smart_sending": true},
        "tracking_options": {
            "add_tracking_params": true, "custom_tracking_params": [], "is_tracking_clicks": true,
            "is_tracking_opens": it.channel == Channel::Email,
        },
        "send_strategy": strategy,
        "created_at": time(it.created),
        "scheduled_at": it.send.map(|at| time(at.min(it.created + 1800))),
        "updated_at": time(it.updated),
        "send_time": it.send.map(time),
    });
    Record {
        relations: vec![
            many("campaign-messages", "campaign-message", messages),
            many("tags", "tag", tag_ids(shop, &it.tags)),
        ],
        hidden: vec![("messages.channel", Value::from(it.channel.name()))],
        ..record("campaign", &it.id, attributes)
    }
}

fn campaign_message(shop: &Shop, campaign: &Campaign, message: u16) -> Record {
    let it = &shop.messages[usize::from(message)];
    let definition = match it.channel {
        Channel::Email => json!({"channel": "email", "label": it.name, "content": {
            "subject": it.subject, "preview_text": it.preview, "from_email": "hello@hearthandpine.example",
            "from_label": "Hearth & Pine", "reply_to_email": "hello@hearthandpine.example", "cc_email": null, "bcc_email": null,
        }}),
        Channel::Text => json!({
            "channel": "sms", "content": {"body": format!("Hearth & Pine: {} {SHOP_URL}", it.subject), "media_url": null},
            "render_options": {
                "shorten_links": true, "add_org_prefix": true, "add_info_link": true, "add_opt_out_language": false,
            },
        }),
        Channel::Push => json!({
            "channel": "mobile_push", "notification_type": "standard",
            "content": {"title": it.subject, "body": it.preview, "dynamic_image": null, "action_buttons": null},
            "kv_pairs": {}, "options": {"on_open": {"type": "open_app"}, "badge": null, "play_sound": true},
        }),
    };
    let sends: Vec<Value> = campaign.send.iter().map(|&at| json!({"datetime": time(at), "is_local": false})).collect();
    let attributes = json!({
        "definition": definition, "send_times": sends, "created_at": time(it.created), "updated_at": time(campaign.updated),
    });
    Record {
        relations: vec![one("campaign", "campaign", &campaign.id), template_relation(shop, it), untold("image")],
        ..record("campaign-message", &it.id, attributes)
    }
}

fn template_relation(shop: &Shop, message: &Message) -> Relation {
    message.template.map_or(untold("template"), |it| one("template", "template", &shop.templates[usize::from(it)].id))
}

fn flow(shop: &Shop, it: &Flow) -> Record {
    let attributes = json!({
        "name": it.name, "status": it.status, "archived": it.archived, "created": time(it.created),
        "updated": time(it.updated), "trigger_type": it.trigger, "definition": flow_definition(shop, it),
    });
    let actions = it.actions.iter().map(|action| action.id.clone()).collect();
    Record {
        relations: vec![many("flow-actions", "flow-action", actions), many("tags", "tag", tag_ids(shop, &it.tags))],
        ..record("flow", &it.id, attributes)
    }
}

/// The whole graph, which comes only when it is asked for.
fn flow_definition(shop: &Shop, it: &Flow) -> Value {
    let actions: Vec<Value> = (0..it.actions.len()).map(|index| action_definition(shop, it, index)).collect();
    json!({
        "triggers": [], "profile_filter": null, "actions": actions,
        "entry_action_id": it.actions.first().map(|action| action.id.as_str()),
    })
}

fn action_definition(shop: &Shop, flow: &Flow, index: usize) -> Value {
    let Action { id, step } = &flow.actions[index];
    let next = flow.actions.get(index + 1).map(|it| it.id.as_str());
    match *step {
        Step::Send(message) => {
            let it = &shop.messages[usize::from(message)];
            json!({
                "id": id, "type": action_type(shop, *step), "links": {"next": next},
                "data": {"status": flow.status, "message": message_definition(shop, it)},
            })
        }
        Step::Delay(hours) => json!({
            "id": id, "type": "time-delay", "links": {"next": next},
            "data": {"unit": "hours", "value": hours, "secondary_value": 0, "timezone": "profile"},
        }),
        Step::Split => json!({
            "id": id, "type": "conditional-split", "links": {"next_if_true": next, "next_if_false": null},
            "data": {"profile_filter": {"condition_groups": []}},
        }),
    }
}

fn action_type(shop: &Shop, step: Step) -> &'static str {
    match step {
        Step::Delay(_) => "time-delay",
        Step::Split => "conditional-split",
        Step::Send(message) => match shop.messages[usize::from(message)].channel {
            Channel::Email => "send-email",
            Channel::Text => "send-sms",
            Channel::Push => "send-mobile-push",
        },
    }
}

fn message_definition(shop: &Shop, it: &Message) -> Value {
    match it.channel {
        Channel::Email => json!({
            "id": it.id, "name": it.name, "from_email": "hello@hearthandpine.example", "from_label": "Hearth & Pine",
            "reply_to_email": null, "cc_email": null, "bcc_email": null, "subject_line": it.subject, "preview_text": it.preview,
            "template_id": it.template.map(|it| shop.templates[usize::from(it)].id.as_str()), "smart_sending_enabled": true,
            "transactional": false, "add_tracking_params": true, "custom_tracking_params": [], "additional_filters": null,
        }),
        Channel::Text => json!({
            "id": it.id, "name": it.name, "body": it.subject, "image_id": null, "smart_sending_enabled": true,
            "shorten_links": true, "add_org_prefix": true, "add_info_link": true, "add_opt_out_language": true,
            "transactional": false, "add_tracking_params": true, "custom_tracking_params": [], "additional_filters": null,
        }),
        Channel::Push => json!({
            "id": it.id, "name": it.name, "title": it.subject, "body": it.preview, "push_type": "standard", "sound": true,
            "smart_sending_enabled": true, "additional_filters": null, "kv_pairs": {},
        }),
    }
}

fn flow_action(shop: &Shop, flow: &Flow, index: usize) -> Record {
    let Action { id, step } = &flow.actions[index];
    let attributes = json!({
        "created": time(flow.created), "updated": time(flow.updated), "definition": action_definition(shop, flow, index),
    });
    let messages = match *step {
        Step::Send(message) => vec![shop.messages[usize::from(message)].id.clone()],
        Step::Delay(_) | Step::Split => Vec::new(),
    };
    Record {
        relations: vec![one("flow", "flow", &flow.id), many("flow-messages", "flow-message", messages)],
        hidden: vec![("action_type", Value::from(action_type(shop, *step))), ("status", Value::from(flow.status))],
        ..record("flow-action", id, attributes)
    }
}

fn flow_messages(shop: &Shop, action: Option<&str>) -> Vec<Record> {
    let of_flows = shop.messages.iter().filter_map(|it| match it.owner {
        Owner::Flow { flow, action } => Some((it, &shop.flows[usize::from(flow)], usize::from(action))),
        Owner::Campaign(_) => None,
    });
    of_flows
        .filter(|(_, flow, index)| action.is_none_or(|id| flow.actions[*index].id == id))
        .map(|(it, flow, index)| {
            let channel = if it.channel == Channel::Push { "push" } else { it.channel.name() };
            let attributes = json!({
                "channel": channel, "created": time(flow.created), "updated": time(flow.updated),
                "definition": message_definition(shop, it),
            });
            Record {
                relations: vec![
                    one("flow-action", "flow-action", &flow.actions[index].id),
                    template_relation(shop, it),
                ],
                hidden: vec![("name", Value::from(it.name.as_str()))],
                ..record("flow-message", &it.id, attributes)
            }
        })
        .collect()
}

fn form(it: &Form) -> Record {
    let attributes = json!({
        "name": it.name, "status": if it.live { "live" } else { "draft" }, "ab_test": it.versions.len() > 1,
        "created_at": time(it.created), "updated_at": time(it.created + 7200), "definition": {"versions": []},
    });
    Record {
        relations: vec![many("form-versions", "form-version", it.versions.clone())],
        ..record("form", &it.id, attributes)
    }
}

fn form_versions(form: &Form) -> impl Iterator<Item = Record> {
    form.versions.iter().zip(["Variation A", "Variation B", "Variation C"]).map(|(id, variation)| {
        let mut attributes = Map::new();
        attributes.insert("form_type".to_owned(), Value::from(form.kind));
        attributes.insert("variation_name".to_owned(), Value::from(variation));
        if form.versions.len() > 1 {
            attributes.insert("ab_test".to_owned(), json!({"variation_name": variation}));
        }
        attributes.insert("status".to_owned(), Value::from(if form.live { "live" } else { "draft" }));
        attributes.insert("created_at".to_owned(), time(form.created));
        attributes.insert("updated_at".to_owned(), time(form.created + 7200));
        Record {
            relations: vec![one("form", "form", &form.id)],
            ..record("form-version", id, Value::Object(attributes))
        }
    })
}

fn segment(shop: &Shop, it: &Group) -> Record {
    let attributes = json!({
        "name": it.name,
        "definition": {"condition_groups": [{"conditions": [{
            "type": "profile-property", "property": "properties['Loyalty Tier']",
            "filter": {"type": "string", "operator": "equals", "value": "Gold"},
        }]}]},
        "created": time(it.created), "updated": time(it.created + 600), "is_active": true, "is_processing": false,
        "is_starred": it.rule == Rule::NeverBought,
    });
    Record { relations: group_relations(shop, it), ..record("segment", &it.id, attributes) }
}

fn list(shop: &Shop, it: &Group) -> Record {
    let attributes = json!({
        "name": it.name, "created": time(it.created), "updated": time(it.created + 600),
        "opt_in_process": if it.rule == Rule::Email { "double_opt_in" } else { "single_opt_in" },
    });
    Record { relations: group_relations(shop, it), ..record("list", &it.id, attributes) }
}

fn group_relations(shop: &Shop, it: &Group) -> Vec<Relation> {
    vec![untold("profiles"), many("tags", "tag", tag_ids(shop, &it.tags)), many("flow-triggers", "flow", Vec::new())]
}

fn tag(shop: &Shop, id: &str, name: &str) -> Record {
    let group = short(shop.plan.seed);
    let relations = vec![
        one("tag-group", "tag-group", &group),
        untold("lists"),
        untold("segments"),
        untold("campaigns"),
        untold("flows"),
    ];
    Record { relations, ..record("tag", id, json!({"name": name})) }
}

/// The one group that every tag of the shop is in.
pub(super) fn tag_group(shop: &Shop) -> Record {
    let attributes = json!({"name": "Default", "exclusive": false, "default": true});
    Record { relations: vec![untold("tags")], ..record("tag-group", &short(shop.plan.seed), attributes) }
}

fn templates(shop: &Shop) -> Vec<Record> {
    shop.templates
        .iter()
        .map(|it| {
            let html = format!(
                "<!DOCTYPE html><html><head><title>{name}</title><style>td{{font-family:Georgia,serif}}</style></head><body>\
                 <table role=\"presentation\" width=\"600\"><tr><td><h1>{name}</h1><p>Hello {{{{ first_name|default:'friend' \
                 }}}},</p><p>Good things for slow evenings.</p><a href=\"{SHOP_URL}\">Shop now</a></td></tr><tr><td>{{% \
                 unsubscribe %}}</td></tr></table></body></html>",
                name = it.name
            );
            record("template", &it.id, json!({
                "name": it.name, "editor_type": "SYSTEM_DRAGGABLE", "html": html, "text": format!("{}\n{SHOP_URL}", it.name),
                "amp": null, "created": time(it.created), "updated": time(it.created + 86_400), "definition": null,
            }))
        })
        .collect()
}

fn catalog_item(shop: &Shop, index: usize, it: &Product) -> Record {
    let id = format!("$custom:::$default:::HP-{:03}", index + 1);
    let born = shop.campaigns.first().map_or(0, |it| it.created) - 86_400 * 50;
    let attributes = json!({
        "external_id": format!("HP-{:03}", index + 1), "title": it.name,
        "description": format!("{} from our {} workshop.", it.name, it.category.to_lowercase()),
        "price": f64::from(it.cents) / 100.0, "url": it.url(), "image_full_url": it.image(),
        "image_thumbnail_url": it.image(), "images": [it.image()], "custom_metadata": {"category": it.category},
        "published": it.published, "created": time(born), "updated": time(born + 3600),
    });
    let category =
        CATEGORIES.iter().position(|known| *known == it.category).map(|it| format!("$custom:::$default:::C{it}"));
    Record {
        relations: vec![untold("variants")],
        hidden: vec![("category.id", Value::from(category))],
        ..record("catalog-item", &id, attributes)
    }
}
