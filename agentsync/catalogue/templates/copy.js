"use strict";
document.querySelectorAll(".copy").forEach((button) => {
  const code = button.parentElement.querySelector("code"), label = button.firstChild, word = label.data;
  const select = () => {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  };
  const told = (done) => {
    label.data = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { label.data = word; }, 2000);
  };
  button.setAttribute("aria-live", "polite");
  button.hidden = false;
  button.addEventListener("click", () => {
    if (!navigator.clipboard) told(select());
    else navigator.clipboard.writeText(code.textContent).then(() => told(true), () => told(select()));
  });
});
const opened = () => {
  const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (item instanceof HTMLDetailsElement) item.open = true;
};
addEventListener("hashchange", opened);
opened();
