//! Decisions, in pairs: what is allowed and what is not.

use std::sync::Arc;

use super::*;
use crate::manifest::parse_entries;

fn skill(allowed: &str, policy: Policy) -> Capabilities {
    grant(&parse_entries(allowed), &[], Arc::new(policy)).capabilities
}

fn file(capabilities: &Capabilities, usage: FileUse, path: &str) -> &'static str {
    answer(&capabilities.decide_file(path, usage, false))
}

fn http(capabilities: &Capabilities, url: &str, class: Option<AddressClass>) -> &'static str {
    let (origin, _) = Origin::parse(url).unwrap();
    answer(&capabilities.decide_http(&origin, class))
}

fn env(capabilities: &Capabilities, name: &str) -> &'static str {
    answer(&capabilities.decide_env(name))
}

fn answer(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Ask { .. } => "ask",
        Decision::Deny(_) => "deny",
    }
}

#[test]
fn nothing_is_granted_to_who_requests_nothing() {
    let none = skill("", Policy::trust_skills());
    assert_eq!(file(&none, FileUse::Read, "a"), "deny");
    assert_eq!(file(&none, FileUse::Look, ""), "deny");
    assert_eq!(http(&none, "https://example.com/", None), "deny");
    assert_eq!(env(&none, "LANG"), "deny");
    assert!(!none.links(Kind::Files) && !none.links(Kind::Http) && !none.links(Kind::Env));
    assert_eq!(answer(&Capabilities::default().decide_env("LANG")), "deny");
}

#[test]
fn read_is_not_write_and_write_is_both() {
    let reader = skill("Read(data/**)", Policy::default());
    assert_eq!(file(&reader, FileUse::Read, "data/a.csv"), "allow");
    assert_eq!(file(&reader, FileUse::Write, "data/a.csv"), "deny");
    assert_eq!(file(&reader, FileUse::Read, "database/a.csv"), "deny");
    let writer = skill("Edit(notes/**)", Policy::default());
    assert_eq!(file(&writer, FileUse::Read, "notes/a.md"), "allow");
    assert_eq!(file(&writer, FileUse::Write, "notes/a.md"), "allow");
    assert_eq!(file(&writer, FileUse::Write, "other/a.md"), "deny");
    let both = skill("Read, Write", Policy::default());
    assert_eq!(file(&both, FileUse::Write, "any/where"), "allow");
}

#[test]
fn a_rule_to_write_implies_making_its_prefix_and_nothing_else() {
    let notes = skill("Edit(out/notes/**)", Policy::default());
    for (path, expected) in [
        ("out", "allow"),
        ("out/notes", "allow"),
        ("out/notes/deep", "allow"),
        ("out/other", "deny"),
        ("notes", "deny"),
    ] {
        assert_eq!(file(&notes, FileUse::MakeDirectory, path), expected, "{path}");
    }
    assert_eq!(file(&skill("Read(out/**)", Policy::default()), FileUse::MakeDirectory, "out"), "deny");
}

#[test]
fn what_leads_to_a_grant_can_be_looked_at_and_no_more() {
    let deep = skill("Read(data/2024/*.csv)", Policy::default());
    assert_eq!(file(&deep, FileUse::Look, "data"), "allow");
    assert_eq!(file(&deep, FileUse::List, "data"), "allow");
    assert_eq!(file(&deep, FileUse::Look, "secrets"), "deny");
    assert_eq!(file(&deep, FileUse::List, "secrets"), "deny");
    assert_eq!(file(&deep, FileUse::Look, "data/2024/a.txt"), "deny");
}

#[test]
fn deny_comes_before_ask_before_allow_before_the_default() {
    let policy = || Policy::default().allow("Read").unwrap();
    assert_eq!(file(&skill("Read", policy()), FileUse::Read, "a"), "allow");
    let asks = policy().ask("Read(private/**)").unwrap();
    assert_eq!(file(&skill("Read", asks.clone()), FileUse::Read, "private/a"), "ask");
    let denies = asks.deny("Read(private/key)").unwrap();
    assert_eq!(file(&skill("Read", denies.clone()), FileUse::Read, "private/key"), "deny");
    assert_eq!(file(&skill("Read", denies), FileUse::Read, "private/other"), "ask");
}

#[test]
fn an_allow_rule_never_widens_the_request() {
    let policy = Policy::default().allow("Read").unwrap().allow("Env(SECRET)").unwrap();
    let narrow = skill("Read(data/**)", policy);
    assert_eq!(file(&narrow, FileUse::Read, "other"), "deny");
    assert_eq!(env(&narrow, "SECRET"), "deny");
}

