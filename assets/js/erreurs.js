// A form that comes back takes the reader to what is left to correct.
document.querySelector(".erreurs")?.focus();
