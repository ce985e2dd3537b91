//! A pretend Keycloak on loopback: the Admin REST calls about one SAML client and its groups, and the token endpoint.

use axum::http::Method;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use crate::idp::sign_in::{Desk, Flavour, Places, Step};
use crate::idp::{
    Client, Group, Incoming, Operation, Reply, Rules, Twin, User, Wire, World, grant, metadata,
};

/// The realm.
pub const REALM: &str = "acme";
/// The internal id of the emergency client.
pub const APP: &str = "5e1c0000-0000-4000-8000-000000000030";
/// The ids of the emergency groups: to look, to operate.
pub const GROUPS: [&str; 2] =
    ["9e0c0000-0000-4000-8000-000000000040", "9e0c0000-0000-4000-8000-000000000042"];
/// Keycloak takes assertions of a minute at most (since 26.2).
const ASSERTION_SECS_MAX: i64 = 60;
/// Members on a page when nobody says.
const PAGE: usize = 100;

/// Starts it.
///
/// # Errors
/// When no port of loopback could be opened.
pub async fn start(client: Client) -> std::io::Result<Twin> {
    let app = json!({
        "id": APP, "clientId": "urn:amazon:webservices", "enabled": false, "protocol": "saml",
        "attributes": { "saml_idp_initiated_sso_url_name": "aws-emergency", "saml.assertion.signature": "true" },
        "redirectUris": ["https://eu-west-1.signin.aws.amazon.com/saml"],
    });
    let roles = ["manage-clients", "manage-users", "query-groups", "query-users", "view-realm", "view-users"];
    let claims = json!({ "resource_access": { "realm-management": { "roles": roles } } });
    Twin::start(|url| {
        let world = World::new(&app, &GROUPS, client, claims, desk(url));
        (world, Admin { url: url.to_owned() })
    })
    .await
}

fn desk(url: &str) -> Desk {
    let realm = format!("{url}/realms/{REALM}");
    let connect = format!("{realm}/protocol/openid-connect");
    let places = Places {
        device: format!("{connect}/auth/device"),
        token: format!("{connect}/token"),
        keys: format!("{connect}/certs"),
        page: format!("{realm}/device"),
    };
    Desk::new(Flavour::Keycloak, realm, places)
}

struct Admin {
    url: String,
}

impl Wire for Admin {
    fn operation(&self, call: &Incoming) -> Option<Operation> {
        let (get, put) = (call.method == Method::GET, call.method == Method::PUT);
        let (post, delete) = (call.method == Method::POST, call.method == Method::DELETE);
        match call.segments().as_slice() {
            ["realms", REALM, "protocol", "openid-connect", "token"] if post => Some(call.token_operation()),
            ["realms", REALM, "protocol", "openid-connect", "auth", "device"] if post => {
                Some(Operation::SignIn(Step::Authorize))
            }
            ["realms", REALM, "protocol", "openid-connect", "certs"] if get => {
                Some(Operation::SignIn(Step::Keys))
            }
            ["realms", REALM, ".well-known", "openid-configuration"] if get => {
                Some(Operation::SignIn(Step::Discovery))
            }
            ["realms", REALM, "device"] if get => Some(Operation::SignIn(Step::Page)),
            ["realms", REALM, "device"] if post => Some(Operation::SignIn(Step::Answer)),
            ["realms", REALM, "protocol", "saml", "descriptor"] if get => Some(Operation::Metadata),
            ["admin", "realms", REALM, rest @ ..] => match rest {
                ["clients", _] if get => Some(Operation::ReadApp),
                ["clients", _] if put => {
                    let enabled = call.json()?.get("enabled")?.as_bool()?;
                    Some(if enabled { Operation::Activate } else { Operation::Deactivate })
                }
                ["groups", _] if get => Some(Operation::ReadGroup),
                ["groups", _, "members"] if get => Some(Operation::ListMembers),
                ["users"] if get => Some(Operation::FindUsers),
                ["users", _, "groups", _] if put => Some(Operation::Add),
                ["users", _, "groups", _] if delete => Some(Operation::Remove),
                ["default-groups"] if get => Some(Operation::DefaultGroups),
                _ => None,
            },
            _ => None,
        }
    }

