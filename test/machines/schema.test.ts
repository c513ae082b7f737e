import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { Disk } from "./lab/disk.ts";
import { labImage, newerImage } from "./lab/lab-image.ts";
import { run } from "./lab/run.ts";

const GOLDEN = new URL("../golden/user-data/", import.meta.url);
const newer = newerImage();
const images = [
  { debian: "Debian 12", image: labImage() },
  ...(newer === undefined ? [] : [{ debian: "Debian 13", image: newer }]),
];

describe.each(images)("cloud-init of $debian", ({ debian, image }) => {
  test("accepts the user data of every kind of node", async () => {
    const disk = await Disk.make(join(tmpdir(), debian.replace(" ", "-")), image.root);
    try {
      const kinds = await readdir(GOLDEN);
      expect(kinds.length).toBeGreaterThan(5);
      for (const kind of kinds) {
        await disk.write("/user-data", await readFile(new URL(kind, GOLDEN), "utf8"));
        const said = await run("chroot", [disk.root, "cloud-init", "schema", "--config-file", "/user-data"]);
        expect(`${kind}: ${said}`).toMatch(/Valid (?:cloud-config|schema)/u);
      }
    } finally {
      await disk.remove();
    }
  });
});
