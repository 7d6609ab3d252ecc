//! Categories at the command line.

use crate::commands::{desk, ran};

#[test]
fn categories_go_out_and_in_as_a_whole() {
    let desk = desk();
    let run = |args: &[&str]| ran(desk.path(), args);
    let (ok, said) = run(&["export", "categories", "-o", "categories.json"]);
    assert!(ok, "{said}");
    let path = desk.path().join("categories.json");
    let file = std::fs::read_to_string(&path).unwrap();
    let (ok, said) = run(&["import", "categories", "categories.json"]);
    assert!(ok && said.contains("23 categories: 0 new, 0 changed, 23 the same"), "{said}");
    std::fs::write(&path, file.replace("Littering", "Litter")).unwrap();
    let (ok, said) = run(&["import", "categories", "categories.json", "--dry-run"]);
    assert!(ok && said.contains("1 changed") && said.contains("yanan is as it was"), "{said}");
    let (ok, said) = run(&["import", "categories", "categories.json"]);
    assert!(ok && said.contains("1 changed") && said.contains("at atlas version 2"), "{said}");
    let args = ["locate", "109.45", "36.55", "--category", "event.01.litter"];
    let (ok, said) = run(&args);
    assert!(ok && said.contains("乱扔垃圾 / Litter [event.01.litter]"), "{said}");
    let (ok, said) = run(&["export", "city"]);
    assert!(ok && said.contains("\"catalogue\"") && said.contains("\"Litter\""), "{said}");
    std::fs::write(&path, file.replace("event.04", "event 4").replace("500", "900")).unwrap();
    let (ok, said) = run(&["import", "categories", "categories.json"]);
    assert!(!ok && said.contains("`event 4` is no code") && said.contains("is 900 m"), "{said}");
    let (ok, said) = run(&["import", "categories", "categories.json", "--replace"]);
    assert!(!ok && said.contains("leave out --replace"), "{said}");
    let (ok, said) = run(&["export", "categories", "--format", "csv"]);
    assert!(!ok && said.contains("leave out --format"), "{said}");
}
