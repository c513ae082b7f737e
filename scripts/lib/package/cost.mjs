import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { run } from "../run.mjs";

/** Everything that an installation writes, in bytes: users wait for it in each container and each CI job. */
const MOST_BYTES = 10_500_000;
/** JavaScript that an import reads and compiles. 1 MB takes about 15 ms of a processor's time. */
const MOST_SOURCE = 1_600_000;
/** Files of JavaScript that an import reads; each takes about half a millisecond. */
const MOST_MODULES = 32;
/** The same for the command line's own words, such as `--help`. */
const MOST_COMMAND_MODULES = 16;
/** Modules of Node.js that take 5 to 30 ms each. Connections, dashboards and proxies load them when there is one. */
const LATE = new Set(["http", "https", "http2", "tls", "inspector", "internal/deps/undici/undici"]);

/** Prints what an import has loaded. Run with the module's name, or with a file and its arguments. */
const PROBE = `
import { registerHooks } from "node:module";
const sources = [];
registerHooks({
  load(url, context, next) {
    const result = next(url, context);
    if (url.startsWith("file:")) sources.push([url, result.source?.length ?? 0]);
    return result;
  },
});
const bare = new Set(process.moduleLoadList);
process.on("exit", () => {
  const builtin = process.moduleLoadList.filter((name) => !bare.has(name)).map((name) => name.split(" ").at(-1));
  console.log("\\nLOADED " + JSON.stringify({ sources, builtin }));
});
await import(process.argv[1]);
`;

/** Where an installation, or an import of the installed package, costs more than it may: counted, because times differ on each computer. */
export async function costFaults({ installed, names, manifest }) {
  const consumer = installed.slice(0, installed.lastIndexOf("/node_modules/"));
  const bytes = bytesBelow(join(consumer, "node_modules"));
  const faults = bytes > MOST_BYTES ? [`An installation has ${bytes} bytes, more than ${MOST_BYTES}`] : [];
  for (const name of names) faults.push(...(await importFaults(consumer, name)));
  const [command] = Object.values(manifest.bin);
  for (const word of ["--version", "--help"]) {
    const { sources } = await loadedBy(consumer, [join(installed, command), word]);
    if (sources.length > MOST_COMMAND_MODULES)
      faults.push(`dask-fleet ${word} loads ${sources.length} modules, more than ${MOST_COMMAND_MODULES}`);
  }
  return [...faults, ...oldNodeFaults(installed, command)];
}

async function importFaults(consumer, name) {
  const { sources, builtin } = await loadedBy(consumer, [name]);
  const size = sources.reduce((sum, [, length]) => sum + length, 0);
  const late = builtin.filter((each) => LATE.has(each));
  return [
    ...(sources.length === 0 ? [`Nothing is known of what ${name} loads`] : []),
    ...(sources.length > MOST_MODULES ? [`${name} loads ${sources.length} modules, more than ${MOST_MODULES}`] : []),
    ...(size > MOST_SOURCE ? [`${name} loads ${size} bytes of JavaScript, more than ${MOST_SOURCE}`] : []),
    ...late.map((each) => `${name} loads node:${each}, which only those need who connect`),
  ];
}

async function loadedBy(consumer, args) {
  const how = { cwd: consumer, quiet: true };
  const { code, output } = await run("node", ["--input-type=module", "--eval", PROBE, "--", ...args], how);
  const told = /^LOADED (.*)$/m.exec(output)?.[1];
  if (code !== 0 || told === undefined) throw new Error(`Loading ${args.join(" ")} ended with ${code}:\n${output}`);
  return JSON.parse(told);
}

/** What the command line imports before it has looked at Node.js' version: an older one could not even parse more. */
function oldNodeFaults(installed, command) {
  const files = new Set([join(installed, command)]);
  for (const file of files) {
    const imports = readFileSync(file, "utf8").matchAll(/^(?:import|export)\b.*?["'](\.[^"']+)["'];?$/gm);
    for (const [, path] of imports) files.add(join(file, "..", path));
  }
  const bytes = [...files].reduce((sum, file) => sum + statSync(file).size, 0);
  return bytes > 10_000 ? [`${command} imports ${files.size} modules before it looks at Node.js' version`] : [];
}

function bytesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((each) => each.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
