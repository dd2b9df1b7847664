//! The keys of an installation, newest first: those that sign, and those that did. Deliberately absent: randomness and files;
//! seeds and texts are passed in.

use crate::checkpoint::{Checkpoint, KeyError, LogKey, VerifierKey};
use crate::hex::{self, Hex};

/// Most keys that sign at once: every note has a line of each, and not every verifier takes more than 16.
pub const SIGNING_KEYS_MAX: usize = 8;

/// Most keys that are known, retired ones included.
pub const KNOWN_KEYS_MAX: usize = 64;

/// The keys that sign the checkpoints of an installation, and the public ones of those that did.
///
/// All that are not retired sign every checkpoint, so that who pinned an older one can go on with it until they know the newest.
#[derive(Debug)]
pub struct LogKeys {
    newest: LogKey,
    /// Those that sign beside it, the newer first.
    older: Vec<LogKey>,
    /// Those that sign no more, the last retired first.
    retired: Vec<VerifierKey>,
}

/// Why a text is no list of keys, or a list cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A word is neither a seed nor a verifier key. It may be a secret and is not told.
    #[error(
        "word {0} is neither a key of 64 lower-case hexadecimal digits nor a verifier key of one that is retired"
    )]
    Malformed(usize),
    /// The host cannot be the name of a key.
    #[error("{host:?} cannot name a key")]
    Name {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// None of the keys signs.
    #[error("there is no key that signs")]
    Empty,
    /// One key stands twice.
    #[error("{0} stands there twice")]
    Twice(String),
    /// More than [`SIGNING_KEYS_MAX`] or [`KNOWN_KEYS_MAX`].
    #[error("at most {SIGNING_KEYS_MAX} keys sign at once, and {KNOWN_KEYS_MAX} are known; retire one")]
    TooMany,
    /// No key that signs is called so.
    #[error("no key that signs is called {0}")]
    NotSigning(String),
    /// The newest key is retired by a newer one only.
    #[error("{0} is the newest key: rotate first")]
    Newest(String),
}

impl LogKeys {
    /// Reads what [`LogKeys::to_text`] wrote: seeds in hexadecimal, newest first, and verifier keys of those that are retired,
    /// between white space or commas. Keys that sign are called `host`.
    pub fn parse(host: &str, text: &str) -> Result<Self, KeysError> {
        let mut signing = Vec::new();
        let mut retired = Vec::new();
        let is_between = |character: char| character.is_whitespace() || character == ',';
        for (word, at) in text.split(is_between).filter(|word| !word.is_empty()).zip(1..) {
            if let Some(seed) = hex::decode(word) {
                let key = LogKey::from_seed(host, seed);
                signing.push(key.map_err(|source| KeysError::Name { host: host.to_owned(), source })?);
            } else {
                retired.push(word.parse().map_err(|_| KeysError::Malformed(at))?);
            }
        }
        if signing.is_empty() {
            return Err(KeysError::Empty);
        }
        let keys = Self { newest: signing.remove(0), older: signing, retired };
        keys.check()?;
        Ok(keys)
    }

    fn check(&self) -> Result<(), KeysError> {
        if self.older.len() >= SIGNING_KEYS_MAX || self.verifiers().count() > KNOWN_KEYS_MAX {
            return Err(KeysError::TooMany);
        }
        let known: Vec<&VerifierKey> = self.verifiers().collect();
        let twice = known.iter().enumerate().find(|(at, key)| known[..*at].contains(key));
        twice.map_or(Ok(()), |(_, key)| Err(KeysError::Twice(key.label())))
    }

    /// All keys as they are kept: a word a line. It holds secrets.
    pub fn to_text(&self) -> String {
        let signing = self.signing().map(|key| Hex(&key.seed()).to_string());
        let retired = self.retired.iter().map(ToString::to_string);
        signing.chain(retired).map(|line| line + "\n").collect()
    }

    /// The key that signs first.
    pub fn newest(&self) -> &VerifierKey {
        self.newest.verifier()
    }

    fn signing(&self) -> impl Iterator<Item = &LogKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// What others need of the keys that sign, newest first.
    pub fn in_force(&self) -> impl Iterator<Item = &VerifierKey> {
        self.signing().map(LogKey::verifier)
    }

