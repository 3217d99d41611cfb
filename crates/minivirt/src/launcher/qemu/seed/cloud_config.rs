//! Translates the part of `#cloud-config` that the demo guest understands into [`Directives`].
//!
//! Follows cloud-init's meaning: `lock_passwd` is true unless said otherwise, keys and `password` at the top belong
//! to the default user, `chpasswd` sets and unlocks. What is not understood becomes a note on the guest's console,
//! never an error: user data is the business of the guest, and KubeVirt does not judge it either.
//! Values are checked for what could break out of `/etc/passwd` or a host name; secrets never go into a note.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::directives::{Directive, Directives};

/// Default user of the demo image.
const DEFAULT_USER: &str = "shepherd";
/// Where a user-data script is put to be run.
const SCRIPT: &str = "/run/user-data";

/// The directives for this user data.
pub(super) fn translate(user_data: &str) -> Directives {
    let mut out = Directives::default();
    if user_data.starts_with("#!") {
        let content = user_data.as_bytes().to_vec();
        let (mode, owner) = ("0700".to_owned(), "root".to_owned());
        out.push(Directive::File { path: SCRIPT.to_owned(), mode, owner, content, append: false });
        out.push(Directive::Run(SCRIPT.to_owned()));
    } else if user_data.trim_start().starts_with("#cloud-config") {
        // Only true and false are truth values here; else a password `y` would become `true`.
        let options = serde_saphyr::options! { strict_booleans: true };
        match serde_saphyr::from_str_with_options::<Value>(user_data, options) {
            Ok(Value::Object(config)) => cloud_config(&config, &mut out),
            Ok(Value::Null) => {}
            // The parser's message may quote the text, and the text may hold passwords.
            Ok(_) | Err(_) => out.note("user-data is not a valid #cloud-config; it was ignored"),
        }
    } else if !user_data.trim().is_empty() {
        out.note("user-data is neither #cloud-config nor a script; it was ignored");
    }
    out
}

fn cloud_config(config: &Map<String, Value>, out: &mut Directives) {
    let name = config.get("hostname").or_else(|| config.get("fqdn")).and_then(text);
    if let Some(name) = name {
        let label = name.split('.').next().unwrap_or_default();
        if is_word(label, "-") && label.len() <= 63 {
            out.push(Directive::Hostname(label.to_owned()));
        } else {
            out.note("the hostname in user-data is not a host name");
        }
    }
    users(config, out);
    chpasswd(config.get("chpasswd"), out);
    list(config.get("write_files")).for_each(|file| write_file(file, out));
    for command in list(config.get("bootcmd")).chain(list(config.get("runcmd"))) {
        match command {
            Value::Array(words) => {
                let quoted: Vec<String> = words.iter().filter_map(text).map(|word| quote(&word)).collect();
                out.push(Directive::Run(quoted.join(" ")));
            }
            line => out.push(Directive::Run(text(line).unwrap_or_default())),
        }
    }
    for key in ["packages", "package_update", "apt", "ntp", "mounts"] {
        if config.contains_key(key) {
            out.note(format!("this guest has no use for `{key}` in user-data"));
        }
    }
}

fn users(config: &Map<String, Value>, out: &mut Directives) {
    let named = match config.get("user") {
        Some(Value::Object(user)) => user.get("name").and_then(text),
        other => other.and_then(text),
    };
    let default = named.unwrap_or_else(|| DEFAULT_USER.to_owned());
    let password = config.get("password").and_then(text);
    let keys = || list(config.get("ssh_authorized_keys"));
    let listed: Vec<&Value> = list(config.get("users")).collect();
    let wants_default = listed.is_empty() || listed.iter().any(|user| user.as_str() == Some("default"));
    if wants_default && user_name(&default, out) {
        out.push(Directive::User { name: default.clone(), gecos: String::new() });
        if let Some(clear) = password {
            set_password(&default, clear, out);
        }
        keys().for_each(|key| add_key(&default, key, out));
    }
    for user in listed {
        match user {
            Value::String(name) if name == "default" => {}
            Value::String(name) if user_name(name, out) => {
                out.push(Directive::User { name: name.clone(), gecos: String::new() });
            }
            Value::Object(user) => listed_user(user, out),
            _ => out.note("an entry of `users` in user-data is not a user"),
        }
    }
}

