//! Signatures of pushes (`X-Hub-Signature`): HMAC over the body with the subscriber's secret.

use ring::hmac::{self, Algorithm, Key};

/// The methods of WebSub. SHA-1 is what old hubs use; as an HMAC it is still sound.
const METHODS: [(&str, Algorithm); 4] = [
    ("sha256", hmac::HMAC_SHA256),
    ("sha384", hmac::HMAC_SHA384),
    ("sha512", hmac::HMAC_SHA512),
    ("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
];

/// The value of `X-Hub-Signature` for a body: `sha256=` and 64 hexadecimal digits.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// Whether a body has the signature that its `X-Hub-Signature` states. The comparison takes the same time wherever
/// they differ.
pub fn is_signed(secret: &str, body: &[u8], stated: &str) -> bool {
    let Some((method, digits)) = stated.trim().split_once('=') else {
        return false;
    };
    let known = METHODS.iter().find(|(name, _)| method.eq_ignore_ascii_case(name));
    let Some(((_, algorithm), tag)) = known.zip(bytes_of(digits)) else {
        return false;
    };
    hmac::verify(&Key::new(*algorithm, secret.as_bytes()), body, &tag).is_ok()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || digits.len() > 128 {
        return None;
    }
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::try_from(value(pair.first()?)? * 16 + value(pair.get(1)?)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_rfc_4231_are_given_and_accepted() {
        let signed = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let (secret, body) = ("Jefe", b"what do ya want for nothing?");
        assert_eq!(sign(secret, body), signed);
        for stated in [
            signed,
            &signed.to_uppercase(),
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ] {
            assert!(is_signed(secret, body, stated), "{stated}");
        }
    }

    #[test]
    fn anything_else_is_not_a_signature() {
        let body = b"what do ya want for nothing?";
        let good = sign("Jefe", body);
        assert!(!is_signed("jefe", body, &good));
        assert!(!is_signed("Jefe", b"what do ya want for nothing!", &good));
        for stated in [
            "",
            "=",
            "sha256=",
            "sha256",
            "md5=750c783e6ab0b503eaa86e310a5db738",
            "sha1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3842",
            "sha256=zzdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "sha256=é",
            &format!("{good}00"),
            &format!("sha256={}", "0".repeat(1 << 16)),
        ] {
            assert!(!is_signed("Jefe", body, stated), "{stated}");
        }
    }
}
