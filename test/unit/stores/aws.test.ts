import { createHash, createHmac } from "node:crypto";

import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";

import { signed } from "../../../src/stores/aws/sign.ts";
import { fetchSecret, lookAtSecret } from "../../../src/stores/fetch-secret.ts";
import { environment, loopbackStore, type Reply } from "./loopback-store.ts";

const { signal } = new AbortController();
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "not/a+secret", sessionToken: "token" };

function own(url: string): void {
  environment({
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: "eu-central-1",
    AWS_ENDPOINT_URL: url,
  });
}

class Sha256 {
  readonly #hash: { update(data: string | Uint8Array): unknown; digest(): Buffer };

  constructor(key?: string | Uint8Array) {
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key);
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return await Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error("not used");
  }
}

describe("A signature for AWS", () => {
  it("is the SDK's own", async () => {
    const url = "https://secretsmanager.eu-central-1.amazonaws.com/";
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.GetSecretValue",
    };
    const body = JSON.stringify({ SecretId: "dask/ключ" });
    const now = new Date("2026-12-01T11:00:00.123Z");
    const signer = new SignatureV4({
      credentials: CREDENTIALS,
      region: "eu-central-1",
      service: "secretsmanager",
      sha256: Sha256 as never,
      applyChecksum: false,
    });
    const { host: hostname } = new URL(url);
    const theirs = await signer.sign(
      {
        method: "POST",
        protocol: "https:",
        hostname,
        path: "/",
        query: {},
        headers: { ...headers, host: hostname },
        body,
      } as never,
      { signingDate: now },
    );
    const ours = signed({ url, service: "secretsmanager", region: "eu-central-1", headers, body }, CREDENTIALS, now);
    expect(ours["authorization"]).toBe(
      (theirs as unknown as { headers: Record<string, string> }).headers["authorization"],
    );
  });
});

