// The review page, live: passages are saved in their place, and every act has a key.
// Without this script the same forms and links work, each with a page of its own.
"use strict";

(() => {
  const PASSAGE = "#passages .segs > li";
  const OPEN = ".draft, .edited, .empty";
  const KEYS = "single-keys";
  const all = (what) => [...document.querySelectorAll(what)];
  const passageOf = (node) => node?.closest?.(PASSAGE) ?? null;
  let last = null;

  let isOver = false;

  // Whoever signed in again in another window goes on here with the token of the new visit.
  async function renew() {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("#act input[name='_csrf']")?.value;
    if (!token) return;
    for (const field of all("input[name='_csrf']")) field.value = token;
    isOver = false;
    tell("");
  }

  // What went wrong; what somebody typed stays where it is.
  function tell(name) {
    const said = document.getElementById("said");
    said.textContent = name ? said.dataset[name] : "";
    said.hidden = !name;
  }

  function isDirty(scope = document) {
    const fields = [...scope.querySelectorAll("form.edit textarea")];
    return fields.some((one) => "unsaved" in one.dataset || one.value !== one.defaultValue);
  }

  function current() {
    const focused = passageOf(document.activeElement);
    return focused ?? (last && document.getElementById(last)) ?? document.querySelector(`${PASSAGE}:target`);
  }

  function focus(node) {
    if (node.matches(PASSAGE)) node.tabIndex = -1;
    node.focus({ preventScroll: true });
    node.setSelectionRange?.(node.value.length, node.value.length);
  }

  function goTo(passage) {
    if (!passage) return;
    last = passage.id;
    focus(passage);
    passage.scrollIntoView({ block: "center" });
  }

  function neighbour(step) {
    const passages = all(PASSAGE);
    const here = passages.indexOf(current());
    const begin = here < 0 ? (step > 0 ? -1 : passages.length) : here;
    for (let n = 1; n <= passages.length; n += 1) {
      const one = passages[(begin + step * n + passages.length * 2) % passages.length];
      if (one.matches(OPEN) && one !== passages[here]) return one;
    }
    return null;
  }

  // What a field was drawn out to stands in its `style`, which htmx would hand on as markup: the
  // page's policy stops that.
  let drawn = [];
  document.addEventListener("htmx-before-swap", () => {
    drawn = all("textarea[style]").map((field) => [field.id, field.style.height]);
    for (const [id] of drawn) document.getElementById(id).removeAttribute("style");
  });

  function drawAgain() {
    for (const [id, height] of drawn) {
      const field = document.getElementById(id);
      if (field) field.style.height = height;
    }
    drawn = [];
  }

  // Ask for a passage anew, and put the answer in its place.
  async function exchange(method, address, passage, more) {
    const id = passage.id;
    last = id;
    tell("");
    await htmx.ajax(method, address, { target: passage, swap: "outerHTML", ...more });
    drawAgain();
    const now = document.getElementById(id);
    if (!now || now === passage) return null;
    const field = now.querySelector("form.edit textarea");
    focus(field ?? now);
    now.scrollIntoView({ block: "nearest" });
    return now;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    const passage = passageOf(button) ?? passageOf(form);
    if (!passage || form.method !== "post") return;
    event.preventDefault();
    if (!form.classList.contains("edit") && isDirty(passage)) {
      tell("dirty");
      return;
    }
    const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
    const approves = button?.name === "approve";
    const now = await exchange("POST", address, passage, { source: form, event });
    if (now && approves && now.matches(".approved:not(.opened)")) goTo(neighbour(1));
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (!passageOf(link) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const passage = passageOf(link);
    const here = document.getElementById("act").dataset.base;
    const address = here + passage.id.slice(2);
    if (link.classList.contains("close")) {
      event.preventDefault();
      exchange("GET", `${address}?closed=1`, passage);
    } else if (link.closest(".foot")) {
      event.preventDefault();
      exchange("GET", link.href, passage);
    }
  });

  // A whole page in answer (the visit is over, the passage is gone) is no passage.
  document.addEventListener("htmx-before-response", (event) => {
    const { status } = event.detail.ctx.response;
    if (status < 400 || status === 409 || status === 422) return;
    event.preventDefault();
    isOver ||= status === 401;
    tell({ 401: "over", 410: "gone" }[status] ?? "failed");
  });
  document.addEventListener("htmx-error", () => tell("failed"));
  document.addEventListener("htmx-before-request", (event) => {
    if (event.detail.ctx.sourceElement.id === "filter" && isDirty()) {
      event.preventDefault();
      tell("dirty");
    }
  });
  window.addEventListener("focus", () => {
    if (isOver) renew();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty()) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    last = passageOf(event.target)?.id ?? last;
  });

  function close(passage) {
    const link = passage?.querySelector("a.close");
    if (!link) return;
    // What is not saved is not thrown away at a keystroke: Enter on the link does it.
    if (isDirty(passage)) link.focus();
    else link.click();
  }

  const acts = {
    j: () => goTo(neighbour(1)),
    n: () => goTo(neighbour(1)),
    k: () => goTo(neighbour(-1)),
    p: () => goTo(neighbour(-1)),
    e: () => (current() ?? neighbour(1))?.querySelector(".foot a")?.click(),
    u: () => document.getElementById("undo")?.click(),
    "/": () => document.getElementById("words").focus(),
    "?": () => document.getElementById("keys").showModal(),
  };
  for (const number of [1, 2, 3]) {
    acts[number] = () => current()?.querySelectorAll(".suggestions .take")[number - 1]?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const passage = passageOf(event.target) ?? current();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const button = passage?.querySelector("button[name='approve']");
      if (button) {
        event.preventDefault();
        button.click();
      }
      return;
    }
    if (event.key === "Escape") {
      close(passage);
      return;
    }
    const typing = event.target.closest?.("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !acts[event.key]) return;
    if (localStorage.getItem(KEYS) === "off") return;
    event.preventDefault();
    acts[event.key]();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const help = document.getElementById("help");
    const single = document.getElementById("single-keys");
    help.hidden = false;
    help.addEventListener("click", () => document.getElementById("keys").showModal());
    single.checked = localStorage.getItem(KEYS) !== "off";
    single.addEventListener("change", () => localStorage.setItem(KEYS, single.checked ? "on" : "off"));
  });
})();
