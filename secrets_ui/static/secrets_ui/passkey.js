// Passkeys. The server's options come with the form, the browser's answer goes back with it. https://www.w3.org/TR/webauthn-3/

import { find } from "./dom.js";

/** @param {HTMLFormElement} form data-passkey: "create" or "get"; data-options: the server's options as JSON */
export function startPasskey(form) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.passkey.value) return;
    event.preventDefault();
    const error = find("[data-passkey-error]", form);
    error.hidden = true;
    try {
      const options = readOptions(JSON.parse(form.dataset.options));
      const credential = await navigator.credentials[form.dataset.passkey](options);
      form.elements.passkey.value = JSON.stringify(written(credential));
      form.submit();
    } catch (problem) {
      error.textContent = messageFor(problem);
      error.hidden = false;
      error.focus();
    }
  });
}

function messageFor(problem) {
  if (problem.name === "InvalidStateError") return "This device is added already.";
  if (problem.name === "NotAllowedError") return "Cancelled, or no passkey of this account was found here. Try again.";
  return "This browser cannot use a passkey here.";
}

/** The JSON of the server has bytes as base64url texts; the browser wants bytes. */
function readOptions({ publicKey }) {
  const named = (list) => list?.map((entry) => ({ ...entry, id: bytes(entry.id) }));
  const read = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (read.user) read.user = { ...read.user, id: bytes(read.user.id) };
  if (read.excludeCredentials) read.excludeCredentials = named(read.excludeCredentials);
  if (read.allowCredentials) read.allowCredentials = named(read.allowCredentials);
  return { publicKey: read };
}

function written(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) answer[part] = text(response[part]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer, clientExtensionResults: credential.getClientExtensionResults() };
}

const bytes = (value) => Uint8Array.from(atob(value.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