describe("A secret of AWS", () => {
  it("is read with this computer's credentials, in the region of its ARN", async () => {
    const store = await loopbackStore(() => ({ body: { SecretString: "s3cret" } }));
    own(store.url);
    const id = "arn:aws:secretsmanager:us-west-2:123456789012:secret:dask-a1b2c3";
    await expect(fetchSecret({ store: "aws-sm", id, version: "12345678" }, "value", signal)).resolves.toBe("s3cret");
    expect(store.asked).toHaveLength(1);
    expect(store.asked[0]).toMatchObject({
      method: "POST",
      path: "/",
      body: JSON.stringify({ SecretId: id, VersionId: "12345678" }),
      headers: {
        "x-amz-target": "secretsmanager.GetSecretValue",
        authorization: expect.stringContaining("/us-west-2/secretsmanager/aws4_request"),
      },
    });
  });

  it("may be binary, a field of JSON, or a parameter", async () => {
    const bodies: Reply[] = [
      { body: { SecretBinary: Buffer.from("bin").toString("base64") } },
      { body: { SecretString: JSON.stringify({ key: "k", port: 5 }) } },
      { body: { Parameter: { Value: "p" } } },
    ];
    const store = await loopbackStore(() => bodies.shift());
    own(store.url);
    await expect(fetchSecret({ store: "aws-sm", id: "a" }, "value", signal)).resolves.toBe("bin");
    await expect(fetchSecret({ store: "aws-sm", id: "a", field: "port" }, "value", signal)).resolves.toBe("5");
    await expect(fetchSecret({ store: "aws-ssm", id: "/a", version: "3" }, "value", signal)).resolves.toBe("p");
    expect(store.asked.at(-1)?.body).toBe(JSON.stringify({ Name: "/a:3", WithDecryption: true }));
  });

  it.each<[string, number, object, string, string]>([
    [
      "AccessDeniedException",
      400,
      { Message: "User: x is not authorized" },
      "AUTH_FAILED",
      "It needs secretsmanager:GetSecretValue on it",
    ],
    [
      "com.amazonaws#ResourceNotFoundException",
      400,
      { Message: "can't find" },
      "CONFIG_INVALID",
      "There is no secret aws-sm:dask (ResourceNotFoundException: can't find)",
    ],
    ["InvalidRequestException", 400, { Message: "marked for deletion" }, "CONFIG_INVALID", "is disabled or deleted"],
    ["ExpiredTokenException", 400, {}, "AUTH_FAILED", "refused this computer's credentials (ExpiredTokenException)"],
    ["InternalServiceError", 400, {}, "PROVIDER_FAILED", "could not be read (InternalServiceError)"],
  ])("that is refused with %s is told in words", async (type, status, body, code, words) => {
    const store = await loopbackStore(() => ({ status, body: { __type: type, ...body } }));
    own(store.url);
    await expect(fetchSecret({ store: "aws-sm", id: "dask" }, "value", signal)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  it("is asked for again while AWS throttles, which it does with HTTP 400", async () => {
    const replies: Reply[] = [
      { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } },
      { body: { Parameter: { Value: "p" } } },
    ];
    const store = await loopbackStore(() => replies.shift());
    own(store.url);
    await expect(fetchSecret({ store: "aws-ssm", id: "/a" }, "value", signal)).resolves.toBe("p");
  });

  it("may be a stage of its rotation, which machines are given, too", async () => {
    const body = { ARN: "arn:…", SecretString: "old", VersionIdsToStages: { v1234567: ["AWSPREVIOUS"] } };
    const store = await loopbackStore(() => ({ body }));
    own(store.url);
    const previous = { store: "aws-sm", id: "a", version: "AWSPREVIOUS" } as const;
    await expect(fetchSecret(previous, "value", signal)).resolves.toBe("old");
    expect(store.asked.at(-1)?.body).toBe(JSON.stringify({ SecretId: "a", VersionStage: "AWSPREVIOUS" }));
    await expect(lookAtSecret(previous, signal)).resolves.toMatchObject({ state: "good" });
    await expect(lookAtSecret({ ...previous, version: "AWSPENDING" }, signal)).resolves.toMatchObject({ state: "bad" });
  });

  it("may be a parameter by ARN, which does not tell whether its name has a slash", async () => {
    const store = await loopbackStore(() => ({ body: { Parameters: [{ Name: "token" }] } }));
    own(store.url);
    for (const [path, names] of [
      ["token", ["/token", "token"]],
      ["dask/token", ["/dask/token"]],
    ] as const) {
      const id = `arn:aws:ssm:us-west-2:123456789012:parameter/${path}`;
      await expect(lookAtSecret({ store: "aws-ssm", id }, signal)).resolves.toMatchObject({ state: "good" });
      expect(JSON.parse(store.asked.at(-1)?.body ?? "")).toMatchObject({ ParameterFilters: [{ Values: names }] });
    }
  });

  it("is not called missing where AWS has looked at a part of its parameters only", async () => {
    const store = await loopbackStore(() => ({ body: { Parameters: [], NextToken: "more" } }));
    own(store.url);
    await expect(lookAtSecret({ store: "aws-ssm", id: "/a" }, signal)).resolves.toMatchObject({ state: "unknown" });
  });

  it("is looked at without its value", async () => {
    const body = { ARN: "arn:…", VersionIdsToStages: { v1234567: ["AWSPREVIOUS"], v2345678: ["AWSCURRENT"] } };
    const store = await loopbackStore(() => ({ body }));
    own(store.url);
    await expect(lookAtSecret({ store: "aws-sm", id: "a" }, signal)).resolves.toMatchObject({ state: "good" });
    await expect(lookAtSecret({ store: "aws-sm", id: "a", version: "v3456789" }, signal)).resolves.toEqual({
      state: "bad",
      found: "has no such version",
    });
    expect(store.asked.every(({ headers }) => headers["x-amz-target"] === "secretsmanager.DescribeSecret")).toBe(true);
  });

  it("needs a region", async () => {
    environment({ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_EC2_METADATA_DISABLED: "true" });
    await expect(fetchSecret({ store: "aws-sm", id: "a" }, "value", signal)).rejects.toMatchObject({
      message: expect.stringContaining("add ?region=, or set AWS_REGION"),
    });
  });
});
