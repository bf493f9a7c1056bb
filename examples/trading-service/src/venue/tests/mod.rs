mod faults;
mod orders;
mod requests;
