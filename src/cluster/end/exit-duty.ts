import type { ClientAccess } from "../../access/client-access.ts";
import { type Guarded, guardExit, unguardExit, unguardedWarning } from "../../process/exit-guard.ts";
import type { ResolvedClusterOptions } from "../../provider/cluster-options.ts";
import type { ClusterIdentity } from "../../provider/identity.ts";
import type { Capabilities } from "../../provider/machine.ts";
import type { Inventory } from "./inventory.ts";
import { remainsInWords } from "./remains.ts";

interface Owner {
  readonly name: string;
  readonly options: ResolvedClusterOptions;
  readonly inventory: Inventory;
  readonly providerName: string;
  readonly capabilities: Capabilities;
  readonly close: () => Promise<void>;
  readonly warn: (message: string) => void;
  /** Asked late: a handle on a cluster that is there learns its id. */
  readonly identity: () => ClusterIdentity;
}

/** What a cluster that may exist does when its process ends: it closes, or names what it leaves behind. */
export class ExitDuty {
  readonly #owner: Owner;
  readonly #guarded: Guarded;
  #mayExist = false;

  constructor(owner: Owner) {
    this.#owner = owner;
    const { name, options, close } = owner;
    this.#guarded = { name, closeTimeoutMs: options.closeTimeoutMs, close, whatIsLeft: () => this.#whatIsLeft() };
  }

  /** Whether something of the cluster may exist. */
  get mayExist(): boolean {
    return this.#mayExist;
  }

  /** Something may exist from now on that another process has made: the process may end without it. */
  takeOver(): void {
    this.#mayExist = true;
  }

  /** Something may exist from now on: the process does not end without it, unless the options say so. */
  begin(): void {
    const { name, options, capabilities, warn } = this.#owner;
    if (!this.#mayExist && options.closeOnExit) {
      guardExit(this.#guarded);
      const warning = capabilities.endsWithProcess === true ? undefined : unguardedWarning(name, options);
      if (warning !== undefined) warn(warning);
    }
    this.#mayExist = true;
  }

  /** Nothing of it exists any more, or another process looks after it. */
  nothingLeft(): void {
    this.#mayExist = false;
  }

  /** A signal still ends the commands that go on after the scheduler's end. */
  end(access: ClientAccess | undefined): void {
    if (access?.isUsed === true) void access.unused().then(() => unguardExit(this.#guarded));
    else unguardExit(this.#guarded);
  }

  #whatIsLeft(): string {
    const { inventory, name, providerName: provider, capabilities, identity } = this.#owner;
    if (capabilities.endsWithProcess === true || !this.#mayExist) return "";
    return remainsInWords({ clusterName: name, clusterId: identity().ids[0], provider, inventory });
  }
}
