import { isDeepStrictEqual } from "node:util";

import type { NodeSpec } from "../bootstrap/node-spec.ts";
import { buildUserData, type UserData, type UserDataCapabilities } from "../bootstrap/user-data.ts";
import type { MachineRole } from "../provider/role.ts";

interface Built {
  readonly spec: NodeSpec;
  readonly userData: UserData;
}

/** Builds user data, and gives what it has built last for a role as long as the same is asked for: requests share theirs. */
export class KnownUserData {
  readonly #capabilities: UserDataCapabilities;
  readonly #last = new Map<MachineRole, Built>();

  constructor(capabilities: UserDataCapabilities) {
    this.#capabilities = capabilities;
  }

  /** @throws DaskFleetError as {@link buildUserData} does */
  of(spec: NodeSpec): UserData {
    const last = this.#last.get(spec.role);
    if (last !== undefined && isDeepStrictEqual(last.spec, spec)) return last.userData;
    const userData = buildUserData(spec, this.#capabilities);
    this.#last.set(spec.role, { spec, userData });
    return userData;
  }
}
