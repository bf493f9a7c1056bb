mod day;
mod faults;
mod orders;
mod requests;
