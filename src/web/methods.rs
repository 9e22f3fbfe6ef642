//! Which methods an address takes, so that the wrong one is told the right ones.

use rocket::http::Method;
use rocket::request::Request;

/// The methods that some route takes at the path of `request`, in their order and each once; none where there is no page.
pub(super) fn taken(request: &Request<'_>) -> Vec<Method> {
    let path = request.uri().path();
    let fitting = request.rocket().routes().filter(|it| fits(it.uri.path(), path.as_str()));
    let mut methods: Vec<Method> = fitting.map(|it| it.method).collect();
    if methods.contains(&Method::Get) {
        methods.push(Method::Head);
    }
    methods.sort_by_key(|it| it.as_str());
    methods.dedup();
    methods
}

/// Whether the template of a route (`/a/<b>`, `/a/<rest..>`) fits a path.
fn fits(template: &str, path: &str) -> bool {
    let segments =
        |text: &'_ str| -> Vec<String> { text.split('/').filter(|it| !it.is_empty()).map(ToOwned::to_owned).collect() };
    let (wanted, given) = (segments(template), segments(path));
    let takes_rest = wanted.last().is_some_and(|it| it.ends_with("..>"));
    let fixed = wanted.len() - usize::from(takes_rest);
    let long_enough = if takes_rest { given.len() >= fixed } else { given.len() == fixed };
    long_enough && wanted[..fixed].iter().zip(&given).all(|(want, it)| want.starts_with('<') || want == it)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_template_fits_its_paths() {
        for (template, path, want) in [
            ("/", "/", true),
            ("/sync", "/sync", true),
            ("/sync", "/sync/", true),
            ("/sync", "/sync/all", false),
            ("/api/<entity>/sync", "/api/events/sync", true),
            ("/api/<entity>/sync", "/api/sync", false),
            ("/static/<path..>", "/static/a/b.css", true),
            ("/static/<path..>", "/other/a", false),
        ] {
            assert_eq!(fits(template, path), want, "{template} {path}");
        }
    }
}
