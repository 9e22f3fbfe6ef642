//! What people got to see: the messages of a campaign or flow, and the HTML of their templates in a frame that may do nothing.

use rocket::fairing::AdHoc;
use rocket::form::{Form, FromForm};
use rocket::http::{ContentType, Header};
use rocket::{Responder, State, get, post, routes};

use super::frame::Frame;
use super::view::{Block, Content, Preview, Width};
use super::{Desk, fetching};
use crate::catalog::TEMPLATE_HTML;
use crate::store::{self, FromRow, Query, Row, RowResult};
use crate::web::{self, Error, SeeOther};
use crate::{config, params, query};

const MESSAGES: Query = query!("preview/messages");
const HTML: Query = query!("preview/html");

pub(super) const QUERIES: &[Query] = &[MESSAGES, HTML];

/// Messages that are shown, as their anchors are named: a test or a flow of more has them in its table.
const ANCHORS: [&str; 8] =
    ["preview", "preview-2", "preview-3", "preview-4", "preview-5", "preview-6", "preview-7", "preview-8"];

/// Nothing runs, nothing is loaded and nothing leaves: a remote image would tell trackers that somebody opened it.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

/// Mounts what is no page: the HTML of messages.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("previews", |rocket| async {
        rocket.mount("/campaigns", routes![html, fetch]).mount("/flows", routes![html, fetch])
    })
}

/// A message of a campaign or flow.
#[derive(Debug)]
pub(super) struct Message {
    id: String,
    label: Option<String>,
    pub(super) subject: Option<String>,
    preview_text: Option<String>,
    from_email: Option<String>,
    pub(super) from_label: Option<String>,
    body: Option<String>,
    template_id: Option<String>,
    template: Option<String>,
    has_html: bool,
}

pub(super) fn load(frame: &Frame<'_>) -> Result<Vec<Message>, store::Error> {
    frame.rows(MESSAGES)
}

/// A block for each message; `sender` is where its page is, `/campaigns/01H…`.
pub(super) fn blocks(sender: &str, messages: &[Message]) -> Vec<Block> {
    let title = |at: usize| {
        if messages.len() == 1 {
            "What people saw".to_owned()
        } else {
            format!("What people saw, {} of {}", at + 1, messages.len())
        }
    };
    let block = |(at, (anchor, it)): (usize, (&&'static str, &Message))| {
        let block = Block::new(anchor, title(at), Content::Preview(it.preview(sender))).wide(Width::Half);
        block.with(it.label.clone().or_else(|| it.template.clone()).unwrap_or_default())
    };
    let mut blocks: Vec<Block> = ANCHORS.iter().zip(messages).enumerate().map(block).collect();
    if let Some(last) = blocks.last_mut().filter(|_| messages.len() > ANCHORS.len()) {
        last.hint = format!("The first {} of {} messages, by their names.", ANCHORS.len(), messages.len());
    }
    blocks
}

impl Message {
    /// "Tea & Co <hello@tea.example>"
    pub(super) fn sender(&self) -> Option<String> {
        match (&self.from_label, &self.from_email) {
            (Some(label), Some(email)) => Some(format!("{label} <{email}>")),
            (label, email) => label.clone().or_else(|| email.clone()),
        }
    }

    fn preview(&self, sender: &str) -> Preview {
        let path = format!("{sender}/messages/{}/html", self.id);
        let words = match (&self.template_id, &self.template) {
            (None, _) => "Klaviyo names no template for it, so there is nothing else to show.",
            (Some(_), None) => "Its template is no longer at Klaviyo, or was not copied yet.",
            (Some(_), Some(_)) => "Its HTML was not copied yet: templates are read when somebody asks for them.",
        };
        Preview {
            sender: self.sender(),
            subject: self.subject.clone(),
            preview_text: self.preview_text.clone(),
            body: self.body.clone(),
            frame: self.has_html.then(|| path.clone()),
            fetch: self.template.is_some().then_some(path),
            words: words.to_owned(),
        }
    }
}

/// The HTML of a message, under a policy of its own.
#[derive(Responder)]
struct Framed {
    html: String,
    kind: ContentType,
    policy: Header<'static>,
    cache: Header<'static>,
    referrer: Header<'static>,
}

#[get("/<id>/messages/<message>/html")]
async fn html(id: String, message: String, desk: &State<Desk>) -> Result<Framed, Error> {
    let desk = desk.inner().clone();
    let html: Option<Text> =
        web::blocking(move || Ok(desk.store.read(|db| db.maybe(HTML, params! { "id": id, "message": message }))?))
            .await?;
    Ok(Framed {
        html: html.ok_or(Error::NotFound("copied HTML of a message"))?.0,
        kind: ContentType::HTML,
        policy: Header::new("Content-Security-Policy", POLICY),
        cache: Header::new("Cache-Control", "private, no-cache"),
        referrer: Header::new("Referrer-Policy", "no-referrer"),
    })
}

#[derive(FromForm)]
struct Wish {
    /// The page to come back to.
    next: String,
}

/// Reads the HTML from Klaviyo.
#[post("/<id>/messages/<message>/html", data = "<wish>")]
async fn fetch(
    id: String,
    message: String,
    wish: Form<Wish>,
    desk: &State<Desk>,
    settings: &State<config::Api>,
) -> Result<SeeOther, Error> {
    let desk = desk.inner().clone();
    let template = {
        let desk = desk.clone();
        web::blocking(move || {
            let messages: Vec<Message> = desk.store.read(|db| db.rows(MESSAGES, params! { "id": id }))?;
            let found = messages.into_iter().find(|it| it.id == message && it.template.is_some());
            found.and_then(|it| it.template_id).ok_or(Error::NotFound("template of a message"))
        })
        .await?
    };
    fetching::fetch(&desk.handle, &TEMPLATE_HTML, &template, **settings).await?;
    Ok(SeeOther::to(&wish.next))
}

struct Text(String);

impl FromRow for Text {
    fn from_row(row: &Row<'_>) -> RowResult<Text> {
        row.get("html").map(Text)
    }
}

impl FromRow for Message {
    fn from_row(row: &Row<'_>) -> RowResult<Message> {
        Ok(Message {
            id: row.get("message_id")?,
            label: row.get("label")?,
            subject: row.get("subject")?,
            preview_text: row.get("preview_text")?,
            from_email: row.get("from_email")?,
            from_label: row.get("from_label")?,
            body: row.get("body")?,
            template_id: row.get("template_id")?,
            template: row.get("template")?,
            has_html: row.get("has_html")?,
        })
    }
}
