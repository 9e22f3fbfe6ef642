//! Which places of a record the catalog asks for, as one tree, so that a single walk over the text finds them all.

use std::ops::Range;

use crate::store::document;

/// The places, each with a number: its slot. Built once for a page, used for every record of it.
#[derive(Debug, Default)]
pub(super) struct Shape {
    root: Node,
    slots: usize,
}

/// A place on the way to others, or one that is asked for, or both.
#[derive(Debug, Default)]
struct Node {
    slot: Option<usize>,
    members: Vec<(&'static str, Node)>,
}

/// Where in the text of one record its places were found; a place that is missing is empty.
#[derive(Debug)]
pub(super) struct Found {
    places: Vec<Range<usize>>,
    /// Whether [`document::mend`] may have something to do.
    pub(super) is_doubtful: bool,
}

impl Found {
    /// The JSON at a place, unless it is missing or null.
    pub(super) fn json<'t>(&self, text: &'t str, slot: usize) -> Option<&'t str> {
        let json = text.get(self.places.get(slot)?.clone())?;
        (!json.is_empty() && json != "null").then_some(json)
    }
}

impl Shape {
    /// The slot of the place that a JSON pointer names, without escapes as all in the catalog are.
    pub(super) fn slot_at(&mut self, pointer: &'static str) -> usize {
        self.slot(&pointer.split('/').skip(1).collect::<Vec<_>>())
    }

    /// The slot of the place that one finds by these names, one after the other; a new one for a new place.
    pub(super) fn slot(&mut self, names: &[&'static str]) -> usize {
        let node = names.iter().copied().fold(&mut self.root, Node::member);
        *node.slot.get_or_insert_with(|| {
            self.slots += 1;
            self.slots - 1
        })
    }

    /// Finds the places in `text`, which is well-formed JSON. Of a member that comes twice the last counts.
    pub(super) fn find(&self, text: &str) -> Found {
        let found = Found { places: vec![0..0; self.slots], is_doubtful: false };
        let mut walk = Walk { text, bytes: text.as_bytes(), at: 0, depth: 0, found };
        walk.space();
        walk.value(&self.root);
        walk.found
    }
}

impl Node {
    fn member(&mut self, name: &'static str) -> &mut Node {
        let at = self.members.iter().position(|(it, _)| *it == name).unwrap_or_else(|| {
            self.members.push((name, Node::default()));
            self.members.len() - 1
        });
        &mut self.members[at].1
    }

    fn find(&self, name: &str) -> Option<&Node> {
        self.members.iter().find(|(it, _)| *it == name).map(|(_, node)| node)
    }

    fn forget(&self, places: &mut [Range<usize>]) {
        if let Some(slot) = self.slot {
            places[slot] = 0..0;
        }
        for (_, node) in &self.members {
            node.forget(places);
        }
    }
}

/// A walk over well-formed JSON; on anything else it comes to its end early, and what it found means nothing.
struct Walk<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    found: Found,
}

impl Walk<'_> {
    fn byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(b'\0')
    }

    fn space(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// A value of which something is asked for. Recursion goes no deeper than the pointers of the catalog.
    fn value(&mut self, node: &Node) {
        let start = self.at;
        match self.byte() {
            b'{' if !node.members.is_empty() => self.object(node),
            b'[' if !node.members.is_empty() => self.array(node),
            _ => self.pass(),
        }
        if let Some(slot) = node.slot {
            self.found.places[slot] = start..self.at;
        }
    }

    fn object(&mut self, node: &Node) {
        self.open();
        while self.byte() == b'"' {
            let member = self.name(node);
            self.space();
            self.at += 1;
            self.space();
            match member {
                Some(member) => {
                    member.forget(&mut self.found.places);
                    self.value(member);
                }
                None => self.pass(),
            }
            self.next();
        }
        self.close();
    }

    fn array(&mut self, node: &Node) {
        self.open();
        let mut place = 0_usize;
        while !matches!(self.byte(), b']' | b'\0') {
            match node.find(&place.to_string()) {
                Some(item) => self.value(item),
                None => self.pass(),
            }
            place += 1;
            self.next();
        }
        self.close();
    }

    fn open(&mut self) {
        self.depth += 1;
        self.at += 1;
        self.space();
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    /// Behind the comma, if there is one.
    fn next(&mut self) {
        self.space();
        if self.byte() == b',' {
            self.at += 1;
            self.space();
        }
    }

    /// Goes behind the name of a member, and tells which of `node` has that name.
    fn name<'n>(&mut self, node: &'n Node) -> Option<&'n Node> {
        let start = self.at;
        let is_escaped = self.string();
        let quoted = self.text.get(start..self.at)?;
        if is_escaped {
            node.find(&serde_json::from_str::<String>(quoted).ok()?)
        } else {
            node.find(quoted.get(1..quoted.len() - 1)?)
        }
    }

    /// Goes behind a value of which nothing is asked for.
    fn pass(&mut self) {
        let depth = self.depth;
        loop {
            match self.byte() {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.found.is_doubtful |= self.depth > document::DEPTH_MAX;
                    self.at += 1;
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' => self.number(),
                b'\0' => return,
                _ if self.depth > depth => self.at += 1,
                _ => self.word(),
            }
            if self.depth <= depth {
                return;
            }
        }
    }

    /// From an opening quote to behind the closing one; tells whether anything in between is escaped.
    fn string(&mut self) -> bool {
        self.at += 1;
        let mut is_escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|it| matches!(it, b'"' | b'\\')) else {
                self.at = self.bytes.len();
                return is_escaped;
            };
            self.at += length;
            if self.byte() == b'"' {
                self.at += 1;
                return is_escaped;
            }
            is_escaped = true;
            self.found.is_doubtful |= document::may_be_surrogate(&rest[length..]);
            self.at += 2;
        }
    }

    fn number(&mut self) {
        let rest = &self.bytes[self.at..];
        let is_part = |it: &u8| matches!(it, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|it| !is_part(it)).unwrap_or(rest.len());
        self.found.is_doubtful |= document::may_overflow(&rest[..length]);
        self.at += length;
    }

    /// `true`, `false` or `null`.
    fn word(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|it| !it.is_ascii_lowercase()).unwrap_or(rest.len()).max(1);
    }
}
