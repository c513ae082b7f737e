/** A long-term release is out in April of every other year and supported for five: the one that may be out, and the one before. */
export function latestUbuntuLts(today: Date): readonly string[] {
  const year = today.getUTCFullYear() % 100;
  const even = year - (year % 2);
  return [even, even - 2].map((two) => `${String(two).padStart(2, "0")}.04`);
}

/** Images change every few days: they are looked up once an hour at most. */
const CACHED_FOR_MS = 3_600_000;

/** What a cloud answered a moment ago, for all clusters of this process. */
export class ImageCache<Image> {
  readonly #images = new Map<string, { readonly image: Image; readonly until: number }>();

  get(key: string): Image | undefined {
    const cached = this.#images.get(key);
    return cached !== undefined && cached.until > performance.now() ? cached.image : undefined;
  }

  set(key: string, image: Image): void {
    this.#images.set(key, { image, until: performance.now() + CACHED_FOR_MS });
  }
}
