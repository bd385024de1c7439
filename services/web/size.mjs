// Checks the built files against the budget of a first load: gzipped bytes and number of files that `/` asks for.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BUILT = process.env.CLEW_UI_OUT ?? fileURLToPath(new URL("../clew/api/static", import.meta.url));
const MOST_JS = 180_000;
const MOST_FILES = 30;
const MOST_CSS = 15_000;

if (!existsSync(join(BUILT, "index.html"))) {
  console.error("nothing is built: npm run build");
  process.exit(1);
}
const html = readFileSync(join(BUILT, "index.html"), "utf8");
const asked = new Set([...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((each) => each[1]));
// What a script imports before anything is shown comes along; what it fetches later, by import(), does not.
for (const name of asked) {
  if (!name.endsWith(".js")) continue;
  const text = readFileSync(join(BUILT, name), "utf8");
  for (const each of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) asked.add(`assets/${each[1]}`);
}
const home = [...readFileSync(join(BUILT, [...asked].find((each) => each.endsWith(".js"))), "utf8").matchAll(/assets\/(HomePage-[^"]+\.js)/g)];
if (home[0]) asked.add(`assets/${home[0][1]}`);
const size = (kind) =>
  [...asked].filter((name) => name.endsWith(kind)).reduce((sum, name) => sum + statSync(join(BUILT, `${name}.gz`)).size, 0);
const said = { files: asked.size + 1, js: size(".js"), css: size(".css") };
console.log(`first load: ${said.files} files, ${(said.js / 1000).toFixed(1)} kB JavaScript, ${(said.css / 1000).toFixed(1)} kB CSS, gzipped`);
if (said.files > MOST_FILES || said.js > MOST_JS || said.css > MOST_CSS) {
  console.error(`over the budget of ${MOST_FILES} files, ${MOST_JS / 1000} kB JavaScript, ${MOST_CSS / 1000} kB CSS`);
  process.exit(1);
}
