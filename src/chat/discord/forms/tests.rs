use glasskey_domain::emergency::{Level, Place, Provider};
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{AccountId, EmergencyId, FederationId, GroupId, Matter, PersonId, RequestId, Seconds};

use super::*;
use crate::chat::hall::forms::{self, Asked, INCIDENT, LENGTH, PEOPLE, REASON, WHY};

struct Nobody;

impl Names for Nobody {
    fn discord_user(&self, _: &PersonId) -> Option<String> {
        None
    }
}

fn settings(names: &[&str]) -> Settings {
    let groups = BTreeMap::from([(Level::Ro, "00gro".to_owned()), (Level::Ops, "00gops".to_owned())]);
    let federation = FederationSettings {
        place: Place {
            provider: Provider::Okta,
            app: "0oa1emergency".to_owned(),
            groups,
            session: Seconds::hours(1),
            channel: None,
            discord_channel: Some("1100000000000000003".to_owned()),
            cut: None,
        },
        max_length: Seconds::hours(4),
        length: Seconds::hours(2),
        canary: None,
    };
    let named = names.iter().map(|name| (FederationId::new(*name), federation.clone()));
    Settings { federations: named.collect(), ..Settings::default() }
}

fn opening(federation: Option<&str>) -> Form {
    Form::Open { channel: String::new(), federation: federation.map(FederationId::new) }
}

/// The longest that is carried with a form.
fn asked(place: forms::Place, permission_set: Option<String>) -> Form {
    let (length, starts_at) = (Seconds::hours(12), Some(1_780_000_000));
    Form::Reason(Asked { place, permission_set, length, starts_at, urgent: true })
}

fn forms() -> Vec<Form> {
    let emergency = EmergencyId::from_bits(7, EmergencyId::SYMBOLS_MIN);
    vec![
        Form::Deny(RequestId::from_bits(7, RequestId::SYMBOLS_MIN), Matter::Extension { nth: u32::MAX }),
        Form::Decline(emergency.clone()),
        Form::Review(emergency),
        Form::ApproveLess(RequestId::from_bits(7, RequestId::SYMBOLS_MIN)),
        Form::Extend(RequestId::from_bits(7, RequestId::SYMBOLS_MIN)),
        Form::Object(RequestId::from_bits(7, RequestId::SYMBOLS_MIN)),
        asked(forms::Place::Account(AccountId::parse("333333333333").unwrap()), Some("P".repeat(32))),
        asked(forms::Place::Group(GroupId::new(format!("9067642ac5-{}", "f".repeat(36)))), None),
        opening(None),
        opening(Some("main")),
    ]
}

#[test]
fn every_form_is_within_discords_limits_and_comes_back_as_itself() {
    for form in forms() {
        let modal = modal(&form, &settings(&["main"]), &Nobody).unwrap();
        let chars = |value: &Value| value.as_str().unwrap().chars().count();
        assert!((1..=100).contains(&chars(&modal["custom_id"])));
        assert!((1..=45).contains(&chars(&modal["title"])));
        let components = modal["components"].as_array().unwrap();
        assert!((1..=5).contains(&components.len()), "{form:?}");
        for component in components {
            if component["type"] == TEXT_DISPLAY {
                assert!((1..=4_000).contains(&chars(&component["content"])));
                continue;
            }
            assert_eq!(component["type"], LABEL);
            assert!((1..=45).contains(&chars(&component["label"])));
            let inner = &component["component"];
            assert!(inner["required"].is_boolean());
            if let Some(hint) = inner["placeholder"].as_str() {
                assert!(hint.chars().count() <= 100);
            }
            if inner["type"] == STRING_SELECT {
                assert!((1..=25).contains(&inner["options"].as_array().unwrap().len()));
            }
            if let Some(most) = inner["max_values"].as_u64() {
                assert!((1..=25).contains(&most));
            }
        }
        let sent = json!({ "custom_id": modal["custom_id"], "components": [] });
        assert_eq!(super::form(&sent), Some(form));
    }
}

#[test]
fn with_several_federations_the_form_is_about_one_that_was_named() {
    let several = settings(&["main", "other"]);
    assert_eq!(modal(&opening(None), &several, &Nobody), None);
    let named = modal(&opening(Some("other")), &several, &Nobody).unwrap();
    let names: Vec<&Value> = named["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| &label["component"]["custom_id"])
        .collect();
    assert_eq!(names, ["level", "length", "incident", "reason", "people"]);
}

#[test]
fn the_opening_form_looks_as_discord_documents_it() {
    let shown = modal(&opening(None), &settings(&["main"]), &Nobody).unwrap();
    assert_eq!(
        shown["components"][0],
        json!({ "type": 18, "label": "What must people be able to do?", "component": {
            "type": 3, "custom_id": "level", "required": true, "min_values": 1, "max_values": 1,
            "options": [
                { "label": "Look (ro: read-only)", "value": "ro", "default": true },
                { "label": "Repair (ops: operations)", "value": "ops", "default": false },
            ],
        } })
    );
    assert_eq!(
        shown["components"][4],
        json!({ "type": 18, "label": "Who gets the access?", "component": {
            "type": 5, "custom_id": "people", "required": false, "min_values": 0, "max_values": 25,
            "placeholder": "you, if nobody is chosen",
        } })
    );
}

#[test]
fn what_was_typed_and_chosen_is_read() {
    let data = json!({
        "custom_id": "emergency.open.form: main",
        "components": [
            { "type": 10, "id": 1 },
            { "type": 18, "id": 2, "component": { "type": 3, "id": 3, "custom_id": "level", "values": ["ops"] } },
            { "type": 18, "id": 4, "component": { "type": 3, "id": 5, "custom_id": "length", "values": [] } },
            { "type": 18, "id": 6, "component": { "type": 4, "id": 7, "custom_id": "incident", "value": "" } },
            { "type": 18, "id": 8, "component": { "type": 4, "id": 9, "custom_id": "reason", "value": " down " } },
            { "type": 18, "id": 10, "component": { "type": 5, "id": 11, "custom_id": "people", "values": ["110", "111"] } },
        ],
    });
    assert_eq!(form(&data), Some(opening(Some("main"))));
    let filled = filled(&data);
    assert_eq!((filled.level(), filled.length()), (Level::Ops, None));
    assert_eq!((filled.text(INCIDENT), filled.text(REASON)), (None, Some("down".to_owned())));
    assert_eq!(filled.people(), ["110", "111"]);
}

#[test]
fn a_form_that_is_none_of_ours_is_filled_with_nothing() {
    for data in [
        json!(null),
        json!({ "custom_id": 7, "components": {} }),
        json!({ "custom_id": "request.deny.form", "components": [7, { "component": { "custom_id": 3, "value": "x" } }] }),
        json!({ "custom_id": "request.deny.form:x", "components": [{ "component": { "custom_id": "why", "value": 3 } }, { "component": { "custom_id": "people", "values": "110" } }] }),
    ] {
        assert_eq!(form(&data), None);
        let filled = filled(&data);
        assert_eq!((filled.text(WHY), filled.0.get(LENGTH), filled.0.get(PEOPLE)), (None, None, None));
    }
}
