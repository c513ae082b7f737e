import type { DescribeKeyPairsRequest, DescribeKeyPairsResult } from "@aws-sdk/client-ec2";

import { Ec2Error } from "../errors.ts";
import { fixedId } from "../state/ids.ts";
import type { Call } from "./call.ts";
import { filtered } from "./filters.ts";

export function describeKeyPairs({ account, input }: Call<DescribeKeyPairsRequest>): DescribeKeyPairsResult {
  // The public halves are not known here.
  void input.IncludePublicKey;
  const pairs = [...account.keyPairs].map((name) => ({ name, id: fixedId("key", name) }));
  const { KeyNames: names, KeyPairIds: ids } = input;
  const unknown =
    names?.find((name) => !account.keyPairs.has(name)) ?? ids?.find((id) => !pairs.some((pair) => pair.id === id));
  if (unknown !== undefined) throw new Ec2Error("InvalidKeyPair.NotFound", `The key pair '${unknown}' does not exist`);
  const named = pairs.filter(({ name, id }) => (names?.includes(name) ?? true) && (ids?.includes(id) ?? true));
  const shown = filtered(named, input.Filters, { "key-name": ({ name }) => name, "key-pair-id": ({ id }) => id });
  return { KeyPairs: shown.map(({ name, id }) => ({ KeyName: name, KeyPairId: id, KeyType: "ed25519", Tags: [] })) };
}