#[test]
fn a_denied_file_can_neither_be_read_nor_written_nor_looked_at() {
    let policy = Policy::trust_skills().deny("Read(.env)").unwrap();
    let skill = skill("Read, Edit", policy);
    for usage in [FileUse::Read, FileUse::Write, FileUse::Look] {
        for path in [".env", "deep/.env", ".ENV"] {
            assert_eq!(file(&skill, usage, path), "deny", "{usage:?} {path}");
        }
    }
    assert_eq!(file(&skill, FileUse::Read, ".env.example"), "allow");
}

#[test]
fn a_denial_of_writing_leaves_reading() {
    let policy = Policy::default().deny("Edit(src/**)").unwrap();
    let skill = skill("Edit", policy);
    assert_eq!(file(&skill, FileUse::Read, "src/a.rs"), "allow");
    assert_eq!(file(&skill, FileUse::Write, "src/a.rs"), "deny");
}

#[test]
fn disallowed_tools_subtract_and_a_malformed_one_takes_more() {
    let allowed = parse_entries("Read, Edit(notes/**)");
    let take = |text: &str| grant(&allowed, &parse_entries(text), Arc::default()).capabilities;
    assert_eq!(file(&take("Read(notes/private)"), FileUse::Read, "notes/private"), "deny");
    assert_eq!(file(&take("Read(notes/private)"), FileUse::Read, "notes/a"), "allow");
    assert_eq!(file(&take("Read(notes/private"), FileUse::Read, "notes/a"), "deny");
}

#[test]
fn protected_places_are_written_only_where_the_host_spells_them_out() {
    let writer = |policy: Policy| skill("Edit", policy);
    for path in [".git/config", "a/SKILL.md", ".claude/settings.json"] {
        assert_eq!(file(&writer(Policy::trust_skills()), FileUse::Write, path), "deny", "{path}");
        assert_eq!(file(&writer(Policy::trust_skills()), FileUse::Read, path), "allow", "{path}");
    }
    let lifted = Policy::default().allow("Edit(.git/**)").unwrap();
    assert_eq!(file(&writer(lifted.clone()), FileUse::Write, ".git/config"), "allow");
    assert_eq!(file(&writer(lifted), FileUse::Write, ".git/SKILL.md"), "deny");
    let broad = Policy::default().allow("Edit(**)").unwrap();
    assert_eq!(file(&writer(broad), FileUse::Write, ".git/config"), "deny");
}

#[test]
fn a_locked_policy_allows_what_it_names_and_links_nothing_else() {
    let locked = skill("Read, WebFetch(domain:example.com)", Policy::locked());
    assert!(!locked.links(Kind::Files) && !locked.links(Kind::Http));
    assert_eq!(file(&locked, FileUse::Read, "a"), "deny");
    assert_eq!(file(&locked, FileUse::Look, "a"), "deny");
    let opened = skill("Read", Policy::locked().allow("Read(data/**)").unwrap());
    assert!(opened.links(Kind::Files));
    assert_eq!(file(&opened, FileUse::Read, "data/a"), "allow");
    assert_eq!(file(&opened, FileUse::Read, "a"), "deny");
}

#[test]
fn an_import_is_linked_if_one_rule_of_its_kind_has_a_chance() {
    let denied = |allowed: &str, deny: &str| skill(allowed, Policy::default().deny(deny).unwrap());
    assert!(!denied("Read", "Read").links(Kind::Files));
    assert!(denied("Read, Edit(a/**)", "Edit").links(Kind::Files));
    assert!(!denied("Edit(a/**)", "Read").links(Kind::Files));
    assert!(!denied("WebFetch(domain:a.org)", "WebFetch").links(Kind::Http));
    assert!(denied("WebFetch(domain:a.org)", "WebFetch(domain:b.org)").links(Kind::Http));
    assert!(!denied("Env(A_KEY)", "Env(A_*)").links(Kind::Env));
    assert!(denied("Env(A_KEY), Env(B)", "Env(A_*)").links(Kind::Env));
}

