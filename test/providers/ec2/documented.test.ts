import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { ec2Fields } from "../../../providers/aws/options/schema.ts";
import { messageOf } from "../../../src/errors.ts";
import { ownState } from "../../conformance/world.ts";
import { anHour, TestAccount } from "./account.ts";

ownState();

const PAGE = readFileSync(fileURLToPath(new URL("../../../docs/providers/aws.md", import.meta.url)), "utf8");

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

function documentedActions(): readonly string[] {
  const [, json = ""] = /^```json\n(.*?)^```$/msu.exec(PAGE) ?? [];
  const { Statement } = JSON.parse(json) as Policy;
  return [...new Set(Statement.flatMap(({ Action }) => Action))].sort();
}

test("the page lists every EC2-specific option and no other", () => {
  const rows = [...PAGE.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\|/gmu)].flatMap(
    ([, cell = ""]) => cell.match(/\w+/gu) ?? [],
  );
  const own = ["workers", ...Object.keys(ec2Fields)];
  expect(new Set(rows)).toEqual(new Set(own));
  expect(rows).toHaveLength(own.length);
});

test("the documented policy allows a full lifecycle and nothing more", async () => {
  await using account = await TestAccount.open({ boot: "paper" });
  account.cloud.access.allowOnly(...documentedActions());
  // The removal of a disk that outlives its machine has its own test.
  const used = new Set(["ec2:DeleteVolume"]);
  for (const options of [{ publicIp: false, allowedCidrs: undefined }, { ami: undefined, spot: true }, {}]) {
    account.cloud.paper.dud = () => undefined;
    const cluster = await account.cluster({ nWorkers: 1, ...options }).start();
    await cluster.scale(2);
    await cluster.scale(0);
    const [scheduler] = await cluster.machines();
    if (scheduler !== undefined) await cluster.verbs.console(scheduler, anHour());
    await cluster.close();
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  }
  for (const action of account.cloud.access.used) used.add(action);
  expect([...used].sort()).toEqual(documentedActions());
});

test("a role for the machines also needs iam:PassRole, as the page says", async () => {
  await using account = await TestAccount.open();
  account.cloud.access.allowOnly(...documentedActions());
  const cluster = account.cluster({ iamInstanceProfile: "dask-profile", closeTimeoutMs: 10_000 });
  expect(await cluster.start().then(() => "started", messageOf)).toContain("iam:PassRole");
  expect(PAGE).toContain("`iam:PassRole`");
});
