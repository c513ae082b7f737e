import type { ConfigNode } from "../options/config-tree.ts";
import { fromWhere } from "../options/config-tree.ts";
import type { JobProgram, RunProgram } from "./cluster-file.ts";
import { isAbsent, placeOf, textOf, textsOf, unexpected, unknownNames } from "./nodes.ts";
import type { Variables } from "./variables.ts";

const PARTS = ["command", "env", "where"];
/** No character that means something to a shell. */
const PLAIN_WORDS = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./ \t-]*$/u;
const PYTHON = /^python(?:3(?:\.\d+)?)?$/u;

/** Reads `run:`, a text, a list of words, or `{ command, env, where }`. Faults are added to `problems`. */
export function runProgram(
  node: ConfigNode,
  { cwd, variables, problems }: { readonly cwd: string; readonly variables: Variables; readonly problems: string[] },
): RunProgram | undefined {
  const parts = "children" in node ? node.children : new Map([["command", node]]);
  problems.push(...unknownNames(parts, PARTS, "run"));
  const command = commandIn(parts.get("command"), node, problems);
  const where = whereIn(parts.get("where"), problems);
  const env = environmentIn(parts.get("env"), variables, problems);
  if (command === undefined || where === undefined) return undefined;
  const job = where === "cluster" ? jobOf(command) : undefined;
  if (where === "cluster" && job === undefined) {
    problems.push(
      `On the cluster, run starts a Python program: "python train.py --n 10" or "python -m pkg.train"${placeOf(node)}. ` +
        "Leave out `where: cluster` to run other programs here.",
    );
    return undefined;
  }
  return { command, env, where, cwd, job };
}

/** A program's words; a text that needs a shell gets one. */
export function wordsOf(text: string): readonly string[] {
  const line = text.trim();
  if (line === "") return [];
  const words = line.split(/\s+/u);
  return PLAIN_WORDS.test(line) && words[0]?.includes("=") !== true ? words : ["/bin/sh", "-c", line];
}

/** The Python program of a command's words. */
export function jobOf([first = "", ...rest]: readonly string[]): JobProgram | undefined {
  const words = PYTHON.test(first) ? rest : [first, ...rest];
  const [program = "", ...args] = words;
  if (program === "-m" && PYTHON.test(first) && args[0] !== undefined) {
    return { program: { module: args[0] }, args: args.slice(1) };
  }
  return program.endsWith(".py") ? { program, args } : undefined;
}

function commandIn(
  node: ConfigNode | undefined,
  whole: ConfigNode,
  problems: string[],
): RunProgram["command"] | undefined {
  const text = node === undefined ? undefined : textOf(node);
  const [command, ...args] = text === undefined ? (textsOf(node ?? whole) ?? []) : wordsOf(text);
  if (command === undefined || command === "") {
    problems.push(unexpected("the command of run", "a text or a list of words", node ?? whole));
    return undefined;
  }
  const mentioned = text === undefined && [command, ...args].some((word) => /\$\{\w+\}/u.test(word));
  if (mentioned) {
    problems.push(
      `A list of words has no variables${placeOf(node ?? whole)}: every user of this computer can read a command line. ` +
        "Use run.env, or write the command as one text for a shell.",
    );
  }
  return [command, ...args];
}

function whereIn(node: ConfigNode | undefined, problems: string[]): RunProgram["where"] | undefined {
  if (node === undefined || isAbsent(node)) return "here";
  const where = textOf(node);
  if (where === "here" || where === "cluster") return where;
  problems.push(unexpected("run.where", '"here" or "cluster"', node));
  return undefined;
}

function environmentIn(
  node: ConfigNode | undefined,
  variables: Variables,
  problems: string[],
): Readonly<Record<string, string>> {
  if (node === undefined || isAbsent(node)) return {};
  if (!("children" in node)) {
    problems.push(unexpected("run.env", "a mapping of names to texts", node));
    return {};
  }
  return Object.fromEntries(
    [...node.children].flatMap(([name, child]) => {
      const text = textOf(child);
      if (text !== undefined && "source" in child && child.source !== undefined) {
        // No record and no disk keeps it.
        return [[name, variables.text(text, `run.env.${name}`, fromWhere(child.source), "any variable")]];
      }
      problems.push(`Expected run.env.${name} to be a text${placeOf(child)}`);
      return [];
    }),
  );
}