#[test]
fn public_hosts_are_allowed_by_name_and_asked_for_who_reads_files() {
    let url = "https://example.com/a";
    assert_eq!(http(&skill("WebFetch(domain:example.com)", Policy::default()), url, None), "allow");
    assert_eq!(http(&skill("WebFetch(domain:example.com) Read", Policy::default()), url, None), "ask");
    assert_eq!(http(&skill("WebFetch", Policy::default()), url, None), "ask");
    assert_eq!(http(&skill("WebFetch Read", Policy::trust_skills()), url, None), "allow");
    assert_eq!(
        http(&skill("WebFetch(domain:example.com)", Policy::default()), "https://example.org/", None),
        "deny"
    );
    assert_eq!(
        http(&skill("WebFetch(domain:example.com)", Policy::default()), "https://example.com:444/", None),
        "deny"
    );
    assert_eq!(
        http(&skill("WebFetch(domain:example.com)", Policy::default()), "http://example.com/", None),
        "deny"
    );
}

#[test]
fn addresses_that_are_not_public_are_asked_and_metadata_denied() {
    let url = "https://example.com/";
    for policy in [Policy::default(), Policy::trust_skills()] {
        let one = skill("WebFetch(domain:example.com)", policy);
        for class in [
            AddressClass::Private,
            AddressClass::Loopback,
            AddressClass::ThisMachine,
            AddressClass::LinkLocal,
        ] {
            assert_eq!(http(&one, url, Some(class)), "ask", "{class}");
        }
        assert_eq!(http(&one, url, Some(AddressClass::Metadata)), "deny");
    }
    let any = skill("WebFetch", Policy::trust_skills());
    assert_eq!(http(&any, url, Some(AddressClass::Public)), "allow");
    assert_eq!(http(&any, url, Some(AddressClass::Private)), "deny", "any public host is not any host");
    assert_eq!(http(&any, "https://127.0.0.1/", None), "deny");
}

#[test]
fn only_a_rule_that_means_it_allows_an_address_that_is_not_public() {
    let requested = "WebFetch(domain:example.com)";
    let with = |rule: &str| skill(requested, Policy::default().allow(rule).unwrap());
    let url = "https://example.com/";
    let private = Some(AddressClass::Private);
    assert_eq!(
        http(&with("WebFetch(domain:example.com)"), url, private),
        "ask",
        "its owner chooses the address"
    );
    assert_eq!(http(&with("WebFetch(domain:*)"), url, private), "ask");
    assert_eq!(http(&with("WebFetch(domain:https://example.com)"), url, private), "allow");
    assert_eq!(
        http(&with("WebFetch(domain:https://example.com)"), url, Some(AddressClass::Metadata)),
        "deny"
    );
    let local = "WebFetch(domain:http://127.0.0.1:8080)";
    let allowed = skill(local, Policy::default().allow(local).unwrap());
    assert_eq!(http(&allowed, "http://127.0.0.1:8080/", None), "allow");
    assert_eq!(http(&allowed, "http://127.0.0.1:8081/", None), "deny");
    assert_eq!(http(&skill(local, Policy::default()), "http://127.0.0.1:8080/", None), "ask");
}

#[test]
fn the_remedy_for_a_refusal_is_a_line_that_permits_it() {
    let refused = skill("Read(data/**)", Policy::default());
    let Decision::Deny(denial) = refused.decide_file("a [1].csv", FileUse::Read, false) else { panic!() };
    let Remedy::AllowedTools(entry) = denial.remedy else { panic!() };
    assert_eq!(entry, "Read(a \\[1\\].csv)");
    let mended = skill(&format!("Read(data/**), {entry}"), Policy::default());
    assert_eq!(file(&mended, FileUse::Read, "a [1].csv"), "allow");

    let asked = skill("WebFetch(domain:intranet.example)", Policy::default());
    let (origin, _) = Origin::parse("https://intranet.example/").unwrap();
    let Decision::Ask { remedy, .. } = asked.decide_http(&origin, Some(AddressClass::Private)) else {
        panic!()
    };
    let Remedy::Allow(rule) = remedy else { panic!() };
    let mended = skill("WebFetch(domain:intranet.example)", Policy::default().allow(&rule).unwrap());
    assert_eq!(http(&mended, "https://intranet.example/", Some(AddressClass::Private)), "allow", "{rule}");
}

#[test]
fn variables_are_asked_for_one_by_one() {
    let card = skill("Env(APP_*), Env(LANG)", Policy::default());
    assert_eq!((env(&card, "LANG"), env(&card, "APP_KEY"), env(&card, "HOME")), ("ask", "ask", "deny"));
    let trusted = skill("Env(APP_*)", Policy::trust_skills().deny("Env(APP_SECRET)").unwrap());
    assert_eq!((env(&trusted, "APP_KEY"), env(&trusted, "APP_SECRET")), ("allow", "deny"));
    assert_eq!(env(&skill("Env(A)", Policy::default().allow("Env(A)").unwrap()), "A"), "allow");
}
