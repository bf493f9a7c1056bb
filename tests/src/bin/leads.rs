//! Leads by the lock of a file, says so, and does until it is killed or its standard input ends.

use std::io::Read;

use admf_alerts::leader::Leader;

fn main() {
    let path = std::env::args().nth(1).expect("a file is named");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("there is a timer");
    let _leadership = runtime.block_on(Leader::file(path).lead());
    println!("leads");
    let read = std::io::stdin().read_to_end(&mut Vec::new());
    read.expect("it can be read");
}
