//! What a statement may be made of: a walk over the tree that the parser gives, by lists of what is known to be harmless.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Problem;

/// Functions that compute from what they are given: none reads a file, a setting or a clock, changes anything, or makes much of
/// little, as `repeat` does. One a line, lower case.
const FUNCTIONS: &str = include_str!("functions.txt");

/// What may stand where a table does. The first read nothing, the others are definitions of ours.
const TABLE_FUNCTIONS: &[&str] = &[
    "range",
    "generate_series",
    "unnest",
    "json_each",
    "message_stats",
    "message_activity",
    "deliveries",
    "form_conversions",
];

/// Functions that put their third argument wherever the second stands in the first.
const REPLACING: &[&str] = &["replace", "regexp_replace"];

/// Characters of what they put there: with a column in its place one call would make as much as the square of what there is.
const REPLACEMENT_MAX: usize = 100;

/// Expressions. Parameters are missing, because nobody would bind them.
const CLASSES: &[&str] = &[
    "BETWEEN",
    "CASE",
    "CAST",
    "COLLATE",
    "COLUMN_REF",
    "COMPARISON",
    "CONJUNCTION",
    "CONSTANT",
    "FUNCTION",
    "LAMBDA",
    "OPERATOR",
    "POSITIONAL_REFERENCE",
    "STAR",
    "SUBQUERY",
    "TYPE",
    "WINDOW",
];

/// Everything else that has a type: kinds of queries, of tables, and of what orders and cuts. Statements that change something
/// are nodes too, where they stand in a `with`; they are not listed.
const NODES: &[&str] = &[
    "SELECT_NODE",
    "SET_OPERATION_NODE",
    "RECURSIVE_CTE_NODE",
    "CTE_NODE",
    "EMPTY",
    "BASE_TABLE",
    "SUBQUERY",
    "JOIN",
    "EXPRESSION_LIST",
    "TABLE_FUNCTION",
    "PIVOT",
    "SHOW_REF",
    "ORDER_MODIFIER",
    "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
    "DISTINCT_MODIFIER",
    "ORDER_DEFAULT",
    "ASCENDING",
    "DESCENDING",
];

/// What values may be cast to. VARIANT is missing: what nests deeply ends the process there. BIT is missing: as text it is eight
/// times what it was.
const TYPES: &[&str] = &[
    "array",
    "bigint",
    "blob",
    "bool",
    "boolean",
    "char",
    "date",
    "decimal",
    "double",
    "enum",
    "float",
    "hugeint",
    "int",
    "integer",
    "interval",
    "json",
    "list",
    "map",
    "numeric",
    "real",
    "smallint",
    "string",
    "struct",
    "text",
    "time",
    "timestamp",
    "timestamp_ms",
    "timestamp_ns",
    "timestamp_s",
    "tinyint",
    "ubigint",
    "uhugeint",
    "uinteger",
    "usmallint",
    "utinyint",
    "uuid",
    "varchar",
];

/// What the database has under names, in lower case.
pub(super) struct Names {
    /// What may be selected from.
    readable: BTreeSet<String>,
    /// All other tables and views, of every schema and database.
    hidden: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(readable: impl IntoIterator<Item = String>, all: impl IntoIterator<Item = String>) -> Names {
        let readable: BTreeSet<_> = readable.into_iter().map(|it| it.to_ascii_lowercase()).collect();
        let hidden = all.into_iter().map(|it| it.to_ascii_lowercase()).filter(|it| !readable.contains(it)).collect();
        Names { readable, hidden }
    }
}

/// Lets pass what is one statement of listed parts.
///
/// # Errors
/// Says what is not allowed, or what the parser says.
pub(super) fn check(tree: &str, names: &Names) -> Result<(), Problem> {
    let tree: Value = serde_json::from_str(tree).map_err(|_| {
        refused("the statement nests too deeply; write it with fewer brackets, or in steps with `with`")
    })?;
    if tree["error"] != Value::Bool(false) {
        let words = tree["error_message"].as_str().unwrap_or("the statement could not be read");
        return Err(match tree["error_type"].as_str() {
            Some("not implemented") => refused(
                "only statements that select are allowed: select, with, from, values, table, describe, summarize",
            ),
            _ => Problem::Failed(words.to_owned()),
        });
    }
    let Some([statement]) = tree["statements"].as_array().map(Vec::as_slice) else {
        return Err(refused("one statement at a time is allowed"));
    };
    let mut own = BTreeSet::new();
    collect_ctes(statement, names, &mut own)?;
    Walk { names, own: &own }.value(statement)
}

fn refused(words: impl Into<String>) -> Problem {
    Problem::Refused(words.into())
}

/// The names that the statement gives itself. A table of that name may stand where the name is not known, and then the
/// database would look for one of its own, or for a file of it; so they have to be words, which are no files, and none of what
/// may not be asked.
fn collect_ctes(value: &Value, names: &Names, own: &mut BTreeSet<String>) -> Result<(), Problem> {
    match value {
        Value::Array(all) => all.iter().try_for_each(|it| collect_ctes(it, names, own)),
        Value::Object(map) => {
            let entries = map.get("cte_map").and_then(|it| it["map"].as_array());
            let given = entries.into_iter().flatten().filter_map(|it| it["key"].as_str());
            for name in given.chain(map.get("cte_name").and_then(Value::as_str)) {
                if !name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') {
                    return Err(refused(format!(
                        "the name “{name}” has to be made of letters, digits and underscores"
                    )));
                }
                let name = name.to_ascii_lowercase();
                if names.hidden.contains(&name) {
                    return Err(refused(format!(
                        "the name “{name}” is that of a table that cannot be asked; write another after `with`"
                    )));
                }
                own.insert(name);
            }
            map.values().try_for_each(|it| collect_ctes(it, names, own))
        }
        _ => Ok(()),
    }
}

