import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Opens a URL that holds a key. A browser's command line is readable by other users, so it gets the path of a private page that leads
 * to the URL, as in Jupyter.
 *
 * @returns a disposable that removes the page
 */
export async function openInBrowser(url: string, warn: (text: string) => void): Promise<AsyncDisposable> {
  const { default: open } = await import("open");
  const folder = await mkdtemp(join(tmpdir(), "dask-fleet-"));
  const page = join(folder, "dashboard.html");
  const target = url.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${target}"><title>Dask</title>\n`;
  await writeFile(page, html, { mode: 0o600 });
  const failed = (): void => warn("no browser could be started: open the URL yourself.");
  try {
    const browser = await open(page);
    browser.once("error", failed);
    browser.unref();
  } catch {
    failed();
  }
  return { [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }) };
}