    fn answer(&self, world: &mut World, operation: Operation, call: &Incoming) -> Reply {
        let id = call.path.get(4).map(String::as_str).unwrap_or_default();
        match operation {
            Operation::Token => self.token(world, call),
            Operation::SignIn(step) => world.sign_in(step, call),
            Operation::Metadata => metadata(&format!("{}/realms/{REALM}", self.url)),
            Operation::ReadApp if id == APP => Reply::json(&Value::Object(world.shown_app())),
            Operation::Activate | Operation::Deactivate if id == APP => self.replace(world, call),
            Operation::ReadApp | Operation::Activate | Operation::Deactivate => {
                self.error(404, "Could not find client")
            }
            Operation::ReadGroup => {
                let group = world.shown_group(id);
                group.map_or_else(|| self.no_group(), |group| Reply::json(&shown(id, &group)))
            }
            Operation::ListMembers => match world.shown_group(id) {
                Some(group) => page(world, &group, call),
                None => self.no_group(),
            },
            Operation::FindUsers => users(world, call),
            Operation::Add | Operation::Remove => self.place(world, operation, id, call),
            Operation::DefaultGroups => {
                let defaults = world.groups.iter().filter(|(_, group)| group.default);
                Reply::json(&defaults.map(|(id, group)| shown(id, group)).collect())
            }
        }
    }

    fn error(&self, status: u16, said: &str) -> Reply {
        Reply { status, ..Reply::json(&json!({ "error": said })) }
    }
}

impl Admin {
    fn token(&self, world: &mut World, call: &Incoming) -> Reply {
        let rules = Rules {
            audience: &format!("{}/realms/{REALM}", self.url),
            lifetime_secs_max: ASSERTION_SECS_MAX,
            algorithms: &[Algorithm::RS256, Algorithm::ES256],
            scope: None,
        };
        grant(world, call, &rules)
    }

    /// A client is replaced whole: what is not in the new one is gone.
    fn replace(&self, world: &mut World, call: &Incoming) -> Reply {
        let Some(Value::Object(client)) = call.json() else {
            return self.error(400, "Cannot parse the JSON");
        };
        world.app = client;
        Reply::nothing()
    }

    fn no_group(&self) -> Reply {
        self.error(404, "Could not find group by id")
    }

    fn place(&self, world: &mut World, operation: Operation, user: &str, call: &Incoming) -> Reply {
        if !world.users.contains_key(user) {
            return self.error(404, "User not found");
        }
        let group = call.path.get(6).and_then(|id| world.groups.get_mut(id));
        let Some(group) = group else { return self.error(404, "Group not found") };
        if operation == Operation::Add {
            group.members.insert(user.to_owned());
        } else {
            group.members.remove(user);
        }
        Reply::nothing()
    }
}

fn page(world: &World, group: &Group, call: &Incoming) -> Reply {
    let (first, max) = (call.number("first").unwrap_or(0), call.number("max").unwrap_or(PAGE));
    let users = group.members.iter().filter_map(|id| world.users.get(id));
    Reply::json(&users.skip(first).take(max).map(member).collect())
}

fn users(world: &World, call: &Incoming) -> Reply {
    let exact = call.field("exact") == Some("true");
    let fits = |asked: Option<&str>, has: &str| {
        asked.is_none_or(|asked| {
            let (asked, has) = (asked.to_lowercase(), has.to_lowercase());
            if exact { has == asked } else { has.contains(&asked) }
        })
    };
    let found = world
        .users
        .values()
        .filter(|user| fits(call.field("username"), &user.login) && fits(call.field("email"), &user.mail));
    Reply::json(&found.take(call.number("max").unwrap_or(PAGE)).map(member).collect())
}

fn member(user: &User) -> Value {
    json!({ "id": user.id, "username": user.login, "email": user.mail, "enabled": user.enabled })
}

fn shown(id: &str, group: &Group) -> Value {
    let plain = json!({ "id": id, "name": "aws-emergency", "path": "/aws-emergency", "subGroups": [] });
    let mut all: Map<String, Value> = plain.as_object().cloned().unwrap_or_default();
    all.extend(group.quirks.clone());
    Value::Object(all)
}
