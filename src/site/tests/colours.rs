//! The stylesheet's colours: named once for each scheme, and far enough apart to be read (WCAG 2.2, 1.4.3 and 1.4.11).

use std::collections::BTreeMap;

use super::STYLE;

/// What is read, and on what: contrast of at least 4.5.
const TEXTS: [(&str, &str); 17] = [
    ("ink", "bg"),
    ("muted", "bg"),
    ("link", "bg"),
    ("good", "bg"),
    ("bad", "bg"),
    ("ink", "panel"),
    ("muted", "panel"),
    ("link", "panel"),
    ("good", "panel"),
    ("bad", "panel"),
    ("mark-ink", "mark"),
    ("k0-ink", "k0"),
    ("k1-ink", "k1"),
    ("k2-ink", "k2"),
    ("k3-ink", "k3"),
    ("k4-ink", "k4"),
    ("link", "bg"),
];

/// What is only seen: contrast of at least 3.
const SHAPES: [(&str, &str); 4] = [("line", "bg"), ("focus", "bg"), ("focus", "panel"), ("bar", "bg")];

type Colours = BTreeMap<&'static str, [f64; 3]>;

/// The colours of both schemes, light first.
fn schemes() -> [Colours; 2] {
    let blocks: Vec<&str> = STYLE
        .split(":root {")
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 2, "a block for each scheme");
    [colours(blocks[0]), colours(blocks[1])]
}

fn colours(block: &'static str) -> Colours {
    let declarations = block
        .split(';')
        .filter_map(|declaration| declaration.trim().strip_prefix("--"));
    let parsed = declarations.map(|declaration| {
        let (name, value) = declaration.split_once(": #").unwrap();
        assert_eq!(value.len(), 6, "{declaration}");
        let channel = |at: usize| f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
        (name, [channel(0), channel(2), channel(4)])
    });
    parsed.collect()
}

/// Relative luminance, as WCAG 2.2 defines it.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |channel: f64| {
        if channel <= 0.040_45 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    let (black, white) = ([0.0; 3], [1.0; 3]);
    assert!((contrast(black, white) - 21.0).abs() < 1e-9);
    // The grey that just passes on white: #767676.
    assert!((contrast([118.0 / 255.0; 3], white) - 4.54).abs() < 0.01);
}

#[test]
fn every_text_can_be_read_in_both_schemes() {
    for (scheme, colours) in ["light", "dark"].into_iter().zip(schemes()) {
        for (pairs, least) in [(&TEXTS[..], 4.5), (&SHAPES[..], 3.0)] {
            for (front, back) in pairs {
                let found = contrast(colours[front], colours[back]);
                assert!(found >= least, "{scheme}: {front} on {back} is {found:.2}, not {least}");
            }
        }
    }
}

#[test]
fn the_shades_of_the_map_differ_from_each_other() {
    for (scheme, colours) in ["light", "dark"].into_iter().zip(schemes()) {
        for (a, b) in [("k0", "k1"), ("k1", "k2"), ("k2", "k3"), ("k3", "k4")] {
            let found = contrast(colours[a], colours[b]);
            assert!(found > 1.1, "{scheme}: {a} and {b} are {found:.2}");
        }
    }
}

#[test]
fn both_schemes_name_the_same_colours_and_every_colour_is_named_and_checked() {
    let [light, dark] = schemes();
    assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
    let checked = |name: &str| {
        TEXTS
            .iter()
            .chain(&SHAPES)
            .any(|(front, back)| *front == name || *back == name)
    };
    for name in light.keys() {
        assert!(checked(name), "--{name} is in no pair");
        assert!(STYLE.contains(&format!("var(--{name})")), "--{name} is not used");
    }
    let rules = STYLE
        .split(":root {")
        .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    for rule in rules {
        assert!(
            !rule.contains('#') && !rule.contains("rgb"),
            "a colour without a name: {rule}"
        );
    }
}

#[test]
fn the_stylesheet_asks_nothing_of_anybody() {
    for word in ["url(", "@import", "http:", "https:", "@font-face"] {
        assert!(!STYLE.contains(word), "{word}");
    }
}
