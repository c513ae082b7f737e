import { Ec2Error } from "../errors.ts";
import { matchesPattern } from "../wildcard.ts";

/** What the credentials of the account may do, and whether they are good. A test sets it; the default is everything. */
export class Access {
  /** What AWS says of the credentials. */
  credentials: "valid" | "unknown" | "expired" = "valid";
  /** Whether the account has not opted in to the region, so that it can not use EC2 there. */
  notOptedIn = false;
  #allowed: readonly string[] = ["*"];
  #denied: readonly string[] = [];
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

  reset(): void {
    this.credentials = "valid";
    this.notOptedIn = false;
    this.#allowed = ["*"];
    this.#denied = [];
    this.#used.clear();
  }

  checkCredentials(): void {
    if (this.credentials === "expired") throw new Ec2Error("RequestExpired", "Request has expired.");
    if (this.credentials === "unknown") {
      throw new Ec2Error("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
    }
    if (this.notOptedIn) {
      const message = "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.";
      throw new Ec2Error("OptInRequired", message, 401);
    }
  }

  /** Checks that the policy allows an action. */
  check(action: string, resource = "*"): void {
    this.#used.add(action);
    const denied = this.#denied.some((pattern) => matchesPattern(pattern, action));
    if (!denied && this.#allowed.some((pattern) => matchesPattern(pattern, action))) return;
    const why = denied
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${action} action`;
    throw new Ec2Error(
      "UnauthorizedOperation",
      `You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/tester is not authorized to perform: ${action} on resource: ${resource} ${why}.`,
      403,
    );
  }
}
