import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { toldTo } from "../../conformance/told.ts";
import { isolatedState } from "../../support/local-state.ts";
import { looksAt } from "../../support/looks-at.ts";
import { TestAccount } from "./account.ts";

isolatedState();

const TOKEN = "dop_v1_token-of-the-option-0123456789";
test("the token is in no record, event, error, preview or inspection, and on no droplet", async () => {
  await using account = await TestAccount.open({ boot: "paper", throttling: false, tokens: [TOKEN] });
  const cluster = account.cluster({ token: TOKEN, nWorkers: 2, allowedCidrs: ["127.0.0.1/32"] });
  const told: unknown[] = [];
  cluster.onProgress((event) => told.push(event));
  await cluster.start();
  const files = readdirSync(cluster.stateDirectory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  account.cloud.faults.onOperation("createDroplets", "error-before", { times: 9 });
  told.push(await cluster.scale(3, { timeoutMs: 1000 }).catch((error: unknown) => error));
  account.cloud.faults.clear();
  told.push(cluster, await cluster.machines(), await cluster.workers());
  const texts = [
    ...files,
    ...(["scheduler", "worker"] as const).map((role) => cluster.previewStartupScript(role)),
    ...account.cloud.machines.flatMap((droplet) => [
      JSON.stringify({ ...droplet, userData: undefined }),
      ...toldTo(droplet).files.values(),
      droplet.userData?.toString() ?? "",
    ]),
    ...told.flatMap(looksAt),
  ];
  await cluster.close();
  expect(told.some((each) => each instanceof Error)).toBe(true);
  expect([files.length > 0, texts.filter((text) => text.includes(TOKEN))]).toEqual([true, []]);
});
