//! Charts as SVG. Colours are the page's variables, so that they follow its scheme; nothing is said by colour alone.

use crate::evaluate::ReliabilityBin;
use crate::report::markup::escape;
use crate::score::coverage::Point;
use std::fmt::Write;

/// Series colours of the page: `--s0` and on.
pub const SERIES: usize = 6;
/// Dash patterns that tell the series apart without colour.
const DASHES: [&str; SERIES] = ["", "6 3", "2 3", "8 3 2 3", "1 4", "10 4"];

/// The plane of a chart whose axes run from 0 to `x_max` and `y_max`, in a frame of 320 × 260.
struct Plane {
    svg: String,
    x_max: f64,
    y_max: f64,
}

const LEFT: f64 = 48.0;
const TOP: f64 = 12.0;
const WIDTH: f64 = 256.0;
const HEIGHT: f64 = 200.0;

impl Plane {
    fn new(title: &str, x: &str, y: &str, x_max: f64, y_max: f64) -> Self {
        let mut plane = Self { svg: String::new(), x_max, y_max };
        let _ = write!(plane.svg, "<svg class=\"chart\" viewBox=\"0 0 320 260\" role=\"img\" aria-label=\"{}\">", escape(title));
        for i in 0..=4 {
            let (fx, fy) = (f64::from(i) / 4.0 * x_max, f64::from(i) / 4.0 * y_max);
            let (px, py) = (plane.x(fx), plane.y(fy));
            let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
            let _ = write!(
                plane.svg,
                "<path class=\"grid\" d=\"M{LEFT} {py:.1}H{right}M{px:.1} {TOP}V{bottom}\"/>\
                 <text class=\"tick\" x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
                 <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                bottom + 14.0,
                tick(fx),
                LEFT - 6.0,
                py + 3.5,
                tick(fy)
            );
        }
        let (middle_x, middle_y) = (LEFT + WIDTH / 2.0, TOP + HEIGHT / 2.0);
        let _ = write!(
            plane.svg,
            "<text class=\"axis\" x=\"{middle_x}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text class=\"axis\" transform=\"translate(12 {middle_y}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            TOP + HEIGHT + 34.0,
            escape(x),
            escape(y)
        );
        plane
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + WIDTH * (value / self.x_max).clamp(0.0, 1.0)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + HEIGHT * (1.0 - (value / self.y_max).clamp(0.0, 1.0))
    }

