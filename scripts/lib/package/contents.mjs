import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const PACKED = [
  /^dist\/(?:src|providers)\/.+\.(?:js|js\.map|d\.ts)$/,
  /^dist\/providers\/[\w/]+\.LICENSES\.md$/,
  /^docs\/[\w/-]+\.md$/,
  /^templates\/[\w.-]+$/,
  /^(?:package\.json|LICENSE|README\.md|SECURITY\.md|CHANGELOG\.md)$/,
];

const SECRETS = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{40}/, "a private key"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, "an AWS access key"],
  [/\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=/, "an npm token"],
  [/\bgh[pousr]_[A-Za-z0-9]{36}\b/, "a GitHub token"],
];

/** What is packed and should not be, or should be and is not. */
export function contentFaults({ root, installed, files, manifest }) {
  return [
    ...files.filter((file) => !PACKED.some((pattern) => pattern.test(file))).map((file) => `${file} is packed`),
    ...files.flatMap((file) => leaks(join(installed, file), root).map((what) => `${file} contains ${what}`)),
    ...exportTargets(manifest.exports)
      .filter((target) => !existsSync(join(installed, target)))
      .map((target) => `${target} is exported and not packed`),
    ...templateFaults(root, installed, files),
  ];
}

function leaks(path, root) {
  const content = readFileSync(path, "utf8");
  const found = SECRETS.filter(([pattern]) => pattern.test(content)).map(([, what]) => what);
  return content.includes(`${root}/`) ? [...found, `the path of this checkout (${root})`] : found;
}

function exportTargets(exports) {
  return typeof exports === "string" ? [exports] : Object.values(exports).flatMap(exportTargets);
}

/** The code finds its templates as `#templates/…`: that has to work from inside the installed package. */
function templateFaults(root, installed, files) {
  const { resolve } = createRequire(join(installed, "dist", "src", "index.js"));
  const templates = files.filter((file) => file.startsWith("templates/"));
  if (templates.length === 0) return ["no templates are packed"];
  return templates
    .filter((file) => resolve(`#${file}`) !== join(installed, file))
    .map((file) => `#${file} does not lead to ${file}`);
}
