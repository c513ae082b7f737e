import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../providers/", import.meta.url));
const CLOUDS = readdirSync(ROOT).filter((name) => existsSync(`${ROOT}${name}/errors`));

/** The same concern is in a file of the same name in every provider. */
const SAME = [
  "api/client.ts",
  "api/retries.ts",
  "errors/access.ts",
  "errors/capacity.ts",
  "errors/failure.ts",
  "errors/requests.ts",
  "errors/table.ts",
  "errors/transient.ts",
  "errors/transport.ts",
  "machines/discovery.ts",
  "machines/image.ts",
  "machines/launch.ts",
  "machines/machine-types.ts",
  "machines/machines.ts",
  "machines/terminate.ts",
  "network/firewall.ts",
  "network/network.ts",
  "network/release.ts",
  "tags/find-tagged.ts",
  "tags/tags.ts",
];

describe("A provider of a cloud", () => {
  test.each(CLOUDS)("%s has the rooms and files that every provider has", (cloud) => {
    expect(SAME.filter((file) => !existsSync(`${ROOT}${cloud}/${file}`))).toEqual([]);
  });

  test.each(CLOUDS)("%s has only its entry, cluster, manifest, provider and SDK at the top level", (cloud) => {
    const top = readdirSync(`${ROOT}${cloud}`, { withFileTypes: true }).filter((entry) => entry.isFile());
    const other = top.filter(({ name }) => !/^(?:index|manifest|provider|sdk|.+-cluster)\.ts$/.test(name));
    expect(other.map(({ name }) => name)).toEqual([]);
  });
});
