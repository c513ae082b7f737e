import { PassThrough } from "node:stream";

import { onTestFinished } from "vitest";
import * as z from "zod";

import type { ClusterType } from "../../../../src/cli/providers.ts";
import type { RpcProvider } from "../../../../src/cli/rpc/providers.ts";
import { serveRpc } from "../../../../src/cli/rpc/serve.ts";
import { ClusterManager } from "../../../../src/cluster/cluster-manager.ts";
import { flag, secret, text } from "../../../../src/options/fields.ts";
import { resolveOptions } from "../../../../src/options/resolve.ts";
import { clusterFields } from "../../../../src/provider/cluster-schema.ts";
import { type ConfiguredProvider, defineProvider } from "../../../../src/provider/provider-definition.ts";
import { RpcClient } from "../../../support/rpc-client.ts";
import type { FakeCloud } from "../../cluster/fake-cloud.ts";
import { FakeCluster } from "../../cluster/fake-cluster.ts";

const schema = z.object({
  ...clusterFields,
  security: flag().default(false),
  closeTimeoutMs: clusterFields.closeTimeoutMs.unwrap().default(2000),
  region: text().default("here"),
  password: secret(text({ pattern: /^x/ })).optional(),
});

/** A provider of a cloud in memory, whose options come as real ones do. */
function fakeProvider(cloud: () => FakeCloud): RpcProvider {
  const resolve = (options: object = {}): ConfiguredProvider => {
    const { values } = resolveOptions(schema, { section: "fake", options, env: {}, home: "/nonexistent" });
    const { password: _password, ...others } = values;
    return FakeCluster.definition.resolve({ cloud: cloud(), ...others });
  };
  const definition = defineProvider({ name: "fake", resolve, open: (configured) => configured.open() });
  const clusterClass = class extends ClusterManager {
    static readonly definition = definition;

    constructor(options: object = {}) {
      super(definition.resolve(options));
    }
  } as unknown as ClusterType;
  const names = {
    section: "fake",
    command: "fake",
    folder: "fake",
    name: "Fake",
    title: "a cloud in memory",
    isCloud: true,
  };
  return { ...names, className: "FakeCluster", clusterClass: async () => clusterClass };
}

export interface InMemory {
  readonly client: RpcClient;
  readonly end: ReturnType<typeof serveRpc>;
  readonly output: PassThrough;
  readonly told: readonly string[];
  /** As a signal does. */
  readonly stop: () => void;
}

/** `dask-fleet rpc` in this process, with a fake cloud. */
export function served(cloud: FakeCloud): InMemory {
  const [input, output, stop] = [new PassThrough(), new PassThrough(), new AbortController()];
  const told: string[] = [];
  const tell = (words: string): void => void told.push(words);
  const end = serveRpc({ input, output, providers: [fakeProvider(() => cloud)], stop: stop.signal, tell });
  const client = new RpcClient(input, output);
  onTestFinished(async () => {
    input.end();
    output.resume();
    await end;
  });
  return { client, end, output, told, stop: () => stop.abort() };
}
