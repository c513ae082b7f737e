/** A sample of a Prometheus text. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = String.raw`[a-zA-Z_:][a-zA-Z0-9_:]*`;
const VALUE = String.raw`[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf)|NaN`;
const LABEL = /(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<text>(?:[^"\\\n]|\\["\\n])*)"(?:,|$)/uy;
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(.+)\})? (${VALUE})$`, "u");
const ABOUT = new RegExp(String.raw`^# (HELP|TYPE) (${NAME}) (.+)$`, "u");

/**
 * Reads the text format 0.0.4 as strictly as `promtool check metrics`: each family comes once, with HELP and TYPE before its samples;
 * counters end in `_total`; no series comes twice.
 *
 * @throws Error that quotes the line
 */
export function parsePrometheus(text: string): readonly Sample[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: Sample[] = [];
  const [families, series] = [new Set<string>(), new Set<string>()];
  let family = { name: "", help: false, type: "" };
  for (const line of text.slice(0, -1).split("\n")) {
    const [, word, about = "", rest = ""] = ABOUT.exec(line) ?? [];
    if (word === "HELP") {
      if (families.has(about)) throw new Error(`a family again: ${line}`);
      families.add(about);
      family = { name: about, help: true, type: "" };
      continue;
    }
    if (word === "TYPE") {
      if (about !== family.name || family.type !== "" || !/^(?:gauge|counter)$/u.test(rest)) throw new Error(line);
      if (about.endsWith("_total") !== (rest === "counter")) throw new Error(`a name that does not fit: ${line}`);
      family = { ...family, type: rest };
      continue;
    }
    const [, name = "", labelled, value = ""] = SAMPLE.exec(line) ?? [];
    if (name !== family.name || family.type === "") throw new Error(`not of its family: ${line}`);
    const labels = labelsIn(labelled ?? "", line);
    const key = `${name} ${Object.entries(labels)
      .map((each) => JSON.stringify(each))
      .toSorted()
      .join(",")}`;
    if (series.has(key)) throw new Error(`a series again: ${line}`);
    series.add(key);
    samples.push({ name, labels, value: Number(value.replace("Inf", "Infinity")) });
  }
  return samples;
}

function labelsIn(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const { label, text: quoted } = LABEL.exec(text)?.groups ?? {};
    if (label === undefined || quoted === undefined || Object.hasOwn(labels, label)) throw new Error(`labels: ${line}`);
    labels[label] = quoted.replaceAll(/\\(.)/gu, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}
