//! The page where people type the code, for browsers.

use super::{Reply, User};

/// The page itself, with the code where the link had it.
pub(super) fn form(code: &str, users: &[User]) -> Reply {
    let people: String = users
        .iter()
        .filter(|user| user.enabled)
        .map(|user| format!("<option value=\"{}\">{}</option>", escape(&user.id), escape(&user.login)))
        .collect();
    shown(&format!(
        "<h1>Connect a device</h1><form method=\"post\" action=\"?\">\
         <p><label>Code <input name=\"user_code\" required autocomplete=\"off\" value=\"{}\"></label></p>\
         <p><label>You are <select name=\"person\">{people}</select></label></p>\
         <p>Go on only if you asked for this code yourself, a moment ago.</p>\
         <p><button name=\"answer\" value=\"yes\">Sign in</button> <button name=\"answer\" value=\"no\">No</button></p>\
         </form>",
        escape(code)
    ))
}

/// What follows.
pub(super) fn done(known: bool) -> Reply {
    if known {
        shown("<h1>Done</h1><p>You can close this page.</p>")
    } else {
        Reply {
            status: 400,
            ..shown("<h1>Not done</h1><p>Nobody waits for this code, or you may not sign in.</p>")
        }
    }
}

fn shown(body: &str) -> Reply {
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A pretend identity provider</title></head>\
         <body><p>A pretend identity provider: no password, nothing leaves this machine.</p>{body}</body></html>"
    );
    Reply { status: 200, content_type: "text/html; charset=utf-8", body }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
