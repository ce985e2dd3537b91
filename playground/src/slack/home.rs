//! A person and the app's own pages: opening the Home tab, filling in a form field by field, searching in a select.
//! Each returns what that person saw.

use serde_json::Value;

use super::drive::{Click, Place, element_of, find};
use super::elements;
use super::form;
use super::interaction::Surface;
use super::records::InteractionResult;
use super::world::World;
use super::{SlackTwin, blocks};

/// Characters before Slack asks the app for options, unless the select says otherwise.
const QUERY_MIN: u64 = 3;

impl SlackTwin {
    /// Opens the app's Home tab, of which the app hears; what it publishes then is in [`Self::home`].
    pub async fn open_home(&self, user: &str) -> InteractionResult {
        let sent = self.shared.change(|w| {
            let user = w.user(user).cloned().ok_or("no_such_user")?;
            if !self.shared.options.home_tab {
                return Err("no_home_tab".to_owned());
            }
            let payload = w.home_opened_payload(&user);
            w.send(&self.shared.options, "events_api", payload).ok_or_else(|| "dispatch_failed".to_owned())
        });
        match sent {
            Err(failure) => InteractionResult::failed("", failure),
            Ok(id) => self.outcome(&id).await.0,
        }
    }

    /// Fills in one field of the top modal, by block id or `action_id`, and leaves it filled in. The app hears of it only
    /// when the field's block dispatches actions.
    pub async fn fill(&self, user: &str, what: &str, chosen: &str) -> InteractionResult {
        let found = self.shared.change(|w| {
            let user = w.user(user).cloned().ok_or("no_such_user")?;
            let at = w.views.iter().rposition(|v| v.user == user.id).ok_or("no_open_view")?;
            let view = w.views.get(at).cloned().ok_or("no_open_view")?;
            let (block_id, element) = field_of(&view.content, what)?;
            let field = form::field(&block_id, &element);
            elements::state(&element, chosen, w.offered(&user.id, &view.id, &field))?;
            let hears = form::dispatches(&view, &block_id);
            if let Some(view) = w.views.get_mut(at) {
                view.draft.insert(field.clone(), chosen.to_owned());
            }
            let place = Place::View { id: view.id };
            let click = Click { place, what: field.1, block_id: Some(block_id), chosen: chosen.to_owned() };
            Ok::<_, String>(hears.then_some(click))
        });
        match found {
            Err(failure) => InteractionResult::failed("", failure),
            Ok(None) => InteractionResult::default(),
            Ok(Some(click)) => self.act(user, &click).await,
        }
    }

    /// Types into an external select; the options are in `payload`, and only what was offered can be chosen then.
    pub async fn suggest(
        &self,
        user: &str,
        place: &Place,
        action_id: &str,
        query: &str,
    ) -> InteractionResult {
        let sent = self.shared.change(|w| self.search(w, user, place, action_id, query));
        let (id, select) = match sent {
            Err(failure) => return InteractionResult::failed("", failure),
            Ok(sent) => sent,
        };
        let (result, _) = self.outcome(&id).await;
        let judged = self.shared.change(|w| {
            let Some(answer) = &result.payload else {
                w.violations.push("block_suggestion: no options within the time Slack waits".into());
                return result.failure.clone().or_else(|| Some("no_options".into()));
            };
            match w.judge("block_suggestion", blocks::suggestions(answer), "invalid_options") {
                Ok(()) => w.offer(select, answer),
                Err(error) => return Some(error.code),
            }
            result.failure.clone()
        });
        InteractionResult { failure: judged, ..result }
    }

    fn search(
        &self,
        w: &mut World,
        user: &str,
        place: &Place,
        action_id: &str,
        query: &str,
    ) -> Result<(String, form::Select), String> {
        let (user, surface) = find(w, user, place)?;
        let click =
            Click { place: place.clone(), what: action_id.into(), block_id: None, chosen: String::new() };
        let (block_id, element) = element_of(&surface, &click)?;
        if !elements::kind(&element).ends_with("external_select") {
            return Err(format!("no_external_select: {action_id}"));
        }
        let least = element.get("min_query_length").and_then(Value::as_u64).unwrap_or(QUERY_MIN);
        if (query.chars().count() as u64) < least {
            return Err(format!("query_too_short: {least} characters are needed"));
        }
        let field = form::field(&block_id, &element);
        let base = self.shared.address.to_string();
        let payload = w.suggestion_payload(&base, &user, &surface, &block_id, &field.1, query);
        let id = w.send(&self.shared.options, "interactive", payload).ok_or("dispatch_failed")?;
        Ok((id, (user.id, surface.id().to_owned(), field)))
    }
}

/// The element of a view with this `action_id`, or the one in the block with this id.
fn field_of(content: &Value, what: &str) -> Result<(String, Value), String> {
    let blocks = content.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
    let all = elements::all(&blocks);
    let named = |(block, element): &&(String, Value)| {
        block == what || element.get("action_id").and_then(Value::as_str) == Some(what)
    };
    all.iter().find(named).cloned().ok_or_else(|| format!("no_such_field: {what}"))
}

impl World {
    /// Notes what was chosen in a view, so that the view's own state has it.
    pub(crate) fn keep(&mut self, surface: &Surface, block_id: &str, element: &Value, chosen: &str) {
        let Surface::View(view) = surface else { return };
        if !form::keeps(element) {
            return;
        }
        let field = form::field(block_id, element);
        if let Some(view) = self.view_mut(&view.id) {
            view.draft.insert(field, chosen.to_owned());
        }
    }

    /// Options of a select that a person chose from, as the payload of the choice needs them.
    pub(crate) fn options_for(
        &self,
        user: &str,
        surface: &Surface,
        block_id: &str,
        element: &Value,
    ) -> Vec<Value> {
        self.offered(user, surface.id(), &form::field(block_id, element)).to_vec()
    }
}
