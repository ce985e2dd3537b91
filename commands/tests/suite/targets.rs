//! Groups, bundles and urgent access: how people ask for them, and what is wrong.

use crate::acme::{Acme, table};
use glasskey_commands::NoVocabulary;

#[test]
fn a_group_or_a_bundle_is_one_name() {
    table(
        &NoVocabulary,
        &[
            ("group sre-leads 1h fix", "group sre-leads | 1h |  | fix"),
            ("Group sre-leads for 1h at 02:00 INC-7 fix", "group sre-leads | 1h at 02:00 | INC-7 | fix"),
            ("group 1h sre-leads because of prod ReadOnly", "group sre-leads | 1h |  | of prod ReadOnly"),
            ("request group sre-leads 1h fix", "group sre-leads | 1h |  | fix"),
            ("group \"Payments On Call\" 1h fix", "group Payments On Call | 1h |  | fix"),
            ("group \"1h\" 2h fix", "group 1h | 2h |  | fix"),
            ("group sre-leads 1h look at 02:00 runs", "group sre-leads | 1h |  | look at 02:00 runs"),
            (
                "bundle x 1h replay the 2h as INC-7 says",
                "bundle x | 1h | INC-7 | replay the 2h as INC-7 says",
            ),
            ("group sre-leads 1h compare with group ops", "group sre-leads | 1h |  | compare with group ops"),
            (
                "bundle oncall-payments until 18:00 my week",
                "bundle oncall-payments | until 18:00 |  | my week",
            ),
            ("\"group\" ReadOnly 1h fix", "group | ReadOnly | 1h |  | fix"),
        ],
    );
    table(
        &Acme,
        &[
            ("group payments on call 1h fix", "group payments on call | 1h |  | fix"),
            ("group SRE-7 1h INC-7 fix", "group SRE-7 | 1h | INC-7 | fix"),
            ("group urgent 1h fix", "group urgent | 1h |  | fix"),
            ("bundle on call 8h my week", "bundle on call | 8h |  | my week"),
            ("group prod 1h ReadOnly", "group prod | 1h |  | ReadOnly"),
        ],
    );
}

#[test]
fn urgent_is_said_before_what_is_asked_for() {
    table(
        &Acme,
        &[
            ("urgent prod Admin 30m INC-7 it burns", "urgent prod | Admin | 30m | INC-7 | it burns"),
            ("urgent Admin in prod eu for 30m it burns", "urgent prod eu | Admin | 30m |  | it burns"),
            ("URGENT group sre-leads 30m it burns", "urgent group sre-leads | 30m |  | it burns"),
            ("urgent bundle on call 30m it burns", "urgent bundle on call | 30m |  | it burns"),
            ("request urgent prod Admin 30m it burns", "urgent prod | Admin | 30m |  | it burns"),
            ("prod Admin 30m urgent, it burns", "prod | Admin | 30m |  | urgent, it burns"),
            (
                "urgent prod Admin 30m down since the deploy at 02:00",
                "urgent prod | Admin | 30m |  | down since the deploy at 02:00",
            ),
        ],
    );
}

#[test]
fn urgent_access_has_no_start() {
    table(
        &Acme,
        &[(
            "urgent prod Admin 30m at 02:00 it burns",
            "`at 02:00` does not go with `urgent`, which begins at once; try `/elevate urgent prod Admin 30m it burns`",
        )],
    );
}

#[test]
fn what_is_missing_is_named_in_the_form_that_was_begun() {
    table(
        &Acme,
        &[
            (
                "group",
                "a group, a duration and a reason are missing; try `/elevate group <group> 1h <reason>`",
            ),
            (
                "group payments on call fix",
                "a duration is missing, such as `1h`; try `/elevate group \"payments on call\" 1h fix`",
            ),
            ("bundle 8h", "a bundle and a reason are missing; try `/elevate bundle <bundle> 8h <reason>`"),
            (
                "urgent prod",
                "a permission set, a duration and a reason are missing; \
                 try `/elevate urgent prod <permission set> 1h <reason>`",
            ),
            (
                "urgent group sre-leads 1h",
                "a reason is missing; try `/elevate urgent group sre-leads 1h <reason>`",
            ),
            (
                "group sre-leads 8d fix",
                "`8d` is too long: access lasts at most 7 d; try `/elevate group sre-leads 7d fix`",
            ),
        ],
    );
}

/// Asked for as usual, it would wait for an approval that urgent access does not wait for.
#[test]
fn a_slip_in_the_word_is_found_where_what_follows_tells() {
    table(
        &Acme,
        &[
            (
                "urgnt prod Admin 30m it burns",
                "`urgnt` is unknown, and the nearest word is `urgent`; try `/elevate urgent prod Admin 30m it burns`",
            ),
            (
                "urgnet group sre-leads 30m it burns",
                "`urgnet` is unknown, and the nearest word is `urgent`; try `/elevate urgent group sre-leads 30m it burns`",
            ),
            (
                "gruop sre-leads 1h fix",
                "`gruop` is unknown, and the nearest word is `group`; try `/elevate group sre-leads 1h fix`",
            ),
            (
                "bundel on call 1h fix",
                "`bundel` is unknown, and the nearest word is `bundle`; try `/elevate bundle on call 1h fix`",
            ),
            ("gruop ReadOnly 1h fix", "gruop | ReadOnly | 1h |  | fix"),
            ("gruop unknown 1h fix", "gruop | unknown | 1h |  | fix"),
        ],
    );
}

#[test]
fn policy_is_asked_about_groups_and_bundles_too() {
    table(
        &Acme,
        &[
            ("why group sre-leads", "/elevate why group \"sre-leads\""),
            ("why group payments on call", "/elevate why group \"payments on call\""),
            ("why bundle on call", "/elevate why bundle \"on call\""),
            ("why \"group\" ReadOnly", "/elevate why \"group\" \"ReadOnly\""),
            ("why group", "a group is missing; try `/elevate why group <group>`"),
            (
                "why group north sea",
                "`why` takes `<account> <permission set>` and nothing more after it, but `sea` follows; \
                 a name of several words, or one that reads like a command, goes in quotes; try `/elevate why group north`",
            ),
        ],
    );
}