struct Walk<'a> {
    names: &'a Names,
    own: &'a BTreeSet<String>,
}

impl Walk<'_> {
    fn value(&self, value: &Value) -> Result<(), Problem> {
        match value {
            Value::Array(all) => all.iter().try_for_each(|it| self.value(it)),
            Value::Object(map) => self.node(map),
            _ => Ok(()),
        }
    }

    fn node(&self, node: &Map<String, Value>) -> Result<(), Problem> {
        let text = |name: &str| node.get(name).and_then(Value::as_str);
        if let Some(class) = text("class") {
            match class {
                "PARAMETER" => return Err(refused("a statement here has no parameters; write the value itself")),
                it if !CLASSES.contains(&it) => return Err(refused(format!("{} is not allowed", spoken(it)))),
                _ => {}
            }
        } else if let Some(kind) = text("type") {
            match kind {
                "TABLE_FUNCTION" => return self.table_function(node),
                "BASE_TABLE" => self.table(node)?,
                "SHOW_REF" => description(node)?,
                it if !NODES.contains(&it) => return Err(refused(format!("{} is not allowed", spoken(it)))),
                _ => {}
            }
        }
        if node.contains_key("function_name") {
            Self::function(node)?;
        }
        if let Some(name) = text("type_name") {
            let name = name.to_ascii_lowercase();
            if !TYPES.contains(&name.as_str()) {
                return Err(refused(format!("a cast to {name} is not allowed")));
            }
        }
        node.values().try_for_each(|it| self.value(it))
    }

    fn function(node: &Map<String, Value>) -> Result<(), Problem> {
        let name = single(node, "function_name")?;
        // The parser writes the arrow of JSON as a lambda, and functions of windows like all others.
        if !FUNCTIONS.lines().any(|it| it == name) {
            return Err(refused(format!("the function {name} is not allowed")));
        }
        // Called as a function an operator is bound to no types, and what it is given ends the process.
        if !name.starts_with(|it: char| it.is_ascii_alphabetic()) && node.get("is_operator") != Some(&Value::Bool(true))
        {
            return Err(refused(format!("the operator {name} is to be written between the values, not before them")));
        }
        if REPLACING.contains(&name.as_str()) && !puts_in_little(node) {
            return Err(refused(format!(
                "what {name} puts in is to be a text, written in the statement, of {REPLACEMENT_MAX} characters at most"
            )));
        }
        Ok(())
    }

    fn table_function(&self, node: &Map<String, Value>) -> Result<(), Problem> {
        let Some(function) = node.get("function").and_then(Value::as_object) else {
            return Err(refused("a table that is no name is not allowed"));
        };
        let name = single(function, "function_name")?;
        if !TABLE_FUNCTIONS.contains(&name.as_str()) {
            return Err(refused(format!(
                "the table function {name} is not allowed; what may be asked is listed beside the statement"
            )));
        }
        let arguments = |it: &(&String, &Value)| *it.0 != "function_name";
        function.iter().filter(arguments).filter(|it| it.0 != "class").try_for_each(|it| self.value(it.1))?;
        node.iter().filter(|it| it.0 != "function").try_for_each(|it| self.value(it.1))
    }

    fn table(&self, node: &Map<String, Value>) -> Result<(), Problem> {
        let name = single(node, "table_name")?;
        if self.names.readable.contains(&name) || self.own.contains(&name) {
            return Ok(());
        }
        Err(refused(format!(
            "there is no table or view {name} to ask; what may be asked is listed beside the statement"
        )))
    }
}

/// Whether what a function is given third is a short text that stands in the statement, or null.
fn puts_in_little(node: &Map<String, Value>) -> bool {
    let Some(arguments) = node.get("arguments").and_then(Value::as_array) else { return false };
    let is_placed = arguments.iter().all(|it| it["name"] == "");
    let text = arguments.get(2).and_then(|it| it["expression"]["literal"]["text"].as_str());
    is_placed && text.is_some_and(|it| it.chars().count() <= REPLACEMENT_MAX)
}

/// Of a query or a table, whose nodes are looked at as they come; but not of databases, settings or all tables.
fn description(node: &Map<String, Value>) -> Result<(), Problem> {
    let kind = node.get("show_type").and_then(Value::as_str);
    let of_query = node.get("query").is_some_and(Value::is_object);
    if of_query && matches!(kind, Some("DESCRIBE" | "SUMMARY")) {
        return Ok(());
    }
    Err(refused("show is not allowed; what may be asked is listed beside the statement"))
}

/// A name without a schema or database before it, in lower case.
fn single(node: &Map<String, Value>, key: &str) -> Result<String, Problem> {
    let name = node.get(key).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let qualified = ["schema", "catalog", "schema_name", "catalog_name"]
        .into_iter()
        .any(|it| node.get(it).and_then(Value::as_str).is_some_and(|it| !it.is_empty()));
    let path = node.get("qualified_name").and_then(|it| it["path"].as_array()).map_or(1, Vec::len);
    if qualified || path != 1 {
        return Err(refused(format!("{name} is to be written without a schema or database before it")));
    }
    Ok(name)
}

/// `DELETE_QUERY_NODE` as a person says it.
fn spoken(kind: &str) -> String {
    kind.trim_end_matches("_NODE").trim_end_matches("_QUERY").to_lowercase().replace('_', " ")
}
