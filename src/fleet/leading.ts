/** Another process took the lead during a pass. */
class NotLeading extends Error {}

/** Checks the lead before each step: a pass may take minutes, and this process may have slept. */
export async function assertLeading({ mayAct }: { readonly mayAct: () => Promise<boolean> }): Promise<void> {
  if (!(await mayAct())) throw new NotLeading();
}

/** Runs steps until {@link assertLeading} stops them. */
export async function unlessFollowing(steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof NotLeading)) throw error;
  }
}
