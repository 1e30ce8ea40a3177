(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const form = find("search"), box = find("words"), list = find("packs"), count = find("count");
  const more = find("more"), pages = find("pages"), STEP = 24;
  const told = count.textContent, first = [...list.children];
  const texts = packs.map((pack) => ` ${pack.join(" ")} `.toLowerCase());
  const strong = [...form.querySelectorAll("option[data-strong]")];
  let found = [], shown = 0;
  const add = (parent, tag, name, text) => {
    const node = parent.appendChild(document.createElement(tag));
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  };
  const marks = (words, mark) => words.split(" ").filter((word) => word.startsWith(mark)).map((word) => word.slice(mark.length));
  const card = ([name, about, words]) => {
    const node = document.createElement("li"), head = add(node, "h2"), link = add(head, "a", "", name);
    node.className = "card";
    link.href = `packs/${encodeURIComponent(marks(words, "page:")[0] || name)}/index.html`;
    marks(words, "version:").forEach((version) => head.append(" ", add(head, "span", "version", version)));
    if (about) add(node, "p", "", about);
    const tags = add(node, "ul", "tags");
    const counts = new Map(marks(words, "count:").map((one) => one.split("-")));
    marks(words, "kind:").forEach((kind) => add(tags, "li", "", counts.has(kind) ? `${counts.get(kind)} ${kind}s` : `1 ${kind}`));
    const grants = marks(words, "grant:");
    strong.filter((one) => grants.includes(one.value)).forEach((one) => add(tags, "li", "strong", one.textContent));
    return node;
  };
  const show = () => {
    list.append(...found.slice(shown, (shown += STEP)).map((place) => card(packs[place])));
    more.hidden = shown >= found.length;
  };
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filters = [...form.querySelectorAll("select")].filter((one) => one.value).map((one) => ` ${one.dataset.filter}:${one.value} `.toLowerCase());
    const all = [...words, ...filters], idle = !all.length;
    found = idle ? [] : [...texts.keys()].filter((place) => all.every((word) => texts[place].includes(word)));
    list.replaceChildren(...(idle ? first : []));
    shown = 0;
    if (pages) pages.hidden = !idle;
    show();
    count.textContent = idle ? told : `${found.length.toLocaleString("en")} of ${packs.length.toLocaleString("en")} packs`;
  };
  const step = (event) => {
    const links = [...list.querySelectorAll("h2 a")], place = links.indexOf(document.activeElement);
    const to = event.key === "ArrowDown" ? links[place + 1] : links[place - 1] || box;
    if (!to || (event.key === "ArrowUp" && document.activeElement === box)) return;
    event.preventDefault();
    to.focus();
  };
  document.addEventListener("keydown", (event) => {
    const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !inField) { event.preventDefault(); box.focus(); box.select(); }
    else if (event.key === "Escape" && !form.contains(document.activeElement)) box.focus();
    else if (/^Arrow(Down|Up)$/.test(event.key) && (document.activeElement === box || list.contains(document.activeElement))) step(event);
  });
  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", show);
  form.hidden = false;
  if (box.value || form.querySelector("select").value) search();
})();
