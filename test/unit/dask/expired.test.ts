import { expect, test } from "vitest";

import { FakeDask } from "../../../packages/simulated-clouds/src/boot/fake-dask.ts";
import { openDashboard } from "../../../src/access/dashboard/dashboard.ts";
import { connectionError } from "../../../src/dask/comm/connection-error.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Security } from "../../../src/security/security.ts";
import { visit } from "../../support/dashboard-visitor.ts";

const DAY_MS = 86_400_000;

/** Certificates that expired a day ago, and a scheduler that presents one. */
async function expired(): Promise<{ readonly security: Security; readonly dask: FakeDask }> {
  const security = Security.temporary({ now: new Date(Date.now() - 3 * DAY_MS), validForMs: 2 * DAY_MS });
  return { security, dask: await FakeDask.start({ tls: security.materialFor("scheduler") }) };
}

test("An expired scheduler certificate is refused with the date and the remedy", async () => {
  const { security, dask } = await expired();
  await using _ = dask;
  const date = security.notAfter.toISOString();
  await expect(
    SchedulerClient.connect(`tls://127.0.0.1:${dask.port}`, { tls: security.clientTls() }),
  ).rejects.toMatchObject({
    code: "SCHEDULER_REFUSED",
    message: expect.stringMatching(
      new RegExp(`: its certificate expired at ${date}\\. .*never your own: remove the cluster .*start a new one\\.$`),
    ),
  });
});

test("An expired certificate is explained in the browser", async () => {
  const { security, dask } = await expired();
  await using _ = dask;
  const address = { scheme: "tls", host: "127.0.0.1", port: dask.port } as const;
  await using dashboard = await openDashboard({ target: { address, tls: security.clientTls() } });
  const visitor = await visit(dashboard.url);
  const page = await visitor.get(visitor.page);
  expect(page.status).toBe(502);
  expect(await page.text()).toContain(`its certificate expired at ${security.notAfter.toISOString()}`);
});

test.each([
  ["in the past", -DAY_MS, /our client certificate expired at \S+Z\. Only a launcher that has the CA's key renews/u],
  [
    "in the future by our clock",
    DAY_MS,
    /expired, by its clock; by this computer's it expires at \S+Z \(do the clocks/u,
  ],
])("A scheduler that refuses our certificate, whose expiry is %s, is reported with the date", (_, fromNowMs, words) => {
  const alert = Object.assign(new Error("alert"), { code: "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED" });
  const end = new Date(Date.now() + fromNowMs);
  const error = connectionError(alert, "tls://10.0.0.4:8786", { scheduler: end, client: end });
  expect([error.code, error.message]).toEqual(["SCHEDULER_REFUSED", expect.stringMatching(words)]);
  expect(error.message).toContain(end.toISOString());
});
