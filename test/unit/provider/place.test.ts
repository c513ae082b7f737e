import { expect, test } from "vitest";

import { assertSamePlace, type ClusterPlace, isSearched } from "../../../src/provider/place.ts";

const recorded: ClusterPlace = {
  searched: { region: "us-east-1", endpoint: "https://gateway.example/ec2?key=secret" },
  machines: { zones: ["a", "b"], location: undefined },
  account: "one",
};

function problems(asked: ClusterPlace): string {
  try {
    assertSamePlace("lab", recorded, asked);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

test("A place ignores letter case and a trailing slash of a URL", () => {
  const bare: ClusterPlace = { searched: { region: "eu", endpoint: "http://127.0.0.1:1" } };
  const spelled: ClusterPlace = { searched: { region: "EU", endpoint: "http://127.0.0.1:1/" } };
  expect(() => assertSamePlace("lab", bare, spelled)).not.toThrow();
  expect(isSearched(bare, spelled)).toBe(true);
});

test("Every option that contradicts the record is named with both values, secrets in URLs redacted", () => {
  const told = problems({
    searched: { region: "us-west-2", endpoint: "https://other.example/?key=secret", project: "p" },
    machines: { zones: ["c"] },
    account: "two",
  });
  expect(told.split("\n")).toEqual([
    'The options contradict the record of the cluster "lab":',
    '- `region`: recorded "us-east-1", given "us-west-2"',
    '- `endpoint`: recorded "https://gateway.example", given "https://other.example"',
    '- `project`: recorded none, given "p"',
    '- `zones`: recorded ["a","b"], given ["c"]',
    "- credentials: recorded account one, given account two",
    "Omit them: the record says where the cluster is.",
  ]);
});

test("A value chosen or omitted by the cloud contradicts nothing", () => {
  expect(problems({ searched: recorded.searched, machines: { location: "eastus" } })).toBe("");
});

test("A list omits other places, but not other zones of the same place", () => {
  expect(isSearched(recorded, { searched: { ...recorded.searched, region: "us-west-2" } })).toBe(false);
  expect(isSearched(recorded, { searched: recorded.searched, account: "two" })).toBe(false);
  expect(isSearched(recorded, { searched: recorded.searched, machines: { zones: ["c"] } })).toBe(true);
  expect([isSearched(undefined, recorded), isSearched(recorded, undefined)]).toEqual([true, true]);
});
