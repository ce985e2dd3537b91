//! The shapes of Block Kit as tables: which fields a block or element has, which it needs, and how long they may be.
//! Numbers: platform-rules §1.4 (from the official SDK's types). Rows only; `blocks.rs` reads them.

/// What a field must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    /// A `plain_text` object of at most so many characters.
    Plain(usize),
    /// A `plain_text` or `mrkdwn` object.
    Text(usize),
    /// Up to so many text objects, each of at most so many characters.
    Texts(usize, usize),
    /// A bare string.
    Str(usize),
    /// A bare string that may be empty.
    Free(usize),
    /// `true` or `false`.
    Bool,
    /// A whole number from … to ….
    Int(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A confirmation dialog.
    Confirm,
    /// From one to so many options.
    Options(usize),
    /// Up to 100 groups of options.
    Groups,
    /// One option.
    Choice,
    /// One element of these kinds.
    Element(&'static [&'static str]),
    /// From one to so many elements of these kinds.
    Elements(usize, &'static [&'static str]),
    /// Elements of a context block.
    Context,
    /// Elements of a rich text block.
    Rich,
    /// Anything (kept, not looked into).
    Any,
}

/// A field: name, whether it must be there, what it must be.
pub(crate) type Field = (&'static str, bool, Check);

/// A kind and its fields; `type`, `block_id` (blocks) and `action_id` (elements) are known to the reader.
pub(crate) type Shape = (&'static str, &'static [Field]);

use Check::{
    Any, Bool, Choice, Confirm, Context, Element, Elements, Free, Groups, Int, Options, Plain, Rich, Str,
    Text, Texts, Word,
};

/// Elements that may stand in an actions block.
const IN_ACTIONS: &[&str] = &[
    "button",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "overflow",
    "datepicker",
    "timepicker",
    "datetimepicker",
    "checkboxes",
    "radio_buttons",
];

/// Elements that may stand at the side of a section.
const IN_SECTION: &[&str] = &[
    "button",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "overflow",
    "datepicker",
    "timepicker",
    "checkboxes",
    "radio_buttons",
    "image",
];

/// Elements that may stand in an input block.
pub(crate) const IN_INPUT: &[&str] = &[
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "datepicker",
    "timepicker",
    "datetimepicker",
    "checkboxes",
    "radio_buttons",
];

pub(crate) const BLOCKS: &[Shape] = &[
    (
        "section",
        &[
            ("text", false, Text(3000)),
            ("fields", false, Texts(10, 2000)),
            ("accessory", false, Element(IN_SECTION)),
            ("expand", false, Bool),
        ],
    ),
    ("header", &[("text", true, Plain(150))]),
    ("divider", &[]),
    ("context", &[("elements", true, Context)]),
    ("actions", &[("elements", true, Elements(25, IN_ACTIONS))]),
    (
        "input",
        &[
            ("label", true, Plain(2000)),
            ("element", true, Element(IN_INPUT)),
            ("hint", false, Plain(2000)),
            ("optional", false, Bool),
            ("dispatch_action", false, Bool),
        ],
    ),
    (
        "image",
        &[
            ("image_url", false, Str(3000)),
            ("slack_file", false, Any),
            ("alt_text", true, Str(2000)),
            ("title", false, Plain(2000)),
        ],
    ),
    ("rich_text", &[("elements", true, Rich)]),
    ("markdown", &[("text", true, Str(12_000))]),
];

const PLACEHOLDER: Field = ("placeholder", false, Plain(150));
const CONFIRM: Field = ("confirm", false, Confirm);
const FOCUS: Field = ("focus_on_load", false, Bool);
const DISPATCH: Field = ("dispatch_action_config", false, Any);
const OPTIONS: Field = ("options", false, Options(100));
const GROUPS: Field = ("option_groups", false, Groups);
const INITIAL_OPTION: Field = ("initial_option", false, Choice);
const MIN_QUERY: Field = ("min_query_length", false, Int(0, 255));
const MAX_SELECTED: Field = ("max_selected_items", false, Int(1, 100));

pub(crate) const ELEMENTS: &[Shape] = &[
    (
        "button",
        &[
            ("text", true, Plain(75)),
            ("value", false, Str(2000)),
            ("url", false, Str(3000)),
            ("style", false, Word(&["primary", "danger"])),
            ("accessibility_label", false, Str(75)),
            CONFIRM,
        ],
    ),
    ("static_select", &[PLACEHOLDER, OPTIONS, GROUPS, INITIAL_OPTION, CONFIRM, FOCUS]),
    ("external_select", &[PLACEHOLDER, MIN_QUERY, INITIAL_OPTION, CONFIRM, FOCUS]),
    ("users_select", &[PLACEHOLDER, ("initial_user", false, Str(255)), CONFIRM, FOCUS]),
    (
        "conversations_select",
        &[
            PLACEHOLDER,
            ("initial_conversation", false, Str(255)),
            ("default_to_current_conversation", false, Bool),
            ("response_url_enabled", false, Bool),
            ("filter", false, Any),
            CONFIRM,
            FOCUS,
        ],
    ),
    (
        "channels_select",
        &[
            PLACEHOLDER,
            ("initial_channel", false, Str(255)),
            ("response_url_enabled", false, Bool),
            CONFIRM,
            FOCUS,
        ],
    ),
    (
        "multi_static_select",
        &[
            PLACEHOLDER,
            OPTIONS,
            GROUPS,
            ("initial_options", false, Options(100)),
            MAX_SELECTED,
            CONFIRM,
            FOCUS,
        ],
    ),
    (
        "multi_external_select",
        &[PLACEHOLDER, MIN_QUERY, ("initial_options", false, Options(100)), MAX_SELECTED, CONFIRM, FOCUS],
    ),
    ("multi_users_select", &[PLACEHOLDER, ("initial_users", false, Any), MAX_SELECTED, CONFIRM, FOCUS]),
    ("overflow", &[("options", true, Options(5)), CONFIRM]),
    (
        "checkboxes",
        &[("options", true, Options(10)), ("initial_options", false, Options(10)), CONFIRM, FOCUS],
    ),
    ("radio_buttons", &[("options", true, Options(10)), INITIAL_OPTION, CONFIRM, FOCUS]),
    ("datepicker", &[PLACEHOLDER, ("initial_date", false, Str(10)), CONFIRM, FOCUS]),
    (
        "timepicker",
        &[PLACEHOLDER, ("initial_time", false, Str(5)), ("timezone", false, Str(64)), CONFIRM, FOCUS],
    ),
    ("datetimepicker", &[("initial_date_time", false, Int(1_000_000_000, 9_999_999_999)), CONFIRM, FOCUS]),
    (
        "plain_text_input",
        &[
            PLACEHOLDER,
            ("initial_value", false, Free(3000)),
            ("multiline", false, Bool),
            ("min_length", false, Int(0, 3000)),
            ("max_length", false, Int(1, 3000)),
            DISPATCH,
            FOCUS,
        ],
    ),
    (
        "number_input",
        &[
            PLACEHOLDER,
            ("is_decimal_allowed", true, Bool),
            ("initial_value", false, Str(255)),
            ("min_value", false, Str(255)),
            ("max_value", false, Str(255)),
            DISPATCH,
            FOCUS,
        ],
    ),
    ("email_text_input", &[PLACEHOLDER, ("initial_value", false, Str(255)), DISPATCH, FOCUS]),
    ("url_text_input", &[PLACEHOLDER, ("initial_value", false, Str(3000)), DISPATCH, FOCUS]),
    ("image", &[("image_url", false, Str(3000)), ("slack_file", false, Any), ("alt_text", true, Str(2000))]),
];

/// Fields of a modal or Home view. `private_metadata` 3000, titles and buttons 24, ids 255.
pub(crate) const VIEW: &[Field] = &[
    ("title", true, Plain(24)),
    ("submit", false, Plain(24)),
    ("close", false, Plain(24)),
    ("private_metadata", false, Free(3000)),
    ("callback_id", false, Free(255)),
    ("external_id", false, Free(255)),
    ("clear_on_close", false, Bool),
    ("notify_on_close", false, Bool),
    ("submit_disabled", false, Bool),
];

/// Those of them that a Home view has, which is no dialog.
pub(crate) const IN_HOME: &[&str] = &["private_metadata", "callback_id", "external_id"];

/// Parts of a confirmation dialog: title 100, text 300, buttons 30.
pub(crate) const CONFIRMATION: &[Field] = &[
    ("title", true, Plain(100)),
    ("text", true, Text(300)),
    ("confirm", true, Plain(30)),
    ("deny", true, Plain(30)),
    ("style", false, Word(&["primary", "danger"])),
];

/// Parts of an option. Value: the official SDK types say 75, a newer page 150; 75 passes both (platform-rules §1.4).
pub(crate) const OPTION: &[Field] = &[
    ("text", true, Text(75)),
    ("value", true, Str(75)),
    ("description", false, Plain(75)),
    ("url", false, Str(3000)),
];
