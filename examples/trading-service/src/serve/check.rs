//! The rules that a new order is held to.

use serde_json::{Map, Value};

use crate::broker::{Order, Side};

/// The first rule that an order breaks: field, rule and value.
#[derive(Debug, PartialEq)]
pub(super) struct BadOrder {
    pub(super) field: &'static str,
    pub(super) rule: String,
    pub(super) value: Value,
}

const FIELDS: [&str; 5] = ["client_id", "symbol", "side", "quantity", "price"];

/// Reads an order; it has no time yet.
pub(super) fn order(body: &[u8], symbols: &[String]) -> Result<Order, BadOrder> {
    let bad = |rule: String, value| BadOrder {
        field: "body",
        rule,
        value,
    };
    let json = serde_json::from_slice(body)
        .map_err(|error| bad(format!("must be JSON: {error}"), Value::Null))?;
    let Value::Object(fields) = json else {
        return Err(bad("must be a JSON object".to_owned(), json));
    };
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let rule = format!("must have no fields but {}", FIELDS.join(", "));
        return Err(bad(rule, name.clone().into()));
    }
    Ok(Order {
        client_id: client_id(&fields)?,
        symbol: symbol(&fields, symbols)?,
        side: side(&fields)?,
        quantity: u32::try_from(number(&fields, "quantity", u32::MAX.into())?).unwrap_or(u32::MAX),
        price: number(&fields, "price", 100_000_000_000)?,
        at: 0,
    })
}

fn client_id(fields: &Map<String, Value>) -> Result<String, BadOrder> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    text(
        fields,
        "client_id",
        "must be 1 to 64 of A-Z a-z 0-9 . _ : -",
        |id| (1..=64).contains(&id.len()) && id.bytes().all(plain),
    )
}

fn symbol(fields: &Map<String, Value>, symbols: &[String]) -> Result<String, BadOrder> {
    let rule = format!("must be one of {}", symbols.join(", "));
    text(fields, "symbol", &rule, |symbol| {
        symbols.iter().any(|one| one == symbol)
    })
}

fn side(fields: &Map<String, Value>) -> Result<Side, BadOrder> {
    let side = text(fields, "side", "must be buy or sell", |side| {
        ["buy", "sell"].contains(&side)
    })?;
    Ok(if side == "buy" { Side::Buy } else { Side::Sell })
}

fn text(
    fields: &Map<String, Value>,
    field: &'static str,
    rule: &str,
    holds: impl FnOnce(&str) -> bool,
) -> Result<String, BadOrder> {
    let value = fields.get(field).unwrap_or(&Value::Null);
    match value.as_str() {
        Some(text) if holds(text) => Ok(text.to_owned()),
        _ => Err(BadOrder {
            field,
            rule: rule.to_owned(),
            value: value.clone(),
        }),
    }
}

fn number(fields: &Map<String, Value>, field: &'static str, most: i64) -> Result<i64, BadOrder> {
    let value = fields.get(field).unwrap_or(&Value::Null);
    let number = value.as_i64().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| BadOrder {
        field,
        rule: format!("must be a whole number from 1 to {most}"),
        value: value.clone(),
    })
}
