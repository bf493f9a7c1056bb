use proptest::prelude::*;

use super::feed::Wants;
use super::*;
use crate::labels::Labels;

/// A source that numbers its series, or does not.
struct Numbering<'s> {
    /// Number, series, value.
    samples: &'s [(u64, u8, f64)],
    numbers: bool,
}

impl Source for Numbering<'_> {
    fn give(&self, to: &mut Scrape<'_>) {
        for (number, id, value) in self.samples {
            let id = id.to_string();
            let labels = [("id", &*id), ("none", "")].into_iter();
            if self.numbers {
                to.numbered(*number, *value, || Some(("m", labels)));
            } else {
                to.sample("m", labels, *value);
            }
        }
    }
}

/// Asks for the series with these ids.
struct Ids(u8);

impl Wants for Ids {
    fn name(&self, name: &str) -> bool {
        name == "m"
    }

    fn series(&self, labels: &Labels) -> bool {
        labels
            .get("id")
            .is_some_and(|id| id.parse::<u8>().unwrap() < self.0)
    }
}

/// All series and samples, the marks of ends among them.
fn held(store: &Store) -> Vec<(String, Vec<(i64, u64)>)> {
    let series = store.select(&[]).into_iter().map(|series| {
        let ends = series.at(i64::MAX, i64::MIN).is_none();
        let mut points = vec![];
        series.read(i64::MIN, i64::MAX, &mut points);
        let points = points.iter().map(|it| (it.time, it.value.to_bits()));
        let last = ends.then_some((series.last_time(), STALE));
        (series.labels().to_string(), points.chain(last).collect())
    });
    let mut series: Vec<_> = series.collect();
    series.sort();
    series
}

proptest! {
    /// Series come, go and come again under another number, at times that stand still, and who asks for them changes.
    #[test]
    fn a_source_that_numbers_its_series_is_taken_as_one_that_does_not(
        scrapes in prop::collection::vec(
            (prop::sample::subsequence((0..6_u8).collect::<Vec<_>>(), 0..6), 0..2_i64, prop::option::weighted(0.2, 0..7_u8)),
            1..30,
        ),
    ) {
        let new = || (Feed::default(), Store::new(Limits::default()).unwrap());
        let (mut by_number, mut by_labels) = (new(), new());
        let mut numbers: Vec<Option<u64>> = vec![None; 6];
        let (mut next, mut time, mut wanted) = (0, 0, Ids(4));
        for (present, step, asked) in scrapes {
            time += step * 15_000;
            for id in 0..6 {
                let number = &mut numbers[usize::from(id)];
                match present.contains(&id) {
                    true if number.is_none() => {
                        *number = Some(next);
                        next += 1;
                    }
                    true => {}
                    false => *number = None,
                }
            }
            let sample = |id: &u8| (numbers[usize::from(*id)].unwrap(), *id, time as f64);
            let samples: Vec<_> = present.iter().map(sample).collect();
            if let Some(asked) = asked {
                wanted = Ids(asked);
                by_number.0.decide(&wanted);
                by_labels.0.decide(&wanted);
            }
            for ((feed, store), numbers) in [(&mut by_number, true), (&mut by_labels, false)] {
                let source = Numbering { samples: &samples, numbers };
                feed.scrape_wanted(store, time, &source, &wanted);
            }
            prop_assert_eq!(held(&by_number.1), held(&by_labels.1));
        }
    }
}

#[test]
fn labels_of_a_numbered_series_are_asked_for_once_and_again_where_it_was_left_out_and_others_are_asked_for()
 {
    let asked = std::cell::Cell::new(0);
    struct One<'c>(&'c std::cell::Cell<u32>);
    impl Source for One<'_> {
        fn give(&self, to: &mut Scrape<'_>) {
            to.numbered(7, 1.0, || {
                self.0.set(self.0.get() + 1);
                Some(("m", [("id", "3")].into_iter()))
            });
        }
    }
    let mut store = Store::new(Limits::default()).unwrap();
    let mut feed = Feed::default();
    for (scrape, (ids, decides, times, series)) in [
        (3, false, 1, 0),
        (3, false, 1, 0),
        (4, true, 2, 1),
        (4, false, 2, 1),
        (5, true, 2, 1),
    ]
    .into_iter()
    .enumerate()
    {
        if decides {
            feed.decide(&Ids(ids));
        }
        let time = 15_000 * scrape as i64;
        feed.scrape_wanted(&mut store, time, &One(&asked), &Ids(ids));
        assert_eq!((asked.get(), store.len()), (times, series), "{scrape}");
    }
}
