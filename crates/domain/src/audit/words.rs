//! Names as they are searched for: from the beginning of any of their words.
//!
//! `prod-shop-redis-01` is found by `prod`, `shop-re` and `01`, and not by `edis`. That needs no extension of the
//! database and stays fast however many names there are.

/// The most words of a name that can begin a search.
const MOST: usize = 8;
/// How much of a word and what follows it counts.
const LONGEST: usize = 60;

/// The name in the form in which it is compared.
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase().chars().take(LONGEST).collect()
}

/// The name from each of its words on.
pub fn beginnings(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let mut inside = false;
    let mut found = Vec::new();
    for (at, c) in lower.char_indices() {
        if c.is_alphanumeric() && !inside && found.len() < MOST {
            found.push(lower[at..].chars().take(LONGEST).collect());
        }
        inside = c.is_alphanumeric();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_from_each_of_its_words() {
        assert_eq!(beginnings("Prod-shop/re_01"), ["prod-shop/re_01", "shop/re_01", "re_01", "01"]);
        assert_eq!(beginnings("网络-一"), ["网络-一", "一"]);
        assert!(beginnings(" -/").is_empty());
        assert_eq!(beginnings(&"a-".repeat(200)).len(), MOST);
        assert!(beginnings(&"é".repeat(200)).iter().all(|word| word.chars().count() == LONGEST));
        assert_eq!(folded("  Prod-SHOP "), "prod-shop");
    }
}
