import { createRequire } from "node:module";

import type { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";

export type Gax = NonNullable<ConstructorParameters<typeof InstancesClient>[1]>;
export type Auth = InstancesClient["auth"];

/** The part of google-auth-library that is used. */
interface AuthLibrary {
  readonly GoogleAuth: new (options: { readonly authClient: unknown; readonly projectId?: string }) => Auth;
  readonly JWT: new (options: {
    readonly email: string;
    readonly key: string;
    readonly scopes: string[];
    readonly transporter?: Transporter;
  }) => object;
}

/** The HTTP client below it, as far as it is used. */
interface GoogleHttp {
  readonly Gaxios: new () => Transporter;
  /** The one of the whole process. */
  readonly instance: Transporter;
}

type AuthOptions = NonNullable<NonNullable<ConstructorParameters<typeof InstancesClient>[0]>["clientOptions"]>;
export type Transporter = NonNullable<Extract<AuthOptions, { transporter?: unknown }>["transporter"]>;

/** What can be changed of a request before it is sent. */
export interface GoogleRequest {
  readonly url: URL;
  agent?: unknown;
}

interface Fallback {
  readonly GrpcClient: new (options?: unknown) => { loadProtoJSON(json: object): unknown };
  readonly protobuf: object;
}

/** What Google's SDK is made of, in the very copies that it uses itself. */
function partOf(...path: readonly string[]): unknown {
  const packages = ["@google-cloud/compute/package.json", ...path.slice(0, -1)];
  const require = packages.reduce((inner, name) => createRequire(inner.resolve(name)), createRequire(import.meta.url));
  return require(path.at(-1) ?? "");
}

export function authLibrary(): AuthLibrary {
  return partOf("google-gax", "google-auth-library") as AuthLibrary;
}

export function googleHttp(): GoogleHttp {
  return partOf("google-gax", "google-auth-library", "gaxios") as GoogleHttp;
}

/** The one that asks the metadata server. */
export function metadataHttp(): GoogleHttp {
  return partOf("google-gax", "google-auth-library", "gcp-metadata", "gaxios") as GoogleHttp;
}

let quick: Gax | undefined;

/**
 * The base of the SDK's clients. As it is, each client hashes the SDK's description of the API, megabytes of JSON, only to find what
 * was made of it before; and for each refusal with details it makes everything anew, which blocks the process for half a second.
 * Here both happen once.
 */
export function quickGax(): Gax {
  quick ??= withMemory((partOf("google-gax") as { fallback: Fallback }).fallback);
  return quick;
}

function withMemory(fallback: Fallback): Gax {
  const roots = new WeakMap<object, unknown>();
  const rootOf = (json: object, load: () => unknown): unknown => {
    const root = roots.get(json) ?? load();
    roots.set(json, root);
    return root;
  };
  class GrpcClient extends fallback.GrpcClient {
    override loadProtoJSON(json: object): unknown {
      return rootOf(json, () => super.loadProtoJSON(json));
    }
  }
  const Root = { fromJSON: (json: object) => rootOf(json, () => new GrpcClient().loadProtoJSON(json)) };
  const protobuf = { ...fallback.protobuf, Root };
  return { fallback: { ...fallback, GrpcClient, protobuf } } as unknown as Gax;
}
