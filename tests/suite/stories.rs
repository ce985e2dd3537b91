//! Stories: what people of a company live through with the bot, told in the words of the field, through the real wire.

/// Tells each of these stories on each platform alone, in one table: `life::slack::…` and `life::discord::…`.
macro_rules! on_each_platform {
    ($($story:ident),+ $(,)?) => {
        mod slack {
            $(#[test]
            fn $story() {
                super::$story(crate::town::Platform::Slack);
            })+
        }

        mod discord {
            $(#[test]
            fn $story() {
                super::$story(crate::town::Platform::Discord);
            })+
        }
    };
}

mod anchors;
mod approvals;
mod both;
mod breakglass;
mod bundles;
mod change;
mod conditions;
mod drift;
mod forms;
mod gateway;
mod groups;
mod host;
mod life;
mod links;
mod once;
mod panic;
mod refused;
mod restart;
mod runbook;
mod sessions;
mod silence;
mod standing;
mod step_up;
mod time;
mod trouble;
mod urgent;
mod words;
