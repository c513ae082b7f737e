import { describe, expect, test } from "vitest";

import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData, previewUserData } from "../../../src/bootstrap/user-data.ts";
import type { FetchTls } from "../../../src/security/node-tls.ts";
import type { SecretReference } from "../../../src/security/references/secret-reference.ts";
import { fakeSpec, fakeTls } from "./fake-spec.ts";

const EC2 = { limitBytes: 16_384, gzip: true, where: "EC2" };

/** One reference for each store. */
const REFERENCES: Readonly<Record<string, SecretReference>> = {
  aws: { store: "aws-sm", id: "dask/key" },
  gcp: { store: "gcp-sm", name: "projects/p/secrets/s/versions/latest" },
  azure: { store: "azure-kv", vault: "https://lab.vault.azure.net", name: "key" },
  oci: { store: "oci-cert", ocid: "ocid1.certificate.oc1.iad.x" },
  vault: {
    store: "vault",
    url: "https://vault.example.com:8200/v1/secret/data/dask",
    auth: "aws",
    role: "dask",
    field: "key",
  },
};

function fetchFrom(reference: SecretReference): FetchTls {
  return { delivery: "fetch", files: { ca: reference, cert: reference, key: reference } };
}

function fileOf(spec: NodeSpec, name: string): string | undefined {
  return nodeFiles(spec).find(({ path }) => path.endsWith(`/${name}`))?.content;
}

describe("A machine that fetches its certificate", () => {
  test.each(Object.entries(REFERENCES))("has the parts for %s and for no other store", (store, reference) => {
    const program = fileOf(fakeSpec("worker", { security: fetchFrom(reference) }), "fetch.py") ?? "";
    const knows = Object.keys(REFERENCES).filter((name) => program.includes(`def ${name}(`));
    expect(knows).toEqual([store]);
    // It is one file: its parts import each other only where they are read and tested.
    expect(program).not.toMatch(/from fetch_/u);
  });

  test.each(["scheduler", "worker"] as const)("has room on EC2 as %s, with what installs Docker", (role) => {
    for (const store of ["aws", "vault"]) {
      const spec = fakeSpec(role, {
        security: fetchFrom(REFERENCES[store] as SecretReference),
        envVars: { OMP_NUM_THREADS: "1" },
      });
      expect(buildUserData(spec, EC2).sentBytes).toBeLessThanOrEqual(EC2.limitBytes);
    }
  });

  test("gets no file of a key, and the gate from the agent", () => {
    const names = nodeFiles(fakeSpec("scheduler", { security: fetchFrom(REFERENCES["aws"] as SecretReference) })).map(
      ({ path }) => path,
    );
    expect(names.filter((name) => /tls\/|gate/u.test(name))).toEqual([]);
  });
});

describe("A machine's list of secrets", () => {
  const spec = fakeSpec("scheduler", {
    security: {
      delivery: "fetch",
      files: { ...fakeTls("scheduler"), key: REFERENCES["aws"] as SecretReference },
      locations: { key: "/srv/key.pem" },
    },
    beside: { security: fetchFrom(REFERENCES["gcp"] as SecretReference) },
    secrets: {
      envVars: { TOKEN: REFERENCES["vault"] as SecretReference },
      registries: { "ghcr.io": { username: "me", password: "hunter2" } },
    },
  });

  test("is one for each unit, with every reference's id where the program looks for it", () => {
    const list = JSON.parse(fileOf(spec, "secrets.json") ?? "");
    expect(list).toMatchObject({
      tls: { ca: fakeTls("scheduler").ca, key: { store: "aws-sm", id: "dask/key" } },
      locations: { key: "/srv/key.pem" },
      env: { TOKEN: { store: "vault", id: "https://vault.example.com:8200/v1/secret/data/dask", field: "key" } },
    });
    expect(JSON.parse(fileOf(spec, "secrets-worker.json") ?? "").tls.key).toEqual({
      store: "gcp-sm",
      id: "projects/p/secrets/s/versions/latest",
    });
    expect(fileOf(spec, "node.env")).toContain("DASK_FLEET_LOCATIONS=('key.pem=/srv/key.pem')");
    // By name into the container.
    expect(fileOf(spec, "node.env")).toMatch(/DASK_FLEET_ENV_NAMES=.*'TOKEN'/u);
  });

  test("is shown with references, and without what is secret", () => {
    const shown = previewUserData(buildUserData(spec, { ...EC2, limitBytes: 1e6 }));
    expect(shown).toContain("vault.example.com:8200");
    expect(shown).not.toContain("hunter2");
  });

  test.each<[Partial<NodeSpec>, RegExp]>([
    [
      { secrets: { envVars: { "not a name": REFERENCES["aws"] as SecretReference } } },
      /no name of an environment variable/u,
    ],
    [
      { runtime: "native", secrets: { registries: { "ghcr.io": { username: "a", password: "b" } } } },
      /runtime native/u,
    ],
    [{ secrets: { registries: { "ghcr.io": { username: "a:b", password: "c" } } } }, /cannot have a ":"/u],
    [{ secrets: { registries: { "not one": { username: "a", password: "c" } } } }, /is no registry/u],
    [
      { security: { ...fetchFrom(REFERENCES["aws"] as SecretReference), locations: { key: "key.pem" } } },
      /locations.key must be an absolute path/u,
    ],
  ])("%# that could not work is refused", (more, words) => {
    expect(() => nodeFiles(fakeSpec("worker", more))).toThrow(words);
  });
});
