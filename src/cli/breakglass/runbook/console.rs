//! Opening and closing by hand: in the console of the identity provider, or with a command line. What stops most with one
//! step comes first, and each step says what one should see after it.

use glasskey_domain::emergency::{Level, Provider};
use url::Url;

use super::{Chapter, line, plain};
use crate::config::{Config, Entra, Federation, Keycloak, Okta};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    On,
    Off,
}

/// How it is done at one provider.
struct Way {
    /// How one signs in to its console.
    enter: String,
    /// The switch of the app.
    switch: String,
    /// What is done with each group.
    groups: Vec<String>,
    /// The same as commands.
    commands: Vec<String>,
}

pub(super) fn open(out: &mut String, chapter: &Chapter<'_>, config: &Config) {
    line(out, format_args!("## Open by hand: {}\n", chapter.name));
    line(
        out,
        format_args!(
            "Write down: who opens, why, which incident, and **when it ends** (at most {} from now). Set an alarm for it.\n",
            chapter.federation.settings.max_length
        ),
    );
    let Some(way) = way(chapter.federation, config, Turn::On) else { return };
    steps(out, &way, "Put in who needs it, and nobody else:");
}

pub(super) fn close(out: &mut String, chapter: &Chapter<'_>, config: &Config) {
    line(out, format_args!("## Close by hand: {}\n", chapter.name));
    line(out, format_args!("Ask everybody to sign out of AWS.\n"));
    let Some(way) = way(chapter.federation, config, Turn::Off) else { return };
    steps(
        out,
        &way,
        "Empty the groups of **everybody**, also of people you do not know (write down who they were):",
    );
    let Some(cut) = &chapter.federation.settings.place.cut else { return };
    let roles: Vec<String> = cut.roles.iter().map(|role| format!("`{role}`")).collect();
    line(
        out,
        format_args!(
            "To end AWS sessions that are still open, in the IAM console of the emergency account, for each of"
        ),
    );
    line(
        out,
        format_args!(
            "{}: Roles → the role → *Revoke sessions* → *Revoke active sessions*.\n",
            roles.join(", ")
        ),
    );
}

fn way(federation: &Federation, config: &Config, turn: Turn) -> Option<Way> {
    let providers = &config.providers;
    match federation.settings.place.provider {
        Provider::Okta => providers.okta.as_ref().map(|okta| by_okta(federation, okta, turn)),
        Provider::Entra => providers.entra.as_ref().map(|entra| by_entra(federation, entra, turn)),
        Provider::Keycloak => {
            providers.keycloak.as_ref().map(|keycloak| by_keycloak(federation, keycloak, turn))
        }
    }
}

fn steps(out: &mut String, way: &Way, people: &str) {
    line(out, format_args!("**In the console**\n"));
    line(out, format_args!("1. {}", way.enter));
    line(out, format_args!("2. {}", way.switch));
    line(out, format_args!("3. {people}"));
    for group in &way.groups {
        line(out, format_args!("   - {group}"));
    }
    line(out, format_args!("4. Load both pages again: it must still say so.\n"));
    line(out, format_args!("**Or by command line**\n\n```sh"));
    for command in &way.commands {
        line(out, format_args!("{command}"));
    }
    line(out, format_args!("```\n"));
}

/// Each group with its level, its id, and how people know it.
fn groups(federation: &Federation) -> impl Iterator<Item = (Level, &str, String)> {
    let name = |level: &Level, id: &str| {
        let name = federation.group_names.get(level);
        name.map_or_else(|| format!("the group with the id {id}"), |name| plain(name))
    };
    federation.settings.place.groups.iter().map(move |(level, id)| (*level, id.as_str(), name(level, id)))
}

fn by_okta(federation: &Federation, okta: &Okta, turn: Turn) -> Way {
    let url = okta.url.as_str().trim_end_matches('/');
    let (app, console) = (&federation.settings.place.app, okta_console(&okta.url));
    let (is, button, then, verb, status) = match turn {
        Turn::On => ("Inactive", "Activate", "Active", "activate", "ACTIVE"),
        Turn::Off => ("Active", "Deactivate", "Inactive", "deactivate", "INACTIVE"),
    };
    let in_group = |(level, id, name): (Level, &str, String)| {
        let level = level.word();
        match turn {
            Turn::On => format!("{level}: <{console}/admin/group/{id}> ({name}) → *Assign people*"),
            Turn::Off => {
                format!("{level}: <{console}/admin/group/{id}> ({name}) → remove each; it must show nobody")
            }
        }
    };
    let curl = "curl -fsS -H \"$H\"";
    let mut commands = vec![
        "# TOKEN: Security → API → Tokens, of an administrator of apps and groups; revoke it afterwards"
            .to_owned(),
        "H=\"Authorization: SSWS $TOKEN\"".to_owned(),
        format!("{curl} -X POST {url}/api/v1/apps/{app}/lifecycle/{verb}"),
        format!("{curl} {url}/api/v1/apps/{app}   # \"status\" must be {status}"),
    ];
    if turn == Turn::On {
        commands
            .push(format!("{curl} {url}/api/v1/users/LOGIN   # of who needs it; its \"id\" is USER below"));
    }
    for (level, id, _) in groups(federation) {
        let (members, level) = (format!("{url}/api/v1/groups/{id}/users"), level.word());
        match turn {
            Turn::On => commands.push(format!("{curl} -X PUT {members}/USER   # {level}")),
            Turn::Off => {
                commands
                    .push(format!("{curl} {members}   # {level}: for each \"id\" as USER, until it is []:"));
                commands.push(format!("{curl} -X DELETE {members}/USER"));
            }
        }
    }
    Way {
        enter: format!("Sign in to <{console}> as an administrator of apps and groups."),
        switch: format!(
            "Applications → Applications → filter *{is}* → the app with `{app}` in its address → *{button}*. It must \
             then be listed under *{then}*."
        ),
        groups: groups(federation).map(in_group).collect(),
        commands,
    }
}

