use proptest::prelude::*;

use super::*;

fn signer(seed: u8) -> NoteSigner {
    NoteSigner::from_seed("shepherd/log", &[seed; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "shepherd/log".into(), size: 7, root: TreeHash::empty() }
}

#[test]
fn a_note_of_another_implementation_is_understood() {
    // The example of Go's golang.org/x/mod/sumdb/note.
    let key: NoteKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert_eq!(Checkpoint::open(note, std::slice::from_ref(&key)), Err(BadNote::NotACheckpoint), "signed");
    assert_eq!(Checkpoint::open(&note.replace("answer", "Answer"), &[key]), Err(BadNote::Unsigned));
}

#[test]
fn a_checkpoint_has_pinned_text_and_opens_with_its_key_alone() {
    let (mine, other) = (signer(1), signer(2));
    let note = checkpoint().sign(&[&mine]);
    assert!(note.starts_with(
        "shepherd/log\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u{2014} shepherd/log "
    ));
    assert_eq!(Checkpoint::open(&note, &[other.key().clone(), mine.key().clone()]), Ok(checkpoint()));
    assert_eq!(Checkpoint::open(&note, &[other.key().clone()]), Err(BadNote::Unsigned));
    assert_eq!(Checkpoint::open(&note, &[]), Err(BadNote::Unsigned));
    assert_eq!(Checkpoint::peek(&note), Ok(checkpoint()));
    let both = checkpoint().sign(&[&mine, &other]);
    for key in [mine.key(), other.key()] {
        assert_eq!(Checkpoint::open(&both, std::slice::from_ref(key)), Ok(checkpoint()), "either is enough");
    }
}

#[test]
fn keys_read_back_from_their_text() {
    let key = signer(3).key().clone();
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    assert_eq!(key.id().len(), 8);
    for bad in
        ["", "a+b", "a b+00000000+AQ==", "shepherd/log+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
    {
        assert_eq!(bad.parse::<NoteKey>(), Err(BadKey), "{bad}");
    }
    assert!(NoteSigner::from_seed("with space", &[1; 32]).is_err());
    assert!(NoteSigner::from_seed("name", &[1; 31]).is_err());
    assert!(!format!("{:?}", signer(9)).contains("0909"));
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let mine = signer(1);
    let sign = |text: &str| format!("{text}\n{}", mine.line(text));
    for text in ["a\n1\n", "a\n01\nAAAA\n", "\n1\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "a\nx\ny\n"] {
        assert_eq!(
            Checkpoint::open(&sign(text), &[mine.key().clone()]),
            Err(BadNote::NotACheckpoint),
            "{text:?}"
        );
    }
    let note = checkpoint().sign(&[&mine]);
    let cut = &note[..note.len() - 1];
    for text in ["", "\n\n", "a\n", cut, &note.replace('7', "\t"), &"a".repeat(MAX + 1)] {
        assert_eq!(Checkpoint::open(text, &[mine.key().clone()]), Err(BadNote::Malformed), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_note_survives_a_flipped_bit(at in any::<usize>(), bit in 0_u8..7) {
        let mine = signer(1);
        let mut bytes = checkpoint().sign(&[&mine]).into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(Checkpoint::open(&text, &[mine.key().clone()]).is_err(), "{text}");
        }
    }
}