fn listed_user(user: &Map<String, Value>, out: &mut Directives) {
    let Some(name) = user.get("name").and_then(text).filter(|name| user_name(name, out)) else { return };
    let gecos = user.get("gecos").and_then(text).unwrap_or_default();
    let gecos = gecos.chars().filter(|c| !c.is_control() && *c != ':').collect();
    out.push(Directive::User { name: name.clone(), gecos });
    let clear = user.get("plain_text_passwd").and_then(text);
    let hash = user.get("hashed_passwd").or_else(|| user.get("passwd")).and_then(text);
    let locked = user.get("lock_passwd").is_none_or(flag);
    match clear.or(hash.clone()) {
        Some(_) if locked => out.note(format!("the password of {name} is locked; set lock_passwd: false")),
        // A hash is a hash here even without a known prefix.
        Some(_) if hash.is_some() => set_hash(&name, hash.unwrap_or_default(), out),
        Some(clear) => out.push(Directive::Password { user: name.clone(), clear }),
        None => {}
    }
    let keys = ["ssh_authorized_keys", "ssh-authorized-keys"];
    keys.into_iter().flat_map(|key| list(user.get(key))).for_each(|key| add_key(&name, key, out));
}

/// `chpasswd`: a list or text of `user:password`, or `users` with names and types.
fn chpasswd(value: Option<&Value>, out: &mut Directives) {
    let Some(Value::Object(chpasswd)) = value else { return };
    let lines: Vec<String> = match chpasswd.get("list") {
        Some(Value::String(text)) => text.lines().map(str::to_owned).collect(),
        other => list(other).filter_map(text).collect(),
    };
    for line in lines {
        if let Some((user, password)) = line.trim().split_once(':')
            && user_name(user, out)
        {
            set_password(user, password.to_owned(), out);
        }
    }
    for entry in list(chpasswd.get("users")) {
        let field = |key: &str| entry.get(key).and_then(text);
        match (field("name"), field("password"), field("type").as_deref()) {
            (Some(user), Some(clear), Some("text")) if user_name(&user, out) => {
                out.push(Directive::Password { user, clear });
            }
            (Some(user), Some(hash), Some("hash") | None) if user_name(&user, out) => {
                set_hash(&user, hash, out)
            }
            _ => out.note("an entry of `chpasswd.users` in user-data was not understood"),
        }
    }
}

/// Clear text or, as cloud-init decides it, a crypt(3) hash.
fn set_password(user: &str, password: String, out: &mut Directives) {
    if ["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$"].iter().any(|prefix| password.starts_with(prefix))
    {
        set_hash(user, password, out);
    } else if password != "R" && password != "RANDOM" {
        out.push(Directive::Password { user: user.to_owned(), clear: password });
    }
}

fn set_hash(user: &str, hash: String, out: &mut Directives) {
    if is_word(&hash, "./$=,_-") {
        out.push(Directive::Hash { user: user.to_owned(), hash });
    } else {
        out.note(format!("the password hash of {user} is malformed"));
    }
}

fn add_key(user: &str, key: &Value, out: &mut Directives) {
    if let Some(line) = key.as_str().map(str::trim).filter(|line| !line.is_empty() && !line.contains('\n')) {
        out.push(Directive::Key { user: user.to_owned(), line: line.to_owned() });
    }
}

fn write_file(file: &Value, out: &mut Directives) {
    let field = |key: &str| file.get(key).and_then(text);
    let content = field("content").unwrap_or_default();
    let content = match field("encoding").as_deref() {
        None | Some("text/plain") => Some(content.into_bytes()),
        Some("b64" | "base64") => STANDARD.decode(content.split_whitespace().collect::<String>()).ok(),
        Some(_) => None,
    };
    let mode = field("permissions").unwrap_or_else(|| "0644".to_owned());
    let mode_ok = (3..=5).contains(&mode.len()) && mode.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let owner = field("owner").unwrap_or_else(|| "root:root".to_owned());
    match (field("path"), content) {
        (Some(path), Some(content)) if path.starts_with('/') && mode_ok && is_word(&owner, ":_-.") => {
            let append = file.get("append").is_some_and(flag);
            out.push(Directive::File { path, mode, owner, content, append });
        }
        (path, _) => out.note(format!("write_files: {} was not understood", path.unwrap_or_default())),
    }
}

/// Whether it can be a user's name; if not, a note says so.
fn user_name(name: &str, out: &mut Directives) -> bool {
    let good = name.len() <= 32 && is_word(name, "_-") && !name.starts_with(['-', '0', '1']);
    if !good {
        out.note("a user name in user-data cannot be used");
    }
    good
}

fn is_word(text: &str, also: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || also.as_bytes().contains(&b))
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A scalar as text: YAML reads an unquoted 1234 as a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A truth value in any of YAML's spellings.
fn flag(value: &Value) -> bool {
    text(value).is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "yes" | "on"))
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
#[path = "cloud_config_tests.rs"]
mod tests;
