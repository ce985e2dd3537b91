//! `/breakglass` at Slack's door: typed, filled in, clicked; refused by name; pinned while it lasts; and what people read of
//! it, as goldens. Shapes: docs.slack.dev, slash commands, `block_actions`, `view_submission`.

mod hand;
mod host;
pub(crate) mod house;
mod words;
