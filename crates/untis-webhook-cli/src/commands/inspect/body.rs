use serde::Serialize;
use untis_webhook::Digest;

use crate::commands::rewriting::{Explained, explain, sentence, suspect};
use crate::input::{Delivery, content_length};

/// What can be said of a body beside the digest that was signed.
#[derive(Debug, Serialize)]
pub(super) struct BodyReport {
    pub(super) signed: bool,
    digest: String,
    octets: usize,
    /// Its Content-Length, if it has another.
    declared: Option<usize>,
    /// The change, or the chain of changes, that was found.
    rewriting: Option<String>,
    /// The same, one by one, in the order in which they happened.
    changes: Vec<String>,
    /// What can only be suspected.
    perhaps: Vec<String>,
    #[serde(skip)]
    unexplained: &'static str,
    #[serde(skip)]
    pub(super) next: Option<String>,
}

impl BodyReport {
    pub(super) fn new(signed: &Digest, delivery: &Delivery, body: &[u8]) -> Self {
        let digest = Digest::of(signed.algorithm(), body);
        let mut report = Self {
            signed: digest == *signed,
            digest: digest.to_string(),
            octets: body.len(),
            declared: content_length(&delivery.headers).filter(|declared| *declared != body.len()),
            rewriting: None,
            changes: vec![],
            perhaps: vec![],
            unexplained: "no usual rewriting explains it",
            next: None,
        };
        if !report.signed {
            report.explain(signed, delivery, body);
        }
        report
    }

    fn explain(&mut self, signed: &Digest, delivery: &Delivery, body: &[u8]) {
        let mut next: Vec<String> = vec![];
        if body.is_empty() {
            next.push(
                "find what consumed the body before the receiver, as a body parser or a log may, or what dropped it: a redirect \
                 makes a GET of a POST, so register the address that it leads to"
                    .into(),
            );
        } else {
            match explain(signed, body, self.declared) {
                Explained::By(changes) => {
                    self.rewriting = Some(sentence(&changes));
                    // The last that happened is the first to be undone.
                    next.extend(changes.iter().rev().map(|change| change.kind.advice().to_owned()));
                    self.changes = changes.into_iter().map(|change| change.what.into_owned()).collect();
                }
                explained => {
                    if explained == Explained::TooLong {
                        self.unexplained = "it is too long to be searched for rewritings";
                    }
                    let suspicions = suspect(&delivery.headers, body);
                    next.extend(
                        suspicions
                            .iter()
                            .filter_map(|suspicion| suspicion.kind)
                            .map(|kind| format!("if that is so, {}", kind.advice())),
                    );
                    self.perhaps = suspicions.into_iter().map(|suspicion| suspicion.what).collect();
                }
            }
            if self.declared.is_some_and(|declared| body.len() < declared) {
                next.push(
                    "find what cuts the body off on its way, or counted other octets than it sent".into(),
                );
            }
        }
        if let Some((method, _)) = delivery.line.as_ref().filter(|(method, _)| method != "POST") {
            next.push(match body.is_empty() {
                true => format!(
                    "see what made a {method} of the POST that the platform sends: a redirect, or a front end that asks the \
                     receiver whether a request may pass (auth_request, forward_auth), which sends no body, so have it pass the \
                     request itself to the receiver"
                ),
                false => format!(
                    "see what made a {method} of the POST that the platform sends, such as a redirect"
                ),
            });
        }
        next.dedup();
        self.next = (!next.is_empty()).then(|| next.join("; "));
    }

    /// What is said of it, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { signed, octets, declared, rewriting, digest, unexplained, .. } = self;
        if *signed {
            return vec!["is the one that was signed".into()];
        }
        let length = declared.map(|declared| match declared.checked_sub(*octets) {
            Some(fewer) => format!("is {} shorter than its Content-Length of {declared}", count(fewer)),
            None => format!(
                "is {} longer than its Content-Length of {declared}",
                count(octets.saturating_sub(declared))
            ),
        });
        let what = match rewriting {
            _ if *octets == 0 => "it is empty".into(),
            Some(rewriting) => rewriting.clone(),
            None => format!("its digest is {digest}, and {unexplained}"),
        };
        let perhaps = self.perhaps.iter().map(|what| format!("perhaps {what}"));
        let what = format!("is not the one that was signed: {what}");
        length.into_iter().chain([what]).chain(perhaps).collect()
    }
}

fn count(octets: usize) -> String {
    if octets == 1 { "1 octet".into() } else { format!("{octets} octets") }
}
