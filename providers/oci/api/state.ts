/** A resource's state, in OCI's own word. The SDK's enumerations compare with none. */
export function stateOf({ lifecycleState }: { readonly lifecycleState: string }): string {
  return lifecycleState;
}
