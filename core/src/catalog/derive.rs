//! What an action's name alone tells: its label, category and kind.
//!
//! Deliberately absent: any list of known products. The rules are those of the vocabulary's section
//! "Kinds and categories where a table gives none".

use crate::catalog::Kind;

/// Words written in capitals wherever they stand.
const CAPITALS: &[&str] = &["ai", "api", "csv", "id", "ip", "mfa", "otp", "pdf", "sms", "sso", "url"];

/// The category of an action whose name has no noun.
const NO_NOUN: &str = "Other";

/// The kind, by the verb.
pub(super) fn kind(key: &str) -> Kind {
    let verb = key.rsplit('.').next().unwrap_or(key);
    match verb {
        "created" | "series_created" => Kind::Created,
        "deleted" => Kind::Deleted,
        "updated" | "published" | "expiry_extended" | "attached" => Kind::Updated,
        "forwarded" | "transferred" | "ownership_transferred" => Kind::Transferred,
        _ => match verb.strip_prefix("bulk_") {
            Some("created") => Kind::Created,
            Some("deleted") => Kind::Deleted,
            Some("updated") => Kind::Updated,
            Some("transferred") => Kind::Transferred,
            _ => Kind::Other,
        },
    }
}

/// The category, by the noun.
pub(super) fn category(key: &str) -> String {
    let Some((noun, _)) = key.rsplit_once('.') else {
        return NO_NOUN.to_owned();
    };
    match noun {
        "document" | "signee" | "reminder" | "trail" => "Document".to_owned(),
        "invitation" => "Invitation".to_owned(),
        "delivery" => "Delivery".to_owned(),
        "erasure" | "settings" | "scrub" => "System".to_owned(),
        other => {
            Some(sentence_case(other)).filter(|text| !text.is_empty()).unwrap_or_else(|| NO_NOUN.to_owned())
        }
    }
}

/// The label: the whole name as words.
pub(super) fn label(key: &str) -> String {
    let label = sentence_case(key);
    if label.is_empty() { NO_NOUN.to_owned() } else { label }
}

/// `spam_carrier.statusChanged` as "Spam carrier status changed".
fn sentence_case(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    let mut after_lower = false;
    for c in name.chars() {
        if matches!(c, '_' | '-' | '.' | ':' | '/') || c.is_whitespace() || c.is_control() {
            in_word = false;
        } else {
            if !in_word || (after_lower && c.is_uppercase()) {
                words.push(String::new());
                in_word = true;
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        after_lower = c.is_lowercase();
    }
    for (at, word) in words.iter_mut().enumerate() {
        if CAPITALS.contains(&word.as_str()) {
            *word = word.to_uppercase();
        } else if at == 0 {
            let mut rest = word.chars();
            *word = rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect();
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{category, kind, label};
    use crate::catalog::Kind;

    #[test]
    fn a_name_becomes_words_whatever_its_style() {
        for (name, words) in [
            ("spam_carrier.status_changed", "Spam carrier status changed"),
            ("ai_agent.created", "AI agent created"),
            ("api_key.rotated", "API key rotated"),
            ("userProfile.photoUpdated", "User profile photo updated"),
            ("billing.invoice.paid", "Billing invoice paid"),
            ("LOGIN", "Login"),
            ("ändern.größe", "Ändern größe"),
            ("文書.作成", "文書 作成"),
            ("..", "Other"),
        ] {
            assert_eq!(label(name), words, "{name}");
        }
    }

    #[test]
    fn a_category_is_the_noun_or_what_the_vocabulary_says() {
        for (name, expected) in [
            ("spam_carrier.status_changed", "Spam carrier"),
            ("signee.vanished", "Document"),
            ("delivery.fax", "Delivery"),
            ("scrub.done", "System"),
            ("billing.invoice.paid", "Billing invoice"),
            ("login", "Other"),
            (".created", "Other"),
        ] {
            assert_eq!(category(name), expected, "{name}");
        }
    }

    #[test]
    fn a_kind_goes_by_the_verb() {
        for (name, expected) in [
            ("x.created", Kind::Created),
            ("stamp.series_created", Kind::Created),
            ("x.deleted", Kind::Deleted),
            ("x.bulk_deleted", Kind::Deleted),
            ("x.updated", Kind::Updated),
            ("workflow.published", Kind::Updated),
            ("stamp.expiry_extended", Kind::Updated),
            ("document.attached", Kind::Updated),
            ("document.forwarded", Kind::Transferred),
            ("deal.transferred", Kind::Transferred),
            ("x.status_changed", Kind::Other),
            ("created", Kind::Created),
            ("x", Kind::Other),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
