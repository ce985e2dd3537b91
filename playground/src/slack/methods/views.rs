//! `views.*`: modals on somebody's screen, and Home tabs.

use serde_json::{Value, json};

use crate::slack::modal;
use crate::slack::params::{Answer, Params, SlackError};
use crate::slack::world::World;

pub(super) fn open(world: &mut World, params: &Params) -> Answer {
    let user = world.exchange(params.need("trigger_id", "invalid_arguments")?)?;
    let content = modal::content(world, given(params)?, "modal", "views.open")?;
    // A person has one stack of modals; a new root takes the place of whatever was there.
    world.views.retain(|view| view.user != user);
    let id = modal::put(world, &user, content, None);
    answer(world, &id)
}

pub(super) fn push(world: &mut World, params: &Params) -> Answer {
    let user = world.exchange(params.need("trigger_id", "invalid_arguments")?)?;
    let content = modal::content(world, given(params)?, "modal", "views.push")?;
    let id = modal::push(world, &user, content)?;
    answer(world, &id)
}

/// New content for a modal or a Home tab that is there.
pub(super) fn update(world: &mut World, params: &Params) -> Answer {
    let wanted = params.text("view_id").map(str::to_owned);
    let external = params.text("external_id").map(Value::from);
    let found = world.all_views().find(|view| match (&wanted, &external) {
        (Some(id), _) => view.id == *id,
        (None, external) => external.is_some() && view.content.get("external_id") == external.as_ref(),
    });
    let found = found.map(|view| (view.id.clone(), view.kind().to_owned(), view.hash.clone()));
    let kind = found.as_ref().map_or("modal", |(_, kind, _)| kind.as_str());
    let content = modal::content(world, given(params)?, kind, "views.update")?;
    let (id, _, known) = found.ok_or_else(|| SlackError::new("not_found"))?;
    fresh(params, &known)?;
    let hash = world.next().to_string();
    if let Some(view) = world.view_mut(&id) {
        modal::replace(view, content, hash);
    }
    answer(world, &id)
}

/// The Home tab of one person, whether or not they look at it.
pub(super) fn publish(world: &mut World, params: &Params) -> Answer {
    let content = modal::content(world, given(params)?, "home", "views.publish")?;
    let user = params.need("user_id", "invalid_arguments")?;
    let user = world.users.get(user).filter(|user| !user.flags.deleted && !user.flags.is_bot);
    let user = user.ok_or_else(|| SlackError::new("user_not_found"))?.id.clone();
    if let Some(view) = world.homes.get(&user) {
        fresh(params, &view.hash)?;
    }
    let view = modal::publish(world, &user, content);
    Ok(json!({ "ok": true, "view": world.view_object(&view, json!({})) }))
}

/// A caller that says which version it changes must know the latest one.
fn fresh(params: &Params, hash: &str) -> Result<(), SlackError> {
    match params.text("hash") {
        Some(given) if given != hash => Err(SlackError::new("hash_conflict")),
        Some(_) | None => Ok(()),
    }
}

fn given(params: &Params) -> Result<Value, SlackError> {
    params.structure("view", "invalid_arguments")?.ok_or_else(|| SlackError::new("invalid_arguments"))
}

fn answer(world: &World, id: &str) -> Answer {
    let view = world.all_views().find(|view| view.id == id).ok_or_else(|| SlackError::new("not_found"))?;
    Ok(json!({ "ok": true, "view": world.view_object(view, json!({})) }))
}
