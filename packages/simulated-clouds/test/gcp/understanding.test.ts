import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { checkMessage } from "../../src/gcp/check-message.ts";
import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { instance, Sdk } from "./sdk.ts";

describe("checkMessage", () => {
  const wrong: [what: string, type: string, value: unknown, problem: string][] = [
    ["a misspelt field", "Instance", { nmae: "a" }, 'Instance: Instance has no field "nmae"'],
    [
      "one deep inside",
      "Instance",
      { disks: [{ autodelete: true }] },
      'disks[0]: AttachedDisk has no field "autodelete"',
    ],
    ["what every object has", "Instance", { constructor: "a" }, 'no field "constructor"'],
    ["a wrong type", "Instance", { name: 7 }, "name: 7 is no string"],
    ["a number as a text", "AttachedDisk", { index: "1" }, 'index: "1" is no int32'],
    ["a fraction", "BulkInsertInstanceResource", { count: 1.5 }, "count: 1.5 is no int64"],
    ["one where many are", "Firewall", { sourceRanges: "0.0.0.0/0" }, 'sourceRanges: "0.0.0.0/0" is no array'],
    ["an unknown name", "Scheduling", { provisioningModel: "Spot" }, 'provisioningModel: "Spot" is none of'],
    ["a map's value", "Instance", { labels: { a: 1 } }, 'labels["a"]: 1 is no string'],
    [
      "what is required",
      "InsertInstanceRequest",
      { project: "p", zone: "z" },
      'the required field "instanceResource" is missing',
    ],
    ["an empty name", "GetInstanceRequest", { project: "", zone: "z", instance: "i" }, '"project" is missing'],
  ];
  it.each(wrong)("finds %s", (_, type, value, problem) => {
    expect(checkMessage(type, value)).toEqual([expect.stringContaining(problem)]);
  });

  it("accepts correct messages in the SDK's and the wire's form", () => {
    const instanceResource = {
      ...instance("vm-1"),
      scheduling: { maxRunDuration: { seconds: "60" } },
      labels: { a: "b" },
    };
    expect(checkMessage("InsertInstanceRequest", { project: "p", zone: "z", instanceResource })).toEqual([]);
    const unlimited = {
      count: 9_007_199_254_740_991,
      minCount: "1",
      perInstanceProperties: {},
      instanceProperties: null,
    };
    expect(checkMessage("BulkInsertInstanceResource", unlimited)).toEqual([]);
    expect(() => checkMessage("Instanz", {})).toThrow("no message Instanz");
  });
});

describe("a malformed request", () => {
  let cloud: SimulatedGcp;
  beforeEach(async () => {
    cloud = await new SimulatedGcp().start();
  });
  afterEach(async () => {
    await cloud[Symbol.asyncDispose]();
  });
  const send = async (method: string, path: string, body?: unknown): Promise<number> => {
    const url = `${cloud.endpoint}/compute/v1/projects/${cloud.project}${path}`;
    const headers = { authorization: `Bearer ${cloud.tokens.issue()}`, "content-type": "application/json" };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const reply = await fetch(url, init);
    await reply.arrayBuffer();
    return reply.status;
  };
  const zone = "/zones/us-central1-a";
  const cases: [what: string, violation: RegExp, method: string, path: string, body?: unknown][] = [
    ["an unknown path", /has no GET/u, "GET", `${zone}/instanzes`],
    ["an unknown verb", /has no PUT/u, "PUT", "/global/firewalls"],
    ["what is not simulated", /not simulated/u, "POST", `${zone}/instances/vm-1/reset`],
    ["an unknown parameter", /no query parameter "max"/u, "GET", `${zone}/instances?max=1`],
    ["a parameter twice", /more than once/u, "GET", `${zone}/instances?filter=a&filter=b`],
    ["a parameter that is no number", /maxResults/u, "GET", `${zone}/instances?maxResults=many`],
    [
      "an unknown field",
      /no field "autodelete"/u,
      "POST",
      `${zone}/instances`,
      instance("a", { disks: [{ autodelete: true }] }),
    ],
    ["a wrong type", /no boolean/u, "POST", `${zone}/instances`, { canIpForward: "yes" }],
    ["a body without a use", /a body where there is none/u, "DELETE", `${zone}/instances/vm-1`, { now: true }],
    ["no JSON object", /no JSON object/u, "POST", "/global/firewalls", ["a"]],
    ["a filter with an unknown field", /Invalid field/u, "GET", `${zone}/instances?filter=lables.a%3D1`],
    ["a filter with an unknown operator", /not simulated/u, "GET", `${zone}/instances?filter=name%3Ea`],
    ["a filter that ends early", /ends too early/u, "GET", `${zone}/instances?filter=name%3D`],
    ["a filter with a star", /not understood/u, "GET", `${zone}/instances?filter=name%3Da*`],
    [
      "another source of disks",
      /not simulated: disks/u,
      "POST",
      `${zone}/instances`,
      instance("a", { disks: [{ boot: true, source: "zones/us-central1-a/disks/d" }] }),
    ],
  ];
  it.each(cases)("is %s", async (_, violation, method, path, body) => {
    expect(await send(method, path, body)).toBe(400);
    expect(cloud.violations).toEqual([expect.stringMatching(violation)]);
  });

  it("is a requestId reused for another request", async () => {
    const requestId = "11111111-1111-4111-8111-111111111111";
    const sdk = new Sdk(cloud);
    await sdk.insert(instance("a"), { requestId });
    expect(await send("POST", `${zone}/instances?requestId=${requestId}`, instance("b"))).toBe(400);
    expect(cloud.violations).toEqual([expect.stringMatching(/used for another request/u)]);
  });

  it("is reported like Google's and not retried by the SDK", async () => {
    const sdk = new Sdk(cloud);
    const list = sdk.instances.list({ project: cloud.project, zone: "us-central1-a", filter: "nam=a" });
    await expect(list).rejects.toMatchObject({
      httpStatusCode: 400,
      message: expect.stringMatching(/Invalid field nam/u) as string,
    });
    expect(cloud.calls.count()).toBe(1);
    expect(cloud.violations).toHaveLength(1);
  });
});
