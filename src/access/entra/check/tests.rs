use super::*;

fn told(roles: &[&str]) -> Result<String, String> {
    rights(Some(&roles.iter().map(|role| (*role).to_owned()).collect()))
}

#[test]
fn rights_are_enough_and_not_too_much() {
    let least = ["Application.ReadWrite.OwnedBy", "GroupMember.ReadWrite.All", "User.Read.All"];
    assert!(told(&least).is_ok());
    for missing in least {
        let others: Vec<&str> = least.into_iter().filter(|right| *right != missing).collect();
        assert!(told(&others).unwrap_err().contains(missing), "{missing}");
    }
    for more in TOO_MUCH {
        assert!(told(&[&least[..], &[more]].concat()).unwrap_err().contains(more), "{more}");
    }
    assert!(rights(None).is_ok(), "a token that cannot be read is no fault of the rights");
}
