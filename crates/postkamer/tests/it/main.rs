//! Stories of the whole program on real peers, told from outside: what a person, a program and another mail client see.

mod accounts;
mod client;
mod command_line;
mod description;
mod epoch;
mod erase;
mod faithful;
mod feed;
mod fetch;
mod other_account;
mod own;
mod page;
mod personal;
mod pop3;
mod post_office;
mod program;
mod restore;
mod rights;
mod search;
mod secrets;
mod sender;
mod sending;
mod spoken;
mod submission;
mod two_way;
