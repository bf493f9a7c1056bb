//! Numbers by the functions and by `printf`.

use proptest::prelude::*;
use proptest::sample::select;

use super::list;

/// Floats of all sizes, halves between two decimals among them, as literals.
fn float() -> impl Strategy<Value = String> {
    let sized = (-9_999_999_i64..9_999_999, -14_i32..25);
    let sized = sized.prop_map(|(digits, exponent)| digits as f64 * 10_f64.powi(exponent - 7));
    let halves = (-4000_i32..4000).prop_map(|eighths| f64::from(eighths) / 8.0);
    let bits = any::<u64>().prop_map(f64::from_bits);
    let seconds = -1e10..1e10;
    let edges = vec![
        999.95, 1000.0, 1023.9, 1024.0, 999_950.0, 0.999_95, 59.999, 60.0, 86_400.0, 9.3e18,
    ];
    prop_oneof![3 => sized, 2 => halves, 1 => bits, 1 => seconds, 1 => select(edges)].prop_map(
        |value| {
            if value.is_finite() {
                format!("{value:e}")
            } else {
                "-0.0".to_owned()
            }
        },
    )
}

fn spec() -> impl Strategy<Value = String> {
    let flags = "[-+# 0]{0,2}";
    (flags, "(|[0-9]|1[0-9])", r"(|\.|\.[0-9]|\.1[0-9])").prop_map(|(flags, width, precision)| {
        // What is not supported of floats and of `%v`.
        format!("%{}{width}{precision}", flags.replace('#', ""))
    })
}

/// `count` templates of numbers by the functions and by `printf`.
pub(crate) fn numbers(count: usize) -> Vec<String> {
    let all = prop_oneof![2 => humanized(), 2 => floats(), 1 => ints(), 1 => texts()];
    list(&all, count)
}

fn printf(spec: &str, verb: char, value: impl std::fmt::Display) -> String {
    format!("{{{{ printf \"[{spec}{verb}]\" {value} }}}}")
}

fn humanized() -> impl Strategy<Value = String> {
    float().prop_map(|x| {
        let names = ["", "1024", "Duration", "Percentage", "Timestamp"];
        let each = names.map(|name| format!("{{{{ humanize{name} {x} }}}}"));
        // Dates far away are an error, which would hide the rest.
        let far = x.parse::<f64>().is_ok_and(|x| x.abs() > 9e9);
        each[..if far { 4 } else { 5 }].join("|")
    })
}

fn floats() -> impl Strategy<Value = String> {
    let verbs = vec!['v', 'g', 'G', 'e', 'E', 'f', 'F', 'd', 's', 't'];
    let floats = (spec(), select(verbs), float());
    floats.prop_map(|(spec, verb, x)| printf(&spec, verb, x))
}

fn ints() -> impl Strategy<Value = String> {
    let verbs = vec!['d', 'x', 'X', 'o', 'O', 'b', 'c', 'q', 'U', 's', 'f'];
    let spec = (
        "[-+# 0]{0,2}",
        "(|[0-9]|1[0-9])",
        r"(|\.[0-9])",
        select(verbs),
    );
    let int = prop_oneof![-200_i64..200, any::<i32>().prop_map(i64::from)];
    (spec, int).prop_map(|((flags, width, precision, verb), x)| {
        // What is not supported, or shows how Go writes what nobody asks for.
        let plain = matches!(verb, 'q' | 'U' | 'f' | 's');
        let flags = if plain { "" } else { &flags };
        let precision = if verb == 'U' { "" } else { &precision };
        printf(&format!("%{flags}{width}{precision}"), verb, x)
    })
}

fn texts() -> impl Strategy<Value = String> {
    let verbs = vec!['s', 'v', 'q', 'x', 'X', 'd', 't'];
    let texts = (spec(), select(verbs), "[a-c\"é\\\\\t€]{0,6}");
    texts.prop_map(|(spec, verb, text)| printf(&spec, verb, format!("`{text}`")))
}
