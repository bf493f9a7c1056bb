//! The files of the guide are files.

use admf_alerts::alertmanager_file::{add, parse};

use crate::amtool::accepted;

const GUIDE: &str = include_str!("../../../docs/notifying_guide.md");

/// The blocks of the guide: whether it is a file of Alertmanager, and its text.
fn blocks() -> Vec<(bool, &'static str)> {
    let blocks = GUIDE.split("```yaml ").skip(1).map(|rest| {
        let (kind, rest) = rest.split_once('\n').expect("the text follows");
        let (text, _) = rest.split_once("```").expect("a block ends");
        (kind == "first", text)
    });
    blocks.collect()
}

#[test]
fn every_file_of_the_guide_is_accepted_and_each_second_one_fits_its_first() {
    let blocks = blocks();
    let [second_a, first_a, first_b, second_b] = blocks[..] else {
        panic!("there are others: {blocks:?}");
    };
    for ((is_first, first), (is_second, second)) in [(first_a, second_a), (first_b, second_b)] {
        assert!(is_first && !is_second);
        let file = ("alertmanager.yml".to_owned(), first.to_owned());
        if let Some(accepted) = accepted(&[file].into()) {
            assert!(accepted["alertmanager.yml"], "{first}");
        }
        let setup = parse("alertmanager.yml", first, None).expect("it is sound");
        add(setup, "admf.yml", second, None).expect("it fits");
    }
}
