use std::time::Duration;

use http::Response;
use ureq::Agent;

use crate::Delivery;

impl Delivery {
    /// Posts it to a receiver, http or https, and gives the answer, whatever its status. Blocks until then, for at most
    /// 30 s. It goes through no proxy, whatever the environment says.
    ///
    /// ```
    /// use untis_webhook_testkit::{Delivery, Payload, SigningKey};
    ///
    /// # let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    /// # let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    /// # drop(listener);
    /// let delivery = Delivery::sign(SigningKey::shared(), Payload::credentials_v1());
    /// match delivery.send(&url) {
    ///     Ok(answer) => assert_eq!(answer.status(), 204),
    ///     Err(error) => println!("nobody listens there: {error}"),
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no answer.
    pub fn send(self, url: &str) -> Result<Response<String>, SendError> {
        // Unless it is set to none, the proxy is that of the environment.
        let config = Agent::config_builder().proxy(None).http_status_as_error(false).max_redirects(0);
        let agent: Agent = config.timeout_global(Some(Duration::from_secs(30))).build().into();
        let (head, body) = self.into_parts();
        let mut request =
            http::Request::post(url).body(body.to_vec()).map_err(|error| SendError(error.into()))?;
        *request.headers_mut() = head;
        let (head, mut body) = agent.run(request).map_err(SendError)?.into_parts();
        Ok(Response::from_parts(head, body.read_to_string().map_err(SendError)?))
    }
}

/// There was no answer.
#[derive(Debug, thiserror::Error)]
#[error("cannot send the delivery")]
pub struct SendError(#[source] ureq::Error);
