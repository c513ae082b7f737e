import { createHash, createPrivateKey, sign } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

import { ConfigFileAuthenticationDetailsProvider } from "oci-common";
import { ComputeClient } from "oci-core";
import { expect, test } from "vitest";

import { newApiKey } from "../../src/oci/credentials.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal, Sdk } from "./sdk.ts";

const given = freshOci();
const REFUSED = /^401 NotAuthenticated: /u;

test("the SDK finds key, tenancy and region by the variables of the environment", async () => {
  const { cloud } = given;
  const { OCI_CONFIG_FILE: file = "" } = cloud.environment();
  const authenticationDetailsProvider = new ConfigFileAuthenticationDetailsProvider(file);
  const compute = new ComputeClient({ authenticationDetailsProvider });
  compute.endpoint = cloud.endpoint;
  const { items } = await compute.listInstances({ compartmentId: cloud.compartment });
  expect(items).toEqual([]);
  const [, keyFile = ""] = /^key_file=(.*)$/mu.exec(readFileSync(file, "utf8")) ?? [];
  expect([file, keyFile].map((each) => statSync(each).mode & 0o777)).toEqual([0o600, 0o600]);
});

test("another key, and one that is taken away, are refused", async () => {
  const { cloud } = given;
  const other = newApiKey();
  const stranger = new Sdk(cloud, other.privateKeyPem, other.fingerprint);
  const forger = new Sdk(cloud, other.privateKeyPem);
  for (const sdk of [stranger, forger]) expect(await refusal(sdk.launch())).toMatch(REFUSED);
  cloud.keys.clear();
  expect(await refusal(given.sdk.launch())).toMatch(REFUSED);
  expect(cloud.machines).toEqual([]);
});

test("a clock that is six minutes off is refused, and told the time", async () => {
  const { cloud, sdk } = given;
  for (const minutes of [6, -6]) {
    cloud.clockAheadMs = minutes * 60_000;
    expect(await refusal(sdk.launch())).toMatch(
      /^401 NotAuthenticated: Date '.*' is not within allowed clock skew\. Current '/u,
    );
  }
  cloud.clockAheadMs = 4 * 60_000;
  await sdk.launch();
});

interface Forged {
  readonly body?: string;
  readonly sent?: string;
  readonly headers?: readonly string[];
}

/** A POST, signed by hand: what is sent may not be what was signed. */
async function post({ body = "{}", sent = body, headers }: Forged): Promise<number> {
  const { cloud } = given;
  const { host } = new URL(cloud.endpoint);
  const path = "/20160918/instances";
  const values: Record<string, string> = {
    date: new Date().toUTCString(),
    "(request-target)": `post ${path}`,
    host,
    "content-length": String(Buffer.byteLength(sent)),
    "content-type": "application/json",
    "x-content-sha256": createHash("sha256").update(body).digest("base64"),
  };
  const signed = headers ?? Object.keys(values);
  const text = signed.map((name) => `${name}: ${values[name]}`).join("\n");
  const signature = sign("sha256", Buffer.from(text), createPrivateKey(cloud.key.privateKeyPem)).toString("base64");
  const keyId = `${cloud.tenancy}/${cloud.user}/${cloud.key.fingerprint}`;
  const authorization = `Signature version="1",keyId="${keyId}",algorithm="rsa-sha256",headers="${signed.join(" ")}",signature="${signature}"`;
  const { "(request-target)": _target, "content-length": _length, host: _host, ...rest } = values;
  const reply = await fetch(`${cloud.endpoint}${path}`, {
    method: "POST",
    headers: { ...rest, authorization },
    body: sent,
  });
  await reply.arrayBuffer();
  return reply.status;
}

test("a body that was not signed, and a signature without it, are refused", async () => {
  const body = JSON.stringify(given.sdk.details());
  expect(await post({ body })).toBe(200);
  expect(await post({ body, sent: body.replace('"one"', '"two"') })).toBe(401);
  expect(await post({ body, headers: ["date", "(request-target)", "host"] })).toBe(401);
  expect(given.cloud.machines).toHaveLength(1);
});

test("every answer has a request's id", async () => {
  const { sdk } = given;
  const opcRequestId = "LAB";
  const { opcRequestId: told } = await sdk.compute.createComputeCapacityReport({
    opcRequestId,
    createComputeCapacityReportDetails: {
      compartmentId: sdk.compartmentId,
      availabilityDomain: sdk.details().availabilityDomain,
      shapeAvailabilities: [{ instanceShape: "VM.Standard2.1" }],
    },
  });
  expect(told).toMatch(/^LAB\/[\dA-F]{32}\/[\dA-F]{32}$/u);
});
