import type { Deadline } from "../../deadline.ts";

/**
 * Runs several pieces of work at the same time, under one deadline. The first failure aborts the others and waits for them, so that
 * none goes on in the background.
 *
 * @throws the first failure
 */
export async function sideBySide(
  deadline: Deadline,
  works: readonly ((deadline: Deadline) => Promise<unknown>)[],
): Promise<void> {
  const failed = new AbortController();
  const shared = deadline.orAt(failed.signal);
  let first: { readonly error: unknown } | undefined;
  await Promise.all(
    works.map(async (work) => {
      try {
        await work(shared);
      } catch (error) {
        first ??= { error };
        failed.abort(error);
      }
    }),
  );
  if (first !== undefined) throw first.error;
}
