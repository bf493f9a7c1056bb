//! As much of JSON Schema as ours uses; a word that it does not know is a failure.

use serde_json::Value;

/// Returns the first thing that breaks the schema, with its path.
pub(super) fn check(schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    for (word, rule) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" | "title" => true,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule {
                Value::Array(types) => types.iter().any(|it| is(value, it)),
                one => is(value, one),
            },
            "minimum" => value.as_f64().is_none_or(|it| it >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|it| it <= rule.as_f64().unwrap()),
            "required" => {
                let mut names = rule.as_array().unwrap().iter();
                names.all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(schema, value, &format!("{path}/{name}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| schema["properties"].get(name).is_some();
                let fields = value.as_object().into_iter().flatten();
                let mut others = fields.filter(|(name, _)| !known(name));
                match rule {
                    Value::Bool(allowed) => *allowed || others.next().is_none(),
                    rule => {
                        for (name, value) in others {
                            check(rule, value, &format!("{path}/{name}"))?;
                        }
                        true
                    }
                }
            }
            other => panic!("{other} is no word that this knows"),
        };
        if !holds {
            return Err(format!("{path}: {word} {rule}, got {value}"));
        }
    }
    Ok(())
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("{other} is no type that this knows"),
    }
}