    /// What others need of the keys that signed once.
    pub fn retired(&self) -> &[VerifierKey] {
        &self.retired
    }

    /// Every key that signs or signed: those that sign first, newest first.
    pub fn verifiers(&self) -> impl Iterator<Item = &VerifierKey> {
        self.in_force().chain(&self.retired)
    }

    /// The whole note, with a line of each key that signs. The same checkpoint always gives the same bytes.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.to_text();
        let lines: String = self.signing().map(|key| key.signature_line(&text)).collect();
        format!("{text}\n{lines}")
    }

    /// A new key in front, which the seed determines; the others go on signing.
    pub fn rotate(self, seed: [u8; 32]) -> Result<Self, KeysError> {
        let name = self.newest().name().to_owned();
        let newest =
            LogKey::from_seed(&name, seed).map_err(|source| KeysError::Name { host: name, source })?;
        let Self { newest: before, mut older, retired } = self;
        older.insert(0, before);
        let keys = Self { newest, older, retired };
        keys.check()?;
        Ok(keys)
    }

    /// Ends the signing of an older key, which is named by its verifier key or by name and id. Its secret is forgotten.
    pub fn retire(mut self, named: &str) -> Result<Self, KeysError> {
        let is_it = |key: &VerifierKey| key.label() == named || key.to_string() == named;
        if is_it(self.newest()) {
            return Err(KeysError::Newest(named.to_owned()));
        }
        let at = self.older.iter().position(|key| is_it(key.verifier()));
        let at = at.ok_or_else(|| KeysError::NotSigning(named.to_owned()))?;
        self.retired.insert(0, self.older.remove(at).verifier().clone());
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use crate::checkpoint::keys::*;
    use crate::checkpoint::{Checkpoint, NoteError};
    use crate::ids::Size;

    const HOST: &str = "log.example";

    fn seed(number: u8) -> String {
        Hex(&[number; 32]).to_string()
    }

    fn parse(text: &str) -> Result<LogKeys, KeysError> {
        LogKeys::parse(HOST, text)
    }

    fn verifier(number: u8) -> VerifierKey {
        LogKey::from_seed(HOST, [number; 32]).unwrap().verifier().clone()
    }

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: "log.example/log/x".to_owned(), size: Size(size), root: [7; 32] }
    }

    /// Who pinned the old key and who pinned the new one open the same note; after it is retired only the new one does.
    #[test]
    fn who_pinned_an_older_key_goes_on_until_it_is_retired() {
        let first = parse(&seed(1)).unwrap();
        let before = first.sign(&checkpoint(1));
        let both = first.rotate([2; 32]).unwrap();
        let note = both.sign(&checkpoint(2));
        let lines: Vec<&str> = note.lines().skip(4).collect();
        assert_eq!(lines.len(), 2);
        assert!(before.ends_with(&format!(
            "\n{}\n",
            parse(&seed(1)).unwrap().sign(&checkpoint(1)).lines().last().unwrap()
        )));
        for pinned in [verifier(1), verifier(2)] {
            assert_eq!(pinned.open(&note), Ok(checkpoint(2)));
        }
        assert_eq!(both.newest(), &verifier(2));
        assert!(matches!(verifier(2).open(&before), Err(NoteError::NotSigned { .. })));
        let after = both.retire(&verifier(1).to_string()).unwrap();
        let note = after.sign(&checkpoint(3));
        assert_eq!(verifier(2).open(&note), Ok(checkpoint(3)));
        assert!(matches!(verifier(1).open(&note), Err(NoteError::NotSigned { .. })));
        assert_eq!(after.verifiers().collect::<Vec<_>>(), [&verifier(2), &verifier(1)]);
        assert_eq!(after.retired(), [verifier(1)]);
        assert!(!after.to_text().contains(&seed(1)), "its secret is gone");
    }

    /// A bad line of one of our keys is refused by who pinned it, whatever the other key says.
    #[test]
    fn a_bad_line_beside_a_good_one_of_another_key_of_ours_is_refused() {
        let keys = parse(&format!("{}\n{}\n", seed(2), seed(1))).unwrap();
        let (good, other) = (keys.sign(&checkpoint(2)), keys.sign(&checkpoint(3)));
        let line = |note: &str, at: usize| note.lines().nth(4 + at).unwrap().to_owned();
        let mixed = good.replace(&line(&good, 1), &line(&other, 1));
        assert_eq!(verifier(2).open(&mixed), Ok(checkpoint(2)));
        assert!(matches!(verifier(1).open(&mixed), Err(NoteError::BadSignature { .. })));
    }

    #[test]
    fn what_is_no_list_of_keys_is_refused_and_never_told() {
        let retired = verifier(3).to_string();
        assert_eq!(parse("").err(), Some(KeysError::Empty));
        assert_eq!(parse(&retired).err(), Some(KeysError::Empty));
        assert_eq!(parse(&seed(1).to_uppercase().replace('0', "A")).err(), Some(KeysError::Malformed(1)));
        assert_eq!(parse(&format!("{} {}", seed(1), &seed(2)[1..])).err(), Some(KeysError::Malformed(2)));
        assert_eq!(
            parse(&format!("{},{}", seed(1), seed(1))).err(),
            Some(KeysError::Twice(verifier(1).label()))
        );
        assert_eq!(
            parse(&format!("{} {}", seed(3), retired)).err(),
            Some(KeysError::Twice(verifier(3).label()))
        );
        let many: String = (0..=SIGNING_KEYS_MAX as u8).map(|number| seed(number) + "\n").collect();
        assert_eq!(parse(&many).err(), Some(KeysError::TooMany));
        assert!(matches!(LogKeys::parse("a b", &seed(1)), Err(KeysError::Name { .. })));
        let broken = parse(&format!("{}x", seed(9))).unwrap_err();
        assert!(!broken.to_string().contains(&seed(9)), "{broken}");
        assert!(!format!("{:?}", parse(&seed(9)).unwrap()).contains(&seed(9)));
    }

    #[test]
    fn only_an_older_key_that_signs_is_retired() {
        let keys = || parse(&format!("{} {}", seed(2), seed(1))).unwrap();
        assert!(matches!(keys().retire(&verifier(2).label()), Err(KeysError::Newest(_))));
        assert!(matches!(keys().retire("log.example+00000000"), Err(KeysError::NotSigning(_))));
        assert!(matches!(keys().retire(""), Err(KeysError::NotSigning(_))));
        let once = keys().retire(&verifier(1).label()).unwrap();
        assert!(matches!(once.retire(&verifier(1).label()), Err(KeysError::NotSigning(_))));
        assert!(matches!(keys().rotate([1; 32]), Err(KeysError::Twice(_))));
        let full: String = (0..SIGNING_KEYS_MAX as u8).map(|number| seed(number) + ",").collect();
        assert_eq!(parse(&full).unwrap().rotate([99; 32]).err(), Some(KeysError::TooMany));
    }

    proptest! {
        /// Whatever is rotated and retired, the list comes back from its text, and the newest key signs.
        #[test]
        fn keys_come_back_as_they_were_kept(steps in prop::collection::vec((any::<bool>(), 0usize..9), 0..30)) {
            let mut keys = parse(&seed(0)).unwrap();
            for (number, (rotates, at)) in (1_u8..).zip(steps) {
                let text = keys.to_text();
                let named = keys.in_force().nth(at).map_or(String::new(), VerifierKey::label);
                let changed = if rotates { keys.rotate([number; 32]) } else { keys.retire(&named) };
                keys = changed.unwrap_or_else(|_| parse(&text).unwrap());
                let again = parse(&keys.to_text()).unwrap();
                prop_assert_eq!(again.to_text(), keys.to_text());
                prop_assert!(again.verifiers().eq(keys.verifiers()));
                let note = keys.sign(&checkpoint(5));
                for key in keys.in_force() {
                    prop_assert_eq!(key.open(&note), Ok(checkpoint(5)));
                }
                for key in keys.retired() {
                    prop_assert!(key.open(&note).is_err());
                }
            }
        }

        #[test]
        fn arbitrary_text_never_panics(text in any::<String>(), words in "([0-9a-f]{64}|log\\+|,| |\n){0,4}") {
            for text in [text, words] {
                if let Ok(keys) = parse(&text) {
                    prop_assert_eq!(parse(&keys.to_text()).unwrap().to_text(), keys.to_text());
                }
            }
        }
    }
}
