//! The API described for programs: OpenAPI, made from the endpoints and the catalog when the server starts.

use std::collections::{BTreeMap, BTreeSet};

use rocket::State;
use rocket::get;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AllOfBuilder, ArrayBuilder, ComponentsBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required, ResponseBuilder,
    ResponsesBuilder,
};
use utoipa::{OpenApi as Derived, ToSchema};

use super::endpoint::Endpoint;
use super::first::NotYet;
use crate::catalog::{Entity, Kind};
use crate::store::repository::field;
use crate::web::{COMPLETE_FROM, Etag, Visit};

/// What is no [`Endpoint`]: handlers that describe themselves. A new one is a line here.
#[derive(Derived)]
#[openapi(paths(
    super::health,
    super::monitoring::api_metrics,
    super::monitoring::errors,
    super::monitoring::health,
    super::monitoring::metrics,
    super::monitoring::ready,
    super::monitoring::scrape,
    super::monitoring::status,
    super::reconciliation::show,
    super::runs::events,
    super::runs::list,
    super::runs::one,
    super::runs::progress,
    super::sync::all,
    super::sync::budgets,
    super::sync::cancel,
    super::sync::one,
    super::sync::pause,
    super::sync::reconcile,
    super::sync::resume,
    super::sync::status,
    super::templates::show,
    super::webhooks::deliver,
    show
))]
struct Handlers;

/// Why there is no answer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is only described; `web::Error` writes it")]
pub(super) struct Failure {
    /// The status in words: `bad_request`, `not_found`, `bad_gateway`.
    error: String,
    /// What is wrong, and what to do about it, for people.
    message: String,
}

/// The document as it is served.
pub(super) struct Document(String);

/// Why an endpoint may fail, beside what every server may; those that only some have are added by their kind.
const FAILURES: &[(&str, &str)] = &[
    ("400", "A parameter is unknown, or its value cannot be meant; the message names it"),
    ("500", "The database did not answer; the server's log says why"),
    ("502", "Nothing was copied yet, and Klaviyo refused the key, lacks a scope for it, or did not answer"),
    ("503", "The server is stopping, or Klaviyo's quota is used up for now"),
];

impl Document {
    pub(super) fn of(endpoints: &[Endpoint]) -> Document {
        let mut schemas = Schemas::default();
        schemas.of::<Failure>();
        let mut paths = Paths::new();
        for it in endpoints {
            let path = format!("/api{}", it.path.replace('<', "{").replace('>', "}"));
            paths.add_path_operation(path, vec![HttpMethod::Get], operation(it, &mut schemas));
        }
        let components = ComponentsBuilder::new().schemas_from_iter(schemas.0).build();
        let info = InfoBuilder::new()
            .title("Klytics")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(
                "What was copied from a Klaviyo account, and what its numbers are. Ids are texts, rates are fractions, \
                 money is a number in the account's currency, times are UTC in RFC 3339, days are the account's own, and \
                 what is unknown is null.",
            ))
            .build();
        let mut document = OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build();
        document.merge(Handlers::openapi());
        fail_in_words(&mut document);
        Document(document.to_json().expect("a document of texts and numbers"))
    }
}