/// The administrators' console of an organization: `acme.okta.com` → `acme-admin.okta.com`. A domain of the company's own
/// sends administrators there by itself.
fn okta_console(url: &Url) -> String {
    const DOMAINS: [&str; 4] = ["okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com"];
    match url.host_str().and_then(|host| host.split_once('.')) {
        Some((name, domain)) if DOMAINS.contains(&domain) => format!("https://{name}-admin.{domain}"),
        Some(_) | None => url.as_str().trim_end_matches('/').to_owned(),
    }
}

fn by_entra(federation: &Federation, entra: &Entra, turn: Turn) -> Way {
    let graph = entra.graph_url.as_ref().map_or(crate::access::entra::GRAPH_URL, |url| url.as_str());
    let (graph, app) = (graph.trim_end_matches('/'), &federation.settings.place.app);
    let (word, value) = match turn {
        Turn::On => ("Yes", "true"),
        Turn::Off => ("No", "false"),
    };
    let in_group = |(level, id, name): (Level, &str, String)| {
        let what = match turn {
            Turn::On => "*Add members*",
            Turn::Off => "select everybody → *Remove*; it must show nobody",
        };
        format!("{}: Groups → All groups → object id `{id}` ({name}) → Members → {what}", level.word())
    };
    let (curl, json) = ("curl -fsS -H \"$H\"", "-H 'Content-Type: application/json'");
    let mut commands = vec![
        "TOKEN=$(az account get-access-token --resource-type ms-graph --query accessToken -o tsv)".to_owned(),
        "H=\"Authorization: Bearer $TOKEN\"".to_owned(),
        format!(
            "{curl} {json} -X PATCH {graph}/servicePrincipals/{app} -d '{{\"accountEnabled\": {value}}}'"
        ),
        format!("{curl} '{graph}/servicePrincipals/{app}?$select=accountEnabled'   # must be {value}"),
    ];
    if turn == Turn::On {
        commands.push(format!("{curl} {graph}/users/NAME@DOMAIN   # who needs it; its \"id\" is USER below"));
    }
    for (level, id, _) in groups(federation) {
        let (members, level) = (format!("{graph}/groups/{id}/members"), level.word());
        match turn {
            Turn::On => commands.push(format!(
                "{curl} {json} -X POST '{members}/$ref' -d '{{\"@odata.id\": \"{graph}/directoryObjects/USER\"}}'   # {level}"
            )),
            Turn::Off => {
                commands.push(format!("{curl} '{members}?$select=id,userPrincipalName'   # {level}: for each \"id\" as USER:"));
                commands.push(format!("{curl} -X DELETE '{members}/USER/$ref'"));
            }
        }
    }
    Way {
        enter: "Sign in to <https://entra.microsoft.com> as an administrator of applications and groups."
            .to_owned(),
        switch: format!(
            "Enterprise applications → All applications → search the object id `{app}` → Properties → *Enabled for users \
             to sign-in?* **{word}** → Save."
        ),
        groups: groups(federation).map(in_group).collect(),
        commands,
    }
}

fn by_keycloak(federation: &Federation, keycloak: &Keycloak, turn: Turn) -> Way {
    let base = keycloak.admin_url.as_ref().unwrap_or(&keycloak.url).as_str().trim_end_matches('/');
    let (realm, app) = (&keycloak.realm, &federation.settings.place.app);
    let console = format!("{base}/admin/{realm}/console/#/{realm}");
    let (word, value) = match turn {
        Turn::On => ("On", "true"),
        Turn::Off => ("Off", "false"),
    };
    let in_group = |(level, id, name): (Level, &str, String)| {
        let what = match turn {
            Turn::On => "*Add member*",
            Turn::Off => "select everybody → *Leave*; it must show nobody",
        };
        format!("{}: <{console}/groups/{id}> ({name}) → Members → {what}", level.word())
    };
    let mut commands = vec![
        format!("kcadm.sh config credentials --server {base} --realm {realm} --user ADMIN"),
        format!("kcadm.sh update clients/{app} -r {realm} -s enabled={value}"),
        format!("kcadm.sh get clients/{app} -r {realm} --fields enabled   # must be {value}"),
    ];
    if turn == Turn::On {
        let get = format!("kcadm.sh get users -r {realm} -q exact=true -q username=NAME");
        commands.push(format!("{get}   # who needs it; its \"id\" is USER below"));
    }
    for (level, id, _) in groups(federation) {
        let level = level.word();
        match turn {
            Turn::On => {
                let put = format!("kcadm.sh update users/USER/groups/{id} -r {realm}");
                commands
                    .push(format!("{put} -s realm={realm} -s userId=USER -s groupId={id} -n   # {level}"));
            }
            Turn::Off => {
                let get = format!("kcadm.sh get groups/{id}/members -r {realm}");
                commands.push(format!("{get}   # {level}: for each \"id\" as USER, until it is []:"));
                commands.push(format!("kcadm.sh delete users/USER/groups/{id} -r {realm}"));
            }
        }
    }
    Way {
        enter: format!("Sign in to <{base}/admin/{realm}/console> as an administrator of the realm."),
        switch: format!(
            "<{console}/clients/{app}/settings> → the switch *Enabled* at the top right **{word}**."
        ),
        groups: groups(federation).map(in_group).collect(),
        commands,
    }
}
