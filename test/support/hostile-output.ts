/** A line that we never print; hostile texts try to place it at the start of a line. */
const FORGED = "FORGED: everything is removed";

const ESC = "\u001B";

/** Texts with terminal control sequences, or that imitate a line, a row or a name of ours. */
export const HOSTILE_OUTPUTS: Readonly<Record<string, string>> = {
  "clears the screen": `a${ESC}[2J${ESC}[H${ESC}cb`,
  "writes to the clipboard (OSC 52)": `a${ESC}]52;c;Y3VybCBldmlsfHNo\u0007b${ESC}]52;c;Y3VybCBldmlsfHNo${ESC}\\c`,
  "is a link (OSC 8)": `a${ESC}]8;;https://evil.example/\u0007dask.org${ESC}]8;;\u0007b`,
  "sets the title and never ends it": `a${ESC}]0;${"title".repeat(30)}`,
  "is a device control string": `a${ESC}P1$r0m${ESC}\\b${ESC}_Ga=d${ESC}\\c`,
  "hides one sequence in another": `a${ESC}${ESC}[0m[31mb\u009B\u009B0m31m`,
  "is C1 in UTF-8": "a\u009B31mb\u009D52;c;ZXZpbA==\u009Cc\u0085d\u0090e",
  "is C1 as bytes": Buffer.from([0x61, 0x9b, 0x33, 0x31, 0x6d, 0x9d, 0x30, 0x3b, 0x07]).toString("latin1"),
  "is broken UTF-8": Buffer.from([0x61, 0xc3, 0x28, 0x9b, 0xff, 0xed, 0xa0, 0x80, 0x62]).toString(),
  "has halves of characters": "a\uD83Db\uDE00c",
  "overwrites its line": `a\r${FORGED}\r\nb`,
  "moves back": `abc\b\b\b\u007F\u007Fd`,
  "begins a line": `a\n${FORGED}\ndask-fleet: ${FORGED}\n  ${FORGED}`,
  "begins a line in other ways": `a\u000B${FORGED}\u000C${FORGED}\u0085${FORGED}\u2028${FORGED}\u2029${FORGED}`,
  "is a row of a table": `a\t-\tno expiry\tstarted elsewhere\n${FORGED}\t-\tno expiry\tstarted elsewhere`,
  "turns the direction of text": "a\u202Etxt.exe\u202C\u2066b\u2069\u200Fc\u061C",
  "is not seen": "a\u200B\u200C\u200D\u2060\uFEFF\u00AD\u034F\u3164\u{E0041}\u{E0100}b",
  "has no end": "x".repeat(16_384),
  "has no end of lines": "line\n".repeat(5000),
  "is a shell's": "a$(touch /tmp/evil)`touch /tmp/evil`'\"; touch /tmp/evil #\n",
  "has zeros and bells": "a\0b\u0007c",
};

export const ALL_HOSTILE = Object.values(HOSTILE_OUTPUTS).join("|");

/** All of them except the long ones: they fit within the limit for foreign text. */
export const SHORT_HOSTILE = Object.values(HOSTILE_OUTPUTS)
  .filter((text) => text.length < 200)
  .join("|");

const COMMAND = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const MOST_LINES = 401;

interface Wanted {
  /** Whether tabs are ours. */
  readonly tabs?: boolean;
  /** The maximum length of a line, including our part. */
  readonly longest?: number;
}

/** The control sequences and imitations left in a printed text; empty if it is safe. */
export function problemsIn(shown: string, { tabs = false, longest = 3000 }: Wanted = {}): readonly string[] {
  const lines = shown.split("\n");
  const command = COMMAND.exec(tabs ? shown.replaceAll("\t", " ") : shown);
  return [
    ...(command === null ? [] : [`U+${command[0].codePointAt(0)?.toString(16)} in ${around(shown, command.index)}`]),
    ...lines.filter((line) => /^\s*(?:dask-fleet: )?FORGED/u.test(line)).map((line) => `forged: ${around(line, 0)}`),
    ...lines.filter((line) => line.length > longest).map((line) => `${line.length} long: ${around(line, 0)}`),
    ...(lines.length > MOST_LINES ? [`${lines.length} lines`] : []),
  ];
}

function around(text: string, index: number): string {
  return JSON.stringify(text.slice(Math.max(0, index - 40), index + 60));
}
