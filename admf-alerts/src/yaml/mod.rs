//! YAML as a tree that knows its places; texts stay as they are written.

mod at;
mod error;
mod tag;

use std::collections::{HashMap, HashSet};

pub(crate) use at::{At, Read, Refused};
pub use error::FileError;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// How deep lists and maps may be nested.
const DEPTH: usize = 32;
/// How many nodes there may be, with those that anchors keep and aliases repeat.
const NODES: usize = 1_000_000;
/// How many bytes of a text that is repeated count as one more node.
const TEXT: usize = 64;

/// Where something is: line and column from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) mark: Mark,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A text, and whether it stands there without quotes.
    Scalar(String, bool),
    List(Vec<Node>),
    /// Keys, each once, with their values.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) mark: Mark,
    pub(crate) value: Node,
}

type Parsed<T> = Result<T, (Mark, String)>;

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(text, true) if is_null(text))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// How many values it is, a long text as many as there would be room for in its place.
    fn size(&self) -> usize {
        let text = |text: &str| 1 + text.len() / TEXT;
        let entry = |entry: &Entry| text(&entry.key) + entry.value.size();
        match &self.kind {
            Kind::Scalar(scalar, _) => text(scalar),
            Kind::List(nodes) => 1 + nodes.iter().map(Self::size).sum::<usize>(),
            Kind::Map(entries) => 1 + entries.iter().map(entry).sum::<usize>(),
        }
    }
}

/// Reads the one document of a file; `None` where there is none.
pub(crate) fn document<T>(
    file: &str,
    text: &str,
    take: impl FnOnce(&Node) -> Read<T>,
) -> Result<Option<T>, FileError> {
    let document = read(text);
    let document = document.map_err(|(mark, problem)| FileError::new(file, mark, "", problem))?;
    let taken = document.map(|document| take(&document)).transpose();
    taken.map_err(|it| FileError::new(file, it.mark, it.field, it.problem))
}

/// Reads one document; `None` where there is none.
fn read(text: &str) -> Parsed<Option<Node>> {
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
    fn next(&mut self) -> Parsed<(Event<'t>, Mark)> {
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

    fn node(&mut self, event: Event<'t>, mark: Mark, depth: usize) -> Parsed<Node> {
        if depth > DEPTH {
            return Err((mark, format!("nested deeper than {DEPTH}")));
        }
        self.count(1, mark)?;
        let (anchor, kind) = match event {
            Event::Alias(anchor) => return self.alias(anchor, mark),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let plain = tag::plain(&text, plain, tag.as_deref());
                let plain = plain.map_err(|problem| (mark, problem))?;
                (anchor, Kind::Scalar(text.into_owned(), plain))
            }
            Event::SequenceStart(anchor, _) => (anchor, Kind::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Kind::Map(self.map(depth)?)),
            _ => return Err((mark, "expected a value".to_owned())),
        };
        let node = Node { mark, kind };
        if anchor > 0 {
            self.count(node.size(), mark)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, mark: Mark) -> Parsed<Node> {
        let size = self.anchors.get(&anchor).map_or(0, Node::size);
        self.count(size, mark)?;
        let node = self.anchors.get(&anchor).cloned();
        node.ok_or_else(|| (mark, "unknown anchor".to_owned()))
    }

    fn count(&mut self, nodes: usize, mark: Mark) -> Parsed<()> {
        self.nodes += nodes;
        match self.nodes > NODES {
            true => Err((mark, format!("more than {NODES} values"))),
            false => Ok(()),
        }
    }

    fn list(&mut self, depth: usize) -> Parsed<Vec<Node>> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, mark) => nodes.push(self.node(event, mark, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Parsed<Vec<Entry>> {
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

fn is_null(text: &str) -> bool {
    ["", "~", "null", "Null", "NULL"].contains(&text)
}

fn mark(span: Span) -> Mark {
    Mark {
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}
