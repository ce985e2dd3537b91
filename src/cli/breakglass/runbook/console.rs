//! Opening and closing by hand: in the console of the identity provider, or with a command line. Each step says what one
//! should see after it.

use glasskey_domain::emergency::Provider;
use url::Url;

use super::{Chapter, groups, line};
use crate::config::Config;

pub(super) fn open(out: &mut String, chapter: &Chapter<'_>, config: &Config) {
    let name = chapter.name;
    line(out, format_args!("## Open by hand: {name}\n"));
    line(
        out,
        format_args!(
            "Write down: who opens, why, which incident, and **when it ends** (at most {} from now). Set an alarm for it.\n",
            chapter.federation.settings.max_length
        ),
    );
    match chapter.federation.settings.place.provider {
        Provider::Okta => okta(out, chapter, config, true),
        Provider::Entra => entra(out, chapter, config, true),
        Provider::Keycloak => keycloak(out, chapter, config, true),
    }
}

pub(super) fn close(out: &mut String, chapter: &Chapter<'_>, config: &Config) {
    line(out, format_args!("## Close by hand: {}\n", chapter.name));
    line(
        out,
        format_args!(
            "Ask everybody to sign out of AWS first. Then empty the groups of **everybody**, also of people you do not know.\n"
        ),
    );
    match chapter.federation.settings.place.provider {
        Provider::Okta => okta(out, chapter, config, false),
        Provider::Entra => entra(out, chapter, config, false),
        Provider::Keycloak => keycloak(out, chapter, config, false),
    }
    let Some(cut) = &chapter.federation.settings.place.cut else { return };
    line(
        out,
        format_args!(
            "To end AWS sessions that are still open: in the IAM console of the emergency account, for each of"
        ),
    );
    let roles: Vec<String> = cut.roles.iter().map(|role| format!("`{role}`")).collect();
    line(
        out,
        format_args!(
            "{}: Roles → the role → *Revoke sessions* → *Revoke active sessions*.\n",
            roles.join(", ")
        ),
    );
}

/// Headings of the two ways.
const BY_CONSOLE: &str = "**In the console**\n";
const BY_COMMAND: &str = "\n**Or by command line**\n\n```sh";

fn okta(out: &mut String, chapter: &Chapter<'_>, config: &Config, on: bool) {
    let Some(url) = config.providers.okta.as_ref().map(|okta| okta.url.as_str().trim_end_matches('/')) else {
        return;
    };
    let app = &chapter.federation.settings.place.app;
    let console = okta_console(url);
    line(out, format_args!("{BY_CONSOLE}"));
    let shown = if on { "Inactive" } else { "Active" };
    let activate = format!(
        "Applications → Applications → filter *{shown}* → the app with `{app}` in its address → *{}*. It must then be \
         listed under *{}*.",
        if on { "Activate" } else { "Deactivate" },
        if on { "Active" } else { "Inactive" },
    );
    line(out, format_args!("1. Sign in to <{console}> as an administrator of apps and groups."));
    if on {
        line(out, format_args!("2. {activate}"));
        for (level, id, name) in groups(chapter.federation) {
            line(
                out,
                format_args!(
                    "3. {}: <{console}/admin/group/{id}> ({}) → *Assign people* → add who needs it.",
                    level.word(),
                    name.as_deref().unwrap_or("group")
                ),
            );
        }
    } else {
        for (level, id, name) in groups(chapter.federation) {
            line(
                out,
                format_args!(
                    "2. {}: <{console}/admin/group/{id}> ({}) → remove everybody → the group shows no people.",
                    level.word(),
                    name.as_deref().unwrap_or("group")
                ),
            );
        }
        line(out, format_args!("3. {activate}"));
    }
    line(out, format_args!("{BY_COMMAND}"));
    line(
        out,
        format_args!(
            "# TOKEN: Security → API → Tokens, of an administrator of apps and groups; revoke it afterwards"
        ),
    );
    line(out, format_args!("H=\"Authorization: SSWS $TOKEN\""));
    if on {
        line(out, format_args!("curl -fsS -H \"$H\" -X POST {url}/api/v1/apps/{app}/lifecycle/activate"));
        line(
            out,
            format_args!(
                "curl -fsS -H \"$H\" {url}/api/v1/users/LOGIN            # \"id\" of who needs it: USER"
            ),
        );
        for (level, id, _) in groups(chapter.federation) {
            line(
                out,
                format_args!(
                    "curl -fsS -H \"$H\" -X PUT {url}/api/v1/groups/{id}/users/USER     # {}",
                    level.word()
                ),
            );
        }
    } else {
        for (level, id, _) in groups(chapter.federation) {
            line(
                out,
                format_args!(
                    "curl -fsS -H \"$H\" {url}/api/v1/groups/{id}/users     # {}: for each \"id\", USER:",
                    level.word()
                ),
            );
            line(out, format_args!("curl -fsS -H \"$H\" -X DELETE {url}/api/v1/groups/{id}/users/USER"));
        }
        line(out, format_args!("curl -fsS -H \"$H\" -X POST {url}/api/v1/apps/{app}/lifecycle/deactivate"));
    }
    let status = if on { "ACTIVE" } else { "INACTIVE" };
    line(
        out,
        format_args!("curl -fsS -H \"$H\" {url}/api/v1/apps/{app}             # \"status\" must be {status}"),
    );
    line(out, format_args!("```\n"));
}

