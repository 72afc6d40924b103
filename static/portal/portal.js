// Small comforts only: every page does its work without this file.
(() => {
  "use strict";

  const closeMenus = (except) =>
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      if (menu !== except) menu.removeAttribute("open");
    });

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    if (!open) return;
    open.removeAttribute("open");
    open.querySelector("summary").focus();
  });

  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");
  const rowLinks = () => [...document.querySelectorAll("[data-row-link]")];
  const step = (by) => {
    const links = rowLinks();
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at + by))].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (!("shortcuts" in document.documentElement.dataset)) return;
    const search = document.querySelector("[data-search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?") document.getElementById("keys")?.showModal();
  });

  // a second press of the same button must not send the same act twice
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    if (form.method === "post") form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () =>
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // the session ended behind a fragment: the whole page asks again, and keeps what was typed
  document.addEventListener("htmx:responseError", (event) => {
    const { elt, xhr } = event.detail;
    if (xhr.status !== 401 && xhr.status !== 403) return;
    if (elt.tagName === "FORM" && elt.method === "post") elt.submit();
    else if (xhr.status === 401) window.location.reload();
  });

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();
})();
