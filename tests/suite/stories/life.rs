//! The ordinary life of a request.

use glasskey_domain::refusal::StateWord;
use jiff::ToSpan as _;

use crate::town::Town;

/// pitfall 5
#[test]
fn access_is_asked_for_approved_granted_and_gone_at_its_end() {
    let town = Town::new();
    let it = town.ana().asks("payments-prod ReadOnly 1h INC-7 look at refunds");
    town.bo().approves(&it).says("needs no further approval");
    town.becomes(&it, StateWord::Active);
    assert!(town.aws().has("ana", "payments-prod", "ReadOnly"));
    town.card_says(&it, "Active");
    town.settle();
    assert!(town.told("ana")[0].contains("Granted"));
    town.pass(1.hour().try_into().unwrap());
    town.becomes(&it, StateWord::Ended);
    assert!(town.aws().has_nothing_for("ana"));
    town.settle();
    town.card_says(&it, "AWS confirms that it is gone");
    assert!(town.told("ana")[1].contains("Ended"));
}
