//! The table against std's, with hashes that meet often.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::keyed::entries::Table;

proptest! {
    #[test]
    fn the_table_finds_what_is_in_it_and_nothing_else(
        ops in prop::collection::vec((0..40_u32, any::<bool>()), 1..300),
        spread in prop_oneof![Just(1), Just(7), Just(u32::MAX / 3)],
    ) {
        let hash = |at: u32| (at / 4).wrapping_mul(spread);
        let (mut table, mut naive) = (Table::default(), HashMap::new());
        for (at, insert) in ops {
            match (insert, naive.contains_key(&at)) {
                (true, false) => {
                    table.insert(hash(at), at);
                    naive.insert(at, ());
                }
                (false, true) => {
                    table.remove(hash(at), at);
                    naive.remove(&at);
                }
                _ => {}
            }
            for at in 0..40 {
                let found = table.find(hash(at), |it| it == at).is_some();
                prop_assert_eq!(found, naive.contains_key(&at));
            }
        }
    }
}
