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
  /** A function, since attaching learns the id later. */
  readonly identity: () => ClusterIdentity;
}

/** The end of a process whose cluster may exist: the cluster closes, or its leftovers are named. */
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

  /** Resources of another process may exist from now on. This process may end without them. */
  takeOver(): void {
    this.#mayExist = true;
  }

  /** Resources may exist from now on. The process closes the cluster before it ends, unless the options say otherwise. */
  begin(): void {
    const { name, options, capabilities, warn } = this.#owner;
    if (!this.#mayExist && options.closeOnExit) {
      guardExit(this.#guarded);
      const warning = capabilities.endsWithProcess === true ? undefined : unguardedWarning(name, options);
      if (warning !== undefined) warn(warning);
    }
    this.#mayExist = true;
  }

  /** Nothing exists any more, or another process leads the cluster. */
  nothingLeft(): void {
    this.#mayExist = false;
  }

  /** Commands may outlive the scheduler; a signal still ends them. */
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
