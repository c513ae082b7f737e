/** What gives tokens for Azure's API: a credential of `@azure/identity`, or anything with this method. */
export interface AzureCredential {
  /**
   * Gives a token, or null where there is none.
   *
   * @param scopes what the token is for
   * @param options of the SDK's, such as an `abortSignal`
   */
  getToken(scopes: string | string[], options?: object): Promise<AzureToken | null>;
}

/** A token, and until when it holds. */
export interface AzureToken {
  /** The token itself. */
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly expiresOnTimestamp: number;
}
