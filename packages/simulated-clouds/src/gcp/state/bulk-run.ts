import { placeOf, type Scope } from "../links.ts";
import type { Account } from "./account.ts";
import { roomFor, stockoutError } from "./capacity.ts";
import { newId } from "./identity.ts";
import type { Operation, OperationError } from "./operations.ts";
import { policyError } from "./policies.ts";
import { quotaError, quotaFor } from "./quota.ts";
import type { VmPlan } from "./vm-plan.ts";
import { type Vm, vmPath } from "./vm.ts";

interface BulkPlan {
  readonly plan: VmPlan;
  readonly names: readonly { readonly name: string; readonly hostname?: string | undefined }[];
  readonly minCount: number;
  readonly scope: Scope;
  readonly target: string;
  readonly requestId: string | undefined;
}

/**
 * One `bulkInsert` under way. Each VM has an insert operation of its own in the group. When fewer than `minCount` can be made,
 * those that were made are deleted again; from `minCount` on they stay, and the operation of the whole is a success: who wants to
 * know what failed looks at the counts, or at the operations of the group.
 */
export class BulkRun {
  readonly #account: Account;
  readonly #bulk: BulkPlan;
  readonly #groupId = newId();
  readonly #made: Vm[] = [];
  #status: "CREATING" | "ROLLING_BACK" | "DONE" = "CREATING";
  #failed = 0;
  #deleted = 0;

  constructor(account: Account, bulk: BulkPlan) {
    this.#account = account;
    this.#bulk = bulk;
  }

  begin(): Operation {
    const { operations, clock, operationMs } = this.#account;
    const { scope, target, requestId, plan } = this.#bulk;
    const operation = operations.begin({
      scope,
      type: "bulkInsert",
      target,
      requestId,
      groupId: this.#groupId,
      warnings: plan.warnings,
      more: () => ({ instancesBulkInsertOperationMetadata: this.#metadata() }),
    });
    const errors = this.#launch();
    clock.after(operationMs, () => this.#conclude(operation, errors));
    return operation;
  }

  /** Creates as many as fit. Returns why not all. */
  #launch(): readonly OperationError[] {
    const { vms, capacity, policies, refusals } = this.#account;
    const { plan, names } = this.#bulk;
    const quota = quotaFor(this.#account, plan);
    const room = roomFor(capacity, vms.all, plan);
    const fitting = Math.min(quota.vms, room.vms);
    const shortage = quota.vms < room.vms ? quotaError(quota) : stockoutError(plan, room.code);
    const errors: OperationError[] = [];
    for (const { name, hostname } of names) {
      const path = vmPath(plan, name);
      const error =
        this.#taken(path) ??
        policyError(policies, plan, path) ??
        (this.#made.length < fitting ? refusals.inOperation("instances.bulkInsert", path) : shortage);
      if (error === undefined) this.#made.push(vms.create(plan, name, hostname));
      else errors.push(error);
      this.#beginInsert(path, error);
    }
    this.#failed = errors.length;
    return errors;
  }

  #taken(path: string): OperationError | undefined {
    if (this.#account.vms.get(path) === undefined) return undefined;
    const message = `The resource '${path}' already exists`;
    return { code: "RESOURCE_ALREADY_EXISTS", message, httpStatus: 409, httpMessage: "CONFLICT" };
  }

  /** The operation of one VM. */
  #beginInsert(target: string, error: OperationError | undefined): void {
    const { operations, operationMs } = this.#account;
    const { project, zone } = this.#bulk.plan;
    const targetId = error === undefined ? this.#made.at(-1)?.id : undefined;
    const input = { scope: { project, zone }, type: "insert", target, targetId, groupId: this.#groupId };
    operations.run(input, operationMs, () => (error === undefined ? [] : [error]));
  }

  #conclude(operation: Operation, errors: readonly OperationError[]): void {
    const { minCount } = this.#bulk;
    const causes = [...new Map(errors.map((error) => [error.code, error])).values()];
    if (this.#made.length >= minCount) {
      this.#status = "DONE";
      operation.finish(this.#account.options.partialErrorsIn === "operation" ? causes : []);
      return;
    }
    this.#status = "ROLLING_BACK";
    for (const vm of this.#made) vm.destroy();
    const counted = this.#made.map(async (vm) => {
      await vm.gone;
      this.#deleted += 1;
    });
    void Promise.all(counted).then(() => {
      this.#status = "DONE";
      const message = `Requested minimum count of ${minCount} VMs could not be created.`;
      const summary = {
        code: "VM_MIN_COUNT_NOT_REACHED",
        message,
        httpStatus: 503,
        httpMessage: "SERVICE UNAVAILABLE",
      };
      operation.finish(this.#account.options.minCountErrorsIn === "inserts" ? [summary] : [summary, ...causes]);
    });
  }

  #metadata(): Record<string, unknown> {
    const { names, plan } = this.#bulk;
    const counts = {
      status: this.#status,
      targetVmCount: names.length,
      createdVmCount: this.#made.length,
      failedToCreateVmCount: this.#failed,
      deletedVmCount: this.#deleted,
    };
    return { perLocationStatus: { [placeOf({ zone: plan.zone })]: counts } };
  }
}
