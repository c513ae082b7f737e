import { isDeepStrictEqual } from "node:util";

import type { NodeSpec } from "../bootstrap/node-spec.ts";
import { type UserData, type UserDataCapabilities, buildUserData } from "../bootstrap/user-data.ts";

interface Built {
  readonly spec: NodeSpec;
  readonly userData: UserData;
}

/** Builds user data and caches the last result for each kind of machine, so that equal requests share it. */
export class KnownUserData {
  readonly #capabilities: UserDataCapabilities;
  readonly #last = new Map<string, Built>();

  constructor(capabilities: UserDataCapabilities) {
    this.#capabilities = capabilities;
  }

  /**
   * @param group the worker group
   * @throws DaskFleetError as {@link buildUserData} does
   */
  of(spec: NodeSpec, group = ""): UserData {
    const kind = `${spec.role} ${group}`;
    const last = this.#last.get(kind);
    if (last !== undefined && isDeepStrictEqual(last.spec, spec)) return last.userData;
    const userData = buildUserData(spec, this.#capabilities);
    this.#last.set(kind, { spec, userData });
    return userData;
  }
}
