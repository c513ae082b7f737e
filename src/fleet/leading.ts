/** Another process looks after the cluster since a pass began. */
class NotLeading extends Error {}

/** To be asked again before each step: a pass may take minutes, and this process may have slept. */
export async function assertLeading({ mayAct }: { readonly mayAct: () => Promise<boolean> }): Promise<void> {
  if (!(await mayAct())) throw new NotLeading();
}

/** Takes steps as far as {@link assertLeading} lets them go. */
export async function unlessFollowing(steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof NotLeading)) throw error;
  }
}
