//! YAML as a tree that knows its places; texts stay as they are written.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// How deep lists and maps may be nested.
const DEPTH: usize = 32;
/// How many nodes there may be, with those that aliases repeat.
const NODES: usize = 1_000_000;

/// Where something is: line and column from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A text, and whether it stands there without quotes.
    Scalar(String, bool),
    List(Vec<Node>),
    /// Keys, each once, with their values.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) mark: Mark,
    pub(super) value: Node,
}

pub(super) type Read<T> = Result<T, (Mark, String)>;

impl Node {
    pub(super) fn is_null(&self) -> bool {
        let null = |text: &str| ["", "~", "null", "Null", "NULL"].contains(&text);
        matches!(&self.kind, Kind::Scalar(text, true) if null(text))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Scalar(..) => 0,
            Kind::List(nodes) => nodes.iter().map(Self::size).sum(),
            Kind::Map(entries) => entries.iter().map(|entry| 1 + entry.value.size()).sum(),
        }
    }
}

/// Reads one document; `None` where there is none.
pub(super) fn read(text: &str) -> Read<Option<Node>> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
    };
    let mut document = None;
    loop {
        let (event, mark) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(document),
            Event::DocumentStart(_) if document.is_some() => {
                return Err((mark, "a second document".to_owned()));
            }
            Event::DocumentStart(_) => {
                let (event, mark) = reader.next()?;
                document = Some(reader.node(event, mark, 0)?);
            }
            _ => {}
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Read<(Event<'t>, Mark)> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, mark(span))),
            Some(Err(error)) => {
                let marker = error.marker();
                let mark = Mark {
                    line: marker.line(),
                    column: marker.col() + 1,
                };
                Err((mark, error.info().to_owned()))
            }
            None => Ok((Event::StreamEnd, Mark::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, mark: Mark, depth: usize) -> Read<Node> {
        if depth > DEPTH {
            return Err((mark, format!("nested deeper than {DEPTH}")));
        }
        self.count(1, mark)?;
        let (anchor, kind) = match event {
            Event::Alias(anchor) => return self.alias(anchor, mark),
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                (anchor, Kind::Scalar(text.into_owned(), plain))
            }
            Event::SequenceStart(anchor, _) => (anchor, Kind::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Kind::Map(self.map(depth)?)),
            _ => return Err((mark, "expected a value".to_owned())),
        };
        let node = Node { mark, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, mark: Mark) -> Read<Node> {
        let node = self.anchors.get(&anchor).cloned();
        let node = node.ok_or_else(|| (mark, "unknown anchor".to_owned()))?;
        self.count(node.size(), mark)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, mark: Mark) -> Read<()> {
        self.nodes += nodes;
        match self.nodes > NODES {
            true => Err((mark, format!("more than {NODES} values"))),
            false => Ok(()),
        }
    }

    fn list(&mut self, depth: usize) -> Read<Vec<Node>> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, mark) => nodes.push(self.node(event, mark, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Read<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut keys = HashSet::new();
        loop {
            let (event, mark) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(entries);
            }
            let Kind::Scalar(key, _) = self.node(event, mark, depth + 1)?.kind else {
                return Err((mark, "a key must be a text".to_owned()));
            };
            if !keys.insert(key.clone()) {
                return Err((mark, format!("the key `{key}` is there twice")));
            }
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            entries.push(Entry { key, mark, value });
        }
    }
}

fn mark(span: Span) -> Mark {
    Mark {
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}