    fn finish(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

fn tick(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() { "0".to_owned() } else { text.to_owned() }
}

/// The reliability diagram: a bar for each bin as high as its accuracy, a line at its mean confidence; the diagonal is
/// perfect calibration. The fainter a bar, the fewer its rows.
pub fn reliability(title: &str, bins: &[ReliabilityBin]) -> String {
    let mut plane = Plane::new(title, "confidence", "share right", 1.0, 1.0);
    let most = bins.iter().map(|bin| bin.rows).max().unwrap_or(1).max(1) as f64;
    for bin in bins {
        let (x, right, y) = (plane.x(bin.from), plane.x(bin.to), plane.y(bin.accuracy));
        let expected = plane.y(bin.confidence);
        let _ = write!(
            plane.svg,
            "<rect class=\"bar\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill-opacity=\"{:.2}\"><title>{} rows, \
             mean confidence {:.3}, right {:.3}</title></rect><path class=\"mark\" d=\"M{:.1} {expected:.1}H{:.1}\"/>",
            x + 0.5,
            right - x - 1.0,
            TOP + HEIGHT - y,
            0.25 + 0.75 * (bin.rows as f64 / most).sqrt(),
            bin.rows,
            bin.confidence,
            bin.accuracy,
            x + 0.5,
            right - 0.5
        );
    }
    let (x0, y0, x1, y1) = (plane.x(0.0), plane.y(0.0), plane.x(1.0), plane.y(1.0));
    let _ = write!(plane.svg, "<path class=\"ideal\" d=\"M{x0} {y0}L{x1} {y1}\"/>");
    plane.finish()
}

/// Risk over coverage, a line for each series.
pub fn risk_coverage(title: &str, series: &[(&str, &[Point])]) -> String {
    let most = series.iter().flat_map(|(_, points)| *points).map(|p| p.risk).fold(0.0, f64::max);
    let y_max = ((most * 10.0).ceil() / 10.0).clamp(0.1, 1.0);
    let mut plane = Plane::new(title, "share of rows answered, the surest first", "share of these wrong", 1.0, y_max);
    for (s, (name, points)) in series.iter().enumerate() {
        let line: Vec<String> = points.iter().map(|p| format!("{:.1} {:.1}", plane.x(p.coverage), plane.y(p.risk))).collect();
        let _ = write!(
            plane.svg,
            "<path class=\"line\" style=\"stroke:var(--s{})\" stroke-dasharray=\"{}\" d=\"M{}\"><title>{}</title></path>",
            s % SERIES,
            DASHES[s % SERIES],
            line.join("L"),
            escape(name)
        );
    }
    plane.finish()
}

/// The legend of lines.
pub fn legend(names: &[&str]) -> String {
    let mut html = String::from("<ul class=\"legend\">");
    for (s, name) in names.iter().enumerate() {
        let _ = write!(
            html,
            "<li><svg viewBox=\"0 0 28 8\" width=\"28\" height=\"8\" aria-hidden=\"true\"><path class=\"line\" style=\"stroke:var(--s{})\" \
             stroke-dasharray=\"{}\" d=\"M0 4H28\"/></svg> {}</li>",
            s % SERIES,
            DASHES[s % SERIES],
            escape(name)
        );
    }
    html + "</ul>"
}

/// A value with its interval, in a chart of rows.
pub struct Whisker {
    /// What the row is.
    pub name: String,
    /// The value; `None` where it is undefined.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
}

/// Values with intervals, a row each. The scale takes in 0 where `from_zero`, else just the values; a line marks 0 where the
/// scale has it inside.
pub fn whiskers(title: &str, rows: &[Whisker], from_zero: bool) -> String {
    const NAMES: f64 = 170.0;
    const PLOT: f64 = 300.0;
    const ROW: f64 = 24.0;
    let ends = || rows.iter().flat_map(|r| r.interval.into_iter().flatten().chain(r.value));
    let (mut low, mut high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() {
        (low, high) = (0.0, 1.0);
    }
    if from_zero {
        (low, high) = (low.min(0.0), if high <= 1.0 { high.max(0.0) } else { high });
    } else {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    let step = nice_step((high - low).max(1e-6) / 4.0);
    (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    let span = (high - low).max(1e-9);
    let x = |value: f64| NAMES + PLOT * (value - low) / span;
    let height = ROW * rows.len() as f64 + 26.0;
    let mut svg = format!("<svg class=\"wide\" viewBox=\"0 0 620 {height:.0}\" role=\"img\" aria-label=\"{}\">", escape(title));
    let bottom = ROW * rows.len() as f64 + 4.0;
    for i in 0..=((span / step).round() as i32).min(12) {
        let value = low + f64::from(i) * step;
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{0:.1} 0V{bottom:.1}\"/><text class=\"tick\" x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\">{2}</text>",
            x(value),
            bottom + 14.0,
            tick(if value.abs() < 1e-9 { 0.0 } else { value })
        );
    }
    if low < 0.0 && high > 0.0 {
        let _ = write!(svg, "<path class=\"ideal\" d=\"M{0:.1} 0V{bottom:.1}\"/>", x(0.0));
    }
    for (i, row) in rows.iter().enumerate() {
        let y = ROW * i as f64 + ROW / 2.0 + 2.0;
        let name = crate::report::style::shorten(&row.name, 28);
        let _ = write!(
            svg,
            "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}<title>{}</title></text>",
            NAMES - 10.0,
            y + 4.0,
            escape(&name),
            escape(&row.name)
        );
        if let Some([from, to]) = row.interval {
            let (a, b) = (x(from), x(to));
            let _ = write!(
                svg,
                "<path class=\"whisker\" d=\"M{a:.1} {y:.1}H{b:.1}M{a:.1} {0:.1}V{1:.1}M{b:.1} {0:.1}V{1:.1}\"/>",
                y - 4.0,
                y + 4.0
            );
        }
        if let Some(value) = row.value {
            let _ = write!(svg, "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\"/>", x(value));
        }
        let _ = write!(
            svg,
            "<text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            NAMES + PLOT + 12.0,
            y + 4.0,
            super::interval(row.value, row.interval)
        );
    }
    svg + "</svg>"
}

/// A step of 1, 2 or 5 times a power of ten that is no smaller than asked.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|step| *step >= least * 0.999).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (least, step) in [(0.23, 0.5), (0.2, 0.2), (0.013, 0.02), (7.0, 10.0)] {
            assert!((nice_step(least) - step).abs() < 1e-12, "{least}: {}", nice_step(least));
        }
    }

    #[test]
    fn charts_of_nothing_are_charts() {
        for svg in [reliability("r", &[]), risk_coverage("c", &[]), whiskers("w", &[], true)] {
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>") && !svg.contains("NaN"), "{svg}");
        }
    }
}
