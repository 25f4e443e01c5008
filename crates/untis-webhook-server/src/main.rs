//! `untis-webhookd`: receives, verifies and handles the webhooks of the Untis Platform, for an application in any
//! language. Unofficial: not affiliated with Untis.
#![allow(dead_code, reason = "nothing reads settings yet")]

mod admin;
mod api;
mod metrics;
mod notify;
mod serve;
mod settings;
#[cfg(test)]
mod tests;
mod time;

fn main() {}
