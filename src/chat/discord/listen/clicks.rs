//! Clicks on cards. A click carries an opaque id and nothing else that is believed (pitfall 14).

use glasskey_domain::Door;
use serde_json::Value;

use super::answers::Answer;
use super::payload::Interaction;
use super::{Listener, said};
use crate::chat::discord::render;
use crate::chat::hall::forms::Filled;
use crate::chat::hall::{Click, Heard};
use crate::notices::Text;

impl Listener {
    pub(super) async fn click(&self, asked: &Interaction) -> Option<Answer> {
        let name = asked.data.get("custom_id").and_then(Value::as_str);
        let Some(click) = name.and_then(render::clicked) else { return Some(Answer::Nothing) };
        let speaker = asked.speaker(self.whisper(asked), &self.people.guild());
        let known = match self.meet(asked, &speaker, click.button.action()).await {
            Ok(known) => known,
            Err(refused) => return refused.map(Answer::Say),
        };
        match self.hall.clicked(click.button, click.id.clone()).await {
            Some(Click::Ask(form)) => {
                let instead = Text::new().say(form.instead());
                Some(self.ask(form, &Filled::default()).await.unwrap_or(Answer::Say(instead)))
            }
            Some(Click::Decide(command)) => {
                match render::sure(click.button, &click.id).filter(|_| !click.sure) {
                    Some(question) => Some(Answer::Sure(question)),
                    None => said(self.hall.decide(&speaker, &known, command).await),
                }
            }
            Some(Click::Again(id)) => match self.hall.again(&known, Some(&id)).await {
                Ok(again) => {
                    let words = again.words();
                    self.heard(Heard::Ask(again.form(Door::Discord), words)).await
                }
                Err(refusal) => {
                    let verb = click.button.action();
                    said(self.hall.refuse(&speaker, Some(&known), verb, refusal).await)
                }
            },
            None => Some(Answer::Nothing),
        }
    }
}