/// The administrators' console of an organization: `acme.okta.com` → `acme-admin.okta.com`. A domain of the company's own
/// sends administrators there by itself.
fn okta_console(url: &str) -> String {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let okta = [".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com"];
    match host.split_once('.') {
        Some((name, rest)) if okta.iter().any(|end| end.trim_start_matches('.') == rest) => {
            format!("https://{name}-admin.{rest}")
        }
        Some(_) | None => url.to_owned(),
    }
}

fn entra(out: &mut String, chapter: &Chapter<'_>, config: &Config, on: bool) {
    let graph = config.providers.entra.as_ref().and_then(|entra| entra.graph_url.as_ref());
    let graph = graph.map_or("https://graph.microsoft.com/v1.0", |url| url.as_str()).trim_end_matches('/');
    let app = &chapter.federation.settings.place.app;
    let (word, value) = if on { ("Yes", "true") } else { ("No", "false") };
    line(out, format_args!("{BY_CONSOLE}"));
    line(
        out,
        format_args!(
            "1. Sign in to <https://entra.microsoft.com> as an administrator of applications and groups."
        ),
    );
    let enable = format!(
        "Enterprise applications → All applications → search the object id `{app}` → Properties → *Enabled for users to sign-in?* **{word}** → Save."
    );
    let members = |out: &mut String, step: u8| {
        for (level, id, name) in groups(chapter.federation) {
            let what = if on { "*Add members*" } else { "select everybody → *Remove*" };
            line(
                out,
                format_args!(
                    "{step}. {}: Groups → All groups → object id `{id}` ({}) → Members → {what}.",
                    level.word(),
                    name.as_deref().unwrap_or("group")
                ),
            );
        }
    };
    if on {
        line(out, format_args!("2. {enable}"));
        members(out, 3);
    } else {
        members(out, 2);
        line(out, format_args!("3. {enable}"));
    }
    line(out, format_args!("{BY_COMMAND}"));
    line(
        out,
        format_args!(
            "TOKEN=$(az account get-access-token --resource-type ms-graph --query accessToken -o tsv)"
        ),
    );
    line(out, format_args!("H=\"Authorization: Bearer $TOKEN\"; J=\"Content-Type: application/json\""));
    let toggle = format!(
        "curl -fsS -H \"$H\" -H \"$J\" -X PATCH {graph}/servicePrincipals/{app} -d '{{\"accountEnabled\": {value}}}'"
    );
    if on {
        line(out, format_args!("{toggle}"));
        line(
            out,
            format_args!(
                "curl -fsS -H \"$H\" {graph}/users/NAME@DOMAIN        # \"id\" of who needs it: USER"
            ),
        );
    }
    for (level, id, _) in groups(chapter.federation) {
        if on {
            line(
                out,
                format_args!(
                    "curl -fsS -H \"$H\" -H \"$J\" -X POST '{graph}/groups/{id}/members/$ref' -d '{{\"@odata.id\": \"{graph}/directoryObjects/USER\"}}'   # {}",
                    level.word()
                ),
            );
        } else {
            line(
                out,
                format_args!(
                    "curl -fsS -H \"$H\" '{graph}/groups/{id}/members?$select=id,userPrincipalName'   # {}: for each \"id\", USER:",
                    level.word()
                ),
            );
            line(out, format_args!("curl -fsS -H \"$H\" -X DELETE '{graph}/groups/{id}/members/USER/$ref'"));
        }
    }
    if !on {
        line(out, format_args!("{toggle}"));
    }
    line(
        out,
        format_args!(
            "curl -fsS -H \"$H\" '{graph}/servicePrincipals/{app}?$select=accountEnabled'   # must be {value}"
        ),
    );
    line(out, format_args!("```\n"));
}

