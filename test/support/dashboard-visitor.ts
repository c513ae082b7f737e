/** A browser that opened a dashboard's URL: it has the cookie. */
export interface Visitor {
  /** The URL without its key. */
  readonly page: string;
  readonly origin: string;
  /** The whole `Cookie` header. */
  readonly cookie: string;
  readonly get: (path: string, init?: Pick<RequestInit, "method" | "body" | "signal">) => Promise<Response>;
}

export async function visit(url: string): Promise<Visitor> {
  const { origin } = new URL(url);
  const entry = await fetch(url, { redirect: "manual" });
  const [cookie = ""] = entry.headers.getSetCookie().map((each) => each.split(";", 1)[0] ?? "");
  const location = entry.headers.get("location");
  if (entry.status !== 303 || location === null) throw new Error(`${entry.status}: ${await entry.text()}`);
  const get: Visitor["get"] = async (path, init = {}) =>
    await fetch(new URL(path, origin), { ...init, headers: { cookie } });
  return { page: new URL(location, origin).href, origin, cookie, get };
}
