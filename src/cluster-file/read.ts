import { dirname, resolve } from "node:path";

import { DaskFleetError } from "../errors.ts";
import { type ConfigTree, leavesOf, overlay } from "../options/config-tree.ts";
import type { Environment } from "../options/environment.ts";
import { carrying } from "../options/flags/flags.ts";
import { invalid } from "../options/invalid.ts";
import { withTextNames } from "../options/units/text-names.ts";
import { printableLine } from "../text/printable.ts";
import { adsDocument, isAds } from "./ads/ads-document.ts";
import { ADS_PROVIDER } from "./ads/oci.ts";
import type { ClusterFile, ClusterFileOptions, RunProgram } from "./cluster-file.ts";
import { filesIn } from "./files.ts";
import { namedAlike } from "./layer.ts";
import { isAbsent, placeOf, textOf, unexpected } from "./nodes.ts";
import { clusterOptions, exposedCredentials, withoutForeign } from "./options.ts";
import { readProfile } from "./profile.ts";
import { type Registered, providerNames, registered } from "./providers.ts";
import { readTextFile } from "./read-text.ts";
import { runProgram } from "./run-program.ts";
import { type Setting, ownSettings, parseSetting, withSettings } from "./settings.ts";
import { Variables } from "./variables.ts";
import { yamlTree } from "./yaml-tree.ts";

/** A file that is being read. */
interface Reading {
  readonly env: Environment;
  /** As the user wrote it, for errors. */
  readonly shown: string;
  readonly path: string;
  readonly settings: readonly Setting[];
  readonly variables: Variables;
  readonly problems: string[];
  /** The options of this call: they win over the file's. */
  readonly provider: string | undefined;
  readonly profile: string | undefined;
}

/**
 * Reads a cluster file, or a document of `ads opctl`, with what lies over and below it.
 *
 * @throws DaskFleetError `CONFIG_INVALID`, all faults of the file in one, a line each; `STATE_UNTRUSTED` for a profile that others can
 * write
 */
export async function readFile(shown: string, asked: ClusterFileOptions): Promise<ClusterFile> {
  const { set = [], provider, profile, env = process.env } = asked;
  const problems: string[] = [];
  const reading: Reading = {
    shown: printableLine(shown),
    path: resolve(shown),
    env,
    settings: set.map(parseSetting),
    variables: new Variables(env, problems),
    problems,
    provider,
    profile,
  };
  const content = readTextFile(reading.path, reading.shown);
  if (content === undefined) throw invalid(`There is no file ${reading.shown}.`);
  const tree = yamlTree(content, reading.shown);
  const file = isAds(tree) ? await readAds(tree, reading) : await readOwn(tree, reading);
  if (problems.length > 0) throw new DaskFleetError("CONFIG_INVALID", problems);
  return { ...file, notes: file.notes.map((note) => printableLine(note)) };
}

/** Our own document. */
async function readOwn(written: ConfigTree, reading: Reading): Promise<ClusterFile> {
  const { problems, settings, variables } = reading;
  const { tree, profile } = withProfile(namedAlike(written, problems), reading);
  const own = tree.get("provider");
  const from =
    own === undefined || isAbsent(own) ? undefined : registered(word(own, "provider", reading), placeOf(own));
  const chosen = chosenProvider(from, reading);
  const schema = withTextNames((await chosen.manifest()).schema);
  const { kept, notes } = await withoutForeign(tree, { chosen, from, schema });
  const document = withSettings(kept, settings, { schema, problems });
  const folder = dirname(reading.path);
  const files = document.get("files");
  const program = document.get("run");
  const sent = files === undefined || isAbsent(files) ? [] : filesIn(files, { folder, variables, problems });
  const run =
    program === undefined || isAbsent(program) ? undefined : runProgram(program, { cwd: folder, variables, problems });
  const options = clusterOptions(document, { schema, variables, problems, folder });
  return {
    ...finished({ kind: "cluster", options, chosen, reading, run }),
    profile,
    files: sent,
    notes: [...notes, ...exposedCredentials(document, schema), ...unusedFiles(sent.length, run)],
  };
}

