use glasskey_domain::AccountId;
use glasskey_domain::Matter;

use super::*;

#[test]
fn a_form_comes_back_as_what_it_was_made_as() {
    let request = RequestId::from_bits(7, RequestId::SYMBOLS_MIN);
    let emergency = EmergencyId::from_bits(7, EmergencyId::SYMBOLS_MIN);
    let open = |channel: &str, federation: Option<&str>| Form::Open {
        channel: channel.to_owned(),
        federation: federation.map(FederationId::new),
    };
    let reason = Form::Reason(Asked {
        place: Place::Account(AccountId::parse("333333333333").unwrap()),
        permission_set: Some("ReadOnly".to_owned()),
        length: Seconds::hours(1),
        starts_at: None,
        urgent: false,
    });
    let forms = [
        Form::Deny(request.clone(), Matter::Extension { nth: 2 }),
        Form::ApproveLess(request.clone()),
        Form::Extend(request.clone()),
        Form::Object(request),
        Form::Access(Box::default()),
        reason,
        Form::Decline(emergency.clone()),
        Form::Review(emergency),
        open("C0INCIDENT", None),
        open("", Some("main")),
        open("", None),
        open("C0INCIDENT", Some("main")),
    ];
    for form in forms {
        assert_eq!(Form::named(form.name(), &form.about()), Some(form));
    }
    for (name, about) in [
        (DENY_FORM, ""),
        (DECLINE_FORM, "AR-7K3Q"),
        (REASON_FORM, "prod ReadOnly 3600"),
        (REASON_FORM, "333333333333 ReadOnly"),
        (REASON_FORM, "ReadOnly -1 - - account:333333333333"),
        ("other", "AR-7K3Q"),
    ] {
        assert_eq!(Form::named(name, about), None, "{name} {about}");
    }
}

#[test]
fn every_refusal_is_told_at_a_field_that_the_form_has() {
    let settings = Settings::default();
    let reason = Form::named(REASON_FORM, "ReadOnly 3600 - - account:333333333333").unwrap();
    let names: Vec<&str> = reason.layout(&settings).fields.iter().map(|field| field.name).collect();
    let wrong = Refusal::TicketMissing { pattern: None };
    assert_eq!(names, [REASON, TICKET]);
    assert_eq!(reason.field_of(&wrong, &settings), TICKET);
    assert_eq!(reason.field_of(&Refusal::NotTheRequester, &settings), REASON);
}

#[test]
fn what_was_not_filled_in_is_not_there() {
    let filled = Filled::default();
    assert_eq!((filled.text(WHY), filled.length(), filled.federation()), (None, None, None));
    assert_eq!((filled.level(), filled.people()), (Level::Ro, [].as_slice()));
    let blank = Filled(BTreeMap::from([
        (WHY.to_owned(), vec!["  ".to_owned()]),
        (LENGTH.to_owned(), vec!["long".to_owned()]),
        (LEVEL.to_owned(), vec!["root".to_owned()]),
    ]));
    assert_eq!((blank.text(WHY), blank.length(), blank.level()), (None, None, Level::Ro));
}
