// A bar code reader types a number, then Enter. In a form marked data-douchette, Enter goes to the next
// field; in an empty field, or in the last one, it sends the form as usual.
function avancer(event) {
  const champ = event.target;
  if (event.key !== "Enter" || champ.tagName !== "INPUT" || !champ.value.trim()) return;
  const champs = [...champ.form.querySelectorAll("input:not([type=hidden])")];
  const suivant = champs[champs.indexOf(champ) + 1];
  if (!suivant) return;
  event.preventDefault();
  suivant.focus();
}

for (const form of document.querySelectorAll("form[data-douchette]")) {
  form.addEventListener("keydown", avancer);
}
