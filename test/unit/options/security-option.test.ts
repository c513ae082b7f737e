import { chmodSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { registry } from "../../../providers/registry.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { exposedSecrets } from "../../../src/options/flags/flag-tree.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import { Security } from "../../../src/security/security.ts";
import { faults, folderWith } from "./fixture.ts";

const PROVIDERS = await Promise.all(registry.map(async ({ manifest }) => await manifest()));
const EC2 = PROVIDERS.find(({ command }) => command === "ec2");
const KEY = Security.temporary().materialFor("client").key;

interface Given {
  readonly options?: object;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `~/.config/dask/c.yaml` */
  readonly yaml?: string;
  readonly mode?: number;
}

function securityOf({ options, args = [], env, yaml = "", mode = 0o644 }: Given, provider = EC2): unknown {
  if (provider === undefined) throw new Error("no such provider");
  const { schema, section, needed } = provider;
  const home = join(folderWith({ "home/.config/dask/c.yaml": yaml }), "home");
  chmodSync(join(home, ".config/dask/c.yaml"), mode);
  const { flags } = parseCommandLine(args, { schema });
  const asked = { ...needed, ...options, ...carrying({ flags }) };
  return resolveOptions(schema, { section, options: asked, env: { DASK_ROOT_CONFIG: "/none", ...env }, home }).values[
    "security"
  ];
}

const GIVEN = {
  ca: "/etc/ca.pem",
  cert: "aws-sm:dask/cert",
  key: "aws-sm:dask/key",
  client: { cert: "/etc/client.pem", key: "/etc/client-key.pem" },
  serverName: "scheduler.example.com",
};
const FLAGS = [
  "--security.ca=/etc/ca.pem",
  "--security.cert=aws-sm:dask/cert",
  "--security.key=aws-sm:dask/key",
  "--security.client.cert=/etc/client.pem",
  "--security.client.key=/etc/client-key.pem",
  "--security.server-name=scheduler.example.com",
];
const YAML = `
    security:
      ca: /etc/ca.pem
      cert: aws-sm:dask/cert
      key: aws-sm:dask/key
      client: { cert: /etc/client.pem, key: /etc/client-key.pem }
      server-name: scheduler.example.com
`;

describe.each(PROVIDERS)("security of $command", (provider) => {
  test("takes certificates of one's own from every source, as Security.from does", () => {
    const expected = Security.from(GIVEN);
    const variable = `DASK_CLOUDPROVIDER__${provider.section.replaceAll(".", "__").toUpperCase()}__SECURITY`;
    const [outer = "", inner] = provider.section.split(".");
    const section = inner === undefined ? `  ${outer}:${YAML}` : `  ${outer}:\n   ${inner}:${YAML}`;
    for (const given of [
      { options: { security: GIVEN } },
      { args: FLAGS },
      { yaml: `cloudprovider:\n${section}` },
      { env: { [`${variable}__CA`]: "/etc/ca.pem", [variable]: JSON.stringify({ ...GIVEN, ca: undefined }) } },
    ]) {
      const security = securityOf(given, provider);
      expect(security).toBeInstanceOf(Security);
      expect(JSON.parse(JSON.stringify(security))).toEqual(JSON.parse(JSON.stringify(expected)));
    }
  });
});

test("a reference or a path on a command line is no secret; a key is", () => {
  const exposed = (args: readonly string[]): readonly string[] =>
    EC2 === undefined ? [] : exposedSecrets(parseCommandLine(args, EC2).flags, EC2.schema, "ec2");
  expect(exposed(FLAGS)).toEqual([]);
  expect(exposed([`--security.key=${KEY}`])).toEqual([expect.stringMatching(/^--security\.key holds a secret/u)]);
});

test.each<[object, RegExp]>([
  [{ ca: "x" }, /^Expected the `security\.cert` option to be given: the certificate of every role/u],
  [{ cert: "x", key: "y" }, /^Expected the `security\.ca` option to be given/u],
  [{ ca: "x", cert: "x", crt: "hunter2" }, /^Unknown option "security\.crt"\. Did you mean "cert"\?$/u],
  [{ deliver: "join" }, /^Unknown option "security\.deliver"\. Did you mean "delivery"\?$/u],
  [
    { ca: "x", cert: "x", delivery: "join" },
    /^Expected the `security\.delivery` option to be left out beside certificates of your own/u,
  ],
  [
    { ca: "x", cert: "gcp_sm:hunter2" },
    /^Expected the `security\.cert` option to be .* Did you mean gcp-sm:\?\), got \[redacted\]/u,
  ],
  [{ ca: "oci-cert:hunter2", cert: "x" }, /^Expected the `security\.ca` option to be .*\(it has no OCID/u],
  [{ ca: "x", cert: "x", worker: { key: "hunter2" } }, /^Expected the `security\.worker\.cert` option to be a path/u],
  [
    { ca: "x", cert: "x", serverName: "10.0.0.1" },
    /^Expected the `security` option to be certificates that fit together \(.*`serverName`.*\), got `\{ ca: …, cert/u,
  ],
])("%j is refused without a value", (security, message) => {
  const lines = faults(() => securityOf({ options: { security } }));
  expect(lines).toEqual([expect.stringMatching(message)]);
  expect(lines.join()).not.toContain("hunter");
});

test("a private key in a configuration file is refused where others can read the file", () => {
  const text = KEY.trimEnd().replaceAll("\n", "\n        ");
  const yaml = `cloudprovider:\n  ec2:\n    security:\n      ca: /ca.pem\n      cert: /cert.pem\n      key: |\n        ${text}\n`;
  const lines = faults(() => securityOf({ yaml, mode: 0o640 }));
  expect(lines).toEqual([
    expect.stringMatching(/c\.yaml holds a private key below security, and others can read it \(mode 0640\)/u),
  ]);
  expect(lines.join()).not.toContain(KEY.slice(40, 60));
  expect(securityOf({ yaml, mode: 0o600 })).toBeInstanceOf(Security);
});
