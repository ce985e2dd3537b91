//! `views.*`: modals on somebody's screen.

use serde_json::{Value, json};

use crate::slack::modal;
use crate::slack::params::{Answer, Params, SlackError};
use crate::slack::world::World;

pub(super) fn open(world: &mut World, params: &Params) -> Answer {
    let user = world.exchange(params.need("trigger_id", "invalid_arguments")?)?;
    let content = modal::content(world, given(params)?, "views.open")?;
    // A person has one stack of modals; a new root takes the place of whatever was there.
    world.views.retain(|view| view.user != user);
    let id = modal::put(world, &user, content, None);
    answer(world, &id)
}

pub(super) fn push(world: &mut World, params: &Params) -> Answer {
    let user = world.exchange(params.need("trigger_id", "invalid_arguments")?)?;
    let content = modal::content(world, given(params)?, "views.push")?;
    let id = modal::push(world, &user, content)?;
    answer(world, &id)
}

pub(super) fn update(world: &mut World, params: &Params) -> Answer {
    let content = modal::content(world, given(params)?, "views.update")?;
    let wanted = params.text("view_id").map(str::to_owned);
    let external = params.text("external_id").map(Value::from);
    let found = world.views.iter().position(|view| match (&wanted, &external) {
        (Some(id), _) => view.id == *id,
        (None, external) => external.is_some() && view.content.get("external_id") == external.as_ref(),
    });
    let hash = world.next().to_string();
    let Some(view) = found.and_then(|at| world.views.get_mut(at)) else {
        return Err(SlackError::new("not_found"));
    };
    if params.text("hash").is_some_and(|given| given != view.hash) {
        return Err(SlackError::new("hash_conflict"));
    }
    modal::replace(view, content, hash);
    let id = view.id.clone();
    answer(world, &id)
}

fn given(params: &Params) -> Result<Value, SlackError> {
    params.structure("view", "invalid_arguments")?.ok_or_else(|| SlackError::new("invalid_arguments"))
}

fn answer(world: &World, id: &str) -> Answer {
    let view = world.views.iter().find(|view| view.id == id).ok_or_else(|| SlackError::new("not_found"))?;
    Ok(json!({ "ok": true, "view": world.view_object(view, json!({})) }))
}
