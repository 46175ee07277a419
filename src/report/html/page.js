"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const marks = all("mark");
  const tip = document.getElementById("tip");
  const form = document.querySelector(".filters");
  const stances = ["favor", "against", "neutral", "unrelated"];
  let claim = 0;

  // Label, probability, cut, then a probability for each stance; one set for each claim.
  const verdict = (mark) => {
    const [label, p, cut, ...scores] = mark.dataset.v.split(";")[claim].split(",");
    return { label, p: Number(p), cut: cut === "1", scores: scores.map(Number) };
  };

  const paint = () => {
    for (const mark of marks) {
      const { label, p } = verdict(mark);
      mark.className = label;
      mark.style.setProperty("--c", p.toFixed(2));
      mark.dataset.l = label;
      mark.dataset.p = p.toFixed(2);
      mark.firstElementChild.textContent = label + ": ";
    }
    for (const part of all("[data-claim]")) part.hidden = Number(part.dataset.claim) !== claim;
  };

  const filter = () => {
    const wanted = new Set(all("input[name=stance]:checked").map((box) => box.value));
    const holder = document.getElementById("holder").value;
    let shown = 0;
    for (const mark of marks) {
      mark.hidden = !wanted.has(mark.dataset.l) || (holder !== "" && mark.dataset.h !== holder);
      shown += mark.hidden ? 0 : 1;
    }
    for (const part of all(".block, article")) part.hidden = !part.querySelector("mark:not([hidden])");
    document.getElementById("shown").textContent = `${shown} of ${marks.length} sentences shown`;
    rove(marks.find((mark) => !mark.hidden));
    hide();
  };

  // One sentence is in the order of Tab; the arrow keys go on from it.
  let stop = null;
  const rove = (mark) => {
    if (stop) stop.tabIndex = -1;
    stop = mark || null;
    if (stop) stop.tabIndex = 0;
  };

  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };

  let current = null;
  const show = (mark) => {
    if (current === mark) return;
    hide();
    current = mark;
    const { label, p, cut, scores } = verdict(mark);
    const head = element("p", `${label} ${p.toFixed(2)}`);
    head.className = label;
    head.prepend(document.createElement("i"));
    const list = document.createElement("dl");
    stances.forEach((name, i) => {
      const meter = document.createElement("meter");
      meter.value = scores[i];
      meter.setAttribute("aria-hidden", "true");
      list.append(element("dt", name), meter, element("dd", scores[i].toFixed(2)));
    });
    tip.replaceChildren(head, element("p", `holder: ${mark.dataset.who}`), list);
    if (cut) tip.append(element("p", "cut to fit the model"));
    tip.hidden = false;
    mark.setAttribute("aria-describedby", "tip");
    const at = mark.getClientRects()[0] || mark.getBoundingClientRect();
    const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const below = at.bottom + tip.offsetHeight + 12 < innerHeight || at.top < tip.offsetHeight + 12;
    const end = mark.getBoundingClientRect().bottom;
    tip.style.left = `${Math.max(8, left) + scrollX}px`;
    tip.style.top = `${(below ? end + 6 : at.top - tip.offsetHeight - 6) + scrollY}px`;
  };
  const hide = () => {
    if (current) current.removeAttribute("aria-describedby");
    current = null;
    tip.hidden = true;
  };

  const of = (event) => (event.target.closest ? event.target.closest("mark") : null);
  document.addEventListener("mouseover", (event) => {
    const mark = of(event);
    if (mark) show(mark);
    else if (!tip.contains(event.target) && document.activeElement !== current) hide();
  });
  document.addEventListener("focusin", (event) => {
    const mark = of(event);
    if (mark) { rove(mark); show(mark); } else hide();
  });
  document.addEventListener("click", (event) => {
    const mark = of(event);
    if (mark) mark.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    const mark = of(event);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!mark || !step) return;
    event.preventDefault();
    for (let i = marks.indexOf(mark) + step; i >= 0 && i < marks.length; i += step) {
      if (!marks[i].hidden) return marks[i].focus();
    }
  });

  for (const mark of marks) mark.tabIndex = -1;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    if (event.target.id === "claim") {
      claim = Number(event.target.value);
      paint();
    }
    filter();
  });
  filter();
})();
