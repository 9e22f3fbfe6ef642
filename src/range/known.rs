//! Whether a query string says only what is known where it is asked.

use strsim::levenshtein;

use super::Unclear;
use super::has_one_value;

/// Refuses what is not `known`, and what is given twice though it has one value: a misspelt filter that was passed over
/// would answer another question.
///
/// # Errors
/// [`Unclear`] names it, with what may be meant.
pub fn check_names<'a>(known: &[&str], names: impl Iterator<Item = &'a str>) -> Result<(), Unclear> {
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name) && has_one_value(name) {
            return Err(Unclear { parameter: "query", problem: format!("`{name}` is given twice; once is enough") });
        }
        seen.push(name);
        if !known.contains(&name) {
            let near = known.iter().min_by_key(|it| levenshtein(it, name)).filter(|it| levenshtein(it, name) <= 3);
            let hint = match near {
                Some(near) => format!("; did you mean `{near}`?"),
                None if known.is_empty() => "; it takes none".to_owned(),
                None => format!("; there are {}", known.join(", ")),
            };
            return Err(Unclear { parameter: "query", problem: format!("there is no parameter `{name}` here{hint}") });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_parameter_is_named_with_what_may_be_meant() {
        let known = ["range", "dateRange", "limit", "offset", "sort"];
        let problem = |name| check_names(&known, [name].into_iter()).map_err(|it| it.problem);
        assert_eq!(problem("limit"), Ok(()));
        assert_eq!(problem("limt"), Err("there is no parameter `limt` here; did you mean `limit`?".to_owned()));
        let far = problem("colour").expect_err("no such parameter");
        assert_eq!(far, "there is no parameter `colour` here; there are range, dateRange, limit, offset, sort");
        let twice = check_names(&known, ["limit", "sort", "limit"].into_iter()).expect_err("one too many");
        assert_eq!(twice.problem, "`limit` is given twice; once is enough");
        assert_eq!(check_names(&["ids"], ["ids", "ids"].into_iter()), Ok(()));
        let none = check_names(&[], ["x"].into_iter()).expect_err("no parameter");
        assert_eq!(none.problem, "there is no parameter `x` here; it takes none");
    }
}
