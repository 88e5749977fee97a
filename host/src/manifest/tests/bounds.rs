//! Hostile files: bounds trip, answers stay small. Nothing here measures time; what is quadratic
//! shows as a test that does not end.

use super::{codes, front_matter};
use crate::manifest::{
    Load, MAX_FILE_BYTES, MAX_FRONT_MATTER_BYTES, MAX_NODES, Node, NodeKind, Parsed, fault::MAX_FAULTS,
    parse, parse_entries,
};

/// `unit` again and again, up to the longest front matter that is read.
fn full(start: &str, unit: &str) -> String {
    let room = MAX_FRONT_MATTER_BYTES - start.len() - 1;
    format!("{start}{}", unit.repeat(room / unit.len()))
}

fn nodes(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar { .. } => 1,
        NodeKind::Sequence(items) => 1 + items.iter().map(nodes).sum::<usize>(),
        NodeKind::Mapping(pairs) => 1 + pairs.iter().map(|p| nodes(&p.key) + nodes(&p.value)).sum::<usize>(),
    }
}

fn assert_bounded(parsed: &Parsed, yaml: &str) {
    let shown = yaml.get(..20).unwrap_or(yaml);
    assert!(parsed.faults.len() <= MAX_FAULTS + 1, "{shown}");
    assert!(parsed.manifest.is_some() || parsed.load == Load::Refuse, "{shown}");
    if let Some(manifest) = &parsed.manifest {
        assert!(
            manifest.fields.iter().map(|field| nodes(&field.value)).sum::<usize>() <= MAX_NODES,
            "{shown}"
        );
    }
}

#[test]
fn hostile_yaml_ends_at_a_bound() {
    let good = "name: a\ndescription: d\nx: ";
    for unit in [
        "[",
        "{",
        "[[],",
        "&a [*a] ",
        "- ",
        "? ",
        ": ",
        "a: ",
        "k:\n",
        "a: 1\n",
        "#\n",
        " \n",
        "\t",
        "!",
        "!a ",
        "'",
        "\"",
        "\\",
        "|\n",
        ">\n",
        " x\n",
        "\r",
        "*a,",
        "@",
        "`x` ",
        "a:b",
        " #",
        "{? a, ",
        "\n\n",
        "-",
        "%a b\n",
        "\0",
        "é",
        "字 ",
        "x: @y\n",
        "x: y: z\n",
        "<<: *a\n",
        "---",
        "... ",
        "(",
        ")",
        "!,",
    ] {
        for start in ["", good, "a: [", "a: \"", "a: |\n", "&a ", "allowed-tools: ", "allowed-tools: >\n  "] {
            let yaml = full(start, unit);
            assert_bounded(&front_matter(&yaml), &yaml);
        }
    }
}

#[test]
fn deep_wide_and_repeated_structures_are_refused() {
    let indented: String = (0..350).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let doubling: String = (1..20).map(|n| format!("k{n}: [*a{0}, *a{0}, &a{n} [*a{0}]]\n", n - 1)).collect();
    let doubled = format!("k0: &a0 [x, x, x, x, x, x, x, x]\n{doubling}");
    let laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
        c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]";
    for yaml in [&indented, &full("a: ", "["), laughs, &full("a: [", "x,"), "a: &a [*a]"] {
        let parsed = front_matter(yaml);
        assert_eq!((codes(&parsed), parsed.load), (vec!["yaml"], Load::Refuse));
    }
    assert_bounded(&front_matter(&doubled), &doubled);
}

#[test]
fn files_and_front_matter_have_a_longest_size() {
    let mut source = b"---\nname: a\ndescription: d\n---\n".to_vec();
    source.resize(MAX_FILE_BYTES, b'x');
    assert_eq!(parse(&source, Some("a")).faults, []);
    source.push(b'x');
    let parsed = parse(&source, Some("a"));
    assert_eq!((parsed.valid, parsed.load, codes(&parsed)), (true, Load::Refuse, vec!["file-too-long"]));

    let parsed = front_matter(&format!("x: {}", "y".repeat(MAX_FRONT_MATTER_BYTES)));
    assert_eq!((codes(&parsed), parsed.load), (vec!["front-matter-too-long"], Load::Refuse));
}

#[test]
fn a_flood_of_faults_is_summed_up_and_still_counts() {
    let quoted = front_matter(&format!("name: a\ndescription: d\nallowed-tools: '{}'", "!, ".repeat(20_000)));
    assert_eq!(quoted.faults.len(), MAX_FAULTS + 1);
    assert_eq!(quoted.load, Load::Warn);
    assert_eq!(quoted.manifest.map(|manifest| manifest.allowed_tools.len()), Some(20_000));
}

#[test]
fn long_lists_of_entries_are_read_in_one_go() {
    let blanks = " ".repeat(1_000_000);
    assert_eq!(parse_entries(&format!("Read{blanks}(a)")).len(), 1);
    assert_eq!(parse_entries(&blanks).len(), 0);
    assert_eq!(parse_entries(&"(".repeat(1_000_000)).len(), 1);
    assert_eq!(parse_entries(&"R ".repeat(500_000)).len(), 500_000);
    assert_eq!(parse_entries(&"R (a) ".repeat(100_000)).len(), 100_000);
}
