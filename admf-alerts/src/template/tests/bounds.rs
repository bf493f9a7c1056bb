//! What a template may not exceed.

use super::*;

#[test]
fn a_template_that_is_too_long_or_too_deep_is_refused() {
    let error = |text: String| Template::parse(&text).map(|_| "").unwrap_err().to_string();
    let ifs = |count| "{{ if 1 }}".repeat(count) + &"{{ end }}".repeat(count);
    let parens = |count| format!("{{{{ {}1{} }}}}", "(".repeat(count), ")".repeat(count));
    let pipes = |count| format!("{{{{ 1{} }}}}", " | print".repeat(count));
    assert_eq!(rendered(&ifs(MAX_DEPTH)).as_deref(), Ok(""));
    assert_eq!(
        error(ifs(MAX_DEPTH + 1)),
        "line 1, column 324: a template nests at most 32 levels deep"
    );
    for nest in [parens, pipes] {
        assert_eq!(rendered(&nest(MAX_LINKS)).as_deref(), Ok("1"));
        let error = error(nest(MAX_LINKS + 1));
        assert!(
            error.ends_with(": more than 64 pipes, parentheses and fields"),
            "{error}"
        );
    }
    assert!(Template::parse(&"a".repeat(MAX_TEXT)).is_ok());
    assert_eq!(
        error("a".repeat(MAX_TEXT + 1)),
        "line 1, column 1: a template has at most 65536 bytes"
    );
}

#[test]
fn what_nests_as_deep_as_it_may_fits_a_small_stack() {
    let inner = "(print ".repeat(MAX_LINKS) + "1" + &")".repeat(MAX_LINKS);
    let blocks = ["range .Labels", "with 1", "if 1"].map(|it| format!("{{{{ {it} }}}}"));
    let open: String = blocks
        .iter()
        .cycle()
        .take(MAX_DEPTH)
        .map(String::as_str)
        .collect();
    let open = open.replace("range .Labels", "range $.Labels");
    let text = format!(
        "{open}{{{{ {inner} }}}}{{{{ break }}}}{}",
        "{{ end }}".repeat(MAX_DEPTH)
    );
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let thread = small.spawn(move || rendered(&text)).unwrap();
    // Of eleven ranges over two labels all but the innermost, which is left at once, turn twice.
    assert_eq!(thread.join().unwrap(), Ok("1".repeat(1 << 10)));
}

#[test]
fn a_rendering_that_runs_away_ends_with_an_error() {
    let cases = [
        // Ten series, seven deep: 10,000,000 turns.
        "{{ range query `ten` }}".repeat(7) + "x" + &"{{ end }}".repeat(7),
        "{{ range query `ten` }}{{ range query `ten` }}{{ query `ten` | len }}{{ end }}{{ end }}".to_owned(),
        "{{ $t := query `ten` }}".to_owned() + &"{{ range $t }}".repeat(7) + "{{ $x := 1 }}" + &"{{ end }}".repeat(7),
        "{{ $t := query `ten` }}{{ range $t }}{{ range $t }}{{ match (print `a`) `a` }}{{ end }}{{ end }}".to_owned(),
    ];
    for text in cases {
        assert!(
            run(&text).unwrap_err().ends_with("more than 100000 steps"),
            "{text}"
        );
    }
}

#[test]
fn a_rendering_that_grows_without_end_ends_with_an_error() {
    let doubling = "{{ $x := `0123456789` }}{{ $t := query `ten` }}{{ range $t }}{{ range $t }}{{ $x = print $x $x }}{{ end }}{{ end }}";
    let cases = [
        doubling,
        "{{ printf `%2000000d` 1 }}",
        "{{ printf `%.2000000d` 1 }}",
        "{{ $x := printf `%900000d` 1 }}{{ $x }}",
        "{{ $x := printf `%500d` 1 }}{{ reReplaceAll ` ` (printf `%9000d` 1) $x }}",
        "{{ $x := printf `%300000d` 1 }}{{ html $x $x $x $x }}",
    ];
    for text in cases {
        let error = run(text).unwrap_err();
        assert!(
            error.ends_with("more than 1048576 bytes of text"),
            "{text}: {error}"
        );
    }
    assert_eq!(
        run("{{ len (printf `%1000000d` 1) }}").as_deref(),
        Ok("1000000")
    );
}

struct Ten;

impl Query for Ten {
    fn query(&self, _: &str) -> Result<Vec<Sample>, String> {
        let labels = Arc::default();
        let value = 0.0;
        Ok(vec![Sample { labels, value }; 10])
    }
}

fn run(text: &str) -> Result<String, String> {
    let data = Data::new(Labels::new(), 0.0);
    let rendered = Template::parse(text).unwrap().render(&data, &Ten);
    rendered.map_err(|error| error.to_string())
}
