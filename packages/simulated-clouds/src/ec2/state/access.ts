import { createHash } from "node:crypto";

import type { TagSpecification } from "@aws-sdk/client-ec2";

import { Ec2Error } from "../errors.ts";
import { matchesPattern } from "../wildcard.ts";

const ENCODED_BYTES = 1500;
/** What a create call makes, whose tags a policy can want in that call. */
const MADE_BY: Readonly<Record<string, readonly string[]>> = {
  RunInstances: ["instance", "volume", "network-interface"],
  CreateSecurityGroup: ["security-group"],
  AuthorizeSecurityGroupIngress: ["security-group-rule"],
};

/** What the credentials of the account may do, and whether they are good. A test sets it; the default is everything. */
export class Access {
  /** What AWS says of the credentials. */
  credentials: "valid" | "unknown" | "expired" = "valid";
  /** How many of the next calls EC2 refuses for no reason, as it sometimes does. */
  randomRefusals = 0;
  /** Whether the account has not opted in to the region, which blocks EC2 there. */
  notOptedIn = false;
  /** Names of tags that a service control policy wants on everything that is made, in the call that makes it. */
  requiredTags: readonly string[] = [];
  #allowed: readonly string[] = ["*"];
  #denied: readonly string[] = [];
  #deniedByOrganization: readonly string[] = [];
  #refusals: { readonly operation: string; readonly error: Ec2Error }[] = [];
  readonly #used = new Set<string>();

  /** Every action that was needed, as policies name it, such as `ec2:RunInstances` and `iam:PassRole`. */
  get used(): readonly string[] {
    return [...this.#used].sort();
  }

  /** Allows only these actions; `*` stands for any letters, as in `ec2:Describe*`. */
  allowOnly(...actions: readonly string[]): void {
    this.#allowed = actions;
  }

  deny(...actions: readonly string[]): void {
    this.#denied = actions;
  }

  /** A service control policy of the organization denies these actions, whatever the account's own policies allow. */
  denyByOrganization(...actions: readonly string[]): void {
    this.#deniedByOrganization = actions;
  }

  /** Refuses the next call of an operation in this way, for refusals that the simulation does not model. */
  refuseNext(operation: string, code: string, message = "…", status = 400): void {
    this.#refusals.push({ operation, error: new Ec2Error(code, message, status) });
  }

  /** @throws Ec2Error that {@link refuseNext} has announced */
  checkAnnounced(operation: string): void {
    const refusal = this.#refusals.find((each) => each.operation === operation);
    if (refusal === undefined) return;
    this.#refusals = this.#refusals.filter((each) => each !== refusal);
    throw refusal.error;
  }

  reset(): void {
    this.#refusals = [];
    this.credentials = "valid";
    this.randomRefusals = 0;
    this.notOptedIn = false;
    this.requiredTags = [];
    this.#allowed = ["*"];
    this.#denied = [];
    this.#deniedByOrganization = [];
    this.#used.clear();
  }

  checkCredentials(): void {
    if (this.credentials === "expired") throw new Ec2Error("RequestExpired", "Request has expired.");
    if (this.credentials === "unknown") throw notValidated();
    if (this.randomRefusals > 0) {
      this.randomRefusals -= 1;
      throw notValidated();
    }
    if (this.notOptedIn) {
      const message = "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.";
      throw new Ec2Error("OptInRequired", message, 401);
    }
  }

  /** Checks that the policies allow an action. */
  check(action: string, resource = "*"): void {
    this.#used.add(action);
    const why = this.#whyNot(action);
    if (why !== undefined) throw unauthorized(action, resource, why);
  }

  /** Whether the policies allow an action, for what AWS does by itself. */
  allows(action: string): boolean {
    this.#used.add(action);
    return this.#whyNot(action) === undefined;
  }

  /** Checks that a call's resources have the tags that the organization requires. */
  checkTags(operation: string, specifications: readonly TagSpecification[] = []): void {
    for (const type of MADE_BY[operation] ?? []) {
      const { Tags = [] } = specifications.find(({ ResourceType }) => ResourceType === type) ?? {};
      const names = new Set(Tags.map(({ Key }) => Key));
      if (this.requiredTags.every((name) => names.has(name))) continue;
      throw unauthorized(`ec2:${operation}`, `arn:aws:ec2:us-east-1:123456789012:${type}/*`, BY_ORGANIZATION);
    }
  }

  #whyNot(action: string): string | undefined {
    const matches = (pattern: string): boolean => matchesPattern(pattern, action);
    if (this.#deniedByOrganization.some(matches)) return BY_ORGANIZATION;
    if (this.#denied.some(matches)) return "with an explicit deny in an identity-based policy";
    if (this.#allowed.some(matches)) return undefined;
    return `because no identity-based policy allows the ${action} action`;
  }
}

const BY_ORGANIZATION = "with an explicit deny in a service control policy";

export function notValidated(): Ec2Error {
  return new Ec2Error("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
}

/** EC2 adds to a denied change what only `sts:DecodeAuthorizationMessage` can read. */
function unauthorized(action: string, resource: string, why: string): Ec2Error {
  const plain = `You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/tester is not authorized to perform: ${action} on resource: ${resource} ${why}.`;
  const isChange = action.startsWith("ec2:") && !action.startsWith("ec2:Describe");
  const encoded = isChange ? ` Encoded authorization failure message: ${encodedOf(plain)}` : "";
  return new Ec2Error("UnauthorizedOperation", `${plain}${encoded}`, 403);
}

function encodedOf(text: string): string {
  return createHash("shake256", { outputLength: ENCODED_BYTES }).update(text).digest("base64url");
}
