use super::*;

const EC: &str = include_str!("../../../tests/suite/backends/keys/ec.pem");
const RSA: &str = include_str!("../../../tests/suite/backends/keys/rsa-with-certificate.pem");

fn wrong(pem: &str, by_certificate: bool) -> &'static str {
    read_key(&SecretString::from(pem), by_certificate).err().unwrap()
}

#[test]
fn a_key_is_found_beside_its_certificate_in_either_order() {
    let key = private_key_block(RSA).unwrap();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----") && key.ends_with("-----END PRIVATE KEY-----"));
    let certificate = RSA.replace(key, "");
    for pem in [format!("{key}\n{certificate}"), format!("{certificate}\n{key}\n")] {
        let Proof::Key { header, .. } = read_key(&SecretString::from(pem), true).unwrap() else { panic!() };
        let thumbprint = include_str!("../../../tests/suite/backends/keys/rsa-thumbprint.txt");
        assert_eq!(header.x5t_s256.as_deref(), Some(thumbprint));
        assert_eq!(header.alg, Algorithm::PS256);
    }
}

#[test]
fn what_is_no_key_says_what_it_lacks() {
    assert!(wrong("a password", false).contains("no private key"));
    assert!(wrong("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", false).contains("neither"));
    assert!(wrong(EC, true).contains("RSA"));
    assert!(wrong(private_key_block(RSA).unwrap(), true).contains("certificate"));
    assert!(wrong("-----BEGIN PRIVATE KEY-----\nAAAA", false).contains("no private key"), "cut off");
}

#[test]
fn what_a_token_says_of_itself_is_read_and_what_is_no_jwt_says_nothing() {
    let claims = claims_of(&SecretString::from(format!("h.{}.s", URL_SAFE_NO_PAD.encode("{\"roles\":[]}"))));
    assert_eq!(claims, Some(serde_json::json!({ "roles": [] })));
    for opaque in ["opaque", "a.b.c", "..", ""] {
        assert_eq!(claims_of(&SecretString::from(opaque)), None, "{opaque}");
    }
}
