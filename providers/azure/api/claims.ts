/** What a token says of whom it was given to. No secret; nobody has checked it. */
export interface Claims {
  /** The tenant. */
  readonly tid?: string | undefined;
  /** The object id of the user or service principal. */
  readonly oid?: string | undefined;
  /** The user's name. */
  readonly user?: string | undefined;
  /** Which application asked for it. */
  readonly application?: string | undefined;
  /** The managed identity. */
  readonly identity?: string | undefined;
}

/** Of a token that is none of Microsoft's, nothing. */
export function claimsIn(token: string | undefined): Claims {
  try {
    const [, body = ""] = (token ?? "").split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Readonly<Record<string, unknown>>;
    const text = (...names: readonly string[]): string | undefined => {
      return names.map((name) => claims[name]).find((value) => typeof value === "string");
    };
    return {
      tid: text("tid"),
      oid: text("oid"),
      user: text("upn", "unique_name", "preferred_username"),
      application: text("appid", "azp"),
      identity: text("xms_mirid"),
    };
  } catch {
    return {};
  }
}
