import { NotUnderstood } from "../../core/http-cloud.ts";
import { invalidField, requiredField } from "../api-error.ts";
import type { InstanceInput } from "../resources.ts";
import { checkName } from "./names.ts";

const MOST_VMS = 5000;
const PATTERN = /^(?<prefix>[^#]*)(?<digits>#{1,18})(?<suffix>[^#]*)$/u;

/** The body of both `bulkInsert` methods. */
export interface BulkInput {
  readonly count?: string | number;
  readonly minCount?: string | number;
  readonly namePattern?: string;
  readonly perInstanceProperties?: Readonly<Record<string, { readonly hostname?: string; readonly name?: string }>>;
  readonly instanceProperties?: InstanceInput;
  readonly locationPolicy?: LocationPolicyInput;
  readonly sourceInstanceTemplate?: string;
  readonly instanceFlexibilityPolicy?: unknown;
}

export interface LocationPolicyInput {
  readonly locations?: Readonly<Record<string, { readonly preference?: string }>>;
  readonly targetShape?: string;
  readonly zones?: readonly { readonly zone?: string }[];
}

export interface BulkNames {
  readonly name: string;
  readonly hostname?: string | undefined;
}

/** Checks how many VMs are asked for, and gives their names: after the highest number that is in use. */
export function checkCounts(
  input: BulkInput,
  namesInUse: readonly string[],
): { readonly names: readonly BulkNames[]; readonly minCount: number; readonly properties: InstanceInput } {
  const { sourceInstanceTemplate = "", instanceFlexibilityPolicy, instanceProperties, namePattern = "" } = input;
  if (sourceInstanceTemplate !== "" || instanceFlexibilityPolicy !== undefined) {
    throw new NotUnderstood("not simulated: instance templates and flexibility policies");
  }
  if (instanceProperties === undefined) throw requiredField("resource.instanceProperties");
  if (instanceProperties.name !== undefined || instanceProperties.hostname !== undefined) {
    throw new NotUnderstood("InstanceProperties have neither name nor hostname");
  }
  const each = Object.entries(input.perInstanceProperties ?? {});
  const count = Number(input.count ?? each.length);
  if (count < 1 || count > MOST_VMS) {
    throw invalidField("resource.count", String(count), `Value must be between 1 and ${MOST_VMS}.`);
  }
  const minCount = Number(input.minCount ?? count);
  if (minCount < 1 || minCount > count) {
    throw invalidField("resource.minCount", String(minCount), "Value must be between 1 and count.");
  }
  if ((namePattern === "") === (each.length === 0)) {
    const why = "Exactly one of namePattern and perInstanceProperties must be specified.";
    throw invalidField("resource.namePattern", namePattern, why);
  }
  if (each.length === 0)
    return { names: patternNames(namePattern, count, namesInUse), minCount, properties: instanceProperties };
  if (each.length !== count) {
    throw invalidField(
      "resource.count",
      String(count),
      `There are perInstanceProperties for ${each.length} instances.`,
    );
  }
  const names = each.map(([name, { hostname }]) => {
    return { name: checkName("resource.perInstanceProperties.key", name), hostname };
  });
  return { names, minCount, properties: instanceProperties };
}

function patternNames(pattern: string, count: number, namesInUse: readonly string[]): readonly BulkNames[] {
  const { prefix, digits, suffix } = PATTERN.exec(pattern)?.groups ?? {};
  if (prefix === undefined || digits === undefined || suffix === undefined) {
    throw invalidField("resource.namePattern", pattern, "It must contain one sequence of 1 to 18 hash characters.");
  }
  const numbers = namesInUse
    .filter((name) => name.length === pattern.length && name.startsWith(prefix) && name.endsWith(suffix))
    .map((name) => name.slice(prefix.length, prefix.length + digits.length))
    .filter((text) => /^\d+$/u.test(text))
    .map(Number);
  const first = Math.max(0, ...numbers) + 1;
  if (first + count - 1 > 10 ** digits.length - 1) {
    throw invalidField("resource.namePattern", pattern, `It has no ${count} names left from ${first} on.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const number = String(first + index).padStart(digits.length, "0");
    return { name: checkName("resource.namePattern", `${prefix}${number}${suffix}`) };
  });
}