fn keycloak(out: &mut String, chapter: &Chapter<'_>, config: &Config, on: bool) {
    let Some(keycloak) = &config.providers.keycloak else { return };
    let base = keycloak.admin_url.as_ref().unwrap_or(&keycloak.url).as_str().trim_end_matches('/');
    let (realm, app) = (&keycloak.realm, &chapter.federation.settings.place.app);
    let console = format!("{base}/admin/{realm}/console/#/{realm}");
    let (word, value) = if on { ("On", "true") } else { ("Off", "false") };
    line(out, format_args!("{BY_CONSOLE}"));
    line(out, format_args!("1. Sign in to <{base}/admin/{realm}/console> as an administrator of the realm."));
    let enable =
        format!("<{console}/clients/{app}/settings> → the switch *Enabled* at the top right **{word}**.");
    let members = |out: &mut String, step: u8| {
        for (level, id, name) in groups(chapter.federation) {
            let what = if on { "*Add member*" } else { "select everybody → *Leave*" };
            line(
                out,
                format_args!(
                    "{step}. {}: <{console}/groups/{id}> ({}) → Members → {what}.",
                    level.word(),
                    name.as_deref().unwrap_or("group")
                ),
            );
        }
    };
    if on {
        line(out, format_args!("2. {enable}"));
        members(out, 3);
    } else {
        members(out, 2);
        line(out, format_args!("3. {enable}"));
    }
    line(out, format_args!("{BY_COMMAND}"));
    line(out, format_args!("kcadm.sh config credentials --server {base} --realm {realm} --user ADMIN"));
    let toggle = format!("kcadm.sh update clients/{app} -r {realm} -s enabled={value}");
    if on {
        line(out, format_args!("{toggle}"));
        line(
            out,
            format_args!(
                "kcadm.sh get users -r {realm} -q exact=true -q username=NAME   # \"id\" of who needs it: USER"
            ),
        );
    }
    for (level, id, _) in groups(chapter.federation) {
        if on {
            line(
                out,
                format_args!(
                    "kcadm.sh update users/USER/groups/{id} -r {realm} -s realm={realm} -s userId=USER -s groupId={id} -n   # {}",
                    level.word()
                ),
            );
        } else {
            line(
                out,
                format_args!(
                    "kcadm.sh get groups/{id}/members -r {realm}   # {}: for each \"id\", USER:",
                    level.word()
                ),
            );
            line(out, format_args!("kcadm.sh delete users/USER/groups/{id} -r {realm}"));
        }
    }
    if !on {
        line(out, format_args!("{toggle}"));
    }
    line(out, format_args!("kcadm.sh get clients/{app} -r {realm} --fields enabled   # must be {value}"));
    line(out, format_args!("```\n"));
}
