//! `untis-webhookd`: receives, verifies and handles the webhooks of the Untis Platform, for an application in any
//! language. Unofficial: not affiliated with Untis.

mod settings;

fn main() {}
