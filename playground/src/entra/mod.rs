//! A pretend Microsoft Entra ID on loopback: the calls of Microsoft Graph about one enterprise application and its groups,
//! and the token endpoint.

use axum::http::Method;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use crate::idp::sign_in::{Desk, Flavour, Places, Step};
use crate::idp::{
    Client, Group, Incoming, Operation, Reply, Rules, Twin, User, Wire, World, grant, metadata,
};

/// The tenant's id.
pub const TENANT: &str = "7a1c0000-0000-4000-8000-000000000001";
/// The object id of the emergency enterprise application.
pub const APP: &str = "5e1c0000-0000-4000-8000-000000000010";
/// Its application id.
pub const APP_ID: &str = "a99c0000-0000-4000-8000-000000000011";
/// The ids of the emergency groups: to look, to operate.
pub const GROUPS: [&str; 2] =
    ["9e0c0000-0000-4000-8000-000000000020", "9e0c0000-0000-4000-8000-000000000022"];
/// Graph's largest page.
const PAGE_MAX: usize = 999;
/// Microsoft asks for ten minutes at most; it does not enforce it, and the twin does.
const ASSERTION_SECS_MAX: i64 = 600;

/// Starts it.
///
/// # Errors
/// When no port of loopback could be opened.
pub async fn start(client: Client) -> std::io::Result<Twin> {
    let app = json!({
        "id": APP, "appId": APP_ID, "displayName": "AWS emergency access", "accountEnabled": false,
        "preferredSingleSignOnMode": "saml",
    });
    let claims = json!({
        "roles": ["Application.ReadWrite.OwnedBy", "GroupMember.ReadWrite.All", "User.Read.All"],
    });
    Twin::start(|url| {
        let world = World::new(&app, &GROUPS, client, claims, desk(url));
        (world, Graph { url: url.to_owned() })
    })
    .await
}

fn desk(url: &str) -> Desk {
    let tenant = format!("{url}/{TENANT}");
    let places = Places {
        device: format!("{tenant}/oauth2/v2.0/devicecode"),
        token: format!("{tenant}/oauth2/v2.0/token"),
        keys: format!("{tenant}/discovery/v2.0/keys"),
        page: format!("{url}/devicelogin"),
    };
    Desk::new(Flavour::Entra, format!("{tenant}/v2.0"), places)
}

struct Graph {
    url: String,
}

impl Wire for Graph {
    fn operation(&self, call: &Incoming) -> Option<Operation> {
        let (get, post) = (call.method == Method::GET, call.method == Method::POST);
        let (patch, delete) = (call.method == Method::PATCH, call.method == Method::DELETE);
        match call.segments().as_slice() {
            [TENANT, "oauth2", "v2.0", "token"] if post => Some(call.token_operation()),
            [TENANT, "oauth2", "v2.0", "devicecode"] if post => Some(Operation::SignIn(Step::Authorize)),
            [TENANT, "discovery", "v2.0", "keys"] if get => Some(Operation::SignIn(Step::Keys)),
            [TENANT, "v2.0", ".well-known", "openid-configuration"] if get => {
                Some(Operation::SignIn(Step::Discovery))
            }
            ["devicelogin"] if get => Some(Operation::SignIn(Step::Page)),
            ["devicelogin"] if post => Some(Operation::SignIn(Step::Answer)),
            [TENANT, "federationmetadata", "2007-06", "federationmetadata.xml"] if get => {
                Some(Operation::Metadata)
            }
            ["v1.0", "servicePrincipals", _] if get => Some(Operation::ReadApp),
            ["v1.0", "servicePrincipals", _] if patch => {
                let enabled = call.json()?.get("accountEnabled")?.as_bool()?;
                Some(if enabled { Operation::Activate } else { Operation::Deactivate })
            }
            ["v1.0", "groups", _] if get => Some(Operation::ReadGroup),
            ["v1.0", "groups", _, "members"] if get => Some(Operation::ListMembers),
            ["v1.0", "groups", _, "members", "$ref"] if post => Some(Operation::Add),
            ["v1.0", "groups", _, "members", _, "$ref"] if delete => Some(Operation::Remove),
            ["v1.0", "users"] if get => Some(Operation::FindUsers),
            _ => None,
        }
    }

    fn answer(&self, world: &mut World, operation: Operation, call: &Incoming) -> Reply {
        let id = call.path.get(2).map(String::as_str).unwrap_or_default();
        let missing = || {
            self.error(
                404,
                &format!(
                    "Resource '{id}' does not exist or one of its queried \
                                                   reference-property objects are not present."
                ),
            )
        };
        match operation {
            Operation::Token => self.token(world, call),
            Operation::SignIn(step) => world.sign_in(step, call),
            Operation::Metadata if call.field("appid") == Some(APP_ID) => {
                metadata("https://sts.windows.net/")
            }
            Operation::ReadApp if id == APP => Reply::json(&Value::Object(world.shown_app())),
            Operation::Activate | Operation::Deactivate if id == APP => {
                let enabled = operation == Operation::Activate;
                world.app.insert("accountEnabled".to_owned(), enabled.into());
                Reply::nothing()
            }
            Operation::ReadGroup => {
                world.shown_group(id).map_or_else(missing, |group| Reply::json(&shown(id, &group)))
            }
            Operation::ListMembers => {
                world.shown_group(id).map_or_else(missing, |group| self.page(world, &group, call))
            }
            Operation::FindUsers => self.users(world, call),
            Operation::Add => self.add(world, id, call).unwrap_or_else(missing),
            Operation::Remove => remove(world, id, call).unwrap_or_else(missing),
            Operation::Metadata
            | Operation::ReadApp
            | Operation::Activate
            | Operation::Deactivate
            | Operation::DefaultGroups => missing(),
        }
    }

