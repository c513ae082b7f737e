import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ZonesClient } from "@google-cloud/compute/build/src/v1/zones_client.js";
import { describe, expect, it, vi } from "vitest";

import { freshGcp } from "./fresh-gcp.ts";

describe("credentials and project by Google's own discovery", () => {
  const fresh = freshGcp({ project: "p-1", tokenLifetimeSeconds: 7200 });
  const discover = async (environment: Record<string, string>): Promise<readonly (string | null | undefined)[]> => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { port, hostname } = new URL(fresh.cloud.endpoint);
    const client = new ZonesClient({ apiEndpoint: hostname, port: Number(port), protocol: "http" });
    const project = await client.getProjectId();
    expect(project).toBe("p-1");
    const [zones] = await client.list({ project }, { retry: { retryCodes: [] } });
    return zones.map(({ name }) => name);
  };

  it("come from the metadata server", async () => {
    const zones = await discover(fresh.cloud.environment());
    expect(zones).toContain("us-east1-c");
    expect(fresh.cloud.credentials.asked).toEqual(
      expect.arrayContaining([
        "/computeMetadata/v1/project/project-id",
        "/computeMetadata/v1/instance/service-accounts/default/token",
      ]),
    );
    expect(fresh.cloud.calls.operations()).toEqual(["zones.list"]);
  });

  it("come from a file and the exchange of a token", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gcp-credentials-"));
    try {
      expect(await discover(await fresh.cloud.environmentWithFile(directory))).toContain("us-east1-c");
      expect(fresh.cloud.credentials.asked).toEqual(["/sts/v1/token"]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("require the Metadata-Flavor header", async () => {
    const metadata = `${fresh.cloud.endpoint}/computeMetadata/v1`;
    expect((await fetch(`${metadata}/project/project-id`)).status).toBe(403);
    const headers = { "metadata-flavor": "Google" };
    const reply = await fetch(`${metadata}/instance/service-accounts/default/token`, { headers });
    expect(reply.headers.get("metadata-flavor")).toBe("Google");
    expect(await reply.json()).toMatchObject({ expires_in: 7200, token_type: "Bearer" });
    expect((await fetch(`${metadata}/instance/nothing`, { headers })).status).toBe(404);
  });
});
