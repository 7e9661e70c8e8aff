// A zone marked data-rafraichir="<seconds>" is read again from the same address until the server
// stops marking it. The zone itself stays (it is a live region), and only a change is written.
function planifier(zone) {
  const secondes = Number(zone.dataset.rafraichir);
  if (secondes > 0) setTimeout(() => relire(zone), secondes * 1000);
}

async function relire(zone) {
  const neuve = await lireZone(zone.id).catch(() => null); // the network fails: try again later
  if (neuve && neuve.innerHTML !== zone.innerHTML) zone.replaceChildren(...neuve.childNodes);
  if (neuve) zone.dataset.rafraichir = neuve.dataset.rafraichir ?? "";
  planifier(zone);
}

async function lireZone(id) {
  const reponse = await fetch(location.href, { credentials: "same-origin" });
  if (!reponse.ok) return null;
  const page = new DOMParser().parseFromString(await reponse.text(), "text/html");
  const zone = page.getElementById(id);
  if (!zone) location.assign(reponse.url); // the work is over: the server leads to its result
  return zone;
}

document.querySelectorAll("[data-rafraichir]").forEach(planifier);
