// Bundles the style sheets and the scripts into app/static/build, under names that hold their hash,
// and writes manifest.json: { "bulles.css": "bulles.1a2b3c4d.css", ... }.
// Every .css, .js and .svg at the top of this folder is an entry; what they import is found in node_modules.
import cascadeLayers from "@csstools/postcss-cascade-layers";
import esbuild from "esbuild";
import { bundleAsync, Features, transform } from "lightningcss";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import postcss from "postcss";
import { PurgeCSS } from "purgecss";

const SOURCES = import.meta.dirname;
const PROJECT = dirname(SOURCES);
const BUILD = join(PROJECT, "app/static/build");
const NEW_BUILD = `${BUILD}.new`;
const OLD_BUILD = `${BUILD}.old`;

// The browsers of the end of 2020.
const BROWSERS = { chrome: 87, edge: 87, firefox: 83, ios_saf: 14, safari: 14 };
const STYLE_TARGETS = Object.fromEntries(
  Object.entries(BROWSERS).map(([browser, version]) => [browser, version << 16]),
);
const SCRIPT_TARGET = "es2020"; // what all of them read

const manifest = {};

function emit(name, content) {
  const extension = extname(name);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  manifest[name] = `${basename(name, extension)}.${hash}${extension}`;
  writeFileSync(join(NEW_BUILD, manifest[name]), content);
  return manifest[name];
}

// Of the kit, only the rules whose words stand in a page or in the code: a tenth of it.
const KIT = /node_modules\/(@tabler\/core|bootstrap-icons)\//;
const READERS = ["templates/**/*.html", "app/**/*.py", "assets/**/*.js"];

function wordsOf(source) {
  const words = source.match(/[\w-]+/g) ?? [];
  return [...words, ...words.map((word) => `bi-${word}`)]; // templates write icon("bell")
}

async function readStyle(filename) {
  const source = readFileSync(filename, "utf8");
  if (!KIT.test(filename)) return source;
  const [purged] = await new PurgeCSS().purge({
    content: READERS.map((glob) => join(PROJECT, glob)),
    css: [{ raw: source }],
    defaultExtractor: wordsOf,
    safelist: ["data-bs-theme", "dark", "light"],
  });
  return purged.css;
}

async function style(name, filename) {
  const bundled = await bundleAsync({
    filename,
    targets: STYLE_TARGETS,
    analyzeDependencies: true,
    resolver: { read: readStyle },
  });
  // Lightning CSS keeps @layer, which browsers before 2022 skip whole.
  const unlayered = postcss([cascadeLayers()]).process(bundled.code, { from: undefined }).css;
  const { code } = transform({
    filename,
    code: Buffer.from(unlayered),
    targets: STYLE_TARGETS,
    exclude: Features.LightDark, // lowered by the bundling already
    minify: true,
  });
  emit(name, withFiles(code.toString(), bundled.dependencies));
}

// Each url(...) was replaced by a placeholder; the file it names is emitted in its turn.
function withFiles(css, dependencies) {
  for (const { url, placeholder, loc } of dependencies) {
    const file = resolve(dirname(loc.filePath), url.replace(/[?#].*$/, ""));
    const target = /^(data:|#)/.test(url) ? url : emit(basename(file), readFileSync(file));
    css = css.replaceAll(`url(${placeholder})`, `url("${target}")`); // a data: address needs its quotes
  }
  return css;
}

function script(name, filename) {
  const built = esbuild.buildSync({
    entryPoints: [filename],
    bundle: true,
    format: "esm",
    minify: true,
    target: SCRIPT_TARGET,
    write: false,
  });
  emit(name, built.outputFiles[0].contents);
}

rmSync(NEW_BUILD, { recursive: true, force: true });
mkdirSync(NEW_BUILD, { recursive: true });
for (const name of readdirSync(SOURCES)) {
  if (name.endsWith(".css")) await style(name, join(SOURCES, name));
  if (name.endsWith(".js")) script(name, join(SOURCES, name));
  if (name.endsWith(".svg")) emit(name, readFileSync(join(SOURCES, name)));
}
writeFileSync(join(NEW_BUILD, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");

// A page served during the build still finds its files.
rmSync(OLD_BUILD, { recursive: true, force: true });
try {
  renameSync(BUILD, OLD_BUILD);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
renameSync(NEW_BUILD, BUILD);
rmSync(OLD_BUILD, { recursive: true, force: true });
