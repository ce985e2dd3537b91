//! Signing people in by device code: the org authorization server does it, or the custom one that is called `default`.

use super::OktaControl;
use super::directory::UserStatus;
use super::serve::Incoming;
use super::wire::Reply;
use super::world::World;
use crate::idp::User;
use crate::idp::sign_in::{Desk, Flavour, Places, Step};

/// The desk of one of the two authorization servers.
pub(super) fn desk(url: &str, custom: bool) -> Desk {
    let (issuer, server) = if custom {
        (format!("{url}/oauth2/default"), format!("{url}/oauth2/default"))
    } else {
        (url.to_owned(), format!("{url}/oauth2"))
    };
    let places = Places {
        device: format!("{server}/v1/device/authorize"),
        token: format!("{server}/v1/token"),
        keys: format!("{server}/v1/keys"),
        page: format!("{url}/activate"),
    };
    Desk::new(Flavour::Okta, issuer, places)
}

pub(super) fn answer(world: &mut World, call: &Incoming, step: Step) -> Reply {
    let form = if step == Step::Page { call.query.clone() } else { call.form() };
    let (users, now_ms) = (users(world), world.now_ms());
    let reply = world.desk.answer(step, &form, &users, now_ms);
    Reply { status: reply.status, content_type: reply.content_type, headers: Vec::new(), body: reply.body }
}

fn users(world: &World) -> Vec<User> {
    let all = world.directory.users.values().map(|user| User {
        id: user.id.clone(),
        login: user.login.clone(),
        mail: user.email.clone(),
        enabled: user.status == UserStatus::Active,
    });
    all.collect()
}

impl OktaControl {
    /// The custom authorization server signs people in from now on, not the org's own.
    pub fn sign_in_at_the_custom_server(&self) {
        self.change(|world| world.desk = desk(&world.url, true));
    }

    /// Looks at the sign-in by device code, or changes it.
    pub fn at_the_desk<T>(&self, act: impl FnOnce(&mut Desk) -> T) -> T {
        self.change(|world| act(&mut world.desk))
    }

    /// Somebody types a code, having signed in so many seconds ago. False for a code that waits for nobody, and for nobody
    /// we know.
    pub fn signs_in(&self, user_code: &str, user: &str, secs_ago: i64) -> bool {
        self.change(|world| {
            let Some(id) = world.directory.user_named(user).map(|user| user.id.clone()) else { return false };
            let user = users(world).into_iter().find(|user| user.id == id && user.enabled);
            let at_secs = world.now_ms().div_euclid(1_000) - secs_ago;
            user.is_some_and(|user| world.desk.signs_in(user_code, &user, at_secs))
        })
    }
}
