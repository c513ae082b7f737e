/** What stands behind a reference's name. */
export interface Tail {
  readonly field: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}
