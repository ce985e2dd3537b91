use super::*;

#[test]
fn a_group_names_a_role_and_an_account_or_gives_nothing() {
    assert!(names_a_role("aws#EmergencyAccess_Role1_RO#123456789012"));
    for name in [
        "aws#EmergencyAccess_Role1_RO#12345678901",
        "aws#EmergencyAccess_Role1_RO#12345678901x",
        "aws##123456789012",
        "AWS#Role#123456789012",
        "aws#Role#123456789012#more",
        "Emergency",
    ] {
        assert!(!names_a_role(name), "{name}");
    }
}

#[test]
fn only_a_rule_that_is_active_feeds_a_group() {
    let rule = |status: &str, groups: &[&str]| -> GroupRule {
        serde_json::from_value(serde_json::json!({
            "name": "All of operations",
            "status": status,
            "actions": {"assignUserToGroups": {"groupIds": groups}},
        }))
        .unwrap()
    };
    let fed = is_fed(&[rule("ACTIVE", &["00gro", "00gother"])], "00gro").unwrap_err();
    assert!(fed.contains("`All of operations`"), "{fed}");
    assert!(is_fed(&[rule("ACTIVE", &["00gother"]), rule("INACTIVE", &["00gro"])], "00gro").is_ok());
    assert!(is_fed(&[rule("INVALID", &["00gro"])], "00gro").is_ok());
    assert!(is_assigned(&["00gops".to_owned()], "00gro").unwrap_err().contains("00gro"));
}
