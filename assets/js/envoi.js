// A form is sent once. Under a second nothing shows; after that the button says so.
const PATIENCE_MS = 1000;

function bloquer(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.envoi) return event.preventDefault();
  form.dataset.envoi = "1";
  const bouton = event.submitter;
  if (bouton) setTimeout(() => annoncer(form, bouton), PATIENCE_MS);
}

function annoncer(form, bouton) {
  if (!form.dataset.envoi) return;
  bouton.dataset.mot = bouton.innerHTML;
  bouton.setAttribute("aria-disabled", "true");
  bouton.textContent = "Envoi…";
}

// The "back" button may bring a page out of the browser's memory, with its form still blocked.
function liberer() {
  for (const form of document.querySelectorAll("form[data-envoi]")) delete form.dataset.envoi;
  for (const bouton of document.querySelectorAll("[data-mot]")) {
    bouton.innerHTML = bouton.dataset.mot;
    bouton.removeAttribute("aria-disabled");
    delete bouton.dataset.mot;
  }
}

addEventListener("submit", bloquer);
addEventListener("pageshow", (event) => event.persisted && liberer());
