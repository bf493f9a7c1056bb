//! Lengths of time: `0`, `5m`, `1h30m`, `10s53ms`.

/// Reads a length of time in milliseconds.
pub(crate) fn millis(text: &str) -> Result<i64, String> {
    let problem = || format!("`{text}` is no length of time");
    if text == "0" {
        return Ok(0);
    }
    let mut rest = text;
    let mut total = 0i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let (number, after) = rest.split_at(digits.ok_or_else(problem)?);
        let unit_end = after.find(|c: char| c.is_ascii_digit());
        let (unit, next) = after.split_at(unit_end.unwrap_or(after.len()));
        let number: i64 = number.parse().map_err(|_| problem())?;
        let unit = unit_millis(unit).ok_or_else(problem)?;
        let part = number.checked_mul(unit);
        total = part
            .and_then(|part| total.checked_add(part))
            .ok_or_else(problem)?;
        rest = next;
    }
    if text.is_empty() {
        return Err(problem());
    }
    Ok(total)
}

fn unit_millis(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        "y" => 365 * 86_400_000,
        _ => return None,
    })
}
