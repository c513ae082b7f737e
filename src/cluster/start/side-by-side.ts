import type { Deadline } from "../../deadline.ts";

/**
 * Works on several things at the same time, under what is left of a deadline. The first that fails ends the others: they are given a
 * signal, and waited for, so that nothing of them goes on in the background.
 *
 * @throws what the first one threw
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
