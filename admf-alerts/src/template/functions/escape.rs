//! Texts made safe for where they go: pages, scripts, links.

use std::fmt::Write;

use super::super::bounds::Out;
use super::super::format;
use super::{Value, text};

pub(super) fn html(args: &[Value]) -> Result<Value, String> {
    each(args, |out, c| match c {
        '\0' => out.push('\u{fffd}'),
        '"' => out.push_str("&#34;"),
        '\'' => out.push_str("&#39;"),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c => out.push(c),
    })
}

pub(super) fn js(args: &[Value]) -> Result<Value, String> {
    each(args, |out, c| match c {
        '\\' | '\'' | '"' => out.extend(['\\', c]),
        '<' | '>' | '&' | '=' => coded(out, c),
        c if format::is_printable(c) => out.push(c),
        c => coded(out, c),
    })
}

fn coded(out: &mut String, c: char) {
    write!(out, "\\u{:04X}", u32::from(c)).expect("a String takes whatever is written to it");
}

pub(super) fn urlquery(args: &[Value]) -> Result<Value, String> {
    Ok(Value::text(query_part(&printed(args)?)))
}

/// The page of Prometheus that shows the expression as a graph.
pub(super) fn graph_link(args: &[Value]) -> Result<Value, String> {
    let expression = query_part(text(args, 0)?);
    Ok(Value::text(format!("/graph?g0.expr={expression}&g0.tab=0")))
}

pub(super) fn table_link(args: &[Value]) -> Result<Value, String> {
    let expression = query_part(text(args, 0)?);
    Ok(Value::text(format!("/graph?g0.expr={expression}&g0.tab=1")))
}

fn query_part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02X}").expect("a String takes whatever is written to it"),
        }
    }
    out
}

fn each(args: &[Value], escape: fn(&mut String, char)) -> Result<Value, String> {
    let mut out = String::new();
    printed(args)?.chars().for_each(|c| escape(&mut out, c));
    Ok(Value::text(out))
}

fn printed(args: &[Value]) -> Result<String, String> {
    let mut out = Out::default();
    format::print_actions(&mut out, args)?;
    Ok(out.into_text())
}
