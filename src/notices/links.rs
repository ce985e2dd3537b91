//! Words about who a chat account is: links, and the sign-ins that prove a person.

use glasskey_domain::book::{Binding, Proof};
use glasskey_domain::refusal::NoSignIn;
use glasskey_domain::settings::StepUpAction;
use glasskey_domain::{ChatAccount, Directory, NoticeKind, Platform, Refusal, Reply};
use jiff::Timestamp;

use super::Text;
use super::refusals::not_permitted;

/// What somebody is to do to sign in at the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInSteps {
    /// Where.
    pub url: String,
    /// With which code.
    pub user_code: String,
    /// Until when.
    pub until: Timestamp,
}

/// What is said at once when somebody is to sign in: the identity provider may take a moment.
#[must_use]
pub fn sign_in_begins() -> Text {
    Text::new()
        .say("You have to sign in at the company for this. How to do it follows here, for your eyes only.")
}

/// That somebody began another sign-in before they were through with this one.
#[must_use]
pub fn sign_in_given_up() -> Text {
    Text::new().say("You began another sign-in since. The first code counts no more: who still wants what it was for does it again.")
}

/// How to link a chat account to oneself.
#[must_use]
pub fn link_steps(steps: &SignInSteps) -> Text {
    let text = Text::new().bold("Sign in at the company").say(" to tell Glasskey who you are: ");
    code_to_type(text, steps).say(" Glasskey says here when it is done.").line().say(
        "Nobody will ever ask you for this code: whoever types it in their own browser makes this account theirs.",
    )
}

/// How to prove anew who one is, before something counts.
#[must_use]
pub fn step_up_steps(action: StepUpAction, steps: &SignInSteps) -> Text {
    let text = Text::new().bold("Sign in once more").say(match action {
        StepUpAction::Request => " before your request counts: ",
        StepUpAction::Approve => " before your approval counts: ",
        StepUpAction::Breakglass => " before this counts for break-glass: ",
    });
    code_to_type(text, steps).say(" Glasskey does it then, and says so here.")
}

fn code_to_type(text: Text, steps: &SignInSteps) -> Text {
    text.link(&steps.url, "open the sign-in page")
        .say(", see that it shows ")
        .code(&steps.user_code)
        .say(" (or type it), and sign in until ")
        .time(steps.until)
        .say(".")
}

/// One line of a list of chat accounts: which, whose, since when, and how that is known.
#[must_use]
pub fn account(account: &ChatAccount, binding: &Binding, directory: &Directory) -> Text {
    let person = directory.people.get(&binding.person);
    let text = Text::new().code(account.to_string()).say(" ").person(&binding.person, directory);
    let text = match person {
        Some(person) => text.say(" (").code(person.email()).say(")"),
        None => text.say(" (not in the directory)"),
    };
    let text = text.say(" · since ").time(binding.at).say(" · ");
    match &binding.proof {
        Proof::Email { email } => text.say("by the address ").code(email),
        Proof::SignIn { sign_in } => text.say("by a sign-in at ").code(&sign_in.issuer),
        Proof::Administrator => text.say("by an administrator"),
    }
}

pub(super) fn reply(reply: &Reply, directory: &Directory) -> Option<Text> {
    match reply {
        Reply::Linked { person, .. } => {
            Some(Text::new().say("This account is linked to ").person(person, directory).say(" now."))
        }
        Reply::Unlinked { person, .. } => Some(
            Text::new()
                .say("The account of ")
                .person(person, directory)
                .say(" is linked to nobody any more."),
        ),
        _other => None,
    }
}

pub(super) fn tell(kind: NoticeKind) -> Option<Text> {
    match kind {
        NoticeKind::Linked { user, .. } => Some(
            Text::new()
                .bold("A Discord account was linked to you")
                .say(": user ")
                .code(user.to_string())
                .say(". If that was not you, tell your administrator at once: whoever has it acts in your name."),
        ),
        NoticeKind::Unlinked { user: 0, .. } => Some(
            Text::new()
                .bold(format!("Your {} account is not taken for you any more", Platform::Slack.name()))
                .say(". It is found again, by its e-mail address, when it is used there."),
        ),
        NoticeKind::Unlinked { user, .. } => Some(
            Text::new()
                .bold("A Discord account is not linked to you any more")
                .say(": user ")
                .code(user.to_string())
                .hint(". `/elevate link` there links it again."),
        ),
        _other => None,
    }
}

pub(super) fn refusal(refusal: &Refusal, directory: &Directory) -> Option<Text> {
    let text = Text::new();
    Some(match refusal {
        Refusal::NotAnAdministrator { why } => text
            .say("policy does not make you an administrator of Glasskey: ")
            .and(not_permitted(why))
            .say("; ask one"),
        Refusal::SignInNeeded { action } => text
            .say("this needs a fresh sign-in at the company (")
            .code(format!("step_up = \"{}\"", action.word()))
            .say("); nothing was done yet"),
        Refusal::SignInNotFresh { fresh } => text
            .say(format!("the sign-in is older than {fresh}, or the identity provider does not say when it was; nothing was done; sign out there and try again")),
        Refusal::SignedInAsAnother { email } => {
            let text = text.say("nothing was done, because ");
            match email {
                Some(email) => text
                    .code(email)
                    .say(" signed in, which is not the address that the Identity Store has for you alone; sign in as yourself"),
                None => text.say("the identity provider vouches for no e-mail address of who signed in; ask your administrator"),
            }
        }
        Refusal::NotSignedIn { why } => not_signed_in(why),
        Refusal::NotLinkable => text.say(format!(
            "accounts of {} are found by their e-mail address, so there is nothing to link",
            Platform::Slack.name()
        )),
        Refusal::AccountIsLinked { person } => text
            .say("this account is linked to ")
            .person(person, directory)
            .hint(" already; unlink it first, with `/elevate unlink` or `glasskey people unlink`"),
        Refusal::PersonIsLinked { person, user } => text
            .person(person, directory)
            .say(" has another account here already, user ")
            .code(user)
            .hint("; unlink that one first, there with `/elevate unlink`, or let an administrator do it"),
        Refusal::NotLinked => text.say("this account is linked to nobody"),
        _other => return None,
    })
}

fn not_signed_in(why: &NoSignIn) -> Text {
    let text = Text::new().say("nothing was done: ");
    match why {
        NoSignIn::NotConfigured => text.hint(
            "this Glasskey knows no identity provider to sign in at; ask your administrator to set up `[sign_in]`, or to link your account with `glasskey people link`",
        ),
        NoSignIn::Denied => text.say("the sign-in was refused there; start again when you are ready"),
        NoSignIn::Expired => text.say("nobody signed in in time; start again"),
        NoSignIn::Unacceptable { what } => text
            .say("the identity provider's answer cannot be believed (")
            .code(what)
            .say("); your administrator must look at it"),
        NoSignIn::CouldNotAsk => {
            text.say("the identity provider does not answer; try again in a minute, or use the host's command line")
        }
    }
}
