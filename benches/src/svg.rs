use std::fmt::Write;
use std::io;
use std::path::Path;

/// Horizontal bars in groups, as an SVG picture that reads on a light and on a dark page.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What is shown, with its unit.
    pub title: String,
    /// The groups: what each is of, and its bars by name.
    pub groups: Vec<(String, Vec<(String, f64)>)>,
}

impl Bars {
    /// Writes the picture to this file.
    ///
    /// # Errors
    ///
    /// Those of the file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        std::fs::write(path, self.to_svg())
    }

    fn to_svg(&self) -> String {
        let bars = self.groups.iter().flat_map(|(_, bars)| bars);
        let most = bars.map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
        let mut body = String::new();
        let mut y = 44.0;
        for (group, bars) in &self.groups {
            let _ = writeln!(body, r#"<text x="8" y="{y}" font-weight="bold">{group}</text>"#);
            y += 8.0;
            for (index, (name, value)) in bars.iter().enumerate() {
                let width = value / most * BAR;
                let colour = COLOURS.iter().cycle().nth(index).copied().unwrap_or_default();
                let (text, end) = (y + 13.0, LEFT + width + 6.0);
                let _ =
                    writeln!(body, r#"<text x="{}" y="{text}" text-anchor="end">{name}</text>"#, LEFT - 8.0);
                let _ = writeln!(
                    body,
                    r#"<rect x="{LEFT}" y="{y}" width="{width:.1}" height="16" fill="{colour}"/>"#
                );
                let _ = writeln!(body, r#"<text x="{end:.1}" y="{text}">{}</text>"#, short(*value));
                y += 20.0;
            }
            y += 22.0;
        }
        let (width, height) = (LEFT + BAR + 90.0, y);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="8" y="20" font-size="15">{}</text>
{body}</svg>
"##,
            self.title
        )
    }
}

/// Three digits, or all of a whole number that has more.
fn short(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

const LEFT: f64 = 170.0;
const BAR: f64 = 460.0;
/// Of different brightness too.
const COLOURS: [&str; 5] = ["#1b5e9e", "#e08a1e", "#7fb069", "#8d5a97", "#b0b0b0"];
