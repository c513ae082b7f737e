import { forbidden } from "../api-error.ts";

/** What the caller may do. Everything, until a test says otherwise. */
export class Permissions {
  readonly #denied = new Set<string>();
  readonly #used = new Set<string>();
  #allowed: ReadonlySet<string> | undefined;

  /** Every permission that was needed so far. */
  get used(): ReadonlySet<string> {
    return this.#used;
  }

  /** @param permission such as `compute.instances.create` */
  deny(permission: string): void {
    this.#denied.add(permission);
  }

  /** From now on the caller has these permissions and no other, as with a role of its own. */
  allowOnly(permissions: Iterable<string>): void {
    this.#allowed = new Set(permissions);
  }

  /** @throws ApiError 403 where the caller may not. */
  need(permission: string, path: string): void {
    this.#used.add(permission);
    if (!this.has(permission)) throw forbidden(permission, path);
  }

  /** Whether the caller may, for those who only ask. */
  has(permission: string): boolean {
    return !this.#denied.has(permission) && this.#allowed?.has(permission) !== false;
  }
}
