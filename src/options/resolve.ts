import type { z } from "zod";

import { DaskFleetError } from "../errors.ts";
import { homeDirectory } from "../home.ts";
import { readConfigFiles } from "./config-files.ts";
import { leavesOf, overlay } from "./config-tree.ts";
import type { ConfigTree } from "./config-tree.ts";
import { configuredInput } from "./configured-input.ts";
import { readEnvironment } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { instead } from "./former-options.ts";
import { frozenCopy } from "./frozen-copy.ts";
import { fromWhere } from "./option-source.ts";
import type { OptionSource } from "./option-source.ts";
import { problemLines } from "./problem-words.ts";
import { showValue } from "./show-value.ts";

export interface OptionsRequest {
  /**
   * The section below `cloudprovider` in Dask's configuration, such as `local` or `ec2`. Where it is dotted, as in
   * `azure.azurevm`, the outer section's own options count too and the inner one's win.
   */
  readonly section: string;
  /** What the caller gave to the constructor. `undefined`, also as a value, means "not given". */
  readonly options?: object | undefined;
  /** @default process.env */
  readonly env?: Environment | undefined;
  /** @default env.HOME, or else the user's home according to the system */
  readonly home?: string | undefined;
  /** What a relative DASK_CONFIG is relative to. @default process.cwd() */
  readonly cwd?: string | undefined;
}

export interface ResolvedOptions<Schema extends z.ZodObject> {
  /** Checked, with defaults filled in, copied and deeply frozen. An option without value or default is absent. */
  readonly values: Readonly<z.output<Schema>>;
  /** Where each of the schema's options came from. */
  readonly sources: Readonly<Record<keyof z.output<Schema>, OptionSource>>;
}

/**
 * The one way from what was asked to what is used: constructor > environment > YAML > the schema's defaults.
 *
 * - Environment and files follow Dask's own rules (dask.config): `DASK_CLOUDPROVIDER__LOCAL__N_WORKERS=2` is
 *   `cloudprovider: {local: {n-workers: 2}}`, values are Python literals, and mappings are merged. The constructor's
 *   value replaces a mapping as a whole.
 * - Absent is `undefined` in the constructor and `null` (`None`) in configuration, where it hides what less important
 *   files say, as in Dask. `false`, `0` and `""` are values.
 * - Unknown names and bad values are errors, all of one call in one `CONFIG_INVALID`, a line each.
 */
export function resolveOptions<Schema extends z.ZodObject>(
  schema: Schema,
  { options, ...where }: OptionsRequest,
): ResolvedOptions<Schema> {
  const { section } = where;
  const sources = new Map<string, OptionSource>();
  const written = new Map<string, unknown>();
  const problems: string[] = [];
  const names = Object.keys(schema.shape);
  const input = {
    ...configuredInput(configurationOf(where, problems), schema, { sources, written, problems }),
    ...constructorInput(options ?? {}, names, { sources, problems }),
  };
  const result = schema.safeParse(input);
  if (!result.success)
    problems.push(...problemLines(result.error.issues, { schema, section, input, sources, written }));
  if (!result.success || problems.length > 0) throw new DaskFleetError("CONFIG_INVALID", problems);
  const provenance = Object.fromEntries(names.map((name) => [name, sources.get(name) ?? { kind: "default" }]));
  return { values: frozenCopy(result.data), sources: frozenCopy(provenance) as ResolvedOptions<Schema>["sources"] };
}

function constructorInput(
  options: object,
  known: readonly string[],
  found: { readonly sources: Map<string, OptionSource>; readonly problems: string[] },
): Record<string, unknown> {
  if (Array.isArray(options) || typeof options !== "object") {
    found.problems.push(`Expected the options to be an object, got ${showValue(options, false)}`);
    return {};
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (!known.includes(name))
      found.problems.push(`Unknown option "${name}". ${instead(name, known, (option) => option)}`);
    for (const path of found.sources.keys()) if (path.startsWith(`${name}.`)) found.sources.delete(path);
    found.sources.set(name, { kind: "constructor" });
  }
  return Object.fromEntries(given.filter(([name]) => known.includes(name)));
}

/** What the environment and the configuration files say of a section's options. */
export function configurationOf(
  { section, env = process.env, home = homeDirectory(env), cwd = process.cwd() }: Omit<OptionsRequest, "options">,
  problems: string[],
): ConfigTree {
  const config = readConfigFiles({ env, home, cwd }, problems);
  overlay(config, readEnvironment(env));
  return sectionOf(config, section, problems);
}

/** The options of a section, those of the sections around it included. */
function sectionOf(config: ConfigTree, section: string, problems: string[]): ConfigTree {
  const merged: ConfigTree = new Map();
  let inside = config;
  const names = ["cloudprovider", ...section.split(".")];
  for (const [depth, name] of names.entries()) {
    const node = inside.get(name);
    if (node === undefined) break;
    if (!("children" in node)) {
      const [leaf] = leavesOf(node);
      const path = names.slice(0, depth + 1).join(".");
      if (leaf !== undefined && leaf.readings[0] !== null) {
        problems.push(
          `Expected the \`${path}\` section to be a mapping, got ${showValue(leaf.readings[0], true)}${fromWhere(leaf.source)}`,
        );
      }
      break;
    }
    inside = node.children;
    const innerSection = names[depth + 1];
    if (depth > 0) overlay(merged, new Map([...inside].filter(([key]) => key !== innerSection)));
  }
  return merged;
}
