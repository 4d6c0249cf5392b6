"use strict";
// Filters, searches and sorts the Records of this page. Without it, the first of them are shown.
(() => {
  const table = document.querySelector(".records tbody");
  if (!table) return;
  const AT_ONCE = 100;
  const rest = document.querySelector("template.rest");
  const rows = [...table.rows, ...(rest ? rest.content.querySelectorAll("tr") : [])];
  const one = (selector) => document.querySelector(selector);
  const tools = one(".tools");
  const buttons = [...tools.querySelectorAll("button")];
  const [search, status, group, order] = ["search", "status", "group", "order"].map((name) => tools.querySelector(`[name=${name}]`));
  const [shown, chosen, more] = [".shown", ".chosen", ".more"].map(one);
  const number = (n) => n.toLocaleString("en");
  const sure = (row) => Number(row.dataset.confidence);
  const orders = {
    surest: (a, b) => sure(b) - sure(a),
    unsurest: (a, b) => sure(a) - sure(b),
  };
  let kinds = [];
  let dot = null;
  let limit = AT_ONCE;
  let words = null;

  function matches(row, i, text) {
    const own = row.dataset.kinds.split(" ");
    return kinds.every((kind) => own.includes(kind))
      && (!status.value || row.dataset.status.split(" ").includes(status.value))
      && (!group || !group.value || row.dataset.group === group.value)
      && (!dot || row.dataset.tenths.split(" ")[dot.dataset.source] === dot.dataset.tenth)
      && (!text || words[i].includes(text));
  }

  function update() {
    const text = search.value.trim().toLowerCase();
    if (text && !words) words = rows.map((row) => row.textContent.toLowerCase());
    const matching = rows.filter((row, i) => matches(row, i, text));
    if (orders[order.value]) matching.sort(orders[order.value]);
    table.replaceChildren(...matching.slice(0, limit));
    more.hidden = matching.length <= limit;
    const first = Math.min(limit, matching.length);
    shown.textContent = first < matching.length
      ? `The first ${number(first)} of ${number(matching.length)} that match, of ${number(rows.length)}`
      : `${number(first)} of ${number(rows.length)} shown`;
  }

  function refresh() {
    limit = AT_ONCE;
    update();
  }

  function show(wanted) {
    kinds = wanted.split(" ").filter(Boolean);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.show === wanted));
  }

  // A dot opens exactly the answers that it counts, so every other filter is taken away first.
  function choose(next) {
    dot = next;
    if (dot) {
      show("");
      for (const field of [search, status, group]) if (field) field.value = "";
      chosen.firstElementChild.textContent = dot.dataset.told;
    }
    chosen.hidden = !dot;
    for (const each of dots) each.setAttribute("aria-pressed", String(each === dot));
    refresh();
  }

  function open(mark) {
    choose(mark);
    chosen.scrollIntoView({ block: "start" });
    chosen.focus({ preventScroll: true });
  }

  const dots = [...document.querySelectorAll(".dot")];
  for (const each of dots) {
    for (const [name, value] of [["tabindex", "0"], ["role", "button"], ["aria-label", each.dataset.label]]) each.setAttribute(name, value);
    each.setAttribute("aria-pressed", "false");
    const svg = each.closest("svg");
    svg.setAttribute("role", "group");
    for (const text of svg.querySelectorAll("text")) text.setAttribute("aria-hidden", "true");
    each.addEventListener("click", () => open(each));
    each.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(each);
    });
    const bar = svg.querySelector(`.bar[data-tenth="${each.dataset.tenth}"]`);
    if (bar) bar.addEventListener("click", () => open(each));
  }
  for (const hint of document.querySelectorAll(".hint")) hint.hidden = false;

  for (const button of buttons) {
    button.addEventListener("click", () => {
      show(button.dataset.show);
      refresh();
    });
  }
  one(".clear").addEventListener("click", () => {
    choose(null);
    one("#records").focus();
  });
  one(".back").addEventListener("click", () => {
    const from = dot;
    choose(null);
    from.focus();
    from.scrollIntoView({ block: "center" });
  });
  more.addEventListener("click", () => {
    const next = limit;
    limit += AT_ONCE;
    update();
    table.rows[next].querySelector("summary").focus();
  });
  search.addEventListener("input", refresh);
  for (const field of [status, group, order]) if (field) field.addEventListener("change", refresh);
  tools.hidden = false;
  document.documentElement.classList.add("scripted");
  update();
})();
