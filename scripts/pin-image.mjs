// Puts the digest of the default image beside its tag, as its registry has it today. For a release, and after the tag is changed:
//   pin-image.mjs          writes it into src/bootstrap/node-spec.ts
//   pin-image.mjs --check  only says whether it is there and right: status 1 where not
// --registry=URL asks another server than the one that the image's name tells.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { imageDigest } from "./lib/image-digest.mjs";
import { ROOT, main, say } from "./lib/project.mjs";

const FILE = join(ROOT, "src/bootstrap/node-spec.ts");

const registry = process.argv.find((argument) => argument.startsWith("--registry="))?.slice("--registry=".length);

await main(async () => {
  const text = readFileSync(FILE, "utf8");
  const [image = ""] = /(?<=DEFAULT_DOCKER_IMAGE =\s+")[^"]+/u.exec(text) ?? [];
  const pinned = `${image.replace(/@.*/u, "")}@${await imageDigest(image, registry)}`;
  say(pinned);
  if (image === pinned) return 0;
  if (process.argv.includes("--check")) {
    say(`src/bootstrap/node-spec.ts has ${image}: run scripts/pin-image.mjs.`);
    return 1;
  }
  writeFileSync(FILE, text.replace(image, pinned));
  return 0;
});
