import { gzipSync } from "node:zlib";

import { stringify } from "yaml";

import { LIB, type MachineFile } from "./machine-file.ts";

/** Below this many bytes, gzip and base64 together make a file longer. */
const WORTH_PACKING_BYTES = 512;

/** One entry of cloud-init's `write_files` module; the owner is root. */
interface WriteFile {
  readonly path: string;
  /** A text: cloud-init reads a bare 0600 as the decimal number 600. */
  readonly permissions: string;
  readonly encoding?: "b64" | "gz+b64";
  readonly content: string;
}

/**
 * The `#cloud-config` that runs `guard` at every boot, writes `files` and then boots the node. With `pack`, long files are
 * compressed one by one, for clouds whose user data must be plain text.
 */
export function cloudConfig(guard: readonly string[], files: readonly MachineFile[], pack: boolean): string {
  const rest = {
    write_files: files.map((file) => writeFile(file, pack)),
    // The bootstrap has a unit of its own: cloud-init does not wait for it, and it survives a reboot in between.
    runcmd: [["sh", "-c", `. ${LIB}/guard.sh; begin`]],
  };
  // gzip finds more when programs have the same indentation, so the guard moves to the column of the files.
  const first = yaml({ bootcmd: [guard] }).replaceAll(/^ (?= {2})/gmu, "");
  return `#cloud-config\n${first}${yaml(rest)}`;
}

/** With the least indentation that YAML allows: it is a fortieth of EC2's limit. */
function yaml(document: object): string {
  // cloud-init reads YAML 1.1 (PyYAML); "1.1" makes the library quote what only that version reads as something else.
  const style = { indent: 1, lineWidth: 0, blockQuote: "literal" } as const;
  // The library indents list items needlessly: each line has one space too many, or starts at the margin.
  const text = stringify(document, { version: "1.1", ...style }).replaceAll(/^ /gmu, "");
  // After a line end, an item's content is one column further left than beside its dash.
  return text.replaceAll(/^- /gmu, "-\n ").replaceAll(/^ (?= )/gmu, "");
}

function writeFile({ path, mode, content }: MachineFile, pack: boolean): WriteFile {
  return { path, permissions: mode, ...encoded(content, pack) };
}

function encoded(content: string, pack: boolean): Pick<WriteFile, "encoding" | "content"> {
  if (pack && Buffer.byteLength(content) >= WORTH_PACKING_BYTES) {
    return { encoding: "gz+b64", content: deterministicGzip(content).toString("base64") };
  }
  // YAML folds or forbids many characters beyond these (NEL, lone CR, controls); base64 carries them all.
  if (/^[\t\n\x20-\x7e]*$/u.test(content)) return { content };
  return { encoding: "b64", content: Buffer.from(content).toString("base64") };
}

/** Less memory makes shorter blocks, each with a code of its own: keys and programs have few letters in common. */
const MEMORY_LEVELS = [5, 6, 7, 8, 9] as const;

/** The shortest gzip that zlib has for a text, the same on every computer: no time, no operating system. */
export function deterministicGzip(text: string): Buffer {
  const candidates = MEMORY_LEVELS.map((memLevel) => gzipSync(text, { level: 9, memLevel }));
  const bytes = candidates.reduce((best, next) => (next.length < best.length ? next : best));
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
}
