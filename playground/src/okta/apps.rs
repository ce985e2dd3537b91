//! Apps: reading one, its life cycle, its SAML metadata, the groups it is assigned to.

use serde_json::{Value, json};

use super::clock::iso;
use super::directory::App;
use super::paging::{Paging, page};
use super::serve::Incoming;
use super::wire::{Refusal, Reply};
use super::world::{Actor, World};

/// `listApplicationGroupAssignments`: 20 rows unless asked otherwise, 200 at most.
const ASSIGNMENTS: Paging = Paging { rows_default: 20, rows_max: 200, endless: false };

/// A certificate's place in the metadata; nothing here signs with it.
const CERTIFICATE: &str = "MIIBtwinOfOktaNotACertificate";

fn found<'w>(world: &'w World, id: &str) -> Result<&'w App, Refusal> {
    world.directory.apps.get(id).ok_or_else(|| Refusal::not_found("AppInstance", id))
}

pub(super) fn get(world: &mut World, id: &str) -> Result<Reply, Refusal> {
    let (now_ms, active) = (world.now_ms(), found(world, id)?.active);
    let shown = world.lag.active(id, active, now_ms);
    let app = App { active: shown, ..found(world, id)?.clone() };
    Ok(Reply::json(&render(world, &app)))
}

/// Activating what is active changes nothing and succeeds (platform-rules 4.1).
pub(super) fn set_active(world: &mut World, id: &str, active: bool, actor: Actor) -> Result<Reply, Refusal> {
    found(world, id)?;
    world.set_active(id, active, actor, true);
    Ok(Reply::json(&json!({})))
}

pub(super) fn groups(world: &World, call: &Incoming, id: &str) -> Result<Reply, Refusal> {
    let app = found(world, id)?;
    let starts = call.field("q").unwrap_or_default();
    let named = |group: &str| world.directory.groups.get(group).map_or("", |g| g.name.as_str());
    let rows = app.groups.iter().enumerate().filter(|(_, group)| named(group).starts_with(starts));
    let rows = rows.map(|(priority, group)| (format!("{priority:06}"), (priority, group))).collect();
    page(world, call, ASSIGNMENTS, rows, |(priority, group): (usize, &String)| {
        json!({
            "id": group,
            "priority": priority,
            "lastUpdated": iso(world.directory.created_ms),
            "profile": {},
            "_links": {
                "app": world.href(&format!("/api/v1/apps/{id}")),
                "self": world.href(&format!("/api/v1/apps/{id}/groups/{group}")),
                "group": world.href(&format!("/api/v1/groups/{group}")),
            },
        })
    })
}

/// The metadata of an app that sleeps can be read too: it is how the AWS side is prepared.
pub(super) fn metadata(world: &World, call: &Incoming, id: &str) -> Result<Reply, Refusal> {
    let app = found(world, id)?;
    let takes =
        |kind: &str| call.accept().split(',').any(|a| a.split(';').next().map(str::trim) == Some(kind));
    if !["application/xml", "text/xml", "application/*", "*/*"].into_iter().any(takes) {
        let summary = "Accept and/or Content-Type headers are likely not set.";
        return Err(Refusal::api(400, "E0000054", summary, &[]));
    }
    let issuer = issuer(app);
    let at = format!("{}/app/amazon_aws/{issuer}/sso/saml", world.url);
    Ok(Reply::xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <md:EntityDescriptor entityID=\"http://www.okta.com/{issuer}\" \
         xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">\
         <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
         <ds:X509Data><ds:X509Certificate>{CERTIFICATE}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         </md:KeyDescriptor>\
         <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{at}\"/>\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"{at}\"/></md:IDPSSODescriptor></md:EntityDescriptor>"
    )))
}

/// `exk…`, as Okta names the key of a SAML app.
fn issuer(app: &App) -> String {
    format!("exk{}", app.id.trim_start_matches("0oa"))
}

fn render(world: &World, app: &App) -> Value {
    let api = format!("/api/v1/apps/{}", app.id);
    let (status, turn) = if app.active { ("ACTIVE", "deactivate") } else { ("INACTIVE", "activate") };
    json!({
        "id": app.id,
        "name": "amazon_aws",
        "label": app.label,
        "status": status,
        "created": iso(world.directory.created_ms),
        "lastUpdated": iso(app.changed_ms),
        "accessibility": { "selfService": false },
        "visibility": {
            "autoLaunch": false,
            "autoSubmitToolbar": false,
            "hide": { "iOS": false, "web": false },
            "appLinks": { "login": true },
        },
        "features": [],
        "signOnMode": "SAML_2_0",
        "credentials": {
            "userNameTemplate": { "template": "${source.login}", "type": "BUILT_IN" },
            "signing": { "kid": issuer(app) },
        },
        "settings": {
            "app": {
                "groupFilter": "^aws\\#\\S+\\#(?{{role}}[\\w\\-]+)\\#(?{{accountid}}\\d+)$",
                "useGroupMapping": true,
                "sessionDuration": 3600,
            },
            "signOn": { "defaultRelayState": null, "attributeStatements": [] },
        },
        "_links": {
            "appLinks": [{
                "name": "login",
                "href": format!("{}/home/amazon_aws/{}/272", world.url, app.id),
                "type": "text/html",
            }],
            "users": world.href(&format!("{api}/users")),
            "groups": world.href(&format!("{api}/groups")),
            "metadata": { "href": format!("{}{api}/sso/saml/metadata", world.url), "type": "application/xml" },
            turn: world.href(&format!("{api}/lifecycle/{turn}")),
        },
    })
}
