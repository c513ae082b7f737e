/** What gives tokens for Azure's API: a credential of `@azure/identity`, or anything with this method. */
export interface AzureCredential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}
