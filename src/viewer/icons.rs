//! The icons of the page and of the catalogs (X06), drawn in the colour of the text around them.
//!
//! Deliberately absent: meaning. An icon stands beside words, or its control has a label.

/// Draws an icon of 16 units from its strokes; a directed one is mirrored where text runs from right to left.
macro_rules! draw {
    (directed $($strokes:literal)+) => {
        draw!(@ "al-icon al-directed", $($strokes)+)
    };
    ($($strokes:literal)+) => {
        draw!(@ "al-icon", $($strokes)+)
    };
    (@ $class:literal, $($strokes:literal)+) => {
        concat!(
            r#"<svg class=""#, $class, r#"" viewBox="0 0 16 16" aria-hidden="true" focusable="false">"#,
            $($strokes,)+
            "</svg>"
        )
    };
}

const FILE: &str =
    draw!(r#"<path d="M9 1.8H4.2a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h7.6a1 1 0 0 0 1-1V5.6L9 1.8v3.8h3.8"/>"#);

/// The icon of this name; an unknown one is shown as an event.
pub(super) fn svg(name: &str) -> &'static str {
    match name {
        "arrow-right" => draw!(directed r#"<path d="M2.5 8h11M9.5 4l4 4-4 4"/>"#),
        "calendar" => draw!(r#"<path d="M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 1.8v3M10.5 1.8v3"/>"#),
        "chevron" => draw!(r#"<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>"#),
        "clock" => draw!(r#"<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.6"/>"#),
        "close" => draw!(r#"<path d="m4 4 8 8M12 4l-8 8"/>"#),
        "down" => draw!(r#"<path d="M8 3v10M4 9l4 4 4-4"/>"#),
        "download" => draw!(r#"<path d="M8 2v8.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11"/>"#),
        "external" => draw!(directed r#"<path d="M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5"/>"#),
        "file" => FILE,
        "file-add" => draw!(
            r#"<path d="M9 1.8H4.2a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h7.6a1 1 0 0 0 1-1V5.6L9 1.8v3.8h3.8M8 8v4M6 10h4"/>"#
        ),
        "file-check" => draw!(
            r#"<path d="M9 1.8H4.2a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h7.6a1 1 0 0 0 1-1V5.6L9 1.8v3.8h3.8M5.8 10l1.6 1.6 2.8-3"/>"#
        ),
        "file-preview" => draw!(
            r#"<path d="M9 1.8H4.2a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h7.6a1 1 0 0 0 1-1V5.6L9 1.8v3.8h3.8"/><circle cx="7.6" cy="9.6" r="1.8"/><path d="m9 11 1.4 1.3"/>"#
        ),
        "filter" => draw!(r#"<path d="M2 3h12L9.5 8.4v4.2l-3 1.4V8.4z"/>"#),
        "first" => draw!(directed r#"<path d="M4 3.5v9M12 3.5 7.5 8l4.5 4.5"/>"#),
        "keyboard" => draw!(
            r#"<rect x="1.5" y="4" width="13" height="8.5" rx="1.5"/><path d="M4 6.8h.1M6.6 6.8h.1M9.2 6.8h.1M11.8 6.8h.1M5 9.8h6"/>"#
        ),
        "lock" => {
            draw!(r#"<rect x="3" y="7" width="10" height="7" rx="1"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>"#)
        }
        "copy" => draw!(r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1"/><path d="M10.5 2.5h-8v8"/>"#),
        "link" => draw!(
            r#"<path d="M6.6 9.4a2.8 2.8 0 0 0 4 0l2.4-2.4a2.8 2.8 0 0 0-4-4l-1 1M9.4 6.6a2.8 2.8 0 0 0-4 0L3 9a2.8 2.8 0 0 0 4 4l1-1"/>"#
        ),
        "minus" => draw!(r#"<path d="M3.5 8h9"/>"#),
        "plus" => draw!(r#"<path d="M3.5 8h9M8 3.5v9"/>"#),
        "next" => draw!(directed r#"<path d="M6 3.5 10.5 8 6 12.5"/>"#),
        "paper-plane" => draw!(directed r#"<path d="M14.2 1.8 1.8 6.6l5 2.6 2.6 5zM14.2 1.8 6.8 9.2"/>"#),
        "previous" => draw!(directed r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#),
        "prohibited" => draw!(r#"<circle cx="8" cy="8" r="6"/><path d="m3.8 3.8 8.4 8.4"/>"#),
        "refresh" => draw!(r#"<path d="M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 1.8V5h-3.2"/>"#),
        "register" => draw!(r#"<path d="m10.2 2.4 3.4 3.4-7.4 7.4-4 .6.6-4zM8.4 4.2l3.4 3.4"/>"#),
        "search" => draw!(r#"<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>"#),
        "tag" => draw!(r#"<path d="M2 2.5h5.5L14 9l-5 5-7-6.5zM5 5.5h.1"/>"#),
        "target" => draw!(
            r#"<circle cx="8" cy="8" r="5.5"/><circle cx="8" cy="8" r="2"/><path d="M8 1v2.5M8 12.5V15M1 8h2.5M12.5 8H15"/>"#
        ),
        "timer" | "timer-crossed" => {
            draw!(r#"<circle cx="8" cy="9" r="5"/><path d="M6.5 1.8h3M8 6.5V9M6 7l4 4"/>"#)
        }
        "up" => draw!(r#"<path d="M8 13V3M4 7l4-4 4 4"/>"#),
        "updown" => draw!(r#"<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>"#),
        "user" => draw!(r#"<circle cx="8" cy="5.2" r="2.9"/><path d="M2.5 14a5.5 5.5 0 0 1 11 0"/>"#),
        "view" => draw!(r#"<path d="M4 2h8v12L8 11l-4 3z"/>"#),
        "warning" => draw!(r#"<path d="M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6h.1"/>"#),
        _ => draw!(r#"<path d="M1.5 8.5H5L7 3l3 10 1.8-4.5h2.7"/>"#),
    }
}
