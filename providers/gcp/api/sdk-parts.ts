import type { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";

import { type ClientOptions, type Gax, loadService } from "./sdk.ts";

export type Auth = InstancesClient["auth"];
type AuthOptions = NonNullable<ClientOptions["clientOptions"]>;
export type Transporter = NonNullable<Extract<AuthOptions, { transporter?: unknown }>["transporter"]>;

/** What can be changed of a request before it is sent. */
export interface GoogleRequest {
  readonly url: URL;
  agent?: unknown;
  /** The most bytes of an answer, unpacked. */
  size?: number;
  redirect?: "manual" | "follow" | "error";
}

/** A message of the API, as the SDK describes it. */
export interface Message {
  readonly fields: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>;
  /** A type by its name, as seen from this message; null for a word such as `string`. */
  lookup(type: string): Partial<Message> | null;
}

/** What Google's SDK is made of, as far as it is used. */
export interface SdkParts {
  readonly GoogleAuth: new (options: { readonly authClient: unknown; readonly projectId?: string }) => Auth;
  readonly JWT: new (options: {
    readonly email: string;
    readonly key: string;
    readonly scopes: string[];
    readonly transporter?: Transporter;
  }) => object;
  /** The HTTP client below both. */
  readonly Gaxios: new () => Transporter;
  /**
   * The base of the SDK's clients. As it is, each client hashes the SDK's description of the API, megabytes of JSON, only to find
   * what was made of it before; and for each refusal with details it makes everything anew, which blocks the process for half a
   * second. Here both happen once.
   */
  readonly gax: Gax;
  readonly messages: { lookup(type: string): Partial<Message> | null };
}

interface Fallback {
  readonly GrpcClient: new (options?: unknown) => { loadProtoJSON(json: object): unknown };
  readonly protobuf: object;
}

let parts: Promise<SdkParts> | undefined;

/** Loads the SDK where that has not happened. */
export async function sdkParts(): Promise<SdkParts> {
  parts ??= takeApart();
  try {
    return await parts;
  } catch (error) {
    parts = undefined;
    throw error;
  }
}

/**
 * The very copies that the SDK uses itself, taken from a client of it that nobody uses: to find them as packages does not work where a
 * bundler has taken them in, nor where a package sees its own dependencies only.
 */
async function takeApart(): Promise<SdkParts> {
  const Client = await loadService("instances");
  const client = new Client({}) as unknown as {
    readonly auth: Auth;
    readonly _gaxModule: Fallback;
    readonly _protos: SdkParts["messages"];
  };
  const jwt = client.auth.fromAPIKey("none");
  return {
    GoogleAuth: client.auth.constructor as SdkParts["GoogleAuth"],
    JWT: jwt.constructor as SdkParts["JWT"],
    Gaxios: jwt.transporter.constructor as SdkParts["Gaxios"],
    gax: withMemory(client._gaxModule),
    messages: client._protos,
  };
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
