use untis_webhook::Rejection;

/// What an operator does next about a delivery that was refused for this reason, where nothing more is known of it.
pub(super) fn advice(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::BodyIncomplete => {
            "look at what stands before the receiver: something closes the connection before the body has passed"
        }
        Rejection::BodyTimeout => {
            "look at what slows the body down on its way; if it is no fault, give it more time with body_deadline"
        }
        Rejection::BodyTooLarge => {
            "look at what was sent, since a real payload is less than 1 KiB; if it is genuine, raise body_limit"
        }
        Rejection::DigestMismatch => {
            "let the receiver have the bytes as they were sent: verify before anything parses, decompresses or re-encodes \
             the body"
        }
        Rejection::MalformedSignature => {
            "look at what changes the signature's header on its way: the platform sends base64 and nothing around it"
        }
        Rejection::MissingHeader => {
            "have the front end pass both headers on, or copy them to others and name those in HeaderNames"
        }
        Rejection::RepeatedHeader => {
            "find what adds a second header on the way, and have it leave both to the platform"
        }
        Rejection::UnsupportedAlgorithm => {
            "check that it is the platform that sends: it uses SHA256withRSA, and nothing weaker is taken"
        }
        Rejection::UntrustedSignature => {
            "check that the key is the one published for the environment that sends; after a rotation, trust the old and \
             the new one for a while"
        }
        _ => "look at the reason",
    }
}
