//! The names that standards give to what a seal holds. Deliberately absent: names nobody here asks for.

#![allow(non_snake_case, missing_docs, reason = "constants, but that a vector is inside")]

use yasna::models::ObjectIdentifier;

macro_rules! oids {
    ($($name:ident: $($arc:literal).+;)*) => {
        $(pub fn $name() -> ObjectIdentifier {
            ObjectIdentifier::from_slice(&[$($arc),+])
        })*
    };
}

oids! {
    COMMON_NAME: 2 . 5 . 4 . 3;
    RSA_KEY: 1 . 2 . 840 . 113549 . 1 . 1 . 1;
    RSA_SHA256: 1 . 2 . 840 . 113549 . 1 . 1 . 11;
    EC_KEY: 1 . 2 . 840 . 10045 . 2 . 1;
    P256: 1 . 2 . 840 . 10045 . 3 . 1 . 7;
    P384: 1 . 3 . 132 . 0 . 34;
    ECDSA_SHA256: 1 . 2 . 840 . 10045 . 4 . 3 . 2;
    ECDSA_SHA384: 1 . 2 . 840 . 10045 . 4 . 3 . 3;
    SHA256: 2 . 16 . 840 . 1 . 101 . 3 . 4 . 2 . 1;
    SHA384: 2 . 16 . 840 . 1 . 101 . 3 . 4 . 2 . 2;
    SHA512: 2 . 16 . 840 . 1 . 101 . 3 . 4 . 2 . 3;
    RSA_SHA384: 1 . 2 . 840 . 113549 . 1 . 1 . 12;
    RSA_SHA512: 1 . 2 . 840 . 113549 . 1 . 1 . 13;
    DATA: 1 . 2 . 840 . 113549 . 1 . 7 . 1;
    SIGNED_DATA: 1 . 2 . 840 . 113549 . 1 . 7 . 2;
    CONTENT_TYPE: 1 . 2 . 840 . 113549 . 1 . 9 . 3;
    MESSAGE_DIGEST: 1 . 2 . 840 . 113549 . 1 . 9 . 4;
    SIGNING_CERTIFICATE_V2: 1 . 2 . 840 . 113549 . 1 . 9 . 16 . 2 . 47;
    TIME_STAMP_TOKEN: 1 . 2 . 840 . 113549 . 1 . 9 . 16 . 2 . 14;
    TIME_STAMP_INFO: 1 . 2 . 840 . 113549 . 1 . 9 . 16 . 1 . 4;
}
