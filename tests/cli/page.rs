//! The page of `--format html`, driven in headless Chromium where there is one.

use super::{root, stance, text, tiny};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The browser, or `None` with a message.
#[allow(clippy::print_stdout, reason = "it says that it is skipped")]
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|d| names.map(|n| d.join(n))).find(|p| p.is_file());
    if found.is_none() {
        println!("skipped: no Chromium on the PATH");
    }
    found
}

const CLAIMS: [&str; 2] = ["The ferries will sail in June.", "Nobody <should> sail & \"stay\"."];

/// The page about the fixtures, two claims.
fn page() -> String {
    let out = stance()
        .current_dir(root())
        .args(["classify", "tests/fixtures/articles", "--columns", "text=story", "--skip-probe", "-f", "html"])
        .args(["-c", CLAIMS[0], "-c", CLAIMS[1], "--model"])
        .arg(tiny())
        .assert()
        .success();
    text(&out.get_output().stdout)
}

/// Does what a reader would do and tells what happened.
const DRIVER: &str = r##"<script>
(() => {
  const one = (s) => document.querySelector(s), all = (s) => [...document.querySelectorAll(s)];
  const visible = () => all("mark").filter((m) => m.getClientRects().length > 0);
  const labels = () => all("mark").map((m) => m.dataset.l);
  const told = {};
  told.marks = all("mark").length;
  told.atFirst = visible().length;
  told.shown = one("#shown").textContent;
  const name = labels()[0];
  const box = one(`input[value=${name}]`);
  box.click();
  told.without = visible().filter((m) => m.dataset.l === name).length;
  told.leftOver = visible().length === all("mark").filter((m) => m.dataset.l !== name).length;
  told.emptyArticles = all("article").filter((a) => a.getClientRects().length > 0 && !a.querySelector("mark:not([hidden])")).length;
  box.click();
  const holder = one("#holder");
  holder.selectedIndex = 1;
  holder.dispatchEvent(new Event("change", { bubbles: true }));
  told.holder = visible().every((m) => m.dataset.h === holder.value && holder.selectedOptions[0].textContent.startsWith(m.dataset.who)) && visible().length > 0;
  holder.selectedIndex = 0;
  holder.dispatchEvent(new Event("change", { bubbles: true }));
  const first = one("mark[tabindex='0']");
  first.focus();
  told.tip = one("#tip").hidden ? "" : one("#tip").textContent;
  told.described = first.getAttribute("aria-describedby");
  const key = (k) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true, cancelable: true }));
  key("ArrowRight");
  told.moved = document.activeElement === all("mark")[1];
  key("Escape");
  told.closed = one("#tip").hidden;
  first.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  told.hover = !one("#tip").hidden;
  told.claim = all("h1").filter((h) => h.getClientRects().length > 0).map((h) => h.textContent);
  const select = one("#claim");
  select.value = "1";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  told.second = all("h1").filter((h) => h.getClientRects().length > 0).map((h) => h.textContent);
  told.repainted = all("mark").every((m) => m.dataset.l === m.dataset.v.split(";")[1].split(",")[0] && m.className === m.dataset.l);
  told.charts = all(".chart").filter((c) => c.getClientRects().length > 0).map((c) => c.querySelector("h2").textContent);
  told.loaded = performance.getEntriesByType("resource").length;
  told.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  told.unlabelled = all("mark").filter((m) => !m.textContent.startsWith(m.dataset.l + ": ")).length;
  document.documentElement.dataset.told = btoa(unescape(encodeURIComponent(JSON.stringify(told))));
})();
</script></body>"##;

fn drive(browser: &PathBuf, width: u32) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("page.html");
    std::fs::write(&file, page().replace("</body>", DRIVER)).unwrap();
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=10000"])
        .arg(format!("--window-size={width},900"))
        .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = text(&out.stdout);
    let told = dom.split("data-told=\"").nth(1).and_then(|rest| rest.split('"').next());
    let told = told.unwrap_or_else(|| panic!("the driver did not come to its end: {}", text(&out.stderr)));
    serde_json::from_slice(&base64(told)).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |b: u8| match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = chunk.iter().fold(0_u32, |bits, b| bits << 6 | u32::from(digit(*b))) << (6 * (4 - chunk.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    out
}

#[test]
fn the_page_answers_to_mouse_and_keyboard_and_loads_nothing() {
    let Some(browser) = browser() else { return };
    for width in [1200, 500] {
        let told = drive(&browser, width);
        let marks = told["marks"].as_u64().unwrap();
        assert!(marks > 30, "{told}");
        assert_eq!(told["atFirst"].as_u64(), Some(marks), "{told}");
        assert_eq!(told["shown"], format!("{marks} of {marks} sentences shown"));
        assert_eq!((&told["without"], &told["emptyArticles"], &told["loaded"]), (&0.into(), &0.into(), &0.into()), "{told}");
        for what in ["leftOver", "holder", "moved", "closed", "hover", "repainted"] {
            assert_eq!(told[what], true, "{what}: {told}");
        }
        let tip = told["tip"].as_str().unwrap();
        assert!(tip.contains("holder: ") && tip.contains("unrelated"), "{tip}");
        assert_eq!(told["described"], "tip");
        assert_eq!((&told["claim"][0], &told["second"][0]), (&CLAIMS[0].into(), &CLAIMS[1].into()));
        let charts: Vec<&str> = told["charts"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        assert_eq!(charts, ["By article", "By holder", "By date", "By outlet"]);
        assert_eq!((&told["overflow"], &told["unlabelled"]), (&0.into(), &0.into()), "nothing is wider than the window: {told}");
    }
}

#[test]
fn the_page_is_whole_without_a_browser() {
    let page = page();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert_eq!(page.matches("<article ").count(), page.matches("</article>").count());
    assert!(page.contains("Nobody &lt;should&gt; sail &amp; &quot;stay&quot;."));
    assert!(!page.contains("<link ") && !page.contains(" src="), "one file");
}
