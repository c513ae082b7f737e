import { expect, test } from "vitest";

import { computeDefinitions, isMessage } from "../../../packages/simulated-clouds/src/gcp/protos.ts";
import { leanProtos } from "../../../providers/gcp/api/lean-protos.ts";
import { sdkParts } from "../../../providers/gcp/api/sdk-parts.ts";

const around = (v1: object): object => ({
  nested: { google: { nested: { cloud: { nested: { compute: { nested: { v1: { nested: v1 } } } } } } } },
});

function definitionsIn(json: object): Readonly<Record<string, unknown>> {
  const names = ["google", "cloud", "compute", "v1"];
  let found = json as { readonly nested: Readonly<Record<string, typeof found>> };
  for (const name of names) found = found.nested[name] ?? { nested: {} };
  return found.nested;
}

test("has all that the messages of the used services need, and little else", () => {
  const all = computeDefinitions();
  const before = Object.keys(all).length;
  const lean = definitionsIn(leanProtos(around(all)));
  expect(Object.keys(lean).length).toBeLessThan(before / 4);
  expect(Object.keys(all)).toHaveLength(before);
  for (const name of Object.keys(lean)) {
    expect(lean[name]).toBe(all[name]);
    const message = all[name];
    if (!isMessage(message)) continue;
    const types = Object.values(message.fields).map(({ type }) => type);
    for (const type of types)
      if (type in all && message.nested?.[type] === undefined) expect(lean).toHaveProperty(type);
  }
});

test("leaves a description that is not Compute Engine's, or lacks a service, as it is", () => {
  for (const json of [{}, { nested: {} }, around({ Instances: { methods: {} } })]) expect(leanProtos(json)).toBe(json);
});

test("is what the SDK's clients are made of", async () => {
  const { messages } = await sdkParts();
  expect(messages.lookup("google.cloud.compute.v1.InstanceProperties")).not.toBeNull();
  expect(messages.lookup("google.cloud.compute.v1.SslCertificate")).toBeNull();
});
