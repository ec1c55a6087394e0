//! Has the web application's files embedded anew when they were built anew.

use std::path::Path;

fn main() {
    // A path that is not there would be taken for changed at every build.
    let built = "../../web/dist";
    let watched = if Path::new(built).is_dir() { built } else { "../../web" };
    println!("cargo::rerun-if-changed={watched}");
}