/** OCI's document: profile and settings lie over what it is in our terms. */
async function readAds(written: ConfigTree, reading: Reading): Promise<ClusterFile> {
  const { problems, settings, variables } = reading;
  const { tree: below, profile } = withProfile(new Map(), reading);
  const own = below.get("provider");
  const from =
    own === undefined ? registered(ADS_PROVIDER, "") : registered(word(own, "provider", reading), placeOf(own));
  const chosen = chosenProvider(from, reading);
  const schema = withTextNames((await chosen.manifest()).schema);
  const folder = dirname(reading.path);
  const { tree, run, notes } = adsDocument(written, { provider: chosen, schema, folder, problems });
  const options: ConfigTree = new Map();
  overlay(options, clusterOptions(below, { schema, variables, problems, folder }));
  overlay(options, tree);
  const over = withSettings(new Map(), settings, { schema, problems });
  for (const name of ["run", "files"]) {
    const node = over.get(name);
    if (node !== undefined) problems.push(`The program of an ADS document is its entryPoint${placeOf(node)}`);
  }
  overlay(options, clusterOptions(over, { schema, variables, problems, folder }));
  return { ...finished({ kind: "ads", options, chosen, reading, run }), profile, files: [], notes };
}

function finished({
  kind,
  options,
  chosen,
  reading,
  run,
}: Pick<ClusterFile, "kind" | "run"> & {
  readonly options: ConfigTree;
  readonly chosen: Registered;
  readonly reading: Reading;
}): Omit<ClusterFile, "profile" | "files" | "notes"> {
  const name = options.get("name");
  return {
    path: reading.path,
    kind,
    provider: chosen.command,
    name: name === undefined || isAbsent(name) ? undefined : textOf(name),
    options: carrying({ flags: [], document: { path: reading.shown, tree: options } }),
    run,
  };
}

/** The document over its profile, if any. Settings about both count already. */
function withProfile(
  file: ConfigTree,
  reading: Reading,
): { readonly tree: ConfigTree; readonly profile: string | undefined } {
  const { settings, problems, env } = reading;
  const tree: ConfigTree = new Map();
  overlay(tree, file);
  const said = ownSettings(settings);
  const node = said.get("profile") ?? file.get("profile");
  const named = node === undefined || isAbsent(node) ? undefined : node;
  const profile = reading.profile ?? (named === undefined ? undefined : word(named, "profile", reading));
  if (profile !== undefined) {
    const where = reading.profile !== undefined || named === undefined ? "" : placeOf(named);
    tree.clear();
    overlay(tree, readProfile(profile, { where, env, problems }));
    overlay(tree, file);
  }
  return { tree, profile };
}

/** @throws DaskFleetError `CONFIG_INVALID` when nothing names a provider */
function chosenProvider(from: Registered | undefined, reading: Reading): Registered {
  const { provider, shown, settings } = reading;
  if (provider !== undefined) return registered(provider, "");
  const said = ownSettings(settings).get("provider");
  if (said !== undefined) return registered(word(said, "provider", reading), placeOf(said));
  if (from !== undefined) return from;
  throw invalid(`${shown} names no provider. Write \`provider: ec2\`, or choose one: ${providerNames()}.`);
}

/** A scalar that is needed before the options are read. */
function word(node: Parameters<typeof textOf>[0], what: string, { variables }: Reading): string {
  const text = textOf(node);
  if (text === undefined) throw invalid(unexpected(what, "a name", node));
  return leavesOf(node).some(({ source }) => source.kind === "flag")
    ? text
    : variables.text(text, what, placeOf(node), "no secret");
}

function unusedFiles(count: number, run: RunProgram | undefined): readonly string[] {
  if (count === 0 || run?.where === "cluster") return [];
  const why = run === undefined ? "there is no run" : "run stays on this computer, where they are";
  return [`files are for a program on the cluster, and ${why}.`];
}
