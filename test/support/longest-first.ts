import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Kinds of files that take a minute or more, the longest first: vitest guesses by size, which misleads here. */
const LONG = ["stubborn-faults", "faults", "killed", "given-up", "promises", "life"];

/**
 * Starts the longest files first, so that the run does not end with one of them alone. Files of a project that share a process
 * stay together, since the process ends when the next file is another project's.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(shared))];
    return sorted.sort((a, b) => projects.indexOf(shared(a)) - projects.indexOf(shared(b)) || rankOf(a) - rankOf(b));
  }
}

/** The project whose files share a process, if any. */
function shared({ project }: TestSpecification): string {
  return project.config.isolate ? "" : project.name;
}

function rankOf({ moduleId }: TestSpecification): number {
  const kind = /\/test\/conformance\/suite\/(?<kind>[\w-]+)\.test\.ts$/u.exec(moduleId)?.groups?.["kind"];
  const rank = LONG.indexOf(kind ?? "");
  return rank === -1 ? LONG.length : rank;
}
