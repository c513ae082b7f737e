import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

import { patientSpeed } from "../../../../test/support/patience.ts";
import type { SimulatedGcpOptions } from "../../src/gcp/options.ts";
import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { Sdk } from "./sdk.ts";

interface Given {
  readonly cloud: SimulatedGcp;
  readonly sdk: Sdk;
}

/** Gives each test a cloud of its own, and the SDK that uses it. */
export function freshGcp(options: SimulatedGcpOptions = {}): Given {
  const given = new Life(options);
  beforeEach(() => given.begin());
  afterEach(() => given.end());
  return given;
}

/** Gives all tests of a group the same cloud: for those that leave nothing behind. */
export function sharedGcp(options: SimulatedGcpOptions = {}): Given {
  const given = new Life(options);
  beforeAll(() => given.begin());
  afterAll(() => given.end());
  return given;
}

class Life implements Given {
  readonly #options: SimulatedGcpOptions;
  #cloud: SimulatedGcp | undefined;
  #sdk: Sdk | undefined;

  constructor(options: SimulatedGcpOptions) {
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#cloud = await new SimulatedGcp({ speed: patientSpeed(), ...this.#options }).start();
    this.#sdk = new Sdk(this.#cloud);
  }

  /** A request that the cloud did not understand fails the test, or the group. */
  async end(): Promise<void> {
    const violations = [...(this.#cloud?.violations ?? [])];
    await this.#cloud?.[Symbol.asyncDispose]();
    expect(violations).toEqual([]);
  }

  get cloud(): SimulatedGcp {
    if (this.#cloud === undefined) throw new Error("There is a cloud during a test only");
    return this.#cloud;
  }

  get sdk(): Sdk {
    if (this.#sdk === undefined) throw new Error("There is an SDK during a test only");
    return this.#sdk;
  }
}
