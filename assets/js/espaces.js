// French punctuation never begins a line, nor does « end one: the spaces before ? ! : ; » € % and after «
// do not break. What people type is left as it is.
export function lier(racine) {
  const textes = document.createTreeWalker(racine, NodeFilter.SHOW_TEXT);
  while (textes.nextNode()) {
    const texte = textes.currentNode;
    if (texte.parentElement.closest("textarea, option, script")) continue;
    const lie = texte.data.replace(/ (?=[?!:;»€%])/g, "\u00a0").replace(/« /g, "«\u00a0");
    if (lie !== texte.data) texte.data = lie;
  }
}

lier(document.body);