/// The endpoint as an operation: what it takes, and everything that it may answer.
fn operation(it: &Endpoint, schemas: &mut Schemas) -> Operation {
    let body = (it.schema)(schemas, it.entity());
    let known = ["X-Data-Source", "X-Last-Synced", "X-Cache", "ETag", "Cache-Control"];
    let counts = it.counts().then_some(COMPLETE_FROM);
    let total = (!it.sorts.is_empty()).then_some("X-Total-Count");
    let found = known
        .into_iter()
        .chain(total)
        .chain(counts)
        .fold(answer("The answer", body), |it, name| it.header(name, header(name)));
    let not_yet = answer("Nothing was copied yet: what is being done about it", schemas.of::<NotYet>());
    let mut responses = ResponsesBuilder::new()
        .response("200", found.build())
        .response("202", not_yet.build())
        .response("304", ResponseBuilder::new().description("The reader's tag is that of the answer").build());
    let missing = it.is_of_one().then_some(("404", "There is no such thing"));
    for (status, about) in FAILURES.iter().copied().chain(missing) {
        responses = responses.response(status, failure(about).build());
    }
    let tag = match it.path.split('/').nth(1) {
        Some("charts") => "charts",
        Some("overview") => "overview",
        Some("pages") => "pages",
        _ => "entities",
    };
    let id = it.is_of_one().then(|| {
        let text = ObjectBuilder::new().schema_type(Type::String);
        ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("Klaviyo's id of it."))
            .schema(Some(text))
            .build()
    });
    let query = it.parameters.iter().flat_map(|group| group.iter()).map(|parameter| parameter.describe(&it.sorts));
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(format!("get{}", it.path.replace(['/', '<', '>'], "_"))))
        .summary(Some(it.about.to_string()))
        .parameters(Some(id.into_iter().chain(query)))
        .responses(responses.build())
        .build()
}

fn answer(about: &str, schema: RefOr<Schema>) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(about).content("application/json", content)
}

fn failure(about: &str) -> ResponseBuilder {
    answer(about, Ref::from_schema_name(Failure::name()).into())
}

fn header(name: &str) -> Header {
    let about = match name {
        "X-Data-Source" => "`database`, or `klaviyo` where it was read for this answer",
        "X-Last-Synced" => "When what the answer rests on was last copied to its end; missing before the first time",
        "X-Cache" => "`hit` where the answer was worked out before, else `miss`",
        "X-Total-Count" => "Rows of the whole listing",
        COMPLETE_FROM => {
            "From this local day on every event is copied; missing where that is as far back as the answer goes"
        }
        "ETag" => "Short; send it as `If-None-Match` to be told that nothing changed",
        _ => "`private, no-cache`: keep it, and ask each time whether it still holds",
    };
    let mut header = Header::new(text());
    header.description = Some(about.to_owned());
    header
}

/// Handlers that describe themselves fail like everything else.
fn fail_in_words(document: &mut OpenApi) {
    let each = |item: &mut PathItem, change: &dyn Fn(&mut Operation)| {
        [&mut item.get, &mut item.post].into_iter().flatten().for_each(change);
    };
    for item in document.paths.paths.values_mut() {
        each(item, &|operation| {
            let takes = operation.parameters.as_ref().is_some_and(|it| !it.is_empty());
            let begins = operation.responses.responses.contains_key("202") && takes;
            let failures = [("400", takes), ("404", takes), ("409", begins), ("500", true), ("503", true)];
            for (status, about) in failures.into_iter().filter(|it| it.1).map(|(status, _)| (status, words(status))) {
                let responses = &mut operation.responses.responses;
                responses.entry(status.to_owned()).or_insert_with(|| failure(about).build().into());
            }
        });
    }
}

fn words(status: &str) -> &'static str {
    match status {
        "400" => "A parameter cannot be meant; the message names it",
        "404" => "There is no such thing",
        "409" => "Something else has to happen first; the message says what",
        "503" => "Not ready; ask again in a moment",
        _ => "Something failed on the server; its log says what",
    }
}

/// The description of this API.
#[utoipa::path(
    get, path = "/api/openapi.json", operation_id = "getDescription", tag = "server",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
#[get("/openapi.json")]
pub(super) fn show(document: &State<Document>, visit: Visit) -> Described<'_> {
    Described { document: &document.inner().0, etag: Etag::of(&visit, &document.0), visit }
}

pub(super) struct Described<'a> {
    document: &'a str,
    etag: Etag,
    visit: Visit,
}

impl<'r, 'a: 'r> Responder<'r, 'a> for Described<'a> {
    fn respond_to(self, _: &'r rocket::Request<'_>) -> response::Result<'a> {
        let mut response = Response::build();
        response.raw_header("Cache-Control", "private, no-cache").raw_header("ETag", self.etag.to_string());
        if self.visit.has(&self.etag) {
            return response.status(Status::NotModified).ok();
        }
        response.header(ContentType::JSON).sized_body(self.document.len(), std::io::Cursor::new(self.document)).ok()
    }
}

