import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Kinds of files that take a minute or more, the longest first: their sizes, by which vitest guesses, do not tell. */
const LONG = ["stubborn-faults", "faults", "killed", "given-up", "promises", "life"];

/**
 * Begins with the files that take longest, so that in the end no processor waits for one of them alone. The files of a project that
 * share a process come one after another, since that process ends where another project's file is next.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(shared))];
    return sorted.sort((a, b) => projects.indexOf(shared(a)) - projects.indexOf(shared(b)) || rankOf(a) - rankOf(b));
  }
}

/** The project whose files share a process, if they do. */
function shared({ project }: TestSpecification): string {
  return project.config.isolate ? "" : project.name;
}

function rankOf({ moduleId }: TestSpecification): number {
  const kind = /\/test\/conformance\/suite\/(?<kind>[\w-]+)\.test\.ts$/u.exec(moduleId)?.groups?.["kind"];
  const rank = LONG.indexOf(kind ?? "");
  return rank === -1 ? LONG.length : rank;
}