    fn error(&self, status: u16, said: &str) -> Reply {
        let code = match status {
            400 => "Request_BadRequest",
            401 => "InvalidAuthenticationToken",
            403 => "Authorization_RequestDenied",
            404 => "Request_ResourceNotFound",
            429 => "TooManyRequests",
            _ => "UnknownError",
        };
        Reply { status, ..Reply::json(&json!({ "error": { "code": code, "message": said } })) }
    }
}

impl Graph {
    fn token(&self, world: &mut World, call: &Incoming) -> Reply {
        let rules = Rules {
            audience: &format!("{}/{TENANT}/oauth2/v2.0/token", self.url),
            lifetime_secs_max: ASSERTION_SECS_MAX,
            algorithms: &[Algorithm::PS256, Algorithm::RS256],
            scope: Some(&format!("{}/.default", self.url)),
        };
        grant(world, call, &rules)
    }

    /// A page of members. A list that does not fit one page begins with an empty one, as Graph's sometimes do.
    fn page(&self, world: &World, group: &Group, call: &Incoming) -> Reply {
        let size = call.number("$top").unwrap_or(100).min(PAGE_MAX);
        let from = call.number("$skiptoken");
        let next = match from {
            None if group.members.len() > size => Some(0),
            _ => Some(from.unwrap_or(0) + size).filter(|next| *next < group.members.len()),
        };
        let taken = if from.is_none() && group.members.len() > size { 0 } else { size };
        let ids = group.members.iter().skip(from.unwrap_or(0)).take(taken);
        let rows: Vec<Value> = ids.map(|id| member(id, world.users.get(id))).collect();
        let mut body = json!({ "value": rows });
        if let (Some(next), Some(body)) = (next, body.as_object_mut()) {
            let link = format!("{}/{}?$top={size}&$skiptoken={next}", self.url, call.path.join("/"));
            body.insert("@odata.nextLink".to_owned(), link.into());
        }
        Reply::json(&body)
    }

    fn users(&self, world: &World, call: &Incoming) -> Reply {
        let filter = call.field("$filter").unwrap_or_default();
        let clauses: Option<Vec<(&str, String)>> = filter.split(" or ").map(clause).collect();
        let Some(clauses) = clauses else { return self.error(400, "Invalid filter clause") };
        let fits = |user: &&User| {
            clauses.iter().any(|(field, value)| match *field {
                "userPrincipalName" => user.login.eq_ignore_ascii_case(value),
                _ => user.mail.eq_ignore_ascii_case(value),
            })
        };
        let rows: Vec<Value> =
            world.users.values().filter(fits).map(|user| member(&user.id, Some(user))).collect();
        Reply::json(&json!({ "value": rows }))
    }

    /// `None` when there is no such group or user.
    fn add(&self, world: &mut World, id: &str, call: &Incoming) -> Option<Reply> {
        let body = call.json().unwrap_or_default();
        let reference = body.get("@odata.id").and_then(Value::as_str).unwrap_or_default();
        let user = reference.strip_prefix(&format!("{}/v1.0/directoryObjects/", self.url))?.to_owned();
        let group = world.groups.get_mut(id)?;
        world.users.get(&user)?;
        if group.quirks.get("groupTypes").is_some_and(|types| types.to_string().contains("DynamicMembership"))
        {
            return Some(
                self.error(400, "Insufficient privileges to complete the operation on a dynamic group."),
            );
        }
        Some(if group.members.insert(user) {
            Reply::nothing()
        } else {
            self.error(
                400,
                "One or more added object references already exist for the following modified properties: 'members'.",
            )
        })
    }
}

/// `None` when there is no such group, or nobody of that id in it.
fn remove(world: &mut World, id: &str, call: &Incoming) -> Option<Reply> {
    let user = call.path.get(4)?;
    world.groups.get_mut(id)?.members.remove(user).then(Reply::nothing)
}

/// `mail eq 'o''neil@acme.example'`.
fn clause(text: &str) -> Option<(&str, String)> {
    let (field, value) = text.split_once(" eq ")?;
    let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
    let quotes_are_doubled = !value.replace("''", "").contains('\'');
    (["userPrincipalName", "mail"].contains(&field) && quotes_are_doubled)
        .then(|| (field, value.replace("''", "'")))
}

fn member(id: &str, user: Option<&User>) -> Value {
    match user {
        Some(user) => json!({
            "@odata.type": "#microsoft.graph.user", "id": id, "userPrincipalName": user.login, "mail": user.mail,
            "accountEnabled": user.enabled,
        }),
        None => json!({ "@odata.type": "#microsoft.graph.group", "id": id, "displayName": "a nested group" }),
    }
}

fn shown(id: &str, group: &Group) -> Value {
    let plain = json!({
        "id": id, "displayName": "aws-emergency", "securityEnabled": true, "groupTypes": [],
        "isAssignableToRole": null, "onPremisesSyncEnabled": null,
    });
    let mut all: Map<String, Value> = plain.as_object().cloned().unwrap_or_default();
    all.extend(group.quirks.clone());
    Value::Object(all)
}
