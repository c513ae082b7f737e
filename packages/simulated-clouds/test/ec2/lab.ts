import { EC2, type EC2ServiceException, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { expect } from "vitest";

import { patientSpeed } from "../../../../test/support/patience.ts";
import type { SimulatedEc2Options } from "../../src/ec2/options.ts";
import { SimulatedEc2 } from "../../src/ec2/simulated-ec2.ts";

/** A simulated EC2 and the real SDK that talks to it. It ends with the check that nothing wrong was sent. */
export class Lab implements AsyncDisposable {
  readonly cloud: SimulatedEc2;
  readonly ec2: EC2;

  /** Without other options, calls find what is new at once. */
  static async open(options: SimulatedEc2Options = {}): Promise<Lab> {
    const cloud = await new SimulatedEc2({ speed: patientSpeed(), listLagMs: 0, ...options }).start();
    return new Lab(cloud);
  }

  private constructor(cloud: SimulatedEc2) {
    this.cloud = cloud;
    this.ec2 = this.client();
  }

  /** Another client, which does not try again. */
  client(config: ConstructorParameters<typeof EC2>[0] = {}): EC2 {
    return new EC2({
      region: this.cloud.region,
      endpoint: this.cloud.endpoint,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "secret" },
      maxAttempts: 1,
      ...config,
    });
  }

  /** The newest image of a release for amd64 (or arm64), as careful people look it up. */
  async image(version = "24.04", architecture = "amd64"): Promise<string> {
    const { Images = [] } = await this.ec2.describeImages({
      Owners: ["099720109477"],
      Filters: [{ Name: "name", Values: [`ubuntu/images/hvm-ssd*/ubuntu-*-${version}-${architecture}-server-*`] }],
    });
    return Images.sort((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1))[0]?.ImageId ?? "";
  }

  /** A request for machines that EC2 would take. */
  async request(more: Partial<RunInstancesCommandInput> = {}): Promise<RunInstancesCommandInput> {
    return { ImageId: await this.image(), InstanceType: "t3.small", MinCount: 1, MaxCount: 1, ...more };
  }

  /** Launches machines and tells their ids. */
  async launch(more: Partial<RunInstancesCommandInput> = {}): Promise<string[]> {
    const { Instances = [] } = await this.ec2.runInstances(await this.request(more));
    return Instances.map(({ InstanceId: id }) => id ?? "");
  }

  async states(ids: readonly string[]): Promise<string[]> {
    const { Reservations = [] } = await this.ec2.describeInstances({ InstanceIds: [...ids] });
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name ?? ""));
  }

  /** Takes note of what was wrong so far: the end of the lab expects no more. */
  violations(): string[] {
    return this.cloud.violations.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ec2.destroy();
    const violations = this.violations();
    await this.cloud[Symbol.asyncDispose]();
    expect(violations).toEqual([]);
  }
}

/** How EC2 refused: `<code>: <message>`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "no refusal",
    (error: EC2ServiceException) => `${error.name}: ${error.message}`,
  );
}

export async function statusOf(call: Promise<unknown>): Promise<number | undefined> {
  return await call.then(
    () => 200,
    (error: EC2ServiceException) => error.$metadata?.httpStatusCode,
  );
}
