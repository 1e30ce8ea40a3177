(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const form = find("search"), box = find("words"), filter = find("standing"), order = find("order"), table = find("rows");
  const body = table.tBodies[0], count = find("count"), more = find("more"), pages = find("pages");
  const STEP = 100, told = count.textContent, first = [...body.rows];
  const ADDRESS = 0, PAGE = 1, NUMBER = 2, RANK = 3, FILES = 4, PACKS = 5, NAMES = 6, LOOKED = 7, ERROR = 8;
  const texts = rows.map((row) => `${row[ADDRESS]} ${standings[row[RANK]][0]} ${row[NAMES].map((place) => names[place]).join(" ")} ${row[ERROR]}`.toLowerCase());
  const byName = (a, b) => (rows[a][ADDRESS] < rows[b][ADDRESS] ? -1 : rows[a][ADDRESS] > rows[b][ADDRESS] ? 1 : 0);
  const orders = {
    worst: () => 0,
    name: byName,
    files: (a, b) => rows[b][FILES] - rows[a][FILES] || byName(a, b),
    packs: (a, b) => rows[b][PACKS] - rows[a][PACKS] || byName(a, b),
    oldest: (a, b) => rows[a][LOOKED] - rows[b][LOOKED] || byName(a, b),
  };
  let found = [], shown = 0;
  const add = (parent, tag, name, text) => {
    const node = parent.appendChild(document.createElement(tag));
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  };
  const line = (row) => {
    const node = document.createElement("tr"), head = add(node, "th"), [word, tone] = standings[row[RANK]];
    head.scope = "row";
    add(head, "a", "", row[ADDRESS]).href = `repositories-${row[PAGE]}.html#r${row[NUMBER]}`;
    add(add(node, "td"), "span", `standing ${tone}`, word);
    add(node, "td", "number", row[FILES].toLocaleString("en")).dataset.of = "drifted";
    add(node, "td", "number", row[PACKS].toLocaleString("en")).dataset.of = "packs";
    add(node, "td", "", new Date(row[LOOKED] * 1000).toISOString().slice(0, 16).replace("T", " "));
    return node;
  };
  const show = () => {
    body.append(...found.slice(shown, (shown += STEP)).map((place) => line(rows[place])));
    more.hidden = shown >= found.length;
  };
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean), wanted = filter.value;
    const idle = !words.length && !wanted && order.value === "worst";
    found = [...texts.keys()].filter((place) => (!wanted || standings[rows[place][RANK]][0] === wanted) && words.every((word) => texts[place].includes(word)));
    if (order.value !== "worst") found.sort(orders[order.value]);
    body.replaceChildren(...(idle ? first : []));
    shown = idle ? first.length : 0;
    if (idle) more.hidden = shown >= found.length;
    else show();
    if (pages) pages.hidden = !idle;
    count.textContent = idle ? told : `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} repositories`;
    for (const head of table.tHead.rows[0].cells) {
      const mine = head.dataset.order === order.value;
      if (mine) head.setAttribute("aria-sort", /name|oldest/.test(order.value) ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button"), text = head.textContent;
    button.type = "button";
    button.className = "sort";
    button.textContent = text;
    head.replaceChildren(button);
    button.addEventListener("click", () => { order.value = head.dataset.order; search(); });
  }
  document.querySelectorAll("[data-standing]").forEach((link) => link.addEventListener("click", () => {
    filter.value = link.dataset.standing;
    search();
  }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    box.focus();
  });
  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.querySelector("button").addEventListener("click", show);
  form.hidden = false;
  search();
})();
