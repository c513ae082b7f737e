import type * as z from "zod";

import { type ConfigNode, type ConfigTree, leavesOf } from "../../options/config-tree.ts";
import { kebabCase, snakeCase } from "../../options/option-names.ts";
import type { ProviderFacts } from "../../provider/manifest.ts";
import { textOf } from "../nodes.ts";

/** The provider on which the cluster is to be. */
export interface AdsProvider extends ProviderFacts {
  readonly isCloud: boolean;
}

/** What a document becomes while it is read: options of a cluster, and notes about what has no meaning. */
export class OwnTerms {
  /** As the top level of a cluster file in snake case. */
  readonly tree: ConfigTree = new Map();
  /** One sentence each. */
  readonly notes: string[] = [];
  readonly provider: AdsProvider;
  readonly #schema: z.ZodObject;

  constructor(provider: AdsProvider, schema: z.ZodObject) {
    this.provider = provider;
    this.#schema = schema;
  }

  /** Whether the provider has an option. */
  has(option: string): boolean {
    return Object.hasOwn(this.#schema.shape, option);
  }

  /** The value as the document has it, for the option's schema to read; or a note that the provider has no such option. */
  take(option: string, name: string, node: ConfigNode | undefined): void {
    if (node === undefined) return;
    if (this.has(option)) this.tree.set(snakeCase(option), node);
    else
      this.notes.push(`${name} ${textOf(node) ?? ""} is not used: ${this.provider.title} has no ${kebabCase(option)}.`);
  }

  /** A value that follows from the document, at `node`. */
  set(option: string, node: ConfigNode | undefined, value: unknown): void {
    const source = node === undefined ? undefined : (node.source ?? leavesOf(node)[0]?.source);
    this.tree.set(snakeCase(option), { readings: [value], source: source ?? { kind: "default" } });
  }
}
