// Proves a little work before the form leaves, so that its answer need not wait.
// Without this script the form works as well; the answer comes some minutes later.
"use strict";

(() => {
  const form = document.querySelector("form[data-challenge]");
  if (!form || !window.crypto || !crypto.subtle) return;
  const bits = Number(form.dataset.bits);
  const encoder = new TextEncoder();

  async function work() {
    for (let nonce = 0; ; nonce += 1) {
      const words = encoder.encode(`${form.dataset.challenge}:${nonce}`);
      const digest = new DataView(await crypto.subtle.digest("SHA-256", words));
      if (bits === 0 || digest.getUint32(0) >>> (32 - bits) === 0) return String(nonce);
    }
  }

  const done = work().then((nonce) => {
    form.elements.nonce.value = nonce;
  });
  form.addEventListener("submit", (event) => {
    if (form.elements.nonce.value) return;
    event.preventDefault();
    // Later: a form cannot be sent while it is still being told that it is sent.
    done.then(() => setTimeout(() => form.requestSubmit()));
  });
})();
