import * as sdk from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";

import { encodeMembers } from "../../../src/ec2/wire/encode.ts";
import { operationShape, type Shape } from "../../../src/ec2/wire/shapes.ts";
import { Lab, refusal, statusOf } from "../lab.ts";

test("every operation of the SDK has a complete schema", () => {
  const names = Object.keys(sdk).flatMap(
    (name) => /^(?<operation>\w+)Command$/u.exec(name)?.groups?.["operation"] ?? [],
  );
  const seen = new Set<Shape>();
  const look = (shape: Shape): void => {
    if (seen.has(shape)) return;
    seen.add(shape);
    if (shape.kind === "list") look(shape.item);
    else if (shape.kind === "struct") for (const member of shape.members) look(member.shape);
  };
  for (const name of names) {
    const operation = operationShape(name);
    expect(operation, name).toBeDefined();
    if (operation !== undefined) for (const shape of [operation.input, operation.output]) look(shape);
  }
  expect(names.length).toBeGreaterThan(700);
  expect(seen.size).toBeGreaterThan(3000);
  expect(operationShape("RunInstancesRequest")).toBeUndefined();
});

test("a response cannot have fields that EC2's lacks", () => {
  const output = operationShape("DescribeRegions")?.output;
  if (output === undefined) throw new Error("no description");
  expect(encodeMembers(output, { Regions: [{ RegionName: `<&"'\u{1F600}>` }] })).toBe(
    `<regionInfo><item><regionName>&lt;&amp;&quot;'\u{1F600}&gt;</regionName></item></regionInfo>`,
  );
  expect(() => encodeMembers(output, { Regions: [{ Name: "x" }] })).toThrow("Region has no field Name");
  expect(() => encodeMembers(output, { Regions: [{ RegionName: 1 }] })).toThrow("RegionName must be a string");
});

/** Sends a query that the SDK would not build, but with a signature that is well-formed. */
async function send(lab: Lab, query: string, headers: Record<string, string> = {}): Promise<string> {
  const now = new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, "");
  const scope = `AKIATEST/${now.slice(0, 8)}/us-east-1/ec2/aws4_request`;
  const response = await fetch(lab.cloud.endpoint, {
    method: "POST",
    body: query,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-amz-date": now,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`,
      ...headers,
    },
  });
  const text = await response.text();
  return /<Code>(?<code>.*)<\/Code>/u.exec(text)?.groups?.["code"] ?? `${response.status} ${text}`;
}

test("unknown parameters are refused, and a correct program sends none", async () => {
  await using lab = await Lab.open();
  const version = "Version=2016-11-15";
  const wrong: [query: string, code: string][] = [
    [`Action=DescribeUnicorns&${version}`, "InvalidAction"],
    [version, "InvalidAction"],
    [`Action=DescribeVpcs&${version}&Colour=red`, "UnknownParameter"],
    [`Action=RunInstances&${version}&MinCount=1&MaxCount=1&Placement.Colour=red`, "UnknownParameter"],
    [`Action=RunInstances&${version}&MinCount=1&MaxCount=1&BlockDeviceMapping.1.Ebs.Color=red`, "UnknownParameter"],
    [`Action=DescribeVpcs&${version}&Filter.1.Value.x=1`, "UnknownParameter"],
    [`Action=DescribeVpcs&${version}&VpcId.1.2=vpc-1`, "UnknownParameter"],
    [`Action=DescribeVpcs&${version}&MaxResults=5&MaxResults=6`, "InvalidParameterCombination"],
    ["Action=DescribeVpcs&Version=2015-10-01", "NoSuchVersion"],
    [`Action=DescribeVpcs&${version}&Filter.1.Name=colour&Filter.1.Value.1=red`, "InvalidParameterValue"],
    [`Action=CreateFleet&${version}&TargetCapacitySpecification.TotalTargetCapacity=1`, "MissingParameter"],
    [`Action=DeleteVpc&${version}&VpcId=vpc-1`, "Unsupported"],
  ];
  for (const [query, code] of wrong) expect(await send(lab, query), query).toBe(code);
  expect(lab.violations()).toEqual([
    "DescribeUnicorns: InvalidAction: The action DescribeUnicorns is not valid for this web service.",
    ": InvalidAction: The action  is not valid for this web service.",
    "DescribeVpcs: UnknownParameter: The parameter Colour is not recognized",
    "RunInstances: UnknownParameter: The parameter Placement.Colour is not recognized",
    "RunInstances: UnknownParameter: The parameter BlockDeviceMapping.1.Ebs.Color is not recognized",
    "DescribeVpcs: UnknownParameter: The parameter Filter.1.Value.x is not recognized",
    "DescribeVpcs: UnknownParameter: The parameter VpcId.1.2 is not recognized",
    "DescribeVpcs: InvalidParameterCombination: The parameter MaxResults is given more than once",
    "DescribeVpcs: NoSuchVersion: The requested version (2015-10-01) of service AmazonEC2 does not exist",
    "DescribeVpcs: InvalidParameterValue: The filter 'colour' is invalid",
    "DeleteVpc: Unsupported: This operation is not simulated",
  ]);
});

