import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKED = [
  /^dist\/(?:src|providers)\/.+\.(?:js|js\.map|d\.ts)$/,
  /^dist\/chunks\/[@\w.-]+\.js(?:\.map)?$/,
  /^dist\/THIRD-PARTY-LICENSES\.md$/,
  /^dist\/sbom\.cdx\.json$/,
  /^docs\/[\w/-]+\.(?:md|svg)$/,
  /^docs\/schema\/(?:cloudprovider|cluster)\.schema\.json$/,
  /^templates\/cloudprovider\.yaml$/,
  /^(?:package\.json|LICENSE|README\.md|SECURITY\.md|CHANGELOG\.md)$/,
];

const SECRETS = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{40}/, "a private key"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, "an AWS access key"],
  [/\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=/, "an npm token"],
  [/\bgh[pousr]_[A-Za-z0-9]{36}\b/, "a GitHub token"],
];

const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;

/** What is packed and should not be, or should be and is not. */
export function contentFaults({ root, installed, files, manifest }) {
  return [
    ...files.filter((file) => !PACKED.some((pattern) => pattern.test(file))).map((file) => `${file} is packed`),
    ...files.flatMap((file) => leaks(join(installed, file), root).map((what) => `${file} contains ${what}`)),
    ...exportTargets(manifest.exports)
      .filter((target) => !existsSync(join(installed, target)))
      .map((target) => `${target} is exported and not packed`),
    ...files
      .filter((file) => file.endsWith(".js") && readsItself(join(installed, file)))
      .map((file) => `${file} looks for files beside itself: a bundle has none`),
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

/** To name a file to a reader, to look for an xdg-open of its own before the system's, for an SDK's version: all work without an answer. */
const MAY_ASK = ["dist/src/files/own-file.js", "dist/chunks/open.js", "dist/chunks/sdk-check.js"];

/** `import.meta` is what tells a module where it is. */
function readsItself(path) {
  return (
    /\bimport\.meta\b|\bcreateRequire\b|__dirname\b|__filename\b/.test(
      readFileSync(path, "utf8").replaceAll(COMMENT, ""),
    ) && !MAY_ASK.some((file) => path.endsWith(`/${file}`))
  );
}
