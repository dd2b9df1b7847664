//! The icons of a trail (X06), as paths that paper and pages draw alike.
//!
//! Deliberately absent: every other letter of SVG's paths. These are written with M, L, C and Z and absolute places alone, so
//! that whoever draws them needs no more.

/// How many units an icon is wide and high.
pub const UNITS: f32 = 16.0;

/// The outline of an icon; an unknown name is an event.
pub fn path(name: &str) -> &'static str {
    match name {
        "file-add" => {
            "M 9 1.8 L 4.2 1.8 C 3.65 1.8 3.2 2.25 3.2 2.8 L 3.2 13.2 C 3.2 13.75 3.65 14.2 4.2 14.2 L 11.8 14.2 C 12.35 14.2 12.8 13.75 12.8 13.2 L 12.8 5.6 L 9 1.8 L 9 5.6 L 12.8 5.6 M 8 8 L 8 12 M 6 10 L 10 10"
        }
        "paper-plane" => "M 14.2 1.8 L 1.8 6.6 L 6.8 9.2 L 9.4 14.2 L 14.2 1.8 Z M 14.2 1.8 L 6.8 9.2",
        "lock" => {
            "M 4 7 L 12 7 C 12.55 7 13 7.45 13 8 L 13 13 C 13 13.55 12.55 14 12 14 L 4 14 C 3.45 14 3 13.55 3 13 L 3 8 C 3 7.45 3.45 7 4 7 Z M 5 7 L 5 5 C 5 3.34 6.34 2 8 2 C 9.66 2 11 3.34 11 5 L 11 7"
        }
        "file-preview" => {
            "M 9 1.8 L 4.2 1.8 C 3.65 1.8 3.2 2.25 3.2 2.8 L 3.2 13.2 C 3.2 13.75 3.65 14.2 4.2 14.2 L 11.8 14.2 C 12.35 14.2 12.8 13.75 12.8 13.2 L 12.8 5.6 L 9 1.8 L 9 5.6 L 12.8 5.6 M 5.8 9.6 C 5.8 8.61 6.61 7.8 7.6 7.8 C 8.59 7.8 9.4 8.61 9.4 9.6 C 9.4 10.59 8.59 11.4 7.6 11.4 C 6.61 11.4 5.8 10.59 5.8 9.6 Z M 9 11 L 10.4 12.3"
        }
        "register" => {
            "M 10.2 2.4 L 13.6 5.8 L 6.2 13.2 L 2.2 13.8 L 2.8 9.8 L 10.2 2.4 Z M 8.4 4.2 L 11.8 7.6"
        }
        "prohibited" => {
            "M 2 8 C 2 4.69 4.69 2 8 2 C 11.31 2 14 4.69 14 8 C 14 11.31 11.31 14 8 14 C 4.69 14 2 11.31 2 8 Z M 3.8 3.8 L 12.2 12.2"
        }
        "arrow-right" => "M 2.5 8 L 13.5 8 M 9.5 4 L 13.5 8 L 9.5 12",
        "link" => {
            "M 6.6 9.4 C 7.7 10.5 9.5 10.5 10.6 9.4 L 13 7 C 14.1 5.9 14.1 4.1 13 3 C 11.9 1.9 10.1 1.9 9 3 L 8 4 M 9.4 6.6 C 8.3 5.5 6.5 5.5 5.4 6.6 L 3 9 C 1.9 10.1 1.9 11.9 3 13 C 4.1 14.1 5.9 14.1 7 13 L 8 12"
        }
        "timer-crossed" => {
            "M 3 9 C 3 6.24 5.24 4 8 4 C 10.76 4 13 6.24 13 9 C 13 11.76 10.76 14 8 14 C 5.24 14 3 11.76 3 9 Z M 6.5 1.8 L 9.5 1.8 M 8 6.5 L 8 9 L 9.6 10 M 2.6 3.6 L 13.4 14.4"
        }
        "file-check" => {
            "M 9 1.8 L 4.2 1.8 C 3.65 1.8 3.2 2.25 3.2 2.8 L 3.2 13.2 C 3.2 13.75 3.65 14.2 4.2 14.2 L 11.8 14.2 C 12.35 14.2 12.8 13.75 12.8 13.2 L 12.8 5.6 L 9 1.8 L 9 5.6 L 12.8 5.6 M 5.8 10 L 7.4 11.6 L 10.2 8.6"
        }
        _ => "M 1.5 8.5 L 5 8.5 L 7 3 L 10 13 L 11.8 8.5 L 14.5 8.5",
    }
}

/// Whether an icon points somewhere, and is mirrored where text runs from right to left.
pub fn is_directed(name: &str) -> bool {
    matches!(name, "arrow-right" | "paper-plane")
}
