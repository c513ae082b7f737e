import { distance } from "fastest-levenshtein";

/** The end of an error about an unknown name: the known one that was likely meant, or else all there are. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, edits: distance(bare(name), bare(candidate)) }))
    .filter(({ candidate, edits }) => edits <= tolerance(name, candidate))
    .sort((a, b) => a.edits - b.edits)
    .at(0);
  if (near !== undefined) return `Did you mean "${near.candidate}"?`;
  return known.length === 0 ? "There are no options here." : `Known options: ${[...known].sort().join(", ")}.`;
}

function tolerance(name: string, candidate: string): number {
  return Math.min(3, Math.max(1, Math.floor(Math.min(name.length, candidate.length) / 3)));
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
