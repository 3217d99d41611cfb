use super::*;

fn directives(text: &str) -> Vec<Directive> {
    translate(text).as_slice().to_vec()
}

fn user(name: &str) -> Directive {
    Directive::User { name: name.to_owned(), gecos: String::new() }
}

fn password(user: &str, clear: &str) -> Directive {
    Directive::Password { user: user.to_owned(), clear: clear.to_owned() }
}

#[test]
fn the_short_form_sets_up_the_default_user() {
    let text = "#cloud-config\nhostname: web.example\nuser: dev\npassword: 1234\nchpasswd: {expire: false}\n\
                ssh_authorized_keys:\n- ssh-ed25519 AAAA me@home\n";
    let key = Directive::Key { user: "dev".to_owned(), line: "ssh-ed25519 AAAA me@home".to_owned() };
    let expected = vec![Directive::Hostname("web".to_owned()), user("dev"), password("dev", "1234"), key];
    assert_eq!(directives(text), expected);
}

#[test]
fn a_listed_user_is_locked_unless_said_otherwise() {
    let text = "#cloud-config\nusers:\n- name: a\n  plain_text_passwd: x\n- name: b\n  plain_text_passwd: y\n  \
                lock_passwd: no\n";
    let found = directives(text);
    assert!(found.contains(&password("b", "y")), "{found:?}");
    assert!(!found.iter().any(|d| matches!(d, Directive::Password { user, .. } if user == "a")), "{found:?}");
}

#[test]
fn chpasswd_knows_text_hash_and_list() {
    let text = "#cloud-config\nchpasswd:\n  list: |\n    root:secret\n    dev:$6$salt$hash\n  users:\n  \
                - {name: ops, password: p:q, type: text}\n";
    let found = directives(text);
    assert!(found.contains(&password("root", "secret")), "{found:?}");
    assert!(found.contains(&password("ops", "p:q")), "{found:?}");
    let hash = Directive::Hash { user: "dev".to_owned(), hash: "$6$salt$hash".to_owned() };
    assert!(found.contains(&hash), "{found:?}");
}

#[test]
fn files_and_commands_keep_their_bytes() {
    let text = "#cloud-config\nwrite_files:\n- path: /a b\n  content: \"x'y\\n\"\n- path: /c\n  encoding: b64\n  \
                content: AAH/\n  permissions: '0600'\nruncmd:\n- echo $HOME\n- [echo, \"it's\"]\n";
    let found = directives(text);
    let content = |wanted: &str| {
        found.iter().find_map(|d| match d {
            Directive::File { path, content, .. } if path == wanted => Some(content.clone()),
            _ => None,
        })
    };
    assert_eq!(content("/a b"), Some(b"x'y\n".to_vec()));
    assert_eq!(content("/c"), Some(vec![0, 1, 255]));
    assert!(found.contains(&Directive::Run("echo $HOME".to_owned())));
    assert!(found.contains(&Directive::Run(r"'echo' 'it'\''s'".to_owned())));
}

#[test]
fn what_could_break_out_is_left_out_and_secrets_stay_out_of_notes() {
    let text = "#cloud-config\nhostname: \"a b\"\nusers:\n- {name: \"x:0:0\", plain_text_passwd: hunter2, \
                lock_passwd: false}\nchpasswd: {list: [\"y\\nz:hunter2\"]}\nwrite_files: [{path: relative, \
                content: hunter2}]\n";
    let found = directives(text);
    for directive in &found {
        assert!(matches!(directive, Directive::Note(_) | Directive::User { .. }), "{directive:?}");
        assert!(!format!("{directive:?}").contains("hunter2"), "{directive:?}");
    }
}

#[test]
fn what_is_not_yaml_is_a_note_and_a_script_is_run() {
    assert!(matches!(directives("#cloud-config\n{{{")[..], [Directive::Note(_)]));
    assert!(matches!(directives("#cloud-config\n- a")[..], [Directive::Note(_)]));
    assert!(matches!(directives("hello")[..], [Directive::Note(_)]));
    assert_eq!(directives(""), vec![]);
    let script = directives("#!/bin/sh\necho hi\n");
    assert!(
        matches!(&script[..], [Directive::File { content, .. }, Directive::Run(_)] if content.ends_with(b"hi\n"))
    );
}

#[test]
fn a_line_has_no_white_space_of_the_users() {
    let text = translate("#cloud-config\nruncmd:\n- \"a\\nb c\"\n").to_string();
    let run = text.lines().find(|line| line.starts_with("run ")).unwrap();
    assert_eq!(run.split(' ').count(), 2, "{run}");
    assert_eq!(text.lines().count(), 2, "{text}");
}
