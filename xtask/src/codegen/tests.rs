//! The sample contract has every construct once; its output is checked in, so a change of the generator shows.

use std::path::{Path, PathBuf};

use quote::quote;

use super::{SAMPLE, generate};

fn root() -> PathBuf {
    crate::root().expect("the workspace is there")
}

/// Generates the sample after replacing `from` by `to` in one of its files.
fn with(file: &str, from: &str, to: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["openapi.yaml", "boats.yaml", "harbour.yaml"] {
        let mut text = std::fs::read_to_string(root().join(SAMPLE).join("api").join(name)).unwrap();
        if name == file {
            assert!(text.contains(from), "{file} has no `{from}`");
            text = text.replacen(from, to, 1);
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    generate(folder.path(), Path::new("out"), &quote!(crate::runtime)).map(drop).map_err(|e| format!("{e:#}"))
}

#[test]
fn the_sample_is_as_checked_in() {
    let api = root().join(SAMPLE).join("api");
    let files = generate(&api, Path::new(SAMPLE), &quote!(shepherd_contract::runtime)).unwrap();
    files.check(&root()).unwrap();
}

#[test]
fn the_same_input_gives_the_same_output() {
    let api = root().join("api");
    let once = || generate(&api, Path::new("out"), &quote!(crate::runtime)).unwrap();
    assert!(once() == once());
}

#[test]
fn what_is_outside_the_subset_is_refused_with_its_place() {
    for (file, from, to, says) in [
        ("boats.yaml", "maxItems: 3,", "contains: {},", "api/boats.yaml: BuildBoat.crew: keyword `contains`"),
        (
            "boats.yaml",
            "planks: { type: integer, format: int32",
            "planks: { type: number",
            "WoodenHull.planks: type number",
        ),
        ("boats.yaml", "crew: { type: array", "Crew: { type: array", "BuildBoat.Crew: names are snake_case"),
        (
            "boats.yaml",
            "required: [kilograms]",
            "required: [kilos]",
            "Anchor: required `kilos` is not a property",
        ),
        (
            "boats.yaml",
            "items: { $ref: '#/components/schemas/Boat' }",
            "items: { $ref: '#/components/schemas/Ship' }",
            "BoatPage.items: there is no schema Ship",
        ),
        (
            "boats.yaml",
            "kind: { type: string, const: wood }",
            "kind: { type: string }",
            "WoodenHull: needs `kind` with a const",
        ),
        (
            "boats.yaml",
            "$ref: '#/components/schemas/Anchor'",
            "$ref: '#/components/schemas/SteelHull'",
            "is a variant of a union",
        ),
        (
            "boats.yaml",
            "additionalProperties: { type: string }",
            "additionalProperties: { type: object }",
            "labels: an object without properties",
        ),
        (
            "boats.yaml",
            "schema: { $ref: '#/components/schemas/BuildBoat' }",
            "schema: { type: object }",
            "POST /boats: the body has an inline schema",
        ),
        (
            "boats.yaml",
            "x-permission: boat:build",
            "x-permission: build",
            "x-permission `build` is malformed",
        ),
        ("boats.yaml", "x-audit: boat.sink", "x-audit: none", "what changes something is audited"),
        ("boats.yaml", "x-audit: boat.sink", "x-colour: red", "`x-colour` is not in the supported subset"),
        ("boats.yaml", "operationId: sinkBoat", "operationId: getBoat", "operationId getBoat is used twice"),
        ("boats.yaml", "name: id, in: path", "name: key, in: path", "are not those of the path"),
        (
            "boats.yaml",
            "'404': { $ref: '#/components/responses/Problem' }",
            "'404': { description: Gone. }",
            "404 must be #/components/responses/Problem",
        ),
        (
            "boats.yaml",
            "'204': { description: Sunk. }",
            "'404': { $ref: '#/components/responses/Problem' }",
            "exactly one status of success",
        ),
        ("boats.yaml", "/boats/{id}:", "/boats/{id}/Sink:", "is not snake_case"),
        ("harbour.yaml", "x-raw: true", "x-raw: false", "needs x-raw"),
        ("harbour.yaml", "  /harbour/events:", "  /boats:", "get /boats is defined twice"),
        ("openapi.yaml", "name: harbour", "name: port", "api/harbour.yaml: `harbour` is not among the tags"),
    ] {
        let refusal = with(file, from, to).expect_err(to);
        assert!(refusal.contains(says), "{to}: {refusal}");
    }
}

#[test]
fn check_names_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = super::Files::default();
    files.add_text("a/src/types/one.rs".into(), "one\ntwo\n".to_owned());
    files.write(folder.path()).unwrap();
    files.check(folder.path()).unwrap();
    std::fs::write(folder.path().join("a/src/types/one.rs"), "one\n2\n").unwrap();
    std::fs::write(folder.path().join("a/src/types/old.rs"), "").unwrap();
    let report = files.check(folder.path()).unwrap_err().to_string();
    assert!(report.contains("one.rs: line 2: `2` should be `two`"), "{report}");
    assert!(report.contains("old.rs: no longer belongs"), "{report}");
    files.write(folder.path()).unwrap();
    files.check(folder.path()).unwrap();
}
