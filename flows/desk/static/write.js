// The writing page, live: the letter and all that is known of the text follow what is typed, and
// saving stays on the page. Without this script the same buttons work, each with a page anew.
"use strict";

(() => {
  const PAUSE = 700;
  const form = document.getElementById("draft");
  const look = document.getElementById("look");
  const live = document.getElementById("live");
  const state = document.getElementById("state");
  const fields = () => [...form.elements].filter((one) => one.name && !["_csrf", "shown"].includes(one.name) && one.type !== "submit");
  const isChoice = (one) => one instanceof HTMLSelectElement;
  const before = (one) => isChoice(one) ? [...one.options].find((option) => option.defaultSelected)?.value ?? one.options[0]?.value : one.defaultValue;
  const isTyped = () => fields().some((one) => one.value !== before(one));
  let isUnsaved = false;
  let isLeaving = false;
  let isOver = false;
  let isPressed = false;
  let timer = 0;
  let asking = null;

  const facts = () => look.querySelector("input[name='shown']").dataset;

  function tell(name) {
    const said = document.getElementById("said");
    said.textContent = name ? said.dataset[name] : "";
    said.hidden = !name;
    if (name) said.scrollIntoView({ block: "nearest" });
  }

  function mark() {
    isUnsaved = isTyped() || !facts().saved;
    state.textContent = isUnsaved ? document.getElementById("unsaved").textContent : facts().saved;
  }

  // A frame that loads beside the one that is seen: nothing flickers, no page is added to those
  // that one can go back to, and the place that one looks at stays.
  function showLetter() {
    const { letter, words } = facts();
    if (!letter) return;
    const before = [...live.querySelectorAll("iframe")];
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "");
    frame.referrerPolicy = "no-referrer";
    frame.title = live.dataset.title;
    frame.className = "letter loading";
    frame.style.height = heightOf(words);
    frame.addEventListener("load", () => {
      for (const old of before) old.remove();
      frame.classList.remove("loading");
    });
    frame.src = live.dataset.base + letter;
    live.append(frame);
  }

  // Nobody sees into the frame: it is as long as so many words need, and the page scrolls it.
  const heightOf = (words) => `${900 + 4 * Number(words)}px`;

  // Send the form as its button would; the answer is what stands beside the text.
  async function send(name, value) {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set(name, value);
    const answer = await fetch(form.action, {
      method: "POST", body, credentials: "same-origin", signal: asking.signal,
      headers: { "HX-Request": "true" },
    });
    if ([401, 403].includes(answer.status)) {
      isOver = true;
      tell("over");
      return null;
    }
    if (!answer.ok) return answer;
    const text = await answer.text();
    const isOpen = document.getElementById("passages-details")?.open;
    look.innerHTML = text;
    const details = document.getElementById("passages-details");
    if (details && isOpen !== undefined) details.open = isOpen;
    tell("");
    return answer;
  }

  async function refresh() {
    if (isPressed) {
      schedule();
      return;
    }
    try {
      const answer = await send("act", "look");
      if (!answer?.ok) return;
      mark();
      showLetter();
    } catch (error) {
      if (error.name !== "AbortError") tell("failed");
    }
  }

  // As if it were typed, so that the browser can take it back.
  function type(field, value) {
    if (field.value === value) return;
    let start = 0;
    while (start < value.length && field.value[start] === value[start]) start += 1;
    let end = 0;
    while (end < Math.min(value.length, field.value.length) - start
      && field.value.at(-1 - end) === value.at(-1 - end)) end += 1;
    field.focus({ preventScroll: true });
    field.setSelectionRange(start, field.value.length - end);
    const typed = value.slice(start, value.length - end);
    const done = typed ? document.execCommand("insertText", false, typed) : document.execCommand("delete");
    if (!done || field.value !== value) field.value = value;
  }

  function takeOver() {
    for (const one of look.querySelectorAll("textarea.taken")) {
      const field = form.elements[one.dataset.for];
      if (field) type(field, one.value);
    }
  }

  // What is on disk by now: from here on something else counts as not saved.
  function settle(field, value) {
    if (!isChoice(field)) field.defaultValue = value;
    else for (const option of field.options) option.defaultSelected = option.value === value;
  }

  async function press(button) {
    clearTimeout(timer);
    const sent = new Map(fields().map((one) => [one, one.value]));
    const answer = await send(button.name, button.value);
    if (!answer) return;
    if (answer.status === 409 || answer.status === 422) {
      // The whole page says it better, with the text in it.
      isLeaving = true;
      form.requestSubmit(button);
      return;
    }
    if (!answer.ok) {
      tell("failed");
      return;
    }
    if (button.name === "fix") takeOver();
    else if (facts().saved) for (const [field, value] of sent) settle(field, value);
    clearTimeout(timer);
    mark();
    if (button.name === "act" && isTyped()) schedule();
    showLetter();
  }

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  }

  form.addEventListener("input", () => {
    mark();
    schedule();
  });

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target !== form || !button) return;
    if (isLeaving || ["text", "fields"].includes(button.value) || "page" in button.dataset) {
      isLeaving = true;
      return;
    }
    event.preventDefault();
    // One save at a time: the next begins with what this one leaves on disk.
    if (isPressed) return;
    isPressed = true;
    press(button).catch((error) => {
      if (error.name !== "AbortError") tell("failed");
    }).finally(() => {
      isPressed = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    form.querySelector("button[value='save']").click();
  });

  function goTo(field, line) {
    const lines = field.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    field.focus();
    field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    field.scrollTop = Math.max(0, (field.scrollHeight / lines.length) * (line - 4));
  }

  look.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    goTo(document.getElementById("body"), Number(link.dataset.line));
  });

  // Whoever signed in again in another window goes on here with the token of the new visit.
  async function renew() {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("#draft input[name='_csrf']")?.value;
    if (!token) return;
    for (const field of document.querySelectorAll("input[name='_csrf']")) field.value = token;
    isOver = false;
    tell("");
  }
  window.addEventListener("focus", () => {
    if (isOver) renew();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved && !isLeaving) event.preventDefault();
  });

  mark();
  for (const frame of live.querySelectorAll("iframe")) frame.style.height = heightOf(facts().words);
  const wrong = form.querySelector("[data-line]");
  if (wrong) goTo(wrong, Number(wrong.dataset.line));
})();
