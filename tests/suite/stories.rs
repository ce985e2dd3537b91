//! Stories: what people of a company live through with the bot, told in the words of the field, through the real wire.

mod breakglass;
mod change;
mod life;
mod once;
mod refused;
mod restart;
mod runbook;
mod silence;
mod standing;
mod step_up;
mod trouble;
mod words;
