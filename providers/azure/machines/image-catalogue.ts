import type { VirtualMachineImage } from "@azure/arm-compute";

import type { AzureApi } from "../api/client.ts";
import { isNotFound } from "../errors/azure-error.ts";

/** An image by its four names, the version the very one. */
export interface NamedImage {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  readonly version: string;
}

/** A location's images of the Marketplace. Each is asked for once, however many kinds of machines boot from it. */
export class ImageCatalogue {
  readonly location: string;
  readonly #api: AzureApi;
  readonly #signal: AbortSignal;
  readonly #newest = new Map<string, Promise<string | undefined>>();
  readonly #described = new Map<string, Promise<VirtualMachineImage | undefined>>();

  constructor(api: AzureApi, location: string, signal: AbortSignal) {
    this.#api = api;
    this.location = location;
    this.#signal = signal;
  }

  /** The newest version, so that all machines have the same, also those that come later; undefined where there is none. */
  async newest(image: Omit<NamedImage, "version">): Promise<string | undefined> {
    const { publisher, offer, sku } = image;
    return await once(this.#newest, urn({ ...image, version: "" }), async () => {
      const [newest] = await this.#api.call("VirtualMachineImages_List", this.#signal, ({ compute }) =>
        compute.virtualMachineImages.list(this.location, publisher, offer, sku, { top: 1, orderby: "name desc" }),
      );
      return newest?.name;
    });
  }

  /** Undefined where there is no such image. */
  async described(image: NamedImage): Promise<VirtualMachineImage | undefined> {
    const { publisher, offer, sku, version } = image;
    return await once(
      this.#described,
      urn(image),
      async () =>
        await this.#api.call("VirtualMachineImages_Get", this.#signal, ({ compute }) =>
          compute.virtualMachineImages.get(this.location, publisher, offer, sku, version),
        ),
    );
  }
}

/** As Azure's own tools write it. */
export function urn({ publisher, offer, sku, version }: NamedImage): string {
  return [publisher, offer, sku, version].join(":");
}

async function once<Answer>(
  known: Map<string, Promise<Answer | undefined>>,
  key: string,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const asked = known.get(key) ?? ask().catch(undefinedIfNotFound);
  known.set(key, asked);
  return await asked;
}

function undefinedIfNotFound(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}
