//! What the bot must be allowed to do in a channel, and what it is allowed there, computed as Discord does.
//!
//! Permissions of Discord decide only what the bot can show and where. Who may ask for access, or approve it, is policy.

use serde_json::Value;
use serenity::model::id::RoleId;

use super::rest::models::{Channel, Guild, Member};

/// Everything, everywhere, whatever a channel says. The bot needs it for nothing.
pub const ADMINISTRATOR: u64 = 1 << 3;

/// What the bot needs: the bit, Discord's name for it, and what for.
pub const NEEDED: [(u64, &str, &str); 5] = [
    (1 << 10, "View Channel", "to see the channels that cards and announcements go to"),
    (1 << 11, "Send Messages", "to post them"),
    (1 << 14, "Embed Links", "cards are embeds, and without this Discord shows an empty message"),
    (1 << 16, "Read Message History", "to find a card again after a lost answer, and to answer below it"),
    (1 << 51, "Pin Messages", "to keep the card of an open emergency at the top; all else works without"),
];

/// The number for the invite link.
#[must_use]
pub fn needed() -> u64 {
    NEEDED.iter().fold(0, |all, (bit, _, _)| all | bit)
}

/// What a member may do in a channel (docs.discord.com, permission overwrites). What cannot be read is not allowed.
#[must_use]
pub fn held(guild: &Guild, member: &Member, channel: &Channel) -> u64 {
    if guild.owner_id == Some(member.user.id) {
        return u64::MAX;
    }
    let everybody = RoleId::from(guild.id.get());
    let of_roles = guild.roles.iter().filter(|role| role.id == everybody || member.roles.contains(&role.id));
    let base = of_roles.fold(0, |all, role| all | bits(role.permissions.as_deref()));
    if base & ADMINISTRATOR != 0 {
        return u64::MAX;
    }
    // Everybody's first, then those of all roles together, then the member's own: the later ones win.
    let steps: [&dyn Fn(&Value) -> bool; 3] = [
        &|overwrite| is_of(overwrite, guild.id.get()),
        &|overwrite| member.roles.iter().any(|role| *role != everybody && is_of(overwrite, role.get())),
        &|overwrite| is_of(overwrite, member.user.id.get()),
    ];
    steps.into_iter().fold(base, |held, step| {
        let these = channel.permission_overwrites.iter().filter(|overwrite| step(overwrite));
        let (allow, deny) = these.fold((0, 0), |(allow, deny), overwrite| {
            (allow | bits(word(overwrite, "allow")), deny | bits(word(overwrite, "deny")))
        });
        (held & !deny) | allow
    })
}

fn is_of(overwrite: &Value, id: u64) -> bool {
    word(overwrite, "id").is_some_and(|text| text == id.to_string())
}

fn word<'a>(overwrite: &'a Value, key: &str) -> Option<&'a str> {
    overwrite.get(key).and_then(Value::as_str)
}

fn bits(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VIEW: u64 = 1 << 10;
    const SEND: u64 = 1 << 11;

    fn guild(everybody: u64, role: u64) -> Guild {
        serde_json::from_value(json!({
            "id": "1", "name": "Acme", "owner_id": "9",
            "roles": [{ "id": "1", "permissions": everybody.to_string() }, { "id": "5", "permissions": role.to_string() }],
        }))
        .unwrap()
    }

    fn member(id: &str) -> Member {
        serde_json::from_value(json!({ "user": { "id": id }, "roles": ["5"] })).unwrap()
    }

    fn channel(overwrites: &[(u64, u64, u64)]) -> Channel {
        let overwrites: Vec<Value> = overwrites
            .iter()
            .map(|(id, allow, deny)| {
                json!({ "id": id.to_string(), "type": 0, "allow": allow.to_string(), "deny": deny.to_string() })
            })
            .collect();
        serde_json::from_value(json!({ "id": "2", "type": 0, "permission_overwrites": overwrites })).unwrap()
    }

    #[test]
    fn a_member_has_what_everybody_has_and_what_their_roles_have() {
        assert_eq!(held(&guild(VIEW, SEND), &member("7"), &channel(&[])), VIEW | SEND);
    }

    #[test]
    fn what_is_said_of_the_member_wins_over_roles_and_theirs_over_everybodys() {
        let bot = member("7");
        let all = guild(VIEW | SEND, 0);
        assert_eq!(held(&all, &bot, &channel(&[(1, 0, SEND)])), VIEW);
        assert_eq!(held(&all, &bot, &channel(&[(5, SEND, 0), (1, 0, SEND)])), VIEW | SEND);
        assert_eq!(held(&all, &bot, &channel(&[(7, 0, VIEW), (5, SEND, 0), (1, 0, SEND)])), SEND);
        assert_eq!(held(&all, &bot, &channel(&[(8, 0, SEND)])), VIEW | SEND);
    }

    #[test]
    fn an_administrator_and_the_owner_may_do_everything() {
        let shut = channel(&[(7, 0, VIEW), (9, 0, VIEW)]);
        assert_eq!(held(&guild(0, ADMINISTRATOR), &member("7"), &shut), u64::MAX);
        assert_eq!(held(&guild(0, 0), &member("9"), &shut), u64::MAX);
    }

    #[test]
    fn what_cannot_be_read_is_not_allowed() {
        let mut guild = guild(VIEW, SEND);
        guild.roles.iter_mut().for_each(|role| role.permissions = Some("much".to_owned()));
        assert_eq!(held(&guild, &member("7"), &channel(&[])), 0);
    }

    #[test]
    fn the_number_for_the_invite_link_is_the_sum_of_what_is_needed() {
        let sum: u64 = NEEDED.iter().map(|(bit, _, _)| bit).sum();
        assert_eq!(needed(), sum);
        assert_eq!(needed() & ADMINISTRATOR, 0);
    }

    #[test]
    fn the_guide_names_every_permission_and_the_number() {
        let guide = include_str!("../../../docs/discord.md");
        assert!(guide.contains(&format!("permissions={}\n", needed())), "{}", needed());
        for (_, name, what_for) in NEEDED {
            let what_for = what_for.split(';').next().unwrap();
            assert!(guide.contains(&format!("| {name} | {what_for} |")), "{name}");
        }
    }
}
