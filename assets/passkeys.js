// A form marked data-cle asks the device for a passkey, puts its answer in the field `credential`
// and is sent. data-options: what the server asks for, its bytes in base64url.
const form = document.querySelector("form[data-cle]");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const keys = (list = []) => list.map((key) => ({ ...key, id: bytes(key.id) }));

function create(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const excludeCredentials = keys(options.excludeCredentials);
  const publicKey = { ...options, challenge: bytes(options.challenge), user, excludeCredentials };
  return navigator.credentials.create({ publicKey });
}

function get(options) {
  const allowCredentials = keys(options.allowCredentials);
  return navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials } });
}

function answer(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const encoded = parts.filter((part) => response[part]).map((part) => [part, text(response[part])]);
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    extensions: JSON.stringify(credential.getClientExtensionResults()),
    response: { ...Object.fromEntries(encoded), transports: response.getTransports?.() ?? [] },
  });
}

async function ask(event) {
  event?.preventDefault();
  event?.stopImmediatePropagation(); // envoi.js would take this for the sending itself
  const options = JSON.parse(form.dataset.options);
  const refusal = form.querySelector("[data-refus]");
  refusal.hidden = true;
  try {
    const credential = await (form.dataset.cle === "creation" ? create(options) : get(options));
    form.elements.credential.value = answer(credential);
    form.submit();
  } catch {
    refusal.hidden = false;
  }
}

form?.addEventListener("submit", ask);
