//! What one person sees in Discord, as JSON: for the page's tab and for browser tests.

use serde_json::{Value, json};

use super::DiscordTwin;
use super::people::{ChannelKind, Member};
use super::records::Message;
use super::world::{APPLICATION, World};

/// Messages of one conversation that are shown; older ones scroll out, as in any chat.
const SHOWN_MAX: usize = 200;

impl DiscordTwin {
    /// Everything this person (id or handle) has before them; `None` when there is no such person.
    #[must_use]
    pub fn seen_by(&self, user: &str) -> Option<Value> {
        let direct = self.direct_channel(user)?;
        self.shared.read(|w| {
            let me = w.member(user)?;
            let people = w.members.values().filter(|m| !m.flags.is_bot).map(face);
            let channels = w.channels.values().filter(|c| c.kind == ChannelKind::Text);
            let modal = w.modals.iter().find(|m| m.user == me.id);
            Some(json!({
                "me": face(me),
                "people": people.collect::<Vec<_>>(),
                "bot": APPLICATION,
                "guild": { "id": w.guild, "name": w.guild_name },
                "channels": channels.map(|c| json!({ "id": c.id, "name": c.name })).collect::<Vec<_>>(),
                "direct": direct,
                "pins": w.pins,
                "timeline": timeline(w, me, &direct),
                "modal": modal,
                "commands": w.commands.values().flatten().collect::<Vec<_>>(),
            }))
        })
    }
}

fn face(member: &Member) -> Value {
    json!({
        "id": member.id, "handle": member.handle, "name": member.flags.global_name, "nick": member.flags.nick,
        "is_member": member.flags.is_member,
    })
}

/// Messages, those only for this person among them, and typed commands, in order of time.
fn timeline(world: &World, me: &Member, direct: &str) -> Vec<Value> {
    let mut items: Vec<(u64, Value)> = Vec::new();
    let texts = world.channels.values().filter(|c| c.kind == ChannelKind::Text).map(|c| c.id.as_str());
    for channel in texts.chain([direct]) {
        let sees = |m: &&Message| m.only_for.as_ref().is_none_or(|who| *who == me.id);
        let messages: Vec<&Message> =
            world.messages.get(channel).into_iter().flatten().filter(sees).collect();
        let skip = messages.len().saturating_sub(SHOWN_MAX);
        items.extend(
            messages
                .into_iter()
                .skip(skip)
                .map(|m| (order(&m.id), json!({ "kind": "message", "message": m }))),
        );
    }
    let typed = world.typed.iter().filter(|t| t.user == me.id);
    items.extend(typed.map(|t| (order(&t.id), json!({ "kind": "typed", "typed": t }))));
    items.sort_by_key(|(at, _)| *at);
    items.into_iter().map(|(_, item)| item).collect()
}

fn order(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}
