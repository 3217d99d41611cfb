use super::*;

#[test]
fn every_notice_has_words_of_its_own() {
    let environments = ["test".to_owned()];
    let told = Told {
        request: Some(1042),
        operation: Some("vm.create"),
        target: Some("redis"),
        requester: Some("Ada"),
        actor: Some("Bob"),
        role: Some("approver"),
        system: None,
        environments: &environments,
    };
    let lines: Vec<Reason> = Notice::ALL.iter().map(|notice| line(*notice, &told)).collect();
    let codes: std::collections::BTreeSet<_> = lines.iter().map(|line| line.code.clone()).collect();
    assert_eq!(codes.len(), lines.len());
    for line in lines {
        assert!(line.code.starts_with("INBOX_") && line.text.ends_with('.'), "{line}");
    }
}

#[test]
fn a_line_says_who_did_what_to_what() {
    let told = Told { request: Some(1042), target: Some("redis"), actor: Some("Bob"), ..Told::default() };
    assert_eq!(line(Notice::Rejected, &told).text, "Bob rejected R-1042 (redis).");
    let silent = Told { actor: None, ..told };
    assert_eq!(line(Notice::Rejected, &silent).code, "INBOX_REJECTED_BY_RULE");
}

#[test]
fn a_role_says_where_it_reaches() {
    let environments = ["test".to_owned(), "prod".to_owned()];
    let here = Told { role: Some("approver"), environments: &environments, ..Told::default() };
    assert_eq!(line(Notice::RoleGiven, &here).text, "You hold the role approver in test, prod now.");
    let everywhere = Told { role: Some("approver"), ..Told::default() };
    assert_eq!(line(Notice::RoleLost, &everywhere).code, "INBOX_ROLE_LOST_EVERYWHERE");
    let place = Told { role: Some("owner"), system: Some("shop"), ..Told::default() };
    assert_eq!(line(Notice::RoleGiven, &place).code, "INBOX_PLACE_GIVEN");
    let share = Told { target: Some("web"), ..place };
    assert_eq!(line(Notice::RoleLost, &share).code, "INBOX_SHARE_LOST");
}

#[test]
fn what_a_newer_version_tells_is_not_lost() {
    assert_eq!(line(Notice::from("vm.idle"), &Told::default()).code, "INBOX_UNKNOWN");
}
