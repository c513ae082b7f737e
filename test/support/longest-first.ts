import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Kinds of files that take a minute or more, the longest first: their sizes, by which vitest guesses, do not tell. */
const LONG = ["stubborn-faults", "faults", "killed", "given-up", "promises", "life"];

/** Begins with the files that take longest, so that in the end no processor waits for one of them alone. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const kind = /\/test\/conformance\/\w+\/(?<kind>[\w-]+)\.test\.ts$/u.exec(moduleId)?.groups?.["kind"];
  const rank = LONG.indexOf(kind ?? "");
  return rank === -1 ? LONG.length : rank;
}
