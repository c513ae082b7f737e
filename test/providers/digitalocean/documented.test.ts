import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { digitalOceanFields } from "../../../providers/digitalocean/options/schema.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestAccount } from "./account.ts";

isolatedState();

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/providers/digitalocean.md", import.meta.url)), "utf8");

/** The scope that DigitalOcean's description asks for each operation. */
const SCOPES: Readonly<Record<string, string>> = {
  getAccount: "account:read",
  listSizes: "sizes:read",
  listImages: "image:read",
  getImage: "image:read",
  listVpcs: "vpc:read",
  getVpc: "vpc:read",
  createDroplets: "droplet:create",
  listDroplets: "droplet:read",
  getDroplet: "droplet:read",
  deleteDroplet: "droplet:delete",
  deleteDropletsByTag: "droplet:delete",
  createFirewall: "firewall:create",
  listFirewalls: "firewall:read",
  deleteFirewall: "firewall:delete",
  createTag: "tag:create",
  listTags: "tag:read",
  deleteTag: "tag:delete",
};

/** Scopes that another one needs. */
const NEEDED: Readonly<Record<string, string>> = { "droplet:read": "actions:read", "sizes:read": "regions:read" };

test("the page lists every DigitalOcean-specific option and no other", () => {
  const rows = [...PAGE.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gmu)].flatMap(
    ([, cell = ""]) => cell.match(/\w+/gu) ?? [],
  );
  const own = ["workers", ...Object.keys(digitalOceanFields)];
  expect(new Set(rows)).toEqual(new Set(own));
  expect(rows).toHaveLength(own.length);
});

test("the page lists every scope that a full lifecycle needs", async () => {
  await using account = await TestAccount.open({ boot: "paper" });
  const vpcUuid = account.cloud.account.vpcs.find(({ region }) => region === "nyc3")?.id;
  const lives = [
    { publicIp: false, allowedCidrs: undefined, vpcUuid },
    { publicIp: false },
    { image: "debian-12-x64" },
  ];
  for (const options of lives) {
    const cluster = await account
      .cluster({ nWorkers: 2, allowedCidrs: ["127.0.0.1/32"], security: false, ...options })
      .start();
    await cluster.scale(1);
    await cluster.close();
  }
  const used = new Set(account.cloud.calls.operations().map((operation) => SCOPES[operation] ?? operation));
  for (const scope of used) {
    for (const each of [scope, NEEDED[scope] ?? scope]) expect(PAGE).toContain(`\`${each}\``);
  }
  expect(account.cloud.violations).toEqual([]);
});
