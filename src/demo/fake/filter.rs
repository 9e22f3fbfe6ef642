//! Klaviyo's filter grammar: `equals(a,"b"),greater-than(c,2026-01-01T00:00:00Z)`, with `and(…)`, lists and `has(field)`.

/// One call of a filter; all of them must hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) operator: String,
    pub(super) field: String,
    pub(super) operand: Operand,
}

/// What a field is compared with, as it was written; what it means is the field's matter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Nothing,
    /// Within quotation marks.
    Text(String),
    /// Without: a time, a number, true or false.
    Bare(String),
    List(Vec<String>),
}

/// Where the text stops being a filter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter is not well-formed at character {0}")]
pub(super) struct BadFilter(usize);

/// Deepest `and(…)` within `and(…)`: nobody writes more than one.
const DEPTH_MAX: usize = 8;

pub(super) fn parse(text: &str) -> Result<Vec<Call>, BadFilter> {
    let mut reader = Reader { text, at: 0 };
    let mut calls = Vec::new();
    reader.calls(&mut calls, 0)?;
    if reader.at == text.len() { Ok(calls) } else { Err(BadFilter(reader.at)) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn calls(&mut self, calls: &mut Vec<Call>, depth: usize) -> Result<(), BadFilter> {
        loop {
            self.call(calls, depth)?;
            if !self.skip(",") {
                return Ok(());
            }
        }
    }

    fn call(&mut self, calls: &mut Vec<Call>, depth: usize) -> Result<(), BadFilter> {
        let operator = self.word(|it| it.is_ascii_lowercase() || it == '-')?.to_owned();
        self.expect("(")?;
        if operator == "and" && depth < DEPTH_MAX {
            self.calls(calls, depth + 1)?;
        } else {
            let field = self.word(|it| it.is_ascii_alphanumeric() || "._-$".contains(it))?.to_owned();
            let operand = if self.skip(",") { self.operand()? } else { Operand::Nothing };
            calls.push(Call { operator, field, operand });
        }
        self.expect(")")
    }

    fn operand(&mut self) -> Result<Operand, BadFilter> {
        if self.skip("[") {
            let mut items = vec![self.item()?];
            while self.skip(",") {
                items.push(self.item()?);
            }
            self.expect("]")?;
            return Ok(Operand::List(items));
        }
        match self.quoted()? {
            Some(text) => Ok(Operand::Text(text)),
            None => Ok(Operand::Bare(self.bare()?.to_owned())),
        }
    }

    fn item(&mut self) -> Result<String, BadFilter> {
        match self.quoted()? {
            Some(text) => Ok(text),
            None => Ok(self.bare()?.to_owned()),
        }
    }

    fn bare(&mut self) -> Result<&'a str, BadFilter> {
        self.word(|it| it.is_ascii_alphanumeric() || ":.+-_".contains(it))
    }

    /// A text within either kind of quotation marks; a backslash keeps what follows it.
    fn quoted(&mut self) -> Result<Option<String>, BadFilter> {
        let rest = &self.text[self.at..];
        let Some(mark) = rest.chars().next().filter(|it| matches!(it, '"' | '\'')) else { return Ok(None) };
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((place, letter)) = chars.next() {
            match letter {
                '\\' => text.extend(chars.next().map(|it| it.1)),
                _ if letter == mark => {
                    self.at += place + mark.len_utf8();
                    return Ok(Some(text));
                }
                _ => text.push(letter),
            }
        }
        Err(BadFilter(self.at))
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> Result<&'a str, BadFilter> {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(|it| !belongs(it)).unwrap_or(rest.len())];
        self.at += word.len();
        if word.is_empty() { Err(BadFilter(self.at)) } else { Ok(word) }
    }

    fn skip(&mut self, sign: &str) -> bool {
        // Blanks between the parts are let pass, as Klaviyo's own examples have them.
        let blanks = self.text[self.at..].len() - self.text[self.at..].trim_start_matches(' ').len();
        let found = self.text[self.at + blanks..].starts_with(sign);
        if found {
            self.at += blanks + sign.len();
            self.at += self.text[self.at..].len() - self.text[self.at..].trim_start_matches(' ').len();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), BadFilter> {
        if self.skip(sign) { Ok(()) } else { Err(BadFilter(self.at)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operator: &str, field: &str, operand: Operand) -> Call {
        Call { operator: operator.to_owned(), field: field.to_owned(), operand }
    }

    fn text(text: &str) -> Operand {
        Operand::Text(text.to_owned())
    }

    #[test]
    fn reads_what_klaviyo_reads() {
        let bare = |text: &str| Operand::Bare(text.to_owned());
        let cases = [
            ("equals(a,'b')", vec![call("equals", "a", text("b"))]),
            (r#"equals(a,"it's, (really)")"#, vec![call("equals", "a", text("it's, (really)"))]),
            (r#"equals(a,"say \"b\"")"#, vec![call("equals", "a", text("say \"b\""))]),
            ("has(metric)", vec![call("has", "metric", Operand::Nothing)]),
            (
                "equals(messages.channel,'email'),equals(archived,true)",
                vec![call("equals", "messages.channel", text("email")), call("equals", "archived", bare("true"))],
            ),
            (
                "and(greater-or-equal(datetime,2026-01-01T00:00:00Z), less-than(datetime,2026-01-02T00:00:00+00:00))",
                vec![
                    call("greater-or-equal", "datetime", bare("2026-01-01T00:00:00Z")),
                    call("less-than", "datetime", bare("2026-01-02T00:00:00+00:00")),
                ],
            ),
            (r#"any(id,["x",'y'])"#, vec![call("any", "id", Operand::List(vec!["x".to_owned(), "y".to_owned()]))]),
        ];
        for (filter, calls) in cases {
            assert_eq!(parse(filter), Ok(calls), "{filter}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_filter() {
        for filter in [
            "",
            "equals",
            "equals(",
            "equals()",
            "equals(a,'b'",
            "equals(a,'b)",
            "equals(a,'b'),",
            "equals(a,b c)",
            "equals(a,'b')equals(c,'d')",
            "equals(a,[])",
            "equals(a,['x')",
            "EQUALS(a,'b')",
            "a=b",
        ] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }
}
