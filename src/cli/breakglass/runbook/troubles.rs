//! What does not work, and what to do then; the way back; the list to tick. A separate way for each failure, because the
//! way in must not hang on what is down.

use std::collections::BTreeSet;

use glasskey_domain::Platform;
use glasskey_domain::emergency::Provider;

use super::{Chapter, line, plain};
use crate::config::Config;

pub(super) fn all(out: &mut String, chapters: &[Chapter<'_>], config: &Config) {
    let providers: BTreeSet<Provider> =
        chapters.iter().map(|chapter| chapter.federation.settings.place.provider).collect();
    let names: Vec<&str> = providers.iter().map(|provider| provider.name()).collect();
    failures(out, &names.join(", "), config);
    out.push_str(BACK);
    checklist(out, chapters, config);
}

fn failures(out: &mut String, provider: &str, config: &Config) {
    let region = &config.aws.region;
    line(out, format_args!("## When something else is down too\n"));
    line(out, format_args!("| What you see | What it is | What to do |"));
    line(out, format_args!("|---|---|---|"));
    line(
        out,
        format_args!(
            "| The portal of Identity Center does not open; Glasskey answers | Identity Center or {region} is down | `/breakglass on`. AWS Health: <https://health.aws.amazon.com> |"
        ),
    );
    line(
        out,
        format_args!(
            "| Slack is down; Glasskey runs | chat | on its host: `glasskey breakglass on`, `status`, `off` |"
        ),
    );
    line(
        out,
        format_args!(
            "| Glasskey, or its host, is down | the bot | this page, by hand. When it comes back it closes what it had opened, and tells |"
        ),
    );
    line(
        out,
        format_args!(
            "| {provider} signs nobody in | the identity provider | the federation is of no use: use the sealed credentials of the emergency account (two people, hardware keys), and write down every step |"
        ),
    );
    line(
        out,
        format_args!(
            "| {provider} takes no changes (read-only, disaster recovery) | the identity provider | who is in a group already can sign in while the app is active; else the sealed credentials. Close as soon as it takes changes again |"
        ),
    );
    line(
        out,
        format_args!(
            "| Sign-in ends with `InvalidIdentityToken`, or a signature or certificate is refused | the certificate of the federation ran out, or the app was changed | with the sealed credentials: IAM → Identity providers of the emergency account → replace the metadata by that of the app |"
        ),
    );
    line(
        out,
        format_args!(
            "| Sign-in ends with `AccessDenied` on AssumeRoleWithSAML | the role, its trust, or the endpoint | compare group, role and account with this page; the address in the app (ACS) must be one of the trust policy's `SAML:aud` |"
        ),
    );
    line(
        out,
        format_args!(
            "| <https://signin.aws.amazon.com> does not answer | AWS sign-in in us-east-1 | set the app's ACS URL to another Region of the trust policy, as in `https://us-west-2.signin.aws.amazon.com/saml` |"
        ),
    );
    line(
        out,
        format_args!(
            "| Switching the role is denied | the workload account | its role `EmergencyAccess_…` is missing, or does not trust the emergency role: deploy/cloudformation |"
        ),
    );
    line(out, format_args!(""));
}

const BACK: &str = "## Back to normal

1. Identity Center works: sign in through the portal, and look at AWS Health. Wait a quarter of an hour.
2. Ask everybody who is in to sign out of AWS. Close by hand (above), every federation. Read back: app inactive, groups empty.
3. If Glasskey is back: `glasskey breakglass status`. It must say that nothing is on. If it opened it, `glasskey breakglass off`.
   What was opened by hand it does not know: that you close by hand.
4. Revoke tokens that were made for this. Replace sealed credentials that were opened.
5. Keep CloudTrail of the emergency account and the log of the identity provider for these hours. Hold the review.
6. Hold a drill: `glasskey breakglass drill`.

";

fn checklist(out: &mut String, chapters: &[Chapter<'_>], config: &Config) {
    let access = |platform| match platform {
        Platform::Slack => config.slack.as_ref().map(|slack| slack.channel.as_str()),
        Platform::Discord => config.discord.as_ref().map(|discord| discord.channel.as_str()),
    };
    let told: Vec<String> = Platform::ALL
        .into_iter()
        .filter_map(|platform| {
            let places = chapters.iter().map(|chapter| &chapter.federation.settings.place);
            let mut channels: BTreeSet<&str> =
                places.filter_map(|place| place.channel_on(platform)).collect();
            channels.insert(access(platform)?);
            let channels: Vec<String> = channels.into_iter().map(plain).collect();
            Some(format!("{platform} {}", channels.join(", ")))
        })
        .collect();
    line(out, format_args!("## Tick as you go\n"));
    for item in [
        "Commander's word: who ____________________ at ______",
        "Second person: ____________________",
        "Incident: ____________________ It ends at: ______ Alarm set",
    ] {
        line(out, format_args!("- [ ] {item}"));
    }
    line(
        out,
        format_args!("- [ ] Told everybody ({}, or by telephone): who, why, until when", told.join("; ")),
    );
    for chapter in chapters {
        line(
            out,
            format_args!(
                "- [ ] {}: app activated at ______ People put in (who, group): ____________________",
                chapter.name
            ),
        );
    }
    line(out, format_args!("- [ ] First person signed in at ______"));
    for chapter in chapters {
        line(
            out,
            format_args!(
                "- [ ] {}: groups empty at ______ app inactive at ______ read back by ____________________",
                chapter.name
            ),
        );
    }
    for item in [
        "Sessions have run out, or were revoked, at ______",
        "Told everybody that it is closed",
        "Tokens revoked, sealed credentials replaced",
        "Review held by somebody who had no part in it, on ______",
    ] {
        line(out, format_args!("- [ ] {item}"));
    }
}
