//! What a subscriber asks of the hub: the form that is posted to `/hub`.

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::checked_address;

/// No form is longer.
const LONGEST_FORM: usize = 16 << 10;

/// Secrets are shorter (the standard's rule).
const LONGEST_SECRET: usize = 199;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// To be told of changes.
    Subscribe,
    /// To be told no more.
    Unsubscribe,
}

impl Mode {
    /// The value of `hub.mode`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Subscribe => "subscribe",
            Mode::Unsubscribe => "unsubscribe",
        }
    }
}

/// A request in good form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub mode: Mode,
    /// The feed.
    pub topic: String,
    /// Where to send it: http or https, without credentials and fragment. Its network is not judged yet.
    pub callback: String,
    /// For how many seconds, if the subscriber says.
    pub lease: Option<u64>,
    /// What to sign with.
    pub secret: Option<String>,
}

/// Why a request is refused, in words for the one who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The form is too long.
    #[error("the form is longer than {LONGEST_FORM} bytes")]
    TooLong,
    /// A parameter is there twice.
    #[error("{0} is given more than once")]
    Doubled(String),
    /// A parameter is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Neither of the modes.
    #[error("hub.mode must be \"subscribe\" or \"unsubscribe\"")]
    Mode,
    /// Not an address that can be called.
    #[error("hub.callback must be an http or https address without user name, password and fragment")]
    Callback,
    /// Not a number.
    #[error("hub.lease_seconds must be a number of seconds")]
    Lease,
    /// Too long a secret.
    #[error("hub.secret must have 1 to {LONGEST_SECRET} bytes")]
    Secret,
    /// No feed of ours.
    #[error("this hub has no topic {0:?}: subscribe to the address in the feed's own rel=\"self\" link")]
    UnknownTopic(String),
    /// Nothing to end.
    #[error("there is no such subscription")]
    NotSubscribed,
    /// The hub has as many as it takes, in all or for one host.
    #[error("too many subscriptions or requests; try again later")]
    TooMany,
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::TooLong => 413,
            Refusal::UnknownTopic(_) | Refusal::NotSubscribed => 404,
            Refusal::TooMany => 429,
            _ => 400,
        }
    }
}

impl Request {
    /// Reads a form (`application/x-www-form-urlencoded`). Parameters that are not the hub's are left alone.
    pub fn parse(form: &[u8]) -> Result<Request, Refusal> {
        if form.len() > LONGEST_FORM {
            return Err(Refusal::TooLong);
        }
        let mode = match required(form, "hub.mode")?.as_str() {
            "subscribe" => Mode::Subscribe,
            "unsubscribe" => Mode::Unsubscribe,
            _ => return Err(Refusal::Mode),
        };
        let topic = required(form, "hub.topic")?;
        let callback = checked_address(&required(form, "hub.callback")?).ok_or(Refusal::Callback)?;
        let lease = optional(form, "hub.lease_seconds")?.filter(|lease| !lease.is_empty());
        let secret = optional(form, "hub.secret")?;
        if secret
            .as_ref()
            .is_some_and(|secret| !(1..=LONGEST_SECRET).contains(&secret.len()))
        {
            return Err(Refusal::Secret);
        }
        Ok(Request {
            mode,
            topic,
            callback: callback.into(),
            lease: lease.map(|lease| seconds(&lease)).transpose()?,
            secret,
        })
    }
}

/// A number of seconds; one too great to be counted is the greatest.
fn seconds(text: &str) -> Result<u64, Refusal> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Lease);
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

fn required(form: &[u8], name: &'static str) -> Result<String, Refusal> {
    let value = optional(form, name)?.filter(|value| !value.is_empty());
    value.ok_or(Refusal::Missing(name))
}

fn optional(form: &[u8], name: &str) -> Result<Option<String>, Refusal> {
    let mut values = form_urlencoded::parse(form).filter(|(key, _)| key == name);
    let value = values.next().map(|(_, value)| value.into_owned());
    match values.next() {
        Some(_) => Err(Refusal::Doubled(name.to_owned())),
        None => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "hub.callback=https%3A%2F%2Freader.example%2Fcb%3Fa%3D1";

    #[test]
    fn a_form_in_good_order_is_read() {
        let form = format!("hub.mode=subscribe&hub.topic=https%3A%2F%2Fw.example%2Ff.atom&{CALLBACK}&hub.verify=async");
        let request = Request {
            mode: Mode::Subscribe,
            topic: "https://w.example/f.atom".to_owned(),
            callback: "https://reader.example/cb?a=1".to_owned(),
            lease: None,
            secret: None,
        };
        assert_eq!(Request::parse(form.as_bytes()), Ok(request.clone()));
        let form = format!("{form}&hub.lease_seconds=99999999999999999999999&hub.secret=s+s");
        let more = Request {
            lease: Some(u64::MAX),
            secret: Some("s s".to_owned()),
            ..request
        };
        assert_eq!(Request::parse(form.as_bytes()), Ok(more));
    }

    #[test]
    fn a_form_in_bad_order_is_refused_with_the_reason() {
        let with = |mode: &str, rest: &str| format!("hub.mode={mode}&hub.topic=t&{rest}");
        for (form, refusal) in [
            (String::new(), Refusal::Missing("hub.mode")),
            (with("publish", CALLBACK), Refusal::Mode),
            (with("subscribe", ""), Refusal::Missing("hub.callback")),
            (with("subscribe", "hub.callback="), Refusal::Missing("hub.callback")),
            (format!("hub.mode=subscribe&{CALLBACK}"), Refusal::Missing("hub.topic")),
            (
                with("subscribe", &format!("{CALLBACK}&{CALLBACK}")),
                Refusal::Doubled("hub.callback".to_owned()),
            ),
            (
                with("subscribe", &format!("{CALLBACK}&hub.lease_seconds=-1")),
                Refusal::Lease,
            ),
            (
                with("subscribe", &format!("{CALLBACK}&hub.lease_seconds=1e9")),
                Refusal::Lease,
            ),
            (with("subscribe", &format!("{CALLBACK}&hub.secret=")), Refusal::Secret),
            (
                with("subscribe", &format!("{CALLBACK}&hub.secret={}", "x".repeat(200))),
                Refusal::Secret,
            ),
            ("x".repeat(LONGEST_FORM + 1), Refusal::TooLong),
        ] {
            assert_eq!(Request::parse(form.as_bytes()), Err(refusal), "{form:.90}");
        }
    }

    #[test]
    fn a_hostile_callback_is_refused() {
        for callback in [
            "ftp://a.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "gopher://a.example/",
            "unix:/run/warta/control.sock",
            "//a.example/",
            "a.example/cb",
            "https://user@a.example/",
            "https://user:pass@a.example/",
            "https://:pass@a.example/",
            "https://a.example/#x",
            "https://a.example/#",
            "https://",
            "http:///",
            &format!("https://a.example/{}", "x".repeat(2048)),
        ] {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("hub.mode", "subscribe");
            form.append_pair("hub.topic", "t").append_pair("hub.callback", callback);
            assert_eq!(
                Request::parse(form.finish().as_bytes()),
                Err(Refusal::Callback),
                "{callback}"
            );
        }
    }

    #[test]
    fn no_bytes_make_the_parser_fail() {
        for form in [
            &b"\xff\xfe&%&%f&=&&&hub.mode"[..],
            b"hub.mode=%00&hub.topic=%ff&hub.callback=%",
        ] {
            assert!(Request::parse(form).is_err());
        }
    }
}