/// The shapes that answers are made of, by name.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, RefOr<Schema>>);

impl Schemas {
    /// The shape of a type, and of all that it is made of.
    pub(super) fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        self.0.extend(parts);
        self.0.insert(T::name().into_owned(), T::schema());
        Ref::from_schema_name(T::name()).into()
    }

    pub(super) fn list(item: RefOr<Schema>) -> RefOr<Schema> {
        Schema::Array(ArrayBuilder::new().items(item).build()).into()
    }

    pub(super) fn anything() -> RefOr<Schema> {
        utoipa::openapi::schema::empty().into()
    }

    /// A row of the entity, without its document.
    pub(super) fn row(&mut self, entity: &Entity) -> RefOr<Schema> {
        let name = format!("row_{}", entity.name);
        self.0.insert(name.clone(), row(entity).build().into());
        Ref::from_schema_name(name).into()
    }

    /// A row of the entity with its document.
    pub(super) fn record(&mut self, entity: &Entity) -> RefOr<Schema> {
        let name = format!("record_{}", entity.name);
        let rest = field(entity.rest.column);
        self.0.insert(name.clone(), row(entity).property(&rest, Self::anything()).required(rest).build().into());
        Ref::from_schema_name(name).into()
    }

    /// A row with its document, and with what `T` adds to it.
    pub(super) fn record_with<T: ToSchema>(&mut self, entity: &Entity) -> RefOr<Schema> {
        let (record, more) = (self.record(entity), self.of::<T>());
        Schema::AllOf(AllOfBuilder::new().item(record).item(more).build()).into()
    }
}

/// Every column of the entity, in the spelling of JSON.
fn row(entity: &Entity) -> ObjectBuilder {
    let ours = [("syncedAt".to_owned(), known(Type::String, Some(KnownFormat::DateTime)))];
    let deleted =
        (!entity.is_log()).then(|| ("deletedAt".to_owned(), unknown(Type::String, Some(KnownFormat::DateTime))));
    let own = entity.columns.iter().map(|it| (field(it.name), of_kind(it.kind)));
    let all = std::iter::once(("id".to_owned(), known(Type::String, None))).chain(own).chain(ours).chain(deleted);
    let object = ObjectBuilder::new().description(Some(entity.about));
    let mut names = BTreeSet::new();
    all.filter(|(name, _)| names.insert(name.clone()))
        .fold(object, |object, (name, schema)| object.property(&name, schema).required(name))
}

fn of_kind(kind: Kind) -> RefOr<Schema> {
    match kind {
        // A wall clock has no offset, and so is no `date-time`.
        Kind::Text | Kind::LocalTime => unknown(Type::String, None),
        Kind::Count => unknown(Type::Integer, Some(KnownFormat::Int64)),
        Kind::Number | Kind::Money => unknown(Type::Number, Some(KnownFormat::Double)),
        Kind::Flag => unknown(Type::Boolean, None),
        Kind::Time => unknown(Type::String, Some(KnownFormat::DateTime)),
        Kind::Day => unknown(Type::String, Some(KnownFormat::Date)),
        Kind::Document => Schemas::anything(),
        Kind::Texts => {
            let nullable = SchemaType::from_iter([Type::Array, Type::Null]);
            Schema::Array(ArrayBuilder::new().schema_type(nullable).items(text()).build()).into()
        }
    }
}

fn text() -> RefOr<Schema> {
    known(Type::String, None)
}

fn known(kind: Type, format: Option<KnownFormat>) -> RefOr<Schema> {
    Schema::Object(ObjectBuilder::new().schema_type(kind).format(format.map(SchemaFormat::KnownFormat)).build()).into()
}

/// What may be null.
fn unknown(kind: Type, format: Option<KnownFormat>) -> RefOr<Schema> {
    let kinds = SchemaType::from_iter([kind, Type::Null]);
    Schema::Object(ObjectBuilder::new().schema_type(kinds).format(format.map(SchemaFormat::KnownFormat)).build()).into()
}
