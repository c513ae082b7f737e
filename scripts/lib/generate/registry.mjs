import { readManifests } from "../providers.mjs";

const HEAD = `// Written by \`npm run generate\` from providers/*/manifest.ts.

/** What is known of each provider before it is loaded, and how it is loaded. */`;

/** Imports are literal, so that bundlers see them, and lazy, so that a provider is loaded only when it is wanted. */
export async function generate(root) {
  const entries = (await readManifests(root)).map(
    ({ section, command, folder, name, title, className, column }) => `{
      ${properties({ section, command, folder, name, title, className, isCloud: column !== undefined })}
      manifest: async () => (await import("./${folder}/manifest.ts")).manifest,
      clusterClass: async () => (await import("./${folder}/index.ts")).${className},
    },`,
  );
  return { "providers/registry.ts": `${HEAD}\nexport const registry = [${entries.join("")}] as const;\n` };
}

function properties(values) {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)},`)
    .join("\n");
}