test("values are checked for form, and required ones must be present", async () => {
  await using lab = await Lab.open();
  const version = "Version=2016-11-15";
  const wrong: [query: string, code: string][] = [
    [`Action=RunInstances&${version}&MinCount=one&MaxCount=1`, "InvalidParameterValue"],
    [`Action=DescribeVpcs&${version}&DryRun=yes`, "InvalidParameterValue"],
    [`Action=RunInstances&${version}&MinCount=1`, "MissingParameter"],
    [`Action=TerminateInstances&${version}`, "MissingParameter"],
    [`Action=RunInstances&${version}&MinCount=1&MaxCount=1&Monitoring.MetricCategoryId.1=x`, "MissingParameter"],
  ];
  for (const [query, code] of wrong) expect(await send(lab, query), query).toBe(code);
});

test("a request must be signed for this service, region and time", async () => {
  await using lab = await Lab.open();
  const query = "Action=DescribeVpcs&Version=2016-11-15";
  expect(await send(lab, query)).toContain("<DescribeVpcsResponse");
  expect(await send(lab, query, { authorization: "Bearer token" })).toBe("IncompleteSignature");
  const response = await fetch(`${lab.cloud.endpoint}/?${query}`);
  expect(await response.text()).toContain("<Code>MissingParameter</Code>");
  expect(await send(lab, query, { "x-amz-date": "20200101T000000Z" })).toBe("IncompleteSignature");
  const elsewhere = lab.client({ region: "eu-west-1" });
  expect(await refusal(elsewhere.describeVpcs({}))).toMatch(/^AuthFailure: .*eu-west-1/u);
  elsewhere.destroy();
  expect(lab.violations()).toHaveLength(3);
});

test("parameters that the simulation ignores are reported", async () => {
  await using lab = await Lab.open();
  await lab.launch({ AdditionalInfo: "x", Placement: { AvailabilityZone: "us-east-1a", Affinity: "host" } });
  expect(lab.violations()).toEqual(["RunInstances: not simulated, and ignored: .Placement.Affinity, .AdditionalInfo"]);
});

test("a dry run checks everything and does nothing", async () => {
  await using lab = await Lab.open();
  const request = await lab.request({ DryRun: true });
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(/^DryRunOperation: Request would have succeeded/u);
  expect(await statusOf(lab.ec2.describeVpcs({ DryRun: true }))).toBe(412);
  expect(await refusal(lab.ec2.runInstances({ ...request, ImageId: "ami-12345678" }))).toMatch(
    /^InvalidAMIID.NotFound/u,
  );
  expect(lab.cloud.machines).toEqual([]);
});
