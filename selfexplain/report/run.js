"use strict";
// Filters, searches and sorts the Records that are already on the page. Without it, everything is shown.
(() => {
  const table = document.querySelector(".records tbody");
  if (!table) return;
  const rows = [...table.rows];
  const tools = document.querySelector(".tools");
  const buttons = [...tools.querySelectorAll("button")];
  const [search, group, order] = ["search", "group", "order"].map((name) => tools.querySelector(`[name=${name}]`));
  const shown = document.querySelector(".shown");
  const words = rows.map((row) => row.textContent.toLowerCase());
  const number = (row, name) => Number(row.dataset[name]);
  const orders = {
    alarming: (a, b) => number(a, "rank") - number(b, "rank"),
    surest: (a, b) => number(b, "confidence") - number(a, "confidence"),
    unsurest: (a, b) => number(a, "confidence") - number(b, "confidence"),
  };
  let wanted = [];

  function update() {
    const text = search.value.trim().toLowerCase();
    let n = 0;
    rows.forEach((row, i) => {
      const kinds = row.dataset.kinds.split(" ");
      const visible = wanted.every((kind) => kinds.includes(kind))
        && (!group || !group.value || row.dataset.group === group.value)
        && (!text || words[i].includes(text));
      row.hidden = !visible;
      n += visible;
    });
    shown.textContent = `${n} of ${rows.length} shown`;
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      wanted = button.dataset.show.split(" ").filter(Boolean);
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      update();
    });
  }
  search.addEventListener("input", update);
  if (group) group.addEventListener("change", update);
  order.addEventListener("change", () => table.append(...[...rows].sort(orders[order.value])));
  tools.hidden = false;
  update();
})();
