// Progressive enhancement only: every page does its work without this file.
import "./js/douchette.js";
import "./js/envoi.js";
import "./js/erreurs.js";
import "./js/rafraichir.js";
