import { createRequire } from "node:module";

/** A function that makes the same of the same object. */
type FromJson = (json: object, ...rest: readonly unknown[]) => unknown;

interface Gax {
  readonly GrpcClient: { protobufFromJSON: FromJson };
  readonly protobuf: { readonly Root: { fromJSON: FromJson } };
}

/**
 * Google's SDK hashes its description of the API, megabytes of it, for each client, and reads it anew at each error that has
 * details. For hundreds of clusters in one process that is most of the time: here it is done once.
 */
export function readProtosOnce(): void {
  const fromSdk = createRequire(createRequire(import.meta.url).resolve("@google-cloud/compute"));
  const { GrpcClient, protobuf } = fromSdk("google-gax/fallback") as Gax;
  GrpcClient.protobufFromJSON = remembering(GrpcClient.protobufFromJSON.bind(GrpcClient));
  protobuf.Root.fromJSON = remembering(protobuf.Root.fromJSON.bind(protobuf.Root));
}

function remembering(make: FromJson): FromJson {
  const known = new WeakMap<object, unknown>();
  return (json, ...rest) => {
    if (rest.some((each) => each !== undefined)) return make(json, ...rest);
    const made = known.get(json) ?? make(json);
    known.set(json, made);
    return made;
  };
}
