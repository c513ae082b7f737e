import { DaskFleetError } from "../errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An option with which a user adds to the request that a provider sends, in the cloud's own names. */
export interface RawOverride {
  /** The option's name. */
  readonly option: string;
  /** What it cannot decide, and what to do instead, by path: `NetworkInterfaces.*.SubnetId`; `*` is any place in a list. */
  readonly refused: Readonly<Record<string, string>>;
  /** What is a mapping or a list in the provider's own requests, and so must be one in an override. */
  readonly shape: Fields;
}

/** @throws DaskFleetError `CONFIG_INVALID` for what other options decide, and for what would take the place of a mapping or list. */
export function assertOverride({ option, refused, shape }: RawOverride, override: Fields): void {
  for (const [path, why] of Object.entries(refused)) {
    if (has(override, path.split("."))) throw invalid(option, `cannot decide ${path.replace(".*", "[]")}: ${why}`);
  }
  assertShape(option, shape, override, "");
}

/**
 * `override` laid over `base`: mappings by their names, lists by their places, all else instead of what was there. Nothing can be
 * taken away.
 */
export function mergedOver(base: unknown, override: unknown): unknown {
  if (override === undefined || override === null) return base;
  if (Array.isArray(base) && Array.isArray(override)) {
    const length = Math.max(base.length, override.length);
    return Array.from({ length }, (_, place) => mergedOver(base[place], override[place]));
  }
  if (!isFields(base) || !isFields(override)) return override;
  const names = new Set([...Object.keys(base), ...Object.keys(override)]);
  return Object.fromEntries([...names].map((name) => [name, mergedOver(base[name], override[name])]));
}

function has(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== undefined;
  if (step === "*") return Array.isArray(value) && value.some((each) => has(each, rest));
  return isFields(value) && Object.hasOwn(value, step) && has(value[step], rest);
}

function assertShape(option: string, shape: unknown, override: unknown, path: string): void {
  if (override === undefined || override === null) return;
  if (Array.isArray(shape)) {
    if (!Array.isArray(override)) throw invalid(option, `has ${path}, which must be a list`);
    for (const [place, each] of override.entries()) assertShape(option, shape[0], each, `${path}[${place}]`);
  } else if (isFields(shape)) {
    if (!isFields(override)) throw invalid(option, `has ${path}, which must be a mapping`);
    for (const [name, inner] of Object.entries(shape)) {
      assertShape(option, inner, override[name], path === "" ? name : `${path}.${name}`);
    }
  }
}

function invalid(option: string, what: string): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", `The \`${option}\` option ${what}.`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
