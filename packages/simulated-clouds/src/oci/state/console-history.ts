import type { Instance } from "./instance.ts";
import { Resource } from "./resource.ts";

const MOST_BYTES = 1_048_576;

/** What an instance's serial console showed at some time. The capture takes a while. */
export class ConsoleHistory extends Resource {
  readonly instance: Instance;
  #content: Buffer | undefined;
  #isAsked = true;

  constructor(made: ConstructorParameters<typeof Resource>[0], instance: Instance) {
    super(made);
    this.instance = instance;
  }

  get state(): "REQUESTED" | "GETTING-HISTORY" | "SUCCEEDED" {
    if (this.#content !== undefined) return "SUCCEEDED";
    return this.#isAsked ? "REQUESTED" : "GETTING-HISTORY";
  }

  get content(): Buffer | undefined {
    return this.#content;
  }

  begin(): void {
    this.#isAsked = false;
  }

  /** Takes what is on the console now: its last megabyte. */
  async capture(): Promise<void> {
    const text = Buffer.from((await this.instance.machine?.console()) ?? "");
    this.#content = text.subarray(Math.max(0, text.length - MOST_BYTES));
    this.touch();
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { instance, state } = this;
    return {
      ...this.common(),
      availabilityDomain: instance.plan.availabilityDomain,
      instanceId: instance.id,
      lifecycleState: state,
    };
  }
}
