//! Handlers with parameters of their own take no others, either: a misspelt flag that was passed over would do something else
//! than was meant.

use rocket::request::Request;
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, async_trait};

use crate::range::check_names;
use crate::web::Error;

/// A handler behind a look at the query.
#[derive(Clone)]
struct Strict {
    takes: Vec<String>,
    handler: Box<dyn Handler>,
}

/// The same routes; what they name in their query is all that they take.
pub(super) fn strict(routes: Vec<Route>) -> Vec<Route> {
    routes
        .into_iter()
        .map(|mut route| {
            let query = route.uri.query().unwrap_or_default();
            let names = query.split('&').map(|it| it.trim_matches(['<', '>']).to_owned());
            let takes = names.filter(|it| !it.is_empty()).collect();
            route.handler = Box::new(Strict { takes, handler: route.handler });
            route
        })
        .collect()
}

#[async_trait]
impl Handler for Strict {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let known: Vec<&str> = self.takes.iter().map(String::as_str).collect();
        let names: Vec<String> = request.query_fields().map(|it| it.name.to_string()).collect();
        match check_names(&known, names.iter().map(String::as_str)) {
            Ok(()) => self.handler.handle(request, data).await,
            Err(unclear) => Outcome::from(request, Err::<(), _>(Error::from(unclear))),
        }
    }
}
