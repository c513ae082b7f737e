import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the package consists of, in CycloneDX 1.5: the packages that are bundled, whole in it, and those that are installed with it. Made of
 * package-lock.json alone, without time or serial number: the same sources give the same bytes. `npm sbom` knows no bundles, and tells
 * of the tools of this checkout.
 *
 * @param bundled folders of the packages in bundles, below `root`
 */
export function sbomOf(root, bundled) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { name, version, license, description, peerDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const inside = bundled.map((folder) => component(folder.slice(root.length + 1), packages, "bundled"));
  const beside = runtimePaths(packages).map((path) => component(path, packages, "installed"));
  const components = [...inside, ...beside].sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
  const self = `${name}@${version}`;
  const properties = Object.entries(peerDependencies).map(([peer, range]) => ({
    name: "dask-fleet:optional-peer",
    value: `${peer}@${range}`,
  }));
  const licenses = [{ license: { id: license } }];
  const purl = purlOf(name, version);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: { type: "library", "bom-ref": self, name, version, description, licenses, purl, properties },
    },
    components,
    dependencies: [{ ref: self, dependsOn: components.map((each) => each["bom-ref"]) }],
  };
}

/** Where the lock file has what an installation of the package brings along: what it needs, and what that needs. */
function runtimePaths(packages) {
  const found = new Set();
  const visit = (from, names) => {
    for (const name of names) {
      const path = resolve(from, name, packages);
      if (path === undefined || found.has(path)) continue;
      found.add(path);
      const { dependencies = {}, optionalDependencies = {} } = packages[path];
      visit(path, [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]);
    }
  };
  visit("", Object.keys(packages[""].dependencies ?? {}));
  return [...found];
}

/** As Node.js looks for it: in the folder itself, then in those around it. */
function resolve(from, name, packages) {
  for (let folder = from; ; folder = folder.replace(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/, "")) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return undefined;
  }
}

function component(path, packages, how) {
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const { version, integrity = "", license } = packages[path];
  const [, algorithm, digest] = /^(sha512)-(.+)$/.exec(integrity) ?? [];
  const content = digest === undefined ? undefined : Buffer.from(digest, "base64").toString("hex");
  return {
    type: "library",
    "bom-ref": `${name}@${version}${how === "bundled" ? "+bundled" : ""}`,
    name,
    version,
    scope: "required",
    ...(algorithm === undefined ? {} : { hashes: [{ alg: "SHA-512", content }] }),
    ...(license === undefined ? {} : { licenses: [{ license: { name: license } }] }),
    purl: purlOf(name, version),
    properties: [{ name: "dask-fleet:how", value: how }],
  };
}

function purlOf(name, version) {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
