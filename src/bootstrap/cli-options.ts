import { invalid } from "../options/invalid.ts";
import { whyOwned } from "../options/owned-dask-options.ts";
import type { OptionValue } from "./node-spec.ts";
import { checkText } from "./shell/check-text.ts";

/** The arguments that stand for `options`; `what` is the option's name in messages, such as `workerOptions`. */
export function optionArguments(
  what: string,
  options: Readonly<Record<string, OptionValue | Readonly<Record<string, number>>>>,
): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const path = `${what}.${name}`;
    if (!/^[a-z][A-Za-z0-9]*$/u.test(name)) {
      throw invalid(`${path}: write Dask's options in camelCase, such as memoryLimit for --memory-limit.`);
    }
    const owned = whyOwned(name);
    if (owned !== undefined) throw invalid(`${path} cannot be set: ${owned}.`);
    if (value === undefined) return [];
    const option = name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
    if (typeof value === "boolean") return [value ? `--${option}` : `--no-${option}`];
    return texts(path, value).map((text) => `--${option}=${text}`);
  });
}

function texts(
  path: string,
  value: Exclude<OptionValue, boolean | undefined> | Readonly<Record<string, number>>,
): string[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return [resources(path, value as Readonly<Record<string, number>>)];
  }
  return [value as string | number | readonly string[]].flat().map((item: unknown) => {
    if (typeof item === "number" && Number.isFinite(item)) return String(item);
    if (typeof item !== "string")
      throw invalid(`${path} must be a text, a finite number, a boolean or a list of texts.`);
    checkText(path, item);
    return item;
  });
}

/** `GPU=2 MEM=10000000000`, as `dask worker --resources` reads it. */
function resources(path: string, values: Readonly<Record<string, number>>): string {
  const words = Object.entries(values).map(([name, amount]) => {
    if (!/^[^\s,=\0]+$/u.test(name)) throw invalid(`${path}: ${JSON.stringify(name)} cannot name a resource.`);
    if (!Number.isFinite(amount)) throw invalid(`${path}.${name} must be a finite number.`);
    return `${name}=${amount}`;
  });
  return words.join(" ");
}
