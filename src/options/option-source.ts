/** Where an option's value came from. */
export type OptionSource =
  | { readonly kind: "flag"; readonly flag: string }
  | { readonly kind: "constructor" }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "default" };

/** The end of an error's sentence, ` from DASK_CLOUDPROVIDER__LOCAL__N_WORKERS`: empty for what the caller just wrote. */
export function fromWhere(source: OptionSource): string {
  if (source.kind === "flag") return ` from ${source.flag}`;
  if (source.kind === "environment") return ` from ${source.variable}`;
  if (source.kind === "file") return ` from ${source.path}`;
  return "";
}
